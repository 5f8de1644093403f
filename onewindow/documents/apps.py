from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "onewindow.documents"

    def ready(self):
        from onewindow.documents import checks  # noqa: F401  (registers them)
