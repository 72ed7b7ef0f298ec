"""Rows of the access table: tasks, the quick line, the report."""

_POSTED = "302 405 405 405 405"

ACCESS: dict[str, str] = {
    "tasks/": "302 200 200 200 200",
    "tasks/<str:token>/": "404 404 404 404 404",
    "incidents/<str:key>/tasks/": "302 404 200 200 200",
    "incidents/<str:key>/tasks/<int:task_id>/": "302 404 404 404 404",  # the stage has none
    "incidents/<str:key>/tasks/<int:task_id>/step/": _POSTED,
    "incidents/<str:key>/tasks/<int:task_id>/back/<slug:state>/": _POSTED,
    "incidents/<str:key>/quick/": _POSTED,
    "incidents/<str:key>/report/": "302 404 200 200 200",
    "api/v1/tasks/": "401 200 200 200 200",
    "api/v1/incidents/<str:key>/tasks/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/tasks/<int:pk>/": "401 404 404 404 404",
    "api/v1/incidents/<str:key>/tasks/<int:pk>/acknowledge/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/quick/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/gaps/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/report/": "401 404 200 200 200",
    "admin/incidents/task/": "302 302 200 200 200",
}
