"""Attempts at hypotheses, findings, actions, verification."""

from types import SimpleNamespace

from incidents.models import Action
from incidents.response import acting, diagnosis, verification
from roles.policy import SYSTEM
from tests.attempts.trying import Attempt, Stage, get, post, send


def prepare(stage: Stage) -> SimpleNamespace:
    """What these attempts need beside the stage; they name it `{s.diagnosis.…}`. Who carries the actions out is
    nobody of the cast."""

    def proposed(title: str) -> Action:
        return acting.propose(stage.incident, by=SYSTEM, title=title, executor=stage.someone)

    cleared = acting.step(proposed("Restore 1a"), "approve", by=SYSTEM)
    running = acting.step(acting.step(proposed("Restore 1b"), "approve", by=SYSTEM), "start", by=SYSTEM)
    return SimpleNamespace(
        hypothesis=diagnosis.propose(stage.incident, by=SYSTEM, title="The pool limit"),
        finding=diagnosis.share(stage.incident, by=SYSTEM, text="The queue grows."),
        proposed=proposed("Restore 1c"),
        cleared=cleared,
        running=running,
        measured=verification.add(stage.incident, by=SYSTEM, title="Declines under 1%"),
        signed=verification.add(stage.incident, by=SYSTEM, title="Pay by card", kind="signed"),
    )


_ROOM = "/incidents/{s.incident.key}/"
_API = "/api/v1/incidents/{s.incident.key}/"
_ADMIN = "/admin/incidents/"
_HYPOTHESIS = "hypotheses/{s.diagnosis.hypothesis.pk}/"
_FINDING = "findings/{s.diagnosis.finding.pk}/"
_PROPOSED = "actions/{s.diagnosis.proposed.pk}/"
_CLEARED = "actions/{s.diagnosis.cleared.pk}/"
_RUNNING = "actions/{s.diagnosis.running.pk}/"
_MEASURED = "verification/{s.diagnosis.measured.pk}/"
_SIGNED = "verification/{s.diagnosis.signed.pk}/"
_WHY = "The vendor has tried it."

ON_PAGES: dict[str, list[Attempt]] = {
    "incidents.propose_action": [
        post(f"{_ROOM}hypotheses/", title="Release 4.118"),
        post(f"{_ROOM}{_HYPOTHESIS}", title="The pool limit on all nodes", version="1"),
        post(f"{_ROOM}{_HYPOTHESIS}test/"),
        post(f"{_ROOM}{_HYPOTHESIS}rule-out/", verdict="No effect"),
        post(f"{_ROOM}{_HYPOTHESIS}confirm/", verdict="The config diff names it."),
        post(f"{_ROOM}findings/", text="The wait queue empties."),
        post(f"{_ROOM}{_FINDING}", hypothesis="{s.diagnosis.hypothesis.pk}"),
        post(f"{_ROOM}actions/", title="Roll back", kind="rollback", risk="low"),
    ],
    "incidents.approve_action": [
        post(f"{_ROOM}{_PROPOSED}approve/", version="1"),
        post(f"{_ROOM}{_PROPOSED}decline/", comment="Payments in flight would be lost."),
        post(f"{_ROOM}{_CLEARED}decline/", comment="Not any more."),
    ],
    "incidents.coordinate": [
        post(f"{_ROOM}{_CLEARED}start/"),
        post(f"{_ROOM}{_RUNNING}finish/", effect="38% → 2.1%"),
        post(f"{_ROOM}{_RUNNING}fail/", effect="no access"),
        post(f"{_ROOM}{_RUNNING}revert/"),
        post(f"{_ROOM}{_PROPOSED}", title="Restore all at once", version="1"),
    ],
    "incidents.verify": [
        post(f"{_ROOM}verification/", title="Queue under 2 min", kind="measured", minutes="0"),
        post(f"{_ROOM}{_MEASURED}read/", reading="0.4%", holds="yes"),
        post(f"{_ROOM}{_MEASURED}waive/", reason=_WHY),
        post(f"{_ROOM}{_SIGNED}assign/", tester="{s.someone.pk}"),
        post(f"{_ROOM}{_SIGNED}waive/", reason=_WHY),
    ],
}
BY_API: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        *(get(f"{_API}{name}/") for name in ("hypotheses", "findings", "actions", "verification")),
        *(get(f"{_API}{one}") for one in (_HYPOTHESIS, _FINDING, _PROPOSED, _MEASURED)),
    ],
    "incidents.propose_action": [
        send("POST", f"{_API}hypotheses/", title="Release 4.118"),
        send("PATCH", f"{_API}{_HYPOTHESIS}", detail="Since 01:58."),
        send("PATCH", f"{_API}{_HYPOTHESIS}", state="testing"),
        send("POST", f"{_API}findings/", text="The wait queue empties.", confidence="certain"),
        send("PATCH", f"{_API}{_FINDING}", hypothesis="{s.diagnosis.hypothesis.pk}"),
        send("POST", f"{_API}actions/", title="Roll back"),
    ],
    "incidents.approve_action": [
        send("POST", f"{_API}{_PROPOSED}approve/"),
        send("POST", f"{_API}{_PROPOSED}decline/", comment="Payments in flight would be lost."),
        send("PATCH", f"{_API}{_PROPOSED}", state="approved"),
        send("PATCH", f"{_API}{_CLEARED}", state="declined", comment="Not any more."),
    ],
    "incidents.coordinate": [
        send("POST", f"{_API}{_CLEARED}start/"),
        send("POST", f"{_API}{_RUNNING}finish/", effect="38% → 2.1%"),
        send("POST", f"{_API}{_RUNNING}fail/"),
        send("POST", f"{_API}{_RUNNING}revert/"),
        send("PATCH", f"{_API}{_CLEARED}", state="running"),
        send("PATCH", f"{_API}{_PROPOSED}", title="Restore all at once"),
    ],
    "incidents.verify": [
        send("POST", f"{_API}verification/", title="Queue under 2 min"),
        send("PATCH", f"{_API}{_MEASURED}", state="passed", reading="0.4%"),
        send("PATCH", f"{_API}{_SIGNED}", tester="{s.someone.username}"),
        send("PATCH", f"{_API}{_SIGNED}", state="waived", note=_WHY),
    ],
}
IN_THE_ADMIN: dict[str, list[Attempt]] = {
    "incidents.view_incident": [
        get(f"{_ADMIN}hypothesis/{{s.diagnosis.hypothesis.pk}}/change/"),
        get(f"{_ADMIN}finding/{{s.diagnosis.finding.pk}}/change/"),
        get(f"{_ADMIN}action/{{s.diagnosis.proposed.pk}}/change/"),
        get(f"{_ADMIN}verificationcheck/{{s.diagnosis.measured.pk}}/change/"),
    ],
}
