"""The template tags: what they draw for real objects, and that nothing drawn carries colour alone."""

from dataclasses import dataclass
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.template import engines
from django.utils import timezone

from incidentops.templatetags import times, ui
from incidents.models import Severity, State
from roles.catalog import SIGNS, Role
from roles.models import User
from statuspage.models import ComponentStatus
from tests import make


def draw(text: str, **context: object) -> str:
    return engines["django"].from_string(text).render(context)


@pytest.mark.parametrize("state", State.values)
def test_every_state_has_a_sign_and_a_word(state):
    drawn = draw("{% state name %}", name=state)
    assert State(state).label in drawn
    assert "<svg" in drawn


@pytest.mark.parametrize("severity", Severity.values)
def test_every_severity_lights_its_bars(severity):
    drawn = draw("{% sev severity %}", severity=severity)
    assert drawn.endswith(f"{severity}</span>")
    assert drawn.count('class="off"') == min(int(severity[-1]) - 1, 4)


@pytest.mark.parametrize("status", ComponentStatus.values)
def test_every_component_status_has_its_own_shape(status):
    drawn = draw("{% st status %}", status=status)
    assert ComponentStatus(status).label in drawn
    assert f"#i-{ui.STATUS_SIGNS[ComponentStatus(status)][1]}" in drawn


def test_component_shapes_are_all_different():
    shapes = [icon for _, icon in ui.STATUS_SIGNS.values()]
    assert len(shapes) == len(set(shapes))


def test_a_status_that_is_not_known_says_so():
    assert "No data" in draw("{% st status %}", status="")


def test_icons_that_are_drawn_exist_in_the_sprite(settings):
    sprite = ElementTree.parse(settings.BASE_DIR / "incidentops" / "static" / "icons.svg")  # noqa: S314 (our own file)
    known = {symbol.get("id") for symbol in sprite.iter("{http://www.w3.org/2000/svg}symbol")}
    drawn = {sign.icon for sign in SIGNS.values()} | {icon for _, icon in ui.STATUS_SIGNS.values()}
    drawn |= {icon for _, icon in ui.ENDED.values()}
    assert {f"i-{icon}" for icon in drawn} <= known


def test_a_person_is_drawn_by_initials_and_name():
    person = User(username="amara", first_name="Amara", last_name="Okafor", hue=3)
    assert draw("{% who person %}", person=person).endswith("Amara Okafor</span>")
    assert ">AO</span>" in draw("{% av person %}", person=person)
    assert draw("{% who person 1 %}", person=person).endswith("Amara</span>")
    assert "IncidentOps" in draw("{% who person %}", person=None)


def test_names_are_escaped():
    person = User(username="x", first_name="<b>Eve</b>")
    assert "<b>" not in draw("{% who person %}", person=person)


def test_the_crew_ring_counts_and_names_what_is_missing(commander, incident):
    drawn = draw("{% crew incident %}", incident=incident)
    assert 'aria-label="1 of 7 roles filled, missing: Comms Lead' in drawn
    assert drawn.count('class="gap"') == 6
    make.seat(incident, Role.SCRIBE, make.make_user("offered"), offer=True)
    incident.forget_seats()
    assert draw("{% crew incident %}", incident=incident).count('class="paged"') == 1


@dataclass(frozen=True)
class Day:
    on: date
    tone: str = ""
    text: str = ""
    url: str = ""


def test_uptime_bars_tell_the_bad_days_in_words():
    days = [Day(date(2025, 11, 1)), Day(date(2025, 11, 2), "bad", "Major outage, 31 min", "/incidents/x/")]
    drawn = draw("{% uptime 'Card payments' '99.9' days %}", days=days)
    assert 'aria-label="Card payments: 99.9% uptime over 2 days, 1 day with incidents"' in drawn
    assert 'aria-label="2 Nov: Major outage, 31 min"' in drawn
    assert drawn.count("<a ") == 1


@pytest.mark.parametrize(
    ("length", "clock", "words"),
    [
        (timedelta(seconds=5), "00:05", "under a minute"),
        (timedelta(minutes=44, seconds=12), "44:12", "44 min"),
        (timedelta(hours=2, minutes=5, seconds=40), "2:05:40", "2 h 5 min"),
        (timedelta(days=3, hours=4), "3 d 4 h", "3 days"),
        (-timedelta(seconds=70), "-01:10", "under a minute"),
    ],
)
def test_lengths_of_time(length, clock, words):
    assert times.in_clock(length) == clock
    assert times.in_words(length) == words


@pytest.mark.parametrize(("left", "tone"), [(-1, "bad"), (3, "caution"), (20, "")])
def test_a_promise_takes_its_tone_from_the_time_left(left, tone):
    moment = timezone.now() + timedelta(minutes=left)
    assert times.due_tone(moment, timedelta(minutes=20)) == tone
    assert ('class="due over"' in ui.due(moment, timedelta(minutes=20))) is (left < 0)


def test_a_spark_line_needs_two_points():
    assert ui.spark([1.0]) == ""
    assert 'd="M0.0 22.0L96.0 2.0"' in ui.spark([1, 2])


@pytest.mark.parametrize("tag", ["{% i 'bell' %}", "{% logo %}", "{% meter 2 5 %}", "{% spark values 'bad' %}"])
def test_nothing_carries_inline_style(tag):
    assert "style=" not in draw(tag, values=[1, 2, 3])
