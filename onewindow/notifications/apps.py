from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "onewindow.notifications"

    def ready(self) -> None:
        from onewindow.notifications import checks  # noqa: F401 - registers itself
