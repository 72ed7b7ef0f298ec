"""What a person types to put right what an incident says of itself: its words, its times, its links, its privacy."""

from datetime import UTC

from django import forms

from incidents import times
from incidents.models import Incident, LinkKind
from incidents.stamps import ORDER
from roles.models import User


class WordsForm(forms.Form):
    title = forms.CharField(label="Title", max_length=200)
    summary = forms.CharField(
        label="What is seen",
        required=False,
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="Plain text, for everybody who joins.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class TimesForm(forms.Form):
    """The stamps that the incident has or can have by now, in UTC, and why they change."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: object, incident: Incident, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in times.open_stamps(incident):
            at = getattr(incident, name)
            self.fields[name] = forms.DateTimeField(
                label=ORDER[name],
                required=False,
                initial=at and at.astimezone(UTC).replace(tzinfo=None, microsecond=0),
                widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S"),
            )
        self.fields["reason"] = forms.CharField(
            label="Why",
            min_length=10,
            max_length=2000,
            error_messages={"min_length": "Say in at least 10 characters why the times change."},
        )
        self.fields["version"].initial = incident.version


class LinkForm(forms.Form):
    kind = forms.ChoiceField(label="This incident is", choices=LinkKind.choices)
    other = forms.CharField(label="Key of the other incident", max_length=20)

    def clean_other(self) -> str:
        """People write inc-280 or 280."""
        key: str = self.cleaned_data["other"].strip().upper()
        return f"INC-{key}" if key.isdecimal() else key


class InviteForm(forms.Form):
    """Whom to let in: anybody with an account, by user name or address."""

    person = forms.CharField(label="User name or e-mail address", max_length=254)

    def clean_person(self) -> User:
        """The one account that is meant."""
        word: str = self.cleaned_data["person"].strip()
        accounts = User.objects.filter(is_active=True)
        person: User | None = accounts.filter(username__iexact=word).first()
        person = person or accounts.filter(email__iexact=word).first()
        if person is None:
            raise forms.ValidationError(f"Nobody here is called {word}.")
        return person
