from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "onewindow.exchange"

    def ready(self) -> None:
        from onewindow.exchange import checks, outbox  # noqa: F401 - checks declare themselves
        from onewindow.kernel.subscribers import subscribe

        subscribe("exchange.outbox", outbox.on_entry)
