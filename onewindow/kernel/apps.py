from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "onewindow.kernel"
