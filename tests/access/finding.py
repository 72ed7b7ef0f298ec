"""Rows of the access table: search, saved views, types, tags and fields."""

ACCESS: dict[str, str] = {
    "incidents/<str:key>/sorting/": "302 404 200 200 200",
    "palette/": "302 302 302 302 302",
    "search/": "302 200 200 200 200",
    "views/": "302 405 405 405 405",
    "views/restore/": "302 405 405 405 405",
    "views/<int:view_id>/": "302 405 405 405 405",
    "views/<int:view_id>/delete/": "302 405 405 405 405",
    "admin/incidents/customfield/": "302 302 403 403 200",
    "admin/incidents/incidenttype/": "302 302 403 403 200",
    "admin/incidents/tag/": "302 302 200 200 200",
    "api/v1/views/": "401 200 200 200 200",
    "api/v1/views/<int:pk>/": "401 405 405 405 405",
    "api/v1/incident-types/": "401 403 200 200 200",
    "api/v1/incident-types/<slug:slug>/": "401 403 405 405 405",
    "api/v1/custom-fields/": "401 403 200 200 200",
    "api/v1/custom-fields/<slug:slug>/": "401 403 405 405 405",
    "api/v1/tags/": "401 403 200 200 200",
}
