"""Who gets which answer to a GET on each address of the product: the access table.

`tests/test_access.py` walks the URLconf and fails for an address without a row here, and for each answer that
is not as written. Columns: a visitor without an account; an outsider (has an account, nothing is shared with
them); a bystander (responder without a seat); the commander; an administrator. The incident is not private.

302 for a visitor leads to the sign-in page; 302 for others leads from a piece of a page to its page. 405 stands
where only a post does something: who may post is proven by `tests/test_matrix.py`.
"""

from tests.access import (
    command,
    composer,
    coordination,
    customers,
    diagnosis,
    finding,
    informing,
    inside,
    lifecycle,
    promises,
    record,
    scribe,
    seats,
    style,
    talking,
)

COLUMNS = ("visitor", "outsider", "bystander", "commander", "administrator")

_ROWS: dict[str, str] = {
    # --- staff ------------------------------------------------------------------------------
    "": "302 200 200 200 200",
    "livebar/": "302 302 302 302 302",
    "declare/": "302 403 200 200 200",
    "declare/similar/": "302 403 302 302 302",
    "incidents/": "302 200 200 200 200",
    "incidents/<str:key>/": "302 404 200 200 200",
    "incidents/<str:key>/console/": "302 404 302 302 302",
    "incidents/<str:key>/head/": "302 404 302 302 302",
    "incidents/<str:key>/stream/": "302 404 200 200 200",
    "incidents/<str:key>/timeline/": "302 404 302 302 302",
    "incidents/<str:key>/timeline/<int:number>/supersede/": "302 405 405 405 405",
    "incidents/<str:key>/severity/": "302 405 405 405 405",
    "incidents/<str:key>/moves/<slug:verb>/": "302 405 405 405 405",
    "incidents/<str:key>/roster/<slug:role>/": "302 405 405 405 405",
    "incidents/<str:key>/roster/<slug:role>/take/": "302 405 405 405 405",
    "incidents/<str:key>/seats/<int:seat_id>/accept/": "302 405 405 405 405",
    "incidents/<str:key>/seats/<int:seat_id>/hand-over/": "302 404 403 200 200",
    "incidents/<str:key>/seats/<int:seat_id>/release/": "302 405 405 405 405",
    "incidents/<str:key>/seats/<int:seat_id>/delegate/": "302 405 405 405 405",
    "incidents/<str:key>/updates/": "302 405 405 405 405",
    "incidents/<str:key>/updates/<int:update_id>/": "302 404 200 200 200",
    "incidents/<str:key>/updates/<int:update_id>/<slug:step>/": "302 405 405 405 405",
    "alerts/": "302 403 200 200 200",
    "alerts/<int:alert_id>/": "302 403 200 200 200",
    "alerts/<int:alert_id>/acknowledge/": "302 405 405 405 405",
    "alerts/<int:alert_id>/link/": "302 405 405 405 405",
    "alerts/payloads/<int:payload_id>/": "302 403 403 403 200",
    "alerts/sources/": "302 403 403 403 200",
    "alerts/sources/<int:source_id>/rotate/": "302 405 405 405 405",
    "alerts/sources/<int:source_id>/switch/": "302 405 405 405 405",
    "messages/": "302 403 403 403 200",
    "messages/<int:pk>/": "302 403 403 403 200",
    "messages/<int:pk>/retry/": "302 405 405 405 405",
    "pages/": "302 200 200 200 200",
    "pages/<slug:slug>/": "302 404 200 200 200",
    "pages/<slug:slug>/panel/": "302 404 200 200 200",
    "pages/<slug:slug>/publish/": "302 405 405 405 405",
    "pages/<slug:slug>/components/<slug:component>/": "302 405 405 405 405",
    # --- the public -------------------------------------------------------------------------
    "s/<slug:slug>/": "200 200 200 200 200",
    "s/<slug:slug>/<path:path>": "200 200 200 200 200",
    "s/<slug:slug>/incidents/<slug:public_id>/": "200 200 200 200 200",
    "s/<slug:slug>/brand.css": "200 200 200 200 200",
    "s/<slug:slug>/subscribe/": "200 200 200 200 200",
    "s/<slug:slug>/confirm/<str:token>/": "404 404 404 404 404",
    "s/<slug:slug>/manage/<str:token>/": "404 404 404 404 404",
    "s/<slug:slug>/unsubscribe/<str:token>/": "404 404 404 404 404",
    "s/<slug:slug>/api/v2/subscribers.json": "405 405 405 405 405",
    # --- machines ---------------------------------------------------------------------------
    "in/<slug:kind>": "405 405 405 405 405",
    "in/<slug:kind>/": "405 405 405 405 405",
    "in/<slug:kind>/<str:token>": "405 405 405 405 405",
    "in/<slug:kind>/<str:token>/": "405 405 405 405 405",
    "hooks/email/<slug:provider>/tracking/": "404 404 404 404 404",
    "hooks/twilio/sms": "405 405 405 405 405",
    "hooks/twilio/status/<str:token>": "405 405 405 405 405",
    "healthz": "200 200 200 200 200",
    "readyz": "503 503 503 503 503",
    "metrics": "404 404 404 404 404",
    # --- programs ---------------------------------------------------------------------------
    "api/v1/incidents/": "401 200 200 200 200",
    "api/v1/incidents/<str:key>/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/moves/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/roster/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/roster/<int:pk>/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/roster/<int:pk>/accept/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/roster/<int:pk>/hand-over/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/timeline/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/timeline/<int:pk>/supersede/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/stream": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/updates/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/updates/<int:pk>/": "401 404 200 200 200",
    "api/v1/incidents/<str:key>/updates/<int:pk>/approve/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/updates/<int:pk>/discard/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/updates/<int:pk>/publish/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/updates/<int:pk>/send-back/": "401 405 405 405 405",
    "api/v1/incidents/<str:key>/updates/<int:pk>/submit/": "401 405 405 405 405",
    "api/v1/alerts/": "401 403 200 200 200",
    "api/v1/alerts/<int:pk>/": "401 403 200 200 200",
    "api/v1/alerts/<int:pk>/acknowledge/": "401 403 405 405 405",
    "api/v1/alert-sources/": "401 403 403 403 200",
    "api/v1/services/": "401 403 200 200 200",
    "api/v1/pages/": "401 200 200 200 200",
    "api/v1/pages/<slug:slug>/": "401 404 200 200 200",
    "api/v1/pages/<slug:slug>/components/": "401 404 200 200 200",
    "api/v1/pages/<slug:slug>/components/<slug:component>/": "401 405 405 405 405",
    "api/v1/pages/<slug:slug>/groups/": "401 404 200 200 200",
    "api/v1/pages/<slug:slug>/publish/": "401 405 405 405 405",
    "api/v1/pages/<slug:slug>/subscribers/": "401 404 403 403 200",
    "api/v1/pages/<slug:slug>/templates/": "401 404 200 200 200",
    "^api/v1/.*/$": "404 404 404 404 404",
    "api/schema/": "200 200 200 200 200",
    "api/docs/": "200 200 200 200 200",
    # --- the admin: its lists; everything below a list is stricter ---------------------------
    "admin/": "302 302 200 200 200",
    "admin/account/emailaddress/": "302 302 403 403 200",
    "admin/auth/group/": "302 302 403 403 200",
    "admin/incidents/alertsource/": "302 302 403 403 200",
    "admin/incidents/incident/": "302 302 200 200 200",
    "admin/incidents/payload/": "302 302 403 403 200",
    "admin/incidents/service/": "302 302 200 200 200",
    "admin/incidents/update/": "302 302 200 200 200",
    "admin/mfa/authenticator/": "302 302 403 403 200",
    "admin/notifications/callback/": "302 302 403 403 200",
    "admin/notifications/contactmethod/": "302 302 403 403 200",
    "admin/notifications/message/": "302 302 403 403 200",
    "admin/notifications/preference/": "302 302 403 403 200",
    "admin/notifications/suppression/": "302 302 403 403 200",
    "admin/roles/auditevent/": "302 302 403 403 200",
    "admin/roles/team/": "302 302 200 200 200",
    "admin/roles/user/": "302 302 403 403 200",
    "admin/statuspage/statuspage/": "302 302 200 200 200",
    "admin/statuspage/subscriber/": "302 302 403 403 200",
    "admin/usersessions/usersession/": "302 302 403 403 200",
}

#: All rows: those above, and those of each kind of work in the file of its name.
ACCESS = (
    _ROWS
    | lifecycle.ACCESS
    | finding.ACCESS
    | seats.ACCESS
    | style.ACCESS
    | informing.ACCESS
    | talking.ACCESS
    | promises.ACCESS
    | record.ACCESS
    | scribe.ACCESS
    | command.ACCESS
    | diagnosis.ACCESS
    | coordination.ACCESS
    | composer.ACCESS
    | customers.ACCESS
    | inside.ACCESS
)

#: Pages under accounts/ that a visitor may open: ways in, and what stands beside them. The rest leads there.
WAYS_IN = {
    "accounts/login/",
    "accounts/signup/",  # says that accounts are made by an administrator
    "accounts/inactive/",
    "accounts/confirm-email/",
    "accounts/link/<str:token>/",
    "accounts/setup/<str:token>/",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/password/reset/key/done/",
}

#: Views that take a post without a CSRF token, and what they ask for instead. Views of the REST API take a
#: bearer token, and ask for the CSRF token where a session is used.
WITHOUT_CSRF = {
    "in/<slug:kind>": "the source's token, in a header",
    "in/<slug:kind>/": "the source's token, in a header",
    "in/<slug:kind>/<str:token>": "the source's token",
    "in/<slug:kind>/<str:token>/": "the source's token",
    "hooks/twilio/status/<str:token>": "Twilio's signature",
    "hooks/twilio/sms": "Twilio's signature",
    "hooks/email/<slug:provider>/tracking/": "the provider's secret",
    "paging/<str:token>/": "a signed token",
    "board/<str:token>/": "a signed token; it only looks",
    "board/<str:token>/questions/": "a signed token, limited by link and network",
    "tasks/<str:token>/": "a signed token",
    "s/<slug:slug>/report/": "nothing: changes no account; limited, read by people",
    "hooks/email/<slug:provider>/inbound/": "the provider's secret",
    "survey/<str:token>/": "a signed token",
    "s/<slug:slug>/helpful/<slug:public_id>/": "nothing: an opinion on an update; limited, changes no account",
    "s/<slug:slug>/subscribe/": "nothing: changes no account; limited, confirmed by the owner of the address",
    "s/<slug:slug>/api/v2/subscribers.json": "nothing: as subscribing by the form",
    "s/<slug:slug>/confirm/<str:token>/": "a signed token",
    "s/<slug:slug>/manage/<str:token>/": "a signed token",
    "s/<slug:slug>/unsubscribe/<str:token>/": "a signed token",
}
