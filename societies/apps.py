"""People: societies, members, roles, worklists and leases. The only place that decides who may do what."""

from django.apps import AppConfig


class SocietiesConfig(AppConfig):
    name = "societies"

    def ready(self) -> None:
        """Answer for the layer below who owns what."""
        from societies import receivers  # noqa: PLC0415  # models are loaded only now

        receivers.connect()
