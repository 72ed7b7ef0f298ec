"""Rows of the access table: details, links, access, corrected times, severities."""

ACCESS: dict[str, str] = {
    "incidents/<str:key>/details/": "302 404 200 200 200",
    "incidents/<str:key>/words/": "302 404 403 302 302",
    "incidents/<str:key>/times/": "302 405 405 405 405",
    "incidents/<str:key>/links/": "302 405 405 405 405",
    "incidents/<str:key>/links/<int:link_id>/remove/": "302 405 405 405 405",
    "incidents/<str:key>/access/": "302 405 405 405 405",
    "incidents/<str:key>/access/invite/": "302 405 405 405 405",
    "incidents/<str:key>/access/<int:user_id>/remove/": "302 405 405 405 405",
    "api/v1/severities/": "401 200 200 200 200",
    "api/v1/severities/<str:name>/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/access/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/access/<str:username>/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/links/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/links/<int:pk>/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/times/": "401 405 405 405 405",
    "admin/incidents/severityrule/": "302 302 403 403 200",
}
