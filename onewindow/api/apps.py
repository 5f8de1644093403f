from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "onewindow.api"

    def ready(self) -> None:
        from onewindow.api import webhooks
        from onewindow.kernel.subscribers import subscribe

        subscribe("api.webhooks", webhooks.on_entry)
