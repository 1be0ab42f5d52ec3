"""The keys that the person who asks has chosen for the workbench."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from societies.api.serializers import KeyBindingsSerializer
from societies.selectors.key_bindings import bindings_of
from societies.services.key_bindings import set_bindings


class KeyBindingsView(APIView):
    """The asker's own keys; nobody else's can be named."""

    @extend_schema(operation_id="key_bindings", responses=KeyBindingsSerializer)
    def get(self, request: Request) -> Response:
        """Return the keys that differ from those that actions come with."""
        return Response({"bindings": bindings_of(user=signed_in(request))})

    @extend_schema(operation_id="key_bindings_set", request=KeyBindingsSerializer, responses=KeyBindingsSerializer)
    def put(self, request: Request) -> Response:
        """Keep these keys in place of those kept before."""
        sent = request.data.get("bindings") if isinstance(request.data, dict) else None
        return Response({"bindings": set_bindings(user=signed_in(request), bindings=sent)})
