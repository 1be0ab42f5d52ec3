"""Addresses of the societies app: ``api`` is mounted at /api/, ``pages`` at /."""

from django.urls import URLPattern, URLResolver

api: list[URLPattern | URLResolver] = []
pages: list[URLPattern | URLResolver] = []
