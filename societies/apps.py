from django.apps import AppConfig


class SocietiesConfig(AppConfig):
    name = "societies"
