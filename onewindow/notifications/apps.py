from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "onewindow.notifications"

    def ready(self) -> None:
        from onewindow.kernel.subscribers import subscribe
        from onewindow.notifications import checks, mandates  # noqa: F401 - checks register themselves

        subscribe("notifications.mandates", mandates.on_entry)
