"""Model endpoints: listed for those who may use them, registered and checked by those who manage them."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.api.suggestion_serializers import EndpointInputSerializer, EndpointListSerializer, EndpointSerializer
from annotation.selectors.suggestions import endpoint_json, get_endpoint_to_manage, list_endpoints
from annotation.services.endpoints import check_endpoint, register_endpoint


class EndpointListView(APIView):
    """All endpoints of one's societies."""

    @extend_schema(operation_id="endpoints", responses=EndpointListSerializer)
    def get(self, request: Request) -> Response:
        """Return the endpoints that one may use or change, with how they fare."""
        return Response({"endpoints": list_endpoints(signed_in(request))})

    @extend_schema(operation_id="endpoint_register", request=EndpointInputSerializer, responses={201: EndpointSerializer})
    def post(self, request: Request) -> Response:
        """Register a model of a server that speaks the Open Inference Protocol V2."""
        serializer = EndpointInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        owner = values.pop("society")
        endpoint = register_endpoint(user=signed_in(request), owner=owner, **values)
        return Response(endpoint_json(endpoint, can_manage=True), status=status.HTTP_201_CREATED)


class EndpointCheckView(APIView):
    """A look at one endpoint."""

    @extend_schema(operation_id="endpoint_check", request=None, responses=EndpointSerializer)
    def post(self, request: Request, endpoint_id: UUID) -> Response:
        """Ask the server whether the model is ready and return what came of it; takes 5 s at most."""
        endpoint = get_endpoint_to_manage(user=signed_in(request), endpoint_id=endpoint_id)
        return Response(endpoint_json(check_endpoint(endpoint=endpoint), can_manage=True))
