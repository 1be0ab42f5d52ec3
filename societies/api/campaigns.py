"""Campaigns for those who run them: made, watched, staffed, opened and closed."""

from uuid import UUID

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.models import Campaign, ModelEndpoint
from annotation.selectors.campaigns import get_campaign
from annotation.selectors.pending import pending_count, pending_of_reader
from annotation.selectors.suggestions import endpoints_for
from annotation.services.campaigns import close_campaign, reopen_campaign, set_blind
from societies.api.serializers import (
    BlindInputSerializer,
    CampaignInputSerializer,
    CampaignListSerializer,
    EndpointChoiceSerializer,
    OffsetSerializer,
    ProgressSerializer,
    ReaderInputSerializer,
    ReaderListSerializer,
    StateInputSerializer,
)
from societies.selectors.campaigns import MANAGE, VIEW, overview, progress, readers, reading_list
from societies.selectors.societies import administered_collection
from societies.selectors.vocabularies import get_usable_form, get_usable_label_set
from societies.services.campaigns import add_reader, create_campaign, remove_reader, set_endpoint
from viewer.api.errors import not_found


def _managed(request: Request, campaign_id: UUID) -> Campaign:
    return get_campaign(user=signed_in(request), campaign_id=campaign_id, permissions=MANAGE)


def _endpoint(request: Request, endpoint_id: UUID | None) -> ModelEndpoint | None:
    """Return an endpoint that the asker may use; what is none of theirs is not found."""
    if endpoint_id is None:
        return None
    endpoint = endpoints_for(signed_in(request)).filter(pk=endpoint_id).first()
    if endpoint is None:
        raise not_found()
    return endpoint


def _progress(request: Request, campaign: Campaign) -> Response:
    may_open_reads = signed_in(request).has_perm("annotation.manage_campaign", campaign)
    return Response(progress(campaign=campaign, with_reads=may_open_reads))


class CampaignListView(APIView):
    """The campaigns of a person."""

    @extend_schema(operation_id="campaigns", responses=CampaignListSerializer)
    def get(self, request: Request) -> Response:
        """Return the campaigns that one reads in, those whose progress one may see, and how much waits to be confirmed."""
        user = signed_in(request)
        waiting = pending_count(pending_of_reader(user))
        return Response({"reading": reading_list(user=user), "overview": overview(user=user), "waiting": waiting})

    @extend_schema(operation_id="campaign_create", request=CampaignInputSerializer, responses={201: ProgressSerializer})
    def post(self, request: Request) -> Response:
        """Make a campaign over a collection of one's society, after one of the packs."""
        serializer = CampaignInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = dict(serializer.validated_data)
        user = signed_in(request)
        collection, society = administered_collection(user=user, collection_id=values.pop("collection_id"))
        endpoint = _endpoint(request, values.pop("endpoint_id"))
        label_set_id, form_id = values.pop("label_set_id"), values.pop("form_id")
        campaign = create_campaign(
            user=user,
            society=society,
            collection=collection,
            pack_slug=values.pop("pack"),
            endpoint=endpoint,
            label_set=get_usable_label_set(society, label_set_id) if label_set_id else None,
            form=get_usable_form(society, form_id) if form_id else None,
            **values,
        )
        return Response(progress(campaign=campaign, with_reads=True), status=status.HTTP_201_CREATED)


class ProgressView(APIView):
    """How far a campaign is."""

    @extend_schema(operation_id="campaign_progress", parameters=[OffsetSerializer], responses=ProgressSerializer)
    def get(self, request: Request, campaign_id: UUID) -> Response:
        """Return progress in all, by reader, and for 100 images from an offset."""
        user = signed_in(request)
        campaign = get_campaign(user=user, campaign_id=campaign_id, permissions=VIEW)
        page = OffsetSerializer(data=request.query_params)
        page.is_valid(raise_exception=True)
        may_open_reads = user.has_perm("annotation.manage_campaign", campaign)
        return Response(progress(campaign=campaign, with_reads=may_open_reads, offset=page.validated_data["offset"]))


class ReaderListView(APIView):
    """The readers of a campaign."""

    @extend_schema(operation_id="campaign_reader_add", request=ReaderInputSerializer, responses=ReaderListSerializer)
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Let a reader of the society read in the campaign."""
        campaign = _managed(request, campaign_id)
        serializer = ReaderInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        person = User.objects.filter(pk=serializer.validated_data["user_id"], memberships__society__campaigns__campaign=campaign).first()
        if person is None:
            raise not_found()
        add_reader(campaign=campaign, user=person)
        return Response({"readers": readers(campaign=campaign)})


class ReaderView(APIView):
    """One reader of a campaign."""

    @extend_schema(operation_id="campaign_reader_remove", responses={204: None})
    def delete(self, request: Request, campaign_id: UUID, user_id: int) -> Response:
        """Take the campaign from a reader; what they submitted stays."""
        campaign = _managed(request, campaign_id)
        person = User.objects.filter(pk=user_id, pk__in=[row["id"] for row in readers(campaign=campaign)]).first()
        if person is None:
            raise not_found()
        remove_reader(campaign=campaign, user=person)
        return Response(status=status.HTTP_204_NO_CONTENT)


class CampaignStateView(APIView):
    """Whether a campaign hands out images."""

    @extend_schema(operation_id="campaign_state", request=StateInputSerializer, responses=ProgressSerializer)
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Close a campaign, or open it again; reads that are open can be finished in any case."""
        campaign = _managed(request, campaign_id)
        serializer = StateInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        change = close_campaign if serializer.validated_data["state"] == Campaign.State.CLOSED else reopen_campaign
        return _progress(request, change(campaign=campaign))


class CampaignBlindView(APIView):
    """Whether the readers of an image work independently of each other."""

    @extend_schema(operation_id="campaign_blind", request=BlindInputSerializer, responses=ProgressSerializer)
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Keep readers of an image apart until they have submitted, or let them look at it together."""
        campaign = _managed(request, campaign_id)
        serializer = BlindInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return _progress(request, set_blind(campaign=campaign, is_blind=serializer.validated_data["is_blind"]))


class CampaignEndpointView(APIView):
    """The model that makes suggestions for a campaign."""

    @extend_schema(operation_id="campaign_endpoint", request=EndpointChoiceSerializer, responses=EndpointChoiceSerializer)
    def post(self, request: Request, campaign_id: UUID) -> Response:
        """Choose one of the society's endpoints, or none."""
        campaign = _managed(request, campaign_id)
        serializer = EndpointChoiceSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        endpoint = _endpoint(request, serializer.validated_data["endpoint_id"])
        set_endpoint(campaign=campaign, endpoint=endpoint)
        return Response({"endpoint_id": str(endpoint.pk) if endpoint else None})
