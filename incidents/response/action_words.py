"""What is said of an action, which of it an approval is about, and what of it makes no sense."""

from typing import TypedDict

from django.core.exceptions import ValidationError

from incidents.models import ActionKind, Hypothesis, Incident, Risk, Service
from roles.models import User

LONGEST_TITLE = 300
LONGEST_WORDS = 300
LONGEST_TEXT = 5000


class Words(TypedDict, total=False):
    """What is edited of an action."""

    title: str
    detail: str
    undo: str
    kind: str
    risk: str
    effect: str
    executor: User | None
    service: Service | None
    hypothesis: Hypothesis | None


#: Words that an approval is about: once changed, they are to be approved again.
CLEARED = frozenset({"title", "detail", "undo", "kind", "risk", "service"})
ALL = CLEARED | {"effect", "executor", "hypothesis"}
#: What may be said of an action when it is under way or over.
LATE = frozenset({"undo", "effect", "hypothesis"})


def check(incident: Incident, words: Words) -> None:
    """Raises ValidationError for what makes no sense; brings the words into the form in which they are stored."""
    if "title" in words:
        words["title"] = " ".join(words["title"].split())
        if not words["title"]:
            raise ValidationError("An action needs a title: what is to be done, to what?")
        if len(words["title"]) > LONGEST_TITLE:
            raise ValidationError(f"A title has at most {LONGEST_TITLE} characters; put the rest into the detail.")
    for name in ("detail", "undo"):
        if name in words:
            text = words[name].strip()  # type: ignore[literal-required]
            if len(text) > LONGEST_TEXT:
                raise ValidationError(f"The {name} has at most {LONGEST_TEXT:,} characters.")
            words[name] = text  # type: ignore[literal-required]
    if "effect" in words:
        words["effect"] = one_line(words["effect"], "effect")
    if words.get("kind", ActionKind.FIX) not in ActionKind.values:
        raise ValidationError(f"{words['kind']} is no kind of action; they are {', '.join(ActionKind.values)}.")
    if words.get("risk", Risk.LOW) not in Risk.values:
        raise ValidationError(f"{words['risk']} is no risk; they are {', '.join(Risk.values)}.")
    executor, hypothesis = words.get("executor"), words.get("hypothesis")
    if executor is not None and not (executor.is_staff and incident.is_visible_to(executor)):
        raise ValidationError(f"{executor} is not a responder on this incident.")
    if hypothesis is not None and hypothesis.incident_id != incident.pk:
        raise ValidationError("That hypothesis belongs to another incident.")


def one_line(text: str, name: str) -> str:
    """Words that are told in one line; raises ValidationError for more of them than that."""
    line = " ".join(text.split())
    if len(line) > LONGEST_WORDS:
        raise ValidationError(f"The {name} has at most {LONGEST_WORDS} characters.")
    return line
