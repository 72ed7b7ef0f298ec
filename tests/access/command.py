"""Rows of the access table: decisions."""

ACCESS: dict[str, str] = {
    "incidents/<str:key>/decisions/": "302 405 405 405 405",
    "incidents/<str:key>/decisions/propose/": "302 405 405 405 405",
    "incidents/<str:key>/decisions/<int:decision_id>/": "302 405 405 405 405",
    "incidents/<str:key>/decisions/<int:decision_id>/decide/": "302 405 405 405 405",
    "incidents/<str:key>/decisions/<int:decision_id>/object/": "302 405 405 405 405",
    "incidents/<str:key>/decisions/<int:decision_id>/take-back/": "302 405 405 405 405",
    "incidents/<str:key>/decisions/<int:decision_id>/withdraw/": "302 405 405 405 405",
    "api/v1/incidents/<str:key>/decisions/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/decisions/<int:pk>/": "401 404 404 404 404",
    "api/v1/incidents/<str:key>/decisions/<int:pk>/decide/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/decisions/<int:pk>/objections/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/decisions/<int:pk>/withdraw/": "401 405 405 405 405",
    "admin/incidents/decision/": "302 302 200 200 200",
}
