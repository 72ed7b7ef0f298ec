"""Forms of what is for those inside: stakeholder groups, chats that read along, questions to the team, boards."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q

from incidents.communication import boards, mirrors, questions
from incidents.forms.style import LinesField
from incidents.models import Audience, ChatMirror, Service, Severity, StakeholderGroup
from notifications.models import ChatKind
from roles.models import User

MOST_LINES = 1000


class _Scope(forms.Form):
    """Which incidents somebody hears of."""

    least_severity = forms.ChoiceField(
        label="Hears of incidents at least so bad", choices=Severity.choices, initial=Severity.SEV5
    )
    services = forms.ModelMultipleChoiceField(
        label="Only where one of these is affected",
        queryset=Service.objects.order_by("name"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class GroupForm(_Scope):
    """A stakeholder group. People are named as one knows them: by user name or by e-mail address."""

    name = forms.CharField(label="Name", max_length=100)
    kind = forms.ChoiceField(label="Hears", choices=StakeholderGroup.Kind.choices)
    people = LinesField(
        label="People",
        required=False,
        help_text="A user name or an e-mail address on each line. Who has no account here is told by e-mail alone.",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("name", "kind", "people", "least_severity", "services", "version")

    @classmethod
    def of(cls, group: StakeholderGroup) -> "GroupForm":
        """The form as it stands."""
        names = [member.username for member in group.members.all()]
        return cls(
            initial={
                "name": group.name,
                "kind": group.kind,
                "people": [*sorted(names), *group.addresses],
                "least_severity": group.least_severity,
                "services": list(group.services.all()),
                "version": group.version,
            }
        )

    def clean_people(self) -> dict[str, Any]:
        """Accounts and addresses apart; an address that belongs to an account is that person."""
        lines = self.cleaned_data["people"]
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(f"A group has at most {MOST_LINES:,} people.")
        asked = Q(username__in=lines) | Q(email__in=[line.lower() for line in lines])
        known = list(User.objects.filter(asked, is_active=True))
        by_name = {person.username: person for person in known}
        by_mail = {person.email.lower(): person for person in known if person.email}
        members, addresses = [], []
        for line in lines:
            if person := by_name.get(line) or by_mail.get(line.lower()):
                members.append(person)
            elif "@" in line:
                addresses.append(line)
            else:
                raise forms.ValidationError(f"Nobody here is called {line[:80]}.")
        return {"members": members, "addresses": addresses}

    def about(self) -> dict[str, Any]:
        """What the work functions take."""
        given = dict(self.cleaned_data)
        given.pop("version")
        people = given.pop("people")
        return {**given, **people}


class MirrorForm(_Scope):
    """A chat room that reads along."""

    kind = forms.ChoiceField(label="Chat", choices=ChatKind.choices)
    name = forms.CharField(label="Room", max_length=100, help_text="As it is called there: #inc-payments.")
    url = forms.CharField(
        label="Address of its incoming webhook",
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Without one, messages are written to files. It is kept sealed and shown to nobody again.",
    )
    audiences = forms.MultipleChoiceField(
        label="Updates for", choices=Audience.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    events = forms.MultipleChoiceField(
        label="And when an incident is",
        choices=list(mirrors.EVENTS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    includes_private = forms.BooleanField(label="Private incidents too", required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field_order = ("kind", "name", "url", "audiences", "events", "least_severity", "services", "includes_private")

    def __init__(self, *args: Any, mirror: ChatMirror | None = None, **kwargs: Any) -> None:
        if mirror is not None:
            kwargs["initial"] = {
                "kind": mirror.hook.kind,
                "name": mirror.hook.name,
                "audiences": mirror.audiences,
                "events": mirror.events,
                "least_severity": mirror.least_severity,
                "services": list(mirror.services.all()),
                "includes_private": mirror.includes_private,
                "version": mirror.version,
            }
        else:
            kwargs.setdefault(
                "initial", {"audiences": [Audience.PUBLIC, Audience.INTERNAL], "events": ["opened", "ended"]}
            )
        super().__init__(*args, **kwargs)
        self.mirror = mirror
        if mirror is not None:
            del self.fields["kind"]
            self.fields["url"].label = "New address of its incoming webhook"
            self.fields["url"].help_text = "Empty: it stays."

    def about(self) -> dict[str, Any]:
        """What the work functions take; an address that was left empty stays."""
        given = dict(self.cleaned_data)
        given.pop("version")
        if self.mirror is not None and not given["url"]:
            given.pop("url")
        return given


class AskTeamForm(forms.Form):
    """A question to the team."""

    question = forms.CharField(
        label="Your question",
        max_length=questions.LONGEST_QUESTION,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class AskByLinkForm(AskTeamForm):
    """A question through a board link."""

    name = forms.CharField(label="Your name", max_length=questions.LONGEST_NAME)
    field_order = ("name", "question")


class AnswerTeamForm(forms.Form):
    """The answer to a question."""

    text = forms.CharField(max_length=questions.LONGEST_ANSWER, strip=True)
    share = forms.BooleanField(required=False)


class ShareForm(forms.Form):
    """A board link for somebody."""

    SPANS = ((4, "4 hours"), (24, "a day"), (72, "3 days"), (168, "7 days"))

    name = forms.CharField(label="For whom", max_length=100)
    hours = forms.TypedChoiceField(label="For how long", choices=SPANS, coerce=int, initial=24)
    accept_private = forms.BooleanField(label="Whoever has the link sees this private incident", required=False)

    def about(self) -> dict[str, Any]:
        """What `boards.share` takes."""
        lasts = min(timedelta(hours=self.cleaned_data["hours"]), boards.LONGEST)
        return {
            "name": self.cleaned_data["name"],
            "lasts": lasts,
            "accept_private": self.cleaned_data["accept_private"],
        }
