from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "onewindow.cases"

    def ready(self) -> None:
        from onewindow.cases import messages
        from onewindow.cases.actions import intake, outcome, review  # noqa: F401 - transitions declare themselves
        from onewindow.kernel.subscribers import subscribe

        subscribe("cases.messages", messages.on_entry)
