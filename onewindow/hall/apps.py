from django.apps import AppConfig


class HallConfig(AppConfig):
    name = "onewindow.hall"

    def ready(self) -> None:
        from onewindow.hall import messages
        from onewindow.hall.actions import booking, calling  # noqa: F401 - transitions declare themselves
        from onewindow.hall.node import authority
        from onewindow.kernel import ledger
        from onewindow.kernel.subscribers import subscribe

        ledger.OWING.append(authority.first_open_day)
        subscribe("hall.messages", messages.on_entry)
