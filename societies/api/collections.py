"""Collections of a society, as its admins make them. What is in them belongs to the viewer app."""

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from societies.api.serializers import CollectionInputSerializer, CollectionMadeSerializer
from societies.selectors.societies import administered_society
from societies.services.societies import add_collection


class SocietyCollectionListView(APIView):
    """The collections of a society."""

    @extend_schema(operation_id="collection_create", request=CollectionInputSerializer, responses={201: CollectionMadeSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Make an empty collection of a society that one administers."""
        society = administered_society(user=signed_in(request), slug=slug)
        serializer = CollectionInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        made = add_collection(society=society, name=values["name"], short_name=values["slug"])
        answer = {"id": str(made.pk), "slug": made.slug, "name": made.name, "upload_url": reverse("collection-upload", args=[made.pk])}
        return Response(answer, status=status.HTTP_201_CREATED)
