"""Rows of the access table: what support says."""

ACCESS: dict[str, str] = {
    "incidents/<str:key>/talking-points/": "302 405 405 405 405",
    "incidents/<str:key>/talking-points/<int:number>/approve/": "302 405 405 405 405",
    "incidents/<str:key>/talking-points/<int:number>/withdraw/": "302 405 405 405 405",
    "incidents/<str:key>/talking-points/<int:number>/nudge/": "302 405 405 405 405",
    "support/": "302 403 200 200 200",
    "support/incidents/<str:key>/": "302 404 200 200 200",
    "admin/incidents/talkingpoints/": "302 302 200 200 200",
    "api/v1/incidents/<str:key>/talking-points/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/talking-points/<int:number>/approve/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/talking-points/<int:number>/withdraw/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/talking-points/<int:number>/read/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/talking-points/<int:number>/nudge/": "401 405 405 405 405",
}
