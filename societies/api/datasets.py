"""Datasets of a society: described, tried out, frozen, compared, handed out."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from annotation.api.exports import OneRenderer
from annotation.api.requests import signed_in
from annotation.api.streaming import stream_file
from societies.api.dataset_serializers import (
    CompareQuerySerializer,
    ComparisonSerializer,
    DatasetInputSerializer,
    DatasetListSerializer,
    DatasetRecipeSerializer,
    DatasetSerializer,
    ExportQuerySerializer,
    LinkInputSerializer,
    LinkListSerializer,
    LinkSerializer,
    PageQuerySerializer,
    PickInputSerializer,
    PickListSerializer,
    PreviewInputSerializer,
    PreviewSerializer,
    SheetQuerySerializer,
    VersionDetailSerializer,
    VersionSerializer,
)
from societies.models import DatasetMember, DatasetVersion, Membership, Society
from societies.selectors.dataset_picks import links_json, picks_json
from societies.selectors.datasets import (
    CURATORS,
    comparison_json,
    curated_society,
    dataset_json,
    datasheet,
    get_dataset,
    get_version,
    has_role,
    list_datasets,
    version_detail,
    version_json,
)
from societies.services.dataset_export import export_split
from societies.services.dataset_picks import pick_images
from societies.services.datasets import change_dataset, create_dataset, freeze_dataset, link_subjects, preview_counts
from viewer.api.errors import not_found
from viewer.models import Image

_Role = Membership.Role


def _society(request: Request, slug: str, *roles: str) -> Society:
    return curated_society(user=signed_in(request), slug=slug, roles=roles or CURATORS)


def _checked(serializer: Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


class DatasetListView(APIView):
    """The datasets of a society."""

    @extend_schema(operation_id="datasets", responses=DatasetListSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Return every dataset with its versions."""
        return Response({"datasets": list_datasets(_society(request, slug))})

    @extend_schema(operation_id="dataset_create", request=DatasetInputSerializer, responses={201: DatasetSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Describe a dataset; nothing is frozen yet."""
        society = _society(request, slug)
        values = _checked(DatasetInputSerializer(data=request.data))
        dataset = create_dataset(society=society, user=signed_in(request), **values)
        return Response(dataset_json(dataset), status=status.HTTP_201_CREATED)


class DatasetPreviewView(APIView):
    """What a dataset would hold."""

    @extend_schema(operation_id="dataset_preview", request=PreviewInputSerializer, responses=PreviewSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Return the counts of the version that would be frozen now, without freezing it."""
        society = _society(request, slug)
        values = _checked(PreviewInputSerializer(data=request.data))
        dataset_id = values.pop("dataset_id")
        dataset = get_dataset(society, dataset_id) if dataset_id else None
        return Response({"counts": preview_counts(society=society, user=signed_in(request), dataset=dataset, **values)})


class DatasetView(APIView):
    """One dataset."""

    @extend_schema(operation_id="dataset", responses=DatasetSerializer)
    def get(self, request: Request, slug: str, dataset_id: UUID) -> Response:
        """Return what its next version will choose, and its versions so far."""
        return Response(dataset_json(get_dataset(_society(request, slug), dataset_id)))

    @extend_schema(operation_id="dataset_change", request=DatasetRecipeSerializer, responses=DatasetSerializer)
    def put(self, request: Request, slug: str, dataset_id: UUID) -> Response:
        """Say what the next version chooses; frozen versions stay as they are."""
        dataset = get_dataset(_society(request, slug), dataset_id)
        values = _checked(DatasetRecipeSerializer(data=request.data))
        return Response(dataset_json(change_dataset(dataset=dataset, user=signed_in(request), **values)))


class DatasetVersionListView(APIView):
    """The versions of a dataset."""

    @extend_schema(operation_id="dataset_freeze", request=None, responses={201: VersionSerializer})
    def post(self, request: Request, slug: str, dataset_id: UUID) -> Response:
        """Freeze what the dataset chooses now as its next version."""
        dataset = get_dataset(_society(request, slug), dataset_id)
        version = freeze_dataset(dataset=dataset, user=signed_in(request))
        return Response(version_json(version), status=status.HTTP_201_CREATED)


class DatasetVersionView(APIView):
    """One version."""

    @extend_schema(operation_id="dataset_version", responses=VersionDetailSerializer)
    def get(self, request: Request, slug: str, dataset_id: UUID, number: int) -> Response:
        """Return its counts, who is in two splits by what is known today, and what was handed out."""
        return Response(version_detail(_version(request, slug, dataset_id, number)))


class DatasheetView(APIView):
    """The datasheet of a version."""

    @extend_schema(
        operation_id="dataset_datasheet",
        parameters=[SheetQuerySerializer],
        responses={(200, "text/markdown"): OpenApiResponse(OpenApiTypes.STR, description="Markdown in Japanese or English")},
    )
    def get(self, request: Request, slug: str, dataset_id: UUID, number: int) -> HttpResponse:
        """Return what the version is, from where, who read it, how it is split, on which terms, and what is missing."""
        version = _version(request, slug, dataset_id, number)
        language = _checked(SheetQuerySerializer(data=request.query_params))["language"]
        name = f"{version.dataset.code}-{version.number}-{language}.md"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(datasheet(version, language), content_type="text/markdown; charset=utf-8", headers=headers)


class DatasetCompareView(APIView):
    """Two versions side by side."""

    @extend_schema(operation_id="dataset_compare", parameters=[CompareQuerySerializer], responses=ComparisonSerializer)
    def get(self, request: Request, slug: str, dataset_id: UUID) -> Response:
        """Return what came, went, moved and changed between two versions."""
        society = _society(request, slug)
        dataset = get_dataset(society, dataset_id)
        asked = _checked(CompareQuerySerializer(data=request.query_params))
        before, after = (get_version(society, dataset.pk, asked[side]) for side in ("before", "after"))
        return Response(comparison_json(before, after))


class DatasetExportView(APIView):
    """A split of a version as a ZIP."""

    content_negotiation_class = OneRenderer

    @extend_schema(
        operation_id="dataset_export",
        parameters=[ExportQuerySerializer],
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="A ZIP with dataset.json and manifest.json")},
    )
    def get(self, request: Request, slug: str, dataset_id: UUID, number: int) -> HttpResponseBase:
        """Hand out a split: train and tune to exporters, test to admins and for evaluation only; each time is recorded."""
        user, version = signed_in(request), _version(request, slug, dataset_id, number)
        asked = _checked(ExportQuerySerializer(data=request.query_params))
        society = version.dataset.society
        if asked["split"] != DatasetMember.Split.TEST and not has_role(user, society, _Role.EXPORTER):
            raise not_found()
        export = export_split(
            version=version,
            user=user,
            split=asked["split"],
            format_name=asked["format"],
            campaign_id=asked["campaign"],
            purpose=asked["purpose"],
            may_open_test=has_role(user, society, _Role.ADMIN),
        )
        export.prepare()
        return stream_file(request, export, content_type="application/zip")


class DatasetPickListView(APIView):
    """Images that are picked or left out by hand."""

    @extend_schema(operation_id="dataset_picks", parameters=[PageQuerySerializer], responses=PickListSerializer)
    def get(self, request: Request, slug: str, dataset_id: UUID) -> Response:
        """Return how many count now, and who said what of which image and why, newest first."""
        dataset = get_dataset(_society(request, slug), dataset_id)
        return Response(picks_json(dataset, signed_in(request), **_checked(PageQuerySerializer(data=request.query_params))))

    @extend_schema(operation_id="dataset_pick", request=PickInputSerializer, responses={201: PickListSerializer})
    def post(self, request: Request, slug: str, dataset_id: UUID) -> Response:
        """Pick images, leave them out, or leave them to the query again; with a reason."""
        dataset = get_dataset(_society(request, slug), dataset_id)
        pick_images(dataset=dataset, user=signed_in(request), **_checked(PickInputSerializer(data=request.data)))
        return Response(picks_json(dataset, signed_in(request)), status=status.HTTP_201_CREATED)


class SubjectLinkListView(APIView):
    """Subjects who are one person."""

    @extend_schema(operation_id="dataset_links", parameters=[PageQuerySerializer], responses=LinkListSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Return what was recorded, by whom and when, newest first."""
        return Response(links_json(_society(request, slug), **_checked(PageQuerySerializer(data=request.query_params))))

    @extend_schema(operation_id="dataset_link", request=LinkInputSerializer, responses={201: LinkSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Record that the subjects of two images are one person; it cannot be taken back."""
        society = _society(request, slug, _Role.ADMIN)
        asked = _checked(LinkInputSerializer(data=request.data))
        owned = Image.objects.filter(collection__owner__society=society).select_related("series__study")
        first, second = (owned.filter(pk=asked[key]).first() for key in ("first_image_id", "second_image_id"))
        if first is None or second is None:
            raise not_found()
        link = link_subjects(society=society, user=signed_in(request), first_image=first, second_image=second)
        return Response({"recorded_at": link.recorded_at.isoformat()}, status=status.HTTP_201_CREATED)


def _version(request: Request, slug: str, dataset_id: UUID, number: int) -> DatasetVersion:
    return get_version(_society(request, slug), dataset_id, number)
