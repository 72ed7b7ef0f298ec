"""Whom to call, as what, and with which words."""

from django import forms
from django.core.exceptions import ValidationError

from incidents.response.paging import LONGEST_MESSAGE
from roles.catalog import Role
from roles.models import User


class PageForm(forms.Form):
    """A person, or a role for which the best candidate is called."""

    user = forms.ModelChoiceField(queryset=User.objects.responders(), required=False)
    role = forms.ChoiceField(choices=[("", "No role"), *Role.choices], required=False)
    message = forms.CharField(max_length=LONGEST_MESSAGE, required=False)

    def chosen(self) -> User | None:
        """The person named, None where a role is; ValidationError with a sentence where neither makes sense."""
        if self.errors:
            raise ValidationError([message for messages in self.errors.values() for message in messages])
        person: User | None = self.cleaned_data["user"]
        if person is None and not self.cleaned_data["role"]:
            raise ValidationError("Choose whom to page: a person, or a role.")
        return person
