"""How the API refuses: one shape for every error, and which exception becomes which status.

`{"detail": "a sentence", "code": "word", "fields"?: {…}, "needed"?: […]}`, and after another's edit both
versions. Work functions raise PermissionDenied (403) and ValidationError (409, or 400 where it names fields);
what may not be seen is 404.
"""

from collections.abc import Mapping

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404
from rest_framework import exceptions, serializers, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from incidents.conflicts import Overtaken

NOT_FOUND = "There is no such thing, or it is not shared with you."
CODES = {
    status.HTTP_400_BAD_REQUEST: "malformed",
    status.HTTP_401_UNAUTHORIZED: "not_signed_in",
    status.HTTP_403_FORBIDDEN: "not_allowed",
    status.HTTP_404_NOT_FOUND: "not_found",
    status.HTTP_405_METHOD_NOT_ALLOWED: "wrong_method",
    status.HTTP_406_NOT_ACCEPTABLE: "not_acceptable",
    status.HTTP_409_CONFLICT: "conflict",
    status.HTTP_413_REQUEST_ENTITY_TOO_LARGE: "too_large",
    status.HTTP_415_UNSUPPORTED_MEDIA_TYPE: "not_json",
    status.HTTP_429_TOO_MANY_REQUESTS: "slow_down",
}


class ErrorSerializer(serializers.Serializer):
    """Every refusal looks like this."""

    detail = serializers.CharField(help_text="A sentence for people.")
    code = serializers.CharField(help_text="A word for programs.")
    fields = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()), required=False, help_text="What is wrong, by field."
    )
    needed = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="409: what would have to be true first."
    )
    version = serializers.IntegerField(required=False, help_text="409 after another's edit: the newest version.")
    theirs = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="409 after another's edit: what stands there now."
    )
    mine = serializers.DictField(
        child=serializers.CharField(), required=False, help_text="409 after another's edit: what was sent."
    )


def answer(problem: Exception, context: Mapping[str, object]) -> Response | None:
    """The answer to an exception; None for what is a bug, which stays loud."""
    if isinstance(problem, Http404 | exceptions.NotFound):
        refusal = _refusal(status.HTTP_404_NOT_FOUND, NOT_FOUND)
    elif isinstance(problem, PermissionDenied):
        refusal = _refusal(status.HTTP_403_FORBIDDEN, str(problem) or "You may not do this.")
    elif isinstance(problem, ValidationError):
        refusal = _of_the_work(problem)
    elif isinstance(problem, RequestDataTooBig):
        refusal = _refusal(status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "This is too large; the limit is 2 MiB.")
    elif isinstance(problem, exceptions.ValidationError):
        refusal = _malformed(problem.detail)
    elif isinstance(problem, exceptions.APIException):
        refusal = _refusal(problem.status_code, str(problem.detail))
        _add_headers(refusal, problem)
    else:
        return None
    set_rollback()
    return refusal


def _refusal(code: int, detail: str, **more: object) -> Response:
    return Response({"detail": detail, "code": CODES.get(code, "error"), **more}, status=code)


def _of_the_work(problem: ValidationError) -> Response:
    if hasattr(problem, "error_dict"):
        fields = {"detail" if name == "__all__" else name: texts for name, texts in problem.message_dict.items()}
        return _refusal(status.HTTP_400_BAD_REQUEST, _first_of(fields), fields=fields)
    sentence = " ".join(problem.messages)
    if isinstance(problem, Overtaken):
        both = {"version": problem.version, "theirs": problem.theirs, "mine": problem.mine}
        return _refusal(status.HTTP_409_CONFLICT, sentence, needed=problem.needed, **both)
    return _refusal(status.HTTP_409_CONFLICT, sentence, needed=list(getattr(problem, "needed", [])))


def _malformed(detail: object) -> Response:
    if isinstance(detail, Mapping):
        fields = {str(name): _sentences(value) for name, value in detail.items()}
        if list(fields) == ["non_field_errors"]:
            return _refusal(status.HTTP_400_BAD_REQUEST, " ".join(fields["non_field_errors"]))
        return _refusal(status.HTTP_400_BAD_REQUEST, _first_of(fields), fields=fields)
    return _refusal(status.HTTP_400_BAD_REQUEST, " ".join(_sentences(detail)))


def _first_of(fields: Mapping[str, list[str]]) -> str:
    name, texts = next(iter(fields.items()))
    return f"{name}: {texts[0] if texts else 'makes no sense'}"


def _sentences(value: object) -> list[str]:
    """Whatever a serializer says is wrong, as a flat list of sentences."""
    if isinstance(value, Mapping):
        return [f"{name}: {text}" for name, inner in value.items() for text in _sentences(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _sentences(inner)]
    return [str(value)]


def _add_headers(refusal: Response, problem: exceptions.APIException) -> None:
    if header := getattr(problem, "auth_header", None):
        refusal["WWW-Authenticate"] = header
    if wait := getattr(problem, "wait", None):
        refusal["Retry-After"] = str(int(wait) + 1)
