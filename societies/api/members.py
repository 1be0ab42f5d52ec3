"""The people of a society, for its admins."""

from django.contrib.auth.models import User
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.requests import signed_in
from societies.api.serializers import MemberAddedSerializer, MemberInputSerializer, MemberListSerializer
from societies.models import Membership, Society
from societies.selectors.societies import administered_society, members
from societies.services.memberships import add_person, remove_role
from viewer.api.errors import not_found


def _administered(request: Request, slug: str) -> Society:
    return administered_society(user=signed_in(request), slug=slug)


class MemberListView(APIView):
    """The people of a society."""

    @extend_schema(operation_id="members", responses=MemberListSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """Return the people of the society with their roles."""
        return Response({"members": members(society=_administered(request, slug))})

    @extend_schema(operation_id="member_add", request=MemberInputSerializer, responses={201: MemberAddedSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Give a member a role, or make an account; its first password is answered once and stored nowhere."""
        society = _administered(request, slug)
        serializer = MemberInputSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        person, password = add_person(society=society, **serializer.validated_data)
        answer = {"members": members(society=society), "username": person.get_username(), "first_password": password}
        return Response(answer, status=status.HTTP_201_CREATED)


class MemberRoleView(APIView):
    """One role of one person."""

    @extend_schema(operation_id="member_role_remove", responses=MemberListSerializer)
    def delete(self, request: Request, slug: str, user_id: int, role: str) -> Response:
        """Take a role from a person."""
        society = _administered(request, slug)
        person = User.objects.filter(pk=user_id, memberships__society=society).first()
        if person is None or role not in Membership.Role.values:
            raise not_found()
        remove_role(society=society, user=person, role=role)
        return Response({"members": members(society=society)})
