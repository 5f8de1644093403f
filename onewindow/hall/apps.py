from django.apps import AppConfig


class HallConfig(AppConfig):
    name = "onewindow.hall"

    def ready(self) -> None:
        from onewindow.hall import messages
        from onewindow.hall.actions import booking, calling  # noqa: F401 - transitions declare themselves
        from onewindow.kernel.subscribers import subscribe

        subscribe("hall.messages", messages.on_entry)
