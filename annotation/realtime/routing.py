"""Addresses of the live hints."""

from django.urls import URLPattern, path

from annotation.realtime.consumers import CampaignConsumer, ReadConsumer

websocket_urlpatterns: list[URLPattern] = [
    path("ws/reads/<uuid:read_id>/", ReadConsumer.as_asgi(), name="ws-read"),
    path("ws/campaigns/<uuid:campaign_id>/", CampaignConsumer.as_asgi(), name="ws-campaign"),
]
