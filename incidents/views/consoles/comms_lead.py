"""What the Communication Lead's console shows: the promise, the texts under way, the one being written."""

from incidents import readings
from incidents.communication import cadence, summaries
from incidents.models import Incident, Update, UpdateState
from incidents.severity import rule
from incidents.views.consoles import drafts
from incidents.views.desk import Desk
from incidents.views.duties import Fact, duties
from incidents.views.panels import boards, composer, informed, talking, tasks, team_questions
from incidents.views.panels import cadence as cadence_panel
from roles.catalog import Role


def shown(desk: Desk) -> dict[str, object]:
    """Everything on the Communication Lead's console."""
    incident = desk.incident
    every = rule(incident.severity).update_every
    promised_at = cadence.promised(incident) if incident.is_active else None
    pending = drafts.of(desk)
    published = readings.newest_published(readings.of(incident).updates)
    return {
        "duties": duties(Role.COMMS_LEAD, _facts(desk, pending, published, drafts.promise(promised_at, every))),
        "promised_at": promised_at,
        "update_every": every,
        "pending": pending,
        "published": published,
        **cadence_panel.shown(desk),
        **tasks.shown(desk),
        **team_questions.shown(desk),
        **boards.shown(desk),
        **informed.shown(desk),
        **talking.shown(desk),
        "summary": None if incident.is_active else summaries.of(incident),
        **composer.shown(desk),
    }


def _facts(desk: Desk, pending: list[drafts.Draft], published: Update | None, promise: Fact) -> dict[str, Fact]:
    incident = desk.incident
    waiting = sum("publish" not in one.steps and one.update.state == "submitted" for one in pending)
    asked = sum(task.area == Role.COMMS_LEAD for task in readings.of(incident).open_tasks)
    return {
        "Notify": Fact(promise.tone, promise.words, "#promise"),
        "Page content": Fact("caution", f"{waiting} waiting", "#pending")
        if waiting
        else Fact("ok", "nothing waiting", "#composer"),
        "Consistency": _consistency(incident, published),
        "Team link": _linked(desk, asked),
        "Follow-up": _followed_up(incident),
    }


def _linked(desk: Desk, asked: int) -> Fact:
    """Questions to the team first, late ones above all; then what the team asks of this role."""
    fact = team_questions.fact(desk)
    return Fact("caution", f"{asked} asked of you", "#tasks") if asked and fact.tone == "ok" else fact


def _followed_up(incident: Incident) -> Fact:
    """Whether those who were told have heard how it ended."""
    if incident.is_active:
        return Fact("", "after resolve", "#composer")
    summary = summaries.of(incident)
    if summary is None:
        return Fact("caution", "tell how it ended", "#summary")
    told = summary.state == UpdateState.PUBLISHED
    return Fact("ok", "summary is out", "#summary") if told else Fact("caution", "summary under way", "#summary")


def _consistency(incident: Incident, published: Update | None) -> Fact:
    """Whether what was said last was said before the incident moved on."""
    if published is None or published.published_at is None:
        return Fact("", "nothing said yet", "#composer")
    if incident.state_since > published.published_at:
        return Fact("caution", f"{incident.get_state_display()} is not said yet", "#composer")
    return Fact("ok", "says what we know", "#composer")
