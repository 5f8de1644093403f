from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "onewindow.kernel"

    def ready(self) -> None:
        from onewindow.kernel import checks  # noqa: F401 - registers itself
