"""What imports do not show: relations, dotted paths, permissions, printed pages, open doors, vendored files."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Permission
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.module_loading import import_string

from incidentops import documents
from incidentops.celery import app as celery_app
from roles.policy import GLOBAL_ACTIONS, POLICY

#: Lower number, lower package: relations may point down or sideways to themselves, never up.
HEIGHT = {"roles": 0, "notifications": 0, "incidents": 1, "statuspage": 2, "incidentops": 3}
PACKAGES = [settings.BASE_DIR / name for name in HEIGHT]

#: Every view that takes posts without a CSRF token, and what verifies them instead.
EXEMPT = {
    "incidents.api.inlet.inlet": "the token of an alert source",
    "incidents.views.boards.board": "a signed token; it only looks",
    "incidents.views.boards.ask": "a signed token, limited by link and network",
    "incidents.views.paging.answer": "a signed token",
    "incidents.views.feedback.survey": "a signed token",
    "incidents.views.tasks.answer": "a signed token",
    "notifications.webhooks.twilio_status": "the carrier's signature",
    "notifications.webhooks.twilio_sms": "the carrier's signature",
    "notifications.webhooks.email_tracking": "the provider's secret or signature",
    "notifications.webhooks.email_inbound": "the provider's secret or signature",
    "statuspage.views.helpful.helpful": "nothing to forge: no session, an opinion, limited by network",
    "statuspage.views.report.report": "a signed stamp in the form; no session, limited by network and address",
    "statuspage.views.subscribe.subscribe": "a signed stamp in the form; no session, limited by network and address",
    "statuspage.views.subscribe.subscribers_json": "nothing to forge: no session, limited by network and address",
    "statuspage.views.subscribe.confirm": "a signed token",
    "statuspage.views.subscribe.manage": "a signed token",
    "statuspage.views.subscribe.unsubscribe": "a signed token; RFC 8058 posts without cookies",
}
#: Where text is declared to be HTML already. Everything else is escaped by the templates.
TRUSTED_HTML = {
    "incidentops/templatetags/times.py",
    "incidentops/templatetags/ui.py",
    "incidents/mentions.py",
    "incidents/views/printed.py",
    "notifications/prose.py",
}


def _sources(*suffixes: str) -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted(package.rglob("*")):
            if path.suffix in suffixes and "migrations" not in path.parts and "static" not in path.parts:
                yield str(path.relative_to(settings.BASE_DIR)), path.read_text()


def test_relations_between_packages_point_down() -> None:
    upward = [
        f"{model.__module__}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in HEIGHT
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation and not _points_down(model._meta.app_label, field.related_model)
    ]
    assert upward == []


def _points_down(label: str, target: type) -> bool:
    other = target._meta.app_label  # type: ignore[attr-defined]
    if other not in HEIGHT or target._meta.label == settings.AUTH_USER_MODEL or other == label:  # type: ignore[attr-defined]
        return True
    return HEIGHT[other] < HEIGHT[label]


def test_every_dotted_path_in_the_settings_resolves() -> None:
    roads = [
        *settings.INCIDENT_LISTENERS,
        *settings.INCIDENT_CHECKS,
        *settings.UPDATE_AUDIENCES.values(),
        *settings.ALERT_LISTENERS,
        *settings.MESSAGE_LISTENERS,
        *settings.MIDDLEWARE,
        settings.ACCOUNT_ADAPTER,
        settings.AXES_USERNAME_CALLABLE,
        settings.CSRF_FAILURE_VIEW,
        settings.EMAIL_BACKEND,
        settings.REST_FRAMEWORK["EXCEPTION_HANDLER"],
        settings.REST_FRAMEWORK["DEFAULT_PAGINATION_CLASS"],
    ]
    assert [path for path in roads if not callable(import_string(path))] == []


def test_every_task_of_the_clock_and_of_the_routes_exists() -> None:
    celery_app.loader.import_default_modules()
    named = {line["task"] for line in settings.CELERY_BEAT_SCHEDULE.values()} | set(settings.CELERY_TASK_ROUTES)
    assert named - set(celery_app.tasks) == set()


@pytest.mark.django_db
def test_every_action_is_a_permission_after_migrating() -> None:
    known = {f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")}
    assert (POLICY.keys() | GLOBAL_ACTIONS.keys()) - known == set()


@pytest.mark.parametrize("path", documents.pages(), ids=lambda path: path.name)
def test_printed_pages_say_what_the_code_does(path: Path) -> None:
    assert path.read_text() == documents.pages()[path], "run `make docs`"


def test_every_post_without_a_csrf_token_has_a_verifier() -> None:
    open_doors = {_name(view) for view in _views(get_resolver()) if getattr(view, "csrf_exempt", False)}
    ours = {name for name in open_doors if name.split(".")[0] in HEIGHT}
    # Views of the REST framework check the token or, with a session, the CSRF token themselves.
    assert {name for name in ours if not _is_rest(name)} <= EXEMPT.keys()


def test_the_list_of_exempt_views_holds_no_one_who_has_left() -> None:
    present = {_name(view) for view in _views(get_resolver())}
    assert EXEMPT.keys() - present == set()


def _views(resolver: URLResolver) -> Iterator[object]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.callback
        elif isinstance(pattern, URLResolver):
            yield from _views(pattern)


def _name(view: object) -> str:
    return f"{view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}"


def _is_rest(name: str) -> bool:
    views = {_name(view): view for view in _views(get_resolver())}
    return hasattr(views[name], "cls") or hasattr(views[name], "initkwargs")


def test_text_is_called_html_in_few_places() -> None:
    claims = re.compile(r"mark_safe\(|SafeString\(|\|\s*safe\b|autoescape off|\|\s*safeseq\b")
    found = {name for name, text in _sources(".py", ".html") if claims.search(text)}
    assert found <= TRUSTED_HTML


def test_no_template_carries_script_or_style_inline() -> None:
    inline = re.compile(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))|\son[a-z]+=\"|\sstyle=\"|<style", re.I)
    # Mail has no style sheet: its templates are the exception.
    pages = [(name, text) for name, text in _sources(".html") if "/messages/" not in name]
    assert [name for name, text in pages if inline.search(text)] == []


def test_vendored_files_are_those_that_were_written_down() -> None:
    folder = settings.BASE_DIR / "incidentops" / "static" / "vendor"
    rows = re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", (folder / "VENDORED.md").read_text(), re.M)
    assert {name for name, _ in rows} == {path.name for path in folder.glob("*.js")}
    assert [name for name, digest in rows if hashlib.sha256((folder / name).read_bytes()).hexdigest() != digest] == []


def test_no_file_is_called_after_nothing() -> None:
    vague = {"utils.py", "helpers.py", "common.py", "services.py", "misc.py"}
    assert [name for name, _ in _sources(".py") if Path(name).name in vague] == []


def test_no_file_has_grown_past_four_hundred_lines() -> None:
    # The settings are one list on purpose.
    long = [name for name, text in _sources(".py") if text.count("\n") > 430]
    assert [name for name in long if name != "incidentops/settings.py"] == []
