"""Decisions: a question with options, a window for strong objections, and what was decided and why."""

from typing import ClassVar, NamedTuple

from django.conf import settings
from django.db import models
from django.utils import timezone

from incidents.models.incident import Incident
from incidents.models.versions import Versioned

LONGEST_QUESTION = 300
LONGEST_OUTCOME = 2000
#: What parts outcome, reason and the time to look again in the entry that tells of a decision.
_WHY, _AGAIN = "\n\nWhy: ", "\n\nTo be looked at again at "


class Words(NamedTuple):
    """What was decided, and why."""

    outcome: str
    reason: str


def words_of(body: str) -> Words:
    """Outcome and reason as a written text gives them, in the form in which `Decision.told` puts them."""
    said = body.strip().partition(_AGAIN)[0]
    outcome, _, reason = said.partition(_WHY)
    bare = outcome.strip().removeprefix("**").removesuffix("**")
    return Words((outcome if "**" in bare else bare).strip(), reason.strip())


class DecisionState(models.TextChoices):
    PROPOSED = "proposed", "Proposed"  # the window for objections is open, or was; nothing is decided
    DECIDED = "decided", "Decided"
    WITHDRAWN = "withdrawn", "Withdrawn"  # no longer asked


class Decision(Versioned):
    """One decision of one incident."""

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="decisions")
    question = models.CharField(max_length=300)
    options = models.JSONField(default=list, blank=True, help_text="[{text, risk}], in order.")
    recommended = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Place of an option, from 0.")
    state = models.CharField(max_length=12, choices=DecisionState.choices, default=DecisionState.PROPOSED)
    closes_at = models.DateTimeField(null=True, blank=True, help_text="Until when strong objections are asked for.")
    closed_at = models.DateTimeField(null=True, blank=True, help_text="When the window was said to be over.")
    outcome = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    revisit_at = models.DateTimeField(null=True, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()

    def __str__(self) -> str:
        return self.outcome or self.question

    @property
    def told(self) -> str:
        """The decision as its entry in the timeline says it."""
        why = f"{_WHY}{self.reason}" if self.reason else ""
        again = f"{_AGAIN}{self.revisit_at:%H:%M} UTC." if self.revisit_at else ""
        return f"**{self.outcome}**{why}{again}"

    def reword(self, words: Words) -> list[str]:
        """Says outcome and reason in other words, and the question where it was the outcome; names the changed
        columns. Saving is the caller's."""
        if self.question == self.outcome_in_a_line:
            self.question = " ".join(words.outcome.split())[:LONGEST_QUESTION]
        self.outcome, self.reason = words
        self.version += 1
        return ["question", "outcome", "reason", "version"]

    reword.alters_data = True  # type: ignore[attr-defined]

    @property
    def outcome_in_a_line(self) -> str:
        """The outcome as a question would hold it: what was decided without being asked first is its own question."""
        return " ".join(self.outcome.split())[:LONGEST_QUESTION]


class Objection(models.Model):
    """Somebody's strong objection to what is proposed; one each, the newest words count."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="objections")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.CharField(max_length=500)
    raised_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        default_permissions: ClassVar = ()
        constraints: ClassVar = [models.UniqueConstraint(fields=["decision", "user"], name="one_objection_each")]

    def __str__(self) -> str:
        return self.text
