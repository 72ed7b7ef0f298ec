"""Attempts at customer reports, signals, escalations and follow-ups."""

from types import SimpleNamespace

from incidents.communication import customer_reports, escalations
from incidents.models import CustomerSignal, FollowUp, Macro, SignalRule
from roles.policy import SYSTEM
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.customers.…}`."""

    def report(symptom: str) -> object:
        return customer_reports.record(stage.incident, by=SYSTEM, symptom=symptom, contact="ada@nordlys.example")

    waiting, aside = report("Are we charged twice?"), report("Cannot log in")
    rule = SignalRule.objects.create(name="Two", reports=2, within=SignalRule.objects.all()[0].within)
    signal = CustomerSignal.objects.create(
        incident=stage.vacant, rule=rule, suggests_severity="SEV1", words="2 reports within 10 min."
    )
    here = CustomerSignal.objects.create(
        incident=stage.incident, rule=rule, suggests_severity="SEV1", words="2 reports within 10 min."
    )
    return SimpleNamespace(
        report=waiting,
        aside=customer_reports.dismiss(aside, by=SYSTEM),
        macro=Macro.objects.create(name="Short", body="We have it."),
        signal=here,
        elsewhere=signal,
        escalation=escalations.escalate(stage.incident, by=SYSTEM, title="Are 212 bookings charged?"),
        follow_up=FollowUp.objects.create(incident=stage.incident, report=waiting, name="Nordlys Travel"),
    )


_ROOM = "/incidents/{s.incident.key}/"
_REPORT = f"{_ROOM}reports/{{s.customers.report.pk}}/"
_ESCALATION = f"{_ROOM}escalations/{{s.customers.escalation.pk}}/"
_FOLLOW_UP = f"{_ROOM}follow-up/{{s.customers.follow_up.pk}}/"
_SIGNAL = f"{_ROOM}signals/{{s.customers.signal.pk}}/"
_MACRO = "{s.customers.macro.pk}"

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.view_reports": [get(f"{_ROOM}reports/"), get(_REPORT), get(f"{_ROOM}follow-up/")],
    "incidents.record_report": [
        post(f"{_ROOM}reports/", symptom="Terminal says declined"),
        post(_REPORT, symptom="Are we charged at all?"),
        post(f"{_REPORT}reply/", macro=_MACRO, through="told"),
        post(f"{_REPORT}dismiss/", reason="no customer"),
        post(f"{_ROOM}reports/{{s.customers.aside.pk}}/take-back/"),
        post(
            f"{_ROOM}reports/reply-to-all/",
            kind="symptom",
            value="are we charged twice",
            last="{s.customers.report.pk}",
            macro=_MACRO,
        ),
    ],
    "incidents.escalate": [
        post(f"{_ROOM}escalations/", title="On sale at 04:00", urgency="now", owner_role="commander"),
        post(f"{_ESCALATION}withdraw/"),
    ],
    "incidents.acknowledge_escalation": [
        post(f"{_ESCALATION}acknowledge/"),
        post(f"{_ESCALATION}answer/", outcome="No, they are not."),
    ],
    "incidents.change_state": [
        post(f"{_SIGNAL}put-aside/", reason="One customer calling often"),
        post(f"{_SIGNAL}follow/"),
    ],
    "incidents.follow_up": [
        post(f"{_FOLLOW_UP}contacted/", note="by phone"),
        post(f"{_FOLLOW_UP}waive/", note="they know"),
    ],
}

_API = "/api/v1/incidents/{s.incident.key}/"
_REPORT_API = f"{_API}customer-reports/{{s.customers.report.pk}}/"
_ESCALATION_API = f"{_API}escalations/{{s.customers.escalation.pk}}/"
_FOLLOW_UP_API = f"{_API}follow-ups/{{s.customers.follow_up.pk}}/"
_SIGNAL_API = f"{_API}signals/{{s.customers.signal.pk}}/"

BY_API: dict[str, list[Attempt]] = {
    "incidents.view_reports": [
        get(f"{_API}customer-reports/"),
        get(_REPORT_API),
        get(f"{_API}signals/"),
        get(f"{_API}escalations/"),
        get(f"{_API}follow-ups/"),
    ],
    "incidents.record_report": [
        send("POST", f"{_API}customer-reports/", symptom="Terminal says declined"),
        send("PATCH", _REPORT_API, symptom="Are we charged at all?"),
        send("PATCH", _REPORT_API, state="dismissed"),
        send("POST", f"{_REPORT_API}reply/", macro=_MACRO, through="told"),
    ],
    "incidents.escalate": [
        send("POST", f"{_API}escalations/", title="On sale at 04:00"),
        send("POST", f"{_ESCALATION_API}withdraw/"),
    ],
    "incidents.acknowledge_escalation": [
        send("POST", f"{_ESCALATION_API}acknowledge/"),
        send("POST", f"{_ESCALATION_API}answer/", outcome="No, they are not."),
    ],
    "incidents.change_state": [
        send("POST", f"{_SIGNAL_API}follow/"),
        send("POST", f"{_SIGNAL_API}put-aside/", reason="One customer calling often"),
    ],
    "incidents.follow_up": [
        send("PATCH", _FOLLOW_UP_API, state="contacted", note="by phone"),
        send("PATCH", _FOLLOW_UP_API, state="waived", note="they know"),
    ],
}

_ADMIN = "/admin/incidents/"

IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_reports": [
        get(f"{_ADMIN}customerreport/{{s.customers.report.pk}}/change/"),
        get(f"{_ADMIN}customerescalation/{{s.customers.escalation.pk}}/change/"),
        get(f"{_ADMIN}followup/{{s.customers.follow_up.pk}}/change/"),
    ],
}
