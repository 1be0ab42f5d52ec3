from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        """Register the checks that refuse settings which cannot work together."""
        from config import checks  # noqa: F401, PLC0415  # registering is the purpose
