from django.apps import AppConfig


class HallConfig(AppConfig):
    name = "onewindow.hall"

    def ready(self) -> None:
        from onewindow.hall.actions import booking, calling  # noqa: F401 - transitions declare themselves
