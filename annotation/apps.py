from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotation"

    def ready(self) -> None:
        """Let open pages hear of what is committed."""
        from annotation.realtime import publish  # noqa: PLC0415  # models are loaded only now

        publish.connect()
