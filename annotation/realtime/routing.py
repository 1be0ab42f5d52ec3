"""Addresses of the live sockets."""

from django.urls import URLPattern, path

from annotation.realtime.consumers import CampaignConsumer, ReadConsumer
from annotation.realtime.presence import PresenceConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/reads/<uuid:read_id>/", ReadConsumer.as_asgi(), name="ws-read"),
    path("ws/campaigns/<uuid:campaign_id>/", CampaignConsumer.as_asgi(), name="ws-campaign"),
    path("ws/images/<uuid:image_id>/presence/", PresenceConsumer.as_asgi(), name="ws-presence"),
]
