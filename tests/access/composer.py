"""Rows of the access table: writing a text, previews, message templates."""

_POSTED = "302 405 405 405 405"

ACCESS: dict[str, str] = {
    "incidents/<str:key>/updates/unsaved/": _POSTED,
    "incidents/<str:key>/updates/unsaved/drop/": _POSTED,
    "incidents/<str:key>/updates/fill/": _POSTED,
    "incidents/<str:key>/updates/preview/": _POSTED,
    "incidents/<str:key>/updates/preview/<slug:token>/<slug:part>/": "302 404 404 404 404",  # nobody made one
    "incidents/<str:key>/updates/<int:update_id>/take-over/": _POSTED,
    "settings/words/templates/": "302 403 200 200 200",
    "settings/words/templates/preview/": "302 405 405 405 405",
    "settings/words/templates/<int:template_id>/": "302 403 200 200 200",
    "api/v1/incidents/<str:key>/updates/<int:pk>/previews/": "401 404 200 200 200",
    "api/v1/message-templates/": "401 403 200 200 200",
    "api/v1/message-templates/<int:pk>/": "401 403 200 200 200",
    "admin/incidents/messagetemplate/": "302 302 403 403 200",
}
