from django.apps import AppConfig


class FeedbackConfig(AppConfig):
    name = "onewindow.feedback"

    def ready(self) -> None:
        from onewindow.feedback import invitations
        from onewindow.kernel.subscribers import subscribe

        subscribe("feedback.invitations", invitations.on_entry)
