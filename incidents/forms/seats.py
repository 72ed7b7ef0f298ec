"""The seats of one incident as rows of a form: the admin's door to `staffing`, which does the work.

A row with a seat shows its holder: another person there is asked to take it over, a tick releases it. A row
without one gives a role. Everything is tried before it is done, so that a refusal stands beside what was typed.
"""

from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.models import Incident, IncidentRole
from incidents.response import handover, staffing
from roles.catalog import Role
from roles.models import User


class SeatForm(forms.ModelForm):
    """One seat. Role and kind are chosen once; what was held by whom is not rewritten."""

    reason = forms.CharField(max_length=200, required=False)

    class Meta:
        model = IncidentRole
        fields = ("role", "user", "kind")

    def __init__(self, *args: object, roles: Iterable[Role] = tuple(Role), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        given = list(roles)
        if self.instance.pk:
            for name in ("role", "kind"):
                if name in self.fields:
                    self.fields[name].disabled = True
            if "user" in self.fields:
                self.fields["user"].disabled = self.fields["user"].disabled or given != list(Role)
        elif "role" in self.fields:
            self.fields["role"].choices = [(role.value, role.label) for role in given]  # type: ignore[attr-defined]

    def has_changed(self) -> bool:
        """A row without a seat counts once it names a person: the role alone is only a proposal."""
        if self.instance.pk is None and self.is_bound:
            return bool(self.data.get(self.add_prefix("user")))
        return super().has_changed()

    def validate_unique(self) -> None:
        """Whether a seat can be given is said by `staffing`, in words."""

    def validate_constraints(self) -> None:
        """As `validate_unique`."""


class SeatFormSet(forms.BaseInlineFormSet):
    """All live seats of an incident, and a row for each role that may be given and is vacant."""

    #: Who fills the form in; set for each request.
    by: User
    roles: tuple[Role, ...] = ()

    def get_form_kwargs(self, index: int | None) -> dict[str, object]:
        return {**super().get_form_kwargs(index), "roles": self.roles}

    def clean(self) -> None:
        """Tries it all and takes it back: who may not is refused (403), what makes no sense is said here."""
        if any(self.errors):
            return
        if any(form.instance.pk is None for form in self.initial_forms):
            raise ValidationError("Somebody has changed these roles since you opened the page. Look again, then save.")
        try:
            with transaction.atomic():
                self._settle()
                transaction.set_rollback(True)
        except ValidationError as problem:
            raise ValidationError(problem.messages) from problem

    def save(self, commit: bool = True) -> list[IncidentRole]:
        """Does it by `staffing`, in the order releases, new seats, hand-overs; one's own command goes last, so
        that one may still do the rest."""
        self.new_objects, self.changed_objects, self.deleted_objects = self._settle()
        return [*self.new_objects, *(seat for seat, _ in self.changed_objects)]

    def _settle(self) -> tuple[list[IncidentRole], list[tuple[IncidentRole, list[str]]], list[IncidentRole]]:
        left = [
            staffing.release(_fresh(form), by=self.by, reason=self._why_released(form))
            for form in self.initial_forms
            if self._is_deleted(form)
        ]
        given = [
            staffing.assign(
                Incident.objects.get(pk=self.instance.pk),
                form.cleaned_data["role"],
                form.cleaned_data["user"],
                kind=form.cleaned_data["kind"],
                by=self.by,
                reason=form.cleaned_data["reason"],
            )[0]
            for form in self.extra_forms
            if form.has_changed() and not self._is_deleted(form)
        ]
        changed = [form for form in self.initial_forms if "user" in form.changed_data and not self._is_deleted(form)]
        changed.sort(key=lambda form: self._is_own_command(_fresh(form)))
        passed_on = [
            (self._pass_on(_fresh(form), form.cleaned_data["user"], form.cleaned_data["reason"]), ["user"])
            for form in changed
        ]
        return given, passed_on, left

    def _is_deleted(self, form: forms.BaseForm) -> bool:
        return bool(self.can_delete and form.cleaned_data.get("DELETE"))

    def _why_released(self, form: forms.BaseForm) -> str:
        """What was typed, or that somebody else gets the role in the same save."""
        next_ones = (
            f"{other.cleaned_data['user']} follows."
            for other in self.extra_forms
            if other.has_changed() and other.cleaned_data["role"] == form.cleaned_data["role"]
        )
        return str(form.cleaned_data["reason"]) or next(next_ones, "")

    def _is_own_command(self, seat: IncidentRole) -> bool:
        return seat.role == Role.COMMANDER and seat.user_id == self.by.pk

    def _pass_on(self, seat: IncidentRole, to: User, reason: str) -> IncidentRole:
        """For a held seat the other is asked to take over; an offer is taken back and made to them."""
        if seat.is_held:
            return handover.hand_over(seat, to=to, by=self.by, reason=reason)
        staffing.release(seat, by=self.by)
        incident = Incident.objects.get(pk=seat.incident_id)
        return staffing.assign(incident, seat.role, to, kind=seat.kind, offer=True, by=self.by)[0]


def _fresh(form: forms.BaseForm) -> IncidentRole:
    """The seat as it is stored: the form's own has what was typed in it already."""
    return IncidentRole.objects.select_related("incident", "user").get(pk=form.instance.pk)  # type: ignore[attr-defined]
