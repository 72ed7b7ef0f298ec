"""Rows of the access table: proof of informing, feedback, the survey, the summary."""

ACCESS: dict[str, str] = {
    "incidents/<str:key>/updates/<int:update_id>/proof/": "302 404 404 404 404",
    "incidents/<str:key>/updates/<int:update_id>/proof/resend/": "302 405 405 405 405",
    "incidents/<str:key>/feedback/": "302 404 200 200 200",
    "incidents/<str:key>/feedback/capture/": "302 405 405 405 405",
    "incidents/<str:key>/feedback/survey/": "302 405 405 405 405",
    "incidents/<str:key>/summary/": "302 404 200 200 200",
    "survey/<str:token>/": "404 404 404 404 404",
    "s/<slug:slug>/helpful/<slug:public_id>/": "404 404 404 404 404",
    "api/v1/incidents/<str:key>/updates/<int:pk>/proof/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/updates/<int:pk>/resend/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/feedback/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/feedback/survey/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/summary/": "401 405 405 405 405",
}
