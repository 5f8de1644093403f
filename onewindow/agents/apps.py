from django.apps import AppConfig


class AgentsConfig(AppConfig):
    name = "onewindow.agents"

    def ready(self) -> None:
        from onewindow.agents import messages
        from onewindow.agents.actions import ending, entrusting  # noqa: F401 - transitions declare themselves
        from onewindow.kernel.subscribers import subscribe

        subscribe("agents.messages", messages.on_entry)
