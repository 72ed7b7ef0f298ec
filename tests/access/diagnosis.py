"""Rows of the access table: hypotheses, findings, actions, verification."""

_POSTED = "302 405 405 405 405"
_LISTED = "401 404 200 200 200"
_ONE = "401 404 404 404 404"  # the stage has none
_SENT = "401 405 405 405 405"

ACCESS: dict[str, str] = {
    "incidents/<str:key>/hypotheses/": _POSTED,
    "incidents/<str:key>/hypotheses/<int:pk>/": _POSTED,
    "incidents/<str:key>/hypotheses/<int:pk>/<slug:verb>/": _POSTED,
    "incidents/<str:key>/findings/": _POSTED,
    "incidents/<str:key>/findings/<int:pk>/": _POSTED,
    "incidents/<str:key>/actions/": _POSTED,
    "incidents/<str:key>/actions/<int:pk>/": _POSTED,
    "incidents/<str:key>/actions/<int:pk>/<slug:verb>/": _POSTED,
    "incidents/<str:key>/verification/": _POSTED,
    "incidents/<str:key>/verification/<int:pk>/<slug:verb>/": _POSTED,
    "api/v1/incidents/<str:key>/hypotheses/": _LISTED,
    "api/v1/incidents/<str:key>/hypotheses/<int:pk>/": _ONE,
    "api/v1/incidents/<str:key>/findings/": _LISTED,
    "api/v1/incidents/<str:key>/findings/<int:pk>/": _ONE,
    "api/v1/incidents/<str:key>/actions/": _LISTED,
    "api/v1/incidents/<str:key>/actions/<int:pk>/": _ONE,
    "api/v1/incidents/<str:key>/actions/<int:pk>/approve/": _SENT,
    "api/v1/incidents/<str:key>/actions/<int:pk>/decline/": _SENT,
    "api/v1/incidents/<str:key>/actions/<int:pk>/start/": _SENT,
    "api/v1/incidents/<str:key>/actions/<int:pk>/finish/": _SENT,
    "api/v1/incidents/<str:key>/actions/<int:pk>/fail/": _SENT,
    "api/v1/incidents/<str:key>/actions/<int:pk>/revert/": _SENT,
    "api/v1/incidents/<str:key>/verification/": _LISTED,
    "api/v1/incidents/<str:key>/verification/<int:pk>/": _ONE,
    "admin/incidents/action/": "302 302 200 200 200",
    "admin/incidents/finding/": "302 302 200 200 200",
    "admin/incidents/hypothesis/": "302 302 200 200 200",
    "admin/incidents/verificationcheck/": "302 302 200 200 200",
}
