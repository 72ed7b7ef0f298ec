"""Rows of the access table: how often whom is told, promises, and what surrounds an approval."""

ACCESS: dict[str, str] = {
    "incidents/<str:key>/rhythm/": "302 405 405 405 405",
    "incidents/<str:key>/updates/<int:update_id>/comments/<int:comment_id>/settle/": "302 405 405 405 405",
    "settings/words/rhythm/": "302 403 200 200 200",
    "settings/words/rhythm/<int:policy_id>/": "302 405 405 405 405",
    "settings/words/rhythm/holding/<slug:slug>/": "302 405 405 405 405",
    "api/v1/promises/": "401 403 200 200 200",
    "api/v1/update-policies/": "401 403 200 200 200",
    "api/v1/update-policies/<str:severity>/<str:audience>/": "401 403 405 405 405",
    "api/v1/holding-rules/": "401 403 200 200 200",
    "api/v1/holding-rules/<slug:slug>/": "401 403 405 405 405",
    "api/v1/incidents/<str:key>/promises/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/rhythm/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/updates/<int:pk>/versions/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/updates/<int:pk>/comments/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/updates/<int:pk>/comments/<int:comment>/settle/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/updates/<int:pk>/schedule/": "401 405 405 405 405",
    "admin/incidents/updatepolicy/": "302 302 403 403 200",
    "admin/incidents/holdingrule/": "302 302 403 403 200",
    "admin/incidents/promise/": "302 302 200 200 200",
}
