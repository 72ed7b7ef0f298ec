"""Saved views of the list of incidents, by API."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import saved_views
from incidents.api.paging import whole, whole_list
from incidents.api.strict import PersonField, StrictSerializer
from incidents.api.views import ApiView
from incidents.models import SavedView


class ViewSerializer(serializers.ModelSerializer):
    """A filter of the list under a name: `GET incidents/?{query}` gives what it shows."""

    owner = PersonField(read_only=True)

    class Meta:
        model = SavedView
        fields = ("id", "name", "query", "is_shared", "owner", "created_at")
        read_only_fields = fields


class SaveViewSerializer(StrictSerializer):
    """A view to be kept."""

    name = serializers.CharField(max_length=60)
    query = serializers.CharField(max_length=2000, allow_blank=True, help_text="A query string of the list.")
    is_shared = serializers.BooleanField(default=False, help_text="All responders see it.")


class ChangeViewSerializer(StrictSerializer):
    """What may change of a view."""

    name = serializers.CharField(max_length=60, required=False)
    is_shared = serializers.BooleanField(required=False)


class SavedViews(ApiView):
    @extend_schema(operation_id="views_list", responses=whole_list(ViewSerializer))
    def get(self, request: Request) -> Response:
        """One's own views, and those that are shared."""
        return whole(ViewSerializer(saved_views.visible_to(self.caller), many=True).data)

    @extend_schema(operation_id="views_save", request=SaveViewSerializer, responses={201: ViewSerializer})
    def post(self, request: Request) -> Response:
        """Keeps a filter under a name of one's own."""
        kept = saved_views.save(by=self.caller, **self.read(SaveViewSerializer))
        return Response(ViewSerializer(kept).data, status=status.HTTP_201_CREATED)


class OneSavedView(ApiView):
    @extend_schema(operation_id="views_change", request=ChangeViewSerializer, responses=ViewSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Renames one's own view, shares it, or takes it back."""
        changed = saved_views.change(self._view(pk), by=self.caller, **self.read(ChangeViewSerializer, partial=True))
        return Response(ViewSerializer(changed).data)

    @extend_schema(operation_id="views_delete", responses=ViewSerializer)
    def delete(self, request: Request, pk: int) -> Response:
        """Deletes one's own view; answers what it was."""
        view = self._view(pk)
        gone = ViewSerializer(view).data
        saved_views.delete(view, by=self.caller)
        return Response(gone)

    def _view(self, pk: int) -> SavedView:
        return get_object_or_404(saved_views.visible_to(self.caller), pk=pk)
