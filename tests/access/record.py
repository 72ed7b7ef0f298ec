"""Rows of the access table: evidence, key moments, presence, catching up, export."""

ACCESS: dict[str, str] = {
    "incidents/<str:key>/timeline/<int:number>/key-moment/": "302 405 405 405 405",
    "incidents/<str:key>/evidence/": "302 405 405 405 405",
    "incidents/<str:key>/evidence/<slug:public_id>/": "302 404 200 200 200",
    "incidents/<str:key>/looked/": "302 405 405 405 405",
    "incidents/<str:key>/catch-up/": "302 404 200 200 200",
    "incidents/<str:key>/export/": "302 404 200 200 200",
    "api/v1/incidents/<str:key>/timeline/export/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/timeline/<int:pk>/key-moment/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/attachments/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/attachments/<slug:public_id>/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/attachments/<slug:public_id>/content/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/looks/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/catch-up/": "401 404 200 200 200",
    "admin/incidents/attachment/": "302 302 200 200 200",
}
