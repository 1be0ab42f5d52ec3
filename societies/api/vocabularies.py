"""Label sets, forms and label maps over the API: listed, made, drafted, compared and published by a society's admins."""

import re
from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from annotation.models import VocabularyDraft
from annotation.selectors.drafts import draft_json, get_draft, get_version, version_json
from annotation.services.drafts import discard_draft
from annotation.services.vocabularies import VOCABULARIES
from annotation.services.vocabulary_errors import vocabulary_refusal
from societies.api.vocabulary_serializers import (
    CONTENT_SERIALIZERS,
    DraftSerializer,
    PublishedVersionSerializer,
    VersionContentSerializer,
    VersionNameSerializer,
    VocabularyDetailSerializer,
    VocabularyInputSerializer,
    VocabularyListSerializer,
)
from societies.models import Society
from societies.selectors.societies import administered_society
from societies.selectors.vocabularies import KINDS, list_vocabularies, owned_vocabulary, vocabulary_json
from societies.services.vocabularies import begin_draft, create_vocabulary, publish_vocabulary, save_vocabulary
from viewer.api.errors import not_found

_REVISION: Final = re.compile(r'"([0-9]{1,9})"')
_KIND: Final = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=list(KINDS))
_IF_MATCH: Final = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The revision of the draft that one saw, in quotation marks"
)


def _society(request: Request, slug: str, kind: str) -> Society:
    if kind not in KINDS:
        raise not_found()
    return administered_society(user=signed_in(request), slug=slug)


def _checked(serializer: Serializer[Any]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _draft(request: Request, slug: str, kind: str, name: str) -> tuple[Society, VocabularyDraft]:
    society = _society(request, slug, kind)
    owned_vocabulary(society, kind, name)
    return society, get_draft(kind, name)


def _seen(request: Request) -> int:
    """Return the revision that a change was made on."""
    found = _REVISION.fullmatch(request.headers.get("If-Match", "").strip())
    if found is None:
        raise vocabulary_refusal("draft_revision_missing")
    return int(found[1])


class VocabularyListView(APIView):
    """What a society edits of one kind."""

    @extend_schema(operation_id="vocabularies", parameters=[_KIND], responses=VocabularyListSerializer)
    def get(self, request: Request, slug: str, kind: str) -> Response:
        """Return the label sets, forms or label maps of a society with their versions."""
        return Response({"rows": list_vocabularies(_society(request, slug, kind), kind)})

    @extend_schema(
        operation_id="vocabulary_create",
        parameters=[_KIND],
        request=VocabularyInputSerializer,
        responses={201: VocabularyDetailSerializer},
    )
    def post(self, request: Request, slug: str, kind: str) -> Response:
        """Make one, with its first draft: empty, or from what a pack brings or the society has published."""
        society = _society(request, slug, kind)
        values = _checked(VocabularyInputSerializer(data=request.data))
        draft = create_vocabulary(society=society, user=signed_in(request), kind=kind, **values)
        return Response(vocabulary_json(kind, draft.slug), status=status.HTTP_201_CREATED)


class VocabularyView(APIView):
    """One label set, form or label map."""

    @extend_schema(operation_id="vocabulary", parameters=[_KIND], responses=VocabularyDetailSerializer)
    def get(self, request: Request, slug: str, kind: str, name: str) -> Response:
        """Return its versions and its draft."""
        owned_vocabulary(_society(request, slug, kind), kind, name)
        return Response(vocabulary_json(kind, name))


class VocabularyVersionView(APIView):
    """One published version."""

    @extend_schema(operation_id="vocabulary_version", parameters=[_KIND], responses=VersionContentSerializer)
    def get(self, request: Request, slug: str, kind: str, name: str, version: str) -> Response:
        """Return what it holds; that never changes."""
        owned_vocabulary(_society(request, slug, kind), kind, name)
        row = get_version(kind, name, version)
        return Response(version_json(row) | {"content": VOCABULARIES[kind].content(row)})


class DraftBeginView(APIView):
    """A published version becomes a draft."""

    @extend_schema(operation_id="draft_begin", parameters=[_KIND], request=None, responses={201: DraftSerializer})
    def post(self, request: Request, slug: str, kind: str, name: str, version: str) -> Response:
        """Begin a draft from a published version; there is one at a time."""
        society = _society(request, slug, kind)
        draft = begin_draft(society=society, user=signed_in(request), kind=kind, slug=name, version=version)
        return Response(draft_json(draft), status=status.HTTP_201_CREATED)


class DraftView(APIView):
    """The draft."""

    @extend_schema(operation_id="draft", parameters=[_KIND], responses=DraftSerializer)
    def get(self, request: Request, slug: str, kind: str, name: str) -> Response:
        """Return the draft with what is wrong in it and what differs from the newest version."""
        return Response(draft_json(_draft(request, slug, kind, name)[1]))

    @extend_schema(
        operation_id="draft_save",
        parameters=[_KIND, _IF_MATCH],
        request={"application/json": {"type": "object", "description": "The content, as the draft and a version of its kind hold it"}},
        responses=DraftSerializer,
    )
    def put(self, request: Request, slug: str, kind: str, name: str) -> Response:
        """Save the draft; 412 with the draft as it is now when somebody else saved it since."""
        society, draft = _draft(request, slug, kind, name)
        revision = _seen(request)
        content = _checked(CONTENT_SERIALIZERS[kind](data=request.data))
        saved = save_vocabulary(society=society, user=signed_in(request), draft=draft, content=content, revision=revision)
        return Response(draft_json(saved))

    @extend_schema(operation_id="draft_discard", parameters=[_KIND, _IF_MATCH], responses={204: None})
    def delete(self, request: Request, slug: str, kind: str, name: str) -> Response:
        """Throw the draft away; what is published stays."""
        _, draft = _draft(request, slug, kind, name)
        discard_draft(draft=draft, revision=_seen(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class PublishView(APIView):
    """A draft becomes a version."""

    @extend_schema(
        operation_id="draft_publish",
        parameters=[_KIND, _IF_MATCH],
        request=VersionNameSerializer,
        responses={201: PublishedVersionSerializer},
    )
    def post(self, request: Request, slug: str, kind: str, name: str) -> Response:
        """Publish the draft under the name of a version; it never changes again."""
        society, draft = _draft(request, slug, kind, name)
        revision = _seen(request)
        version = _checked(VersionNameSerializer(data=request.data))["version"]
        row = publish_vocabulary(society=society, user=signed_in(request), draft=draft, version=version, revision=revision)
        return Response(version_json(row), status=status.HTTP_201_CREATED)
