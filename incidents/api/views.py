"""What every view of the API stands on: bounded bodies, answers that can be asked for again, incidents by key."""

import hashlib
import json
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from rest_framework.exceptions import NotAuthenticated, NotFound, ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from incidents.lifecycle import Conflict
from incidents.models import Incident, KeptAnswer
from roles import grants
from roles.models import User

IDEMPOTENCY_KEY = "Idempotency-Key"
LONGEST_KEY = 255


class _AnsweredBefore(Exception):  # noqa: N818  carries an answer, not a mistake
    """The same request came before under the same key; its answer is given again."""

    def __init__(self, kept: KeptAnswer) -> None:
        super().__init__(kept.key)
        self.kept = kept


class ApiView(GenericAPIView):
    """A view of the API.

    A write with an `Idempotency-Key` happens once: work and answer are kept in one transaction for a day, and
    the same request gets the same answer. What was refused is not kept, so it may be tried again.
    """

    queryset = Incident.objects.none()
    _kept: KeptAnswer | None = None

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.method in SAFE_METHODS or not request.headers.get(IDEMPOTENCY_KEY):
            return super().dispatch(request, *args, **kwargs)
        with transaction.atomic():
            response = super().dispatch(request, *args, **kwargs)
            if response.status_code >= 400:
                transaction.set_rollback(True)
        return response

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        body = self.spoken(request)
        key = request.headers.get(IDEMPOTENCY_KEY, "")
        if key and request.method not in SAFE_METHODS:
            self._kept = _claim(request, self.caller, key, body)

    def spoken(self, request: Request) -> bytes:
        """The body, by which two requests are told from each other. Read here, within Django's limit: parsers read
        from the connection without one."""
        return bytes(request._request.body)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, _AnsweredBefore):
            return Response(json.loads(exc.kept.body), status=exc.kept.status, headers={"Idempotency-Replayed": "true"})
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Response, *args: object, **kwargs: object) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self._kept is not None and response.status_code < 400:
            self._kept.status = response.status_code
            self._kept.body = JSONRenderer().render(response.data).decode() or "null"
            self._kept.save(update_fields=["status", "body"])
        return response

    @property
    def caller(self) -> User:
        """Who asks; the permissions let nobody in who has not signed in."""
        if not isinstance(self.request.user, User):
            raise NotAuthenticated
        return self.request.user

    def read(self, serializer: type[BaseSerializer], *, partial: bool = False) -> dict[str, Any]:
        """The request's body as the serializer understands it; raises what becomes a 400."""
        reader = serializer(data=self.request.data, context=self.get_serializer_context(), partial=partial)
        reader.is_valid(raise_exception=True)
        return dict(reader.validated_data)

    def page_of(self, rows: object, serializer: type[BaseSerializer]) -> Response:
        """One page of a list, newest first."""
        found = self.paginate_queryset(rows)  # type: ignore[arg-type]
        return self.get_paginated_response(serializer(found, many=True, context=self.get_serializer_context()).data)


def _claim(request: Request, caller: User, key: str, body: bytes) -> KeptAnswer:
    if len(key) > LONGEST_KEY:
        raise ValidationError(f"An {IDEMPOTENCY_KEY} has at most {LONGEST_KEY} characters.")
    spoken = f"{request.method} {request.get_full_path()}\n".encode() + body
    digest = hashlib.sha256(spoken).hexdigest()
    mine = KeptAnswer.objects.filter(user=caller)
    mine.expired().delete()
    kept, is_new = mine.get_or_create(user=caller, key=key, defaults={"digest": digest})
    if is_new:
        return kept
    if kept.digest != digest:
        raise Conflict(f"This {IDEMPOTENCY_KEY} was used for another request.", needed=["another key"])
    raise _AnsweredBefore(kept)


class IncidentView(ApiView):
    """A view under `incidents/{key}/`. Whether one may know of the incident is asked before anything is read."""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        if hasattr(self, str(request.method).lower()):
            _ = self.incident

    @cached_property
    def incident(self) -> Incident:
        """The incident, if the caller may know of it; 404 otherwise."""
        visible = Incident.objects.visible_to(self.caller).prefetch_related("services")
        return get_object_or_404(visible, key=self.kwargs["key"])

    @cached_property
    def may(self) -> frozenset[str]:
        """All that the caller may do on the incident."""
        return grants.held_on_visible(self.caller, self.incident)


class IsResponder(IsAuthenticated):
    """Responders only: stakeholders see what is shared with them, and this is not."""

    def has_permission(self, request: Request, view: object) -> bool:
        if not super().has_permission(request, view):  # type: ignore[arg-type]
            return False
        if not (request.user.is_staff or request.user.is_superuser):
            raise PermissionDenied("This is for responders.")
        return True


class NothingHere(ApiView):
    """The answer to every address under `/api/v1/` that is none."""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound
