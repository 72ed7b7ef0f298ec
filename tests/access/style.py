"""Rows of the access table: the linter of words and its rules."""

ACCESS: dict[str, str] = {
    "incidents/<str:key>/updates/check/": "302 405 405 405 405",
    "settings/words/style/": "302 403 200 200 200",
    "settings/words/style/own/<int:rule_id>/": "302 405 405 405 405",
    "settings/words/style/<slug:code>/": "302 405 405 405 405",
    "admin/incidents/stylerule/": "302 302 403 403 200",
    "api/v1/consistency/check/": "401 403 405 405 405",
    "api/v1/style-rules/": "401 403 200 200 200",
    "api/v1/style-rules/<int:pk>/": "401 403 405 405 405",
}
