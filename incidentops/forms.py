"""What the set-up page asks of the first administrator."""

from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.http import QueryDict

from roles.models import User


class SetUpForm(forms.Form):
    """Name, address and password of the person who will administer the installation."""

    first_name = forms.CharField(label="First name", max_length=150)
    last_name = forms.CharField(label="Last name", max_length=150, required=False)
    username = forms.CharField(label="User name", max_length=150, validators=[UnicodeUsernameValidator()])
    email = forms.EmailField(label="E-mail")
    password = forms.CharField(
        label="Password",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="At least 10 characters; a sentence is good.",
    )

    def __init__(self, data: QueryDict | None = None, *, person: User) -> None:
        super().__init__(data)
        self.person = person

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exclude(pk=self.person.pk).exists():
            raise forms.ValidationError("Somebody else has this user name.")
        return name

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password, self.person)
        return password

    def save(self) -> User:
        """Writes what was typed into the person and returns them."""
        for name in ("first_name", "last_name", "username", "email"):
            setattr(self.person, name, self.cleaned_data[name])
        self.person.set_password(self.cleaned_data["password"])
        self.person.save(update_fields=["first_name", "last_name", "username", "email", "password"])
        return self.person
