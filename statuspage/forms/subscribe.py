"""What the public forms ask: where, how much and about what. Guards against robots are part of the form."""

import time
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from incidents.forms.many import ManyField
from notifications import links
from statuspage import subscriptions
from statuspage.models import Component, StatusPage, Subscriber

#: A person needs longer than this to fill the form in, and does not leave it open for longer than that.
QUICKEST, LONGEST = timedelta(seconds=2), timedelta(hours=12)


class WishForm(forms.Form):
    """How much, and about which components; the part that subscribing and managing share."""

    amount = forms.ChoiceField(choices=Subscriber.Amount.choices, initial=Subscriber.Amount.ALL)
    everything = forms.BooleanField(required=False, initial=True)

    def __init__(
        self, data: QueryDict | None = None, *, page: StatusPage, initial: dict[str, object] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        self.page = page
        self.choices = page.components.select_related("group").order_by("group__position", "position")
        self.fields["components"] = ManyField(queryset=self.choices, required=False)

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        if values.get("everything"):
            values["components"] = []
        elif "components" in values and not values["components"]:
            self.add_error("components", "Choose at least one part, or everything.")
        return values

    @property
    def parts(self) -> list[tuple[Component, bool]]:
        """Each component with whether it is ticked."""
        value = self["components"].value() or []
        ticked = {str(getattr(one, "pk", one)) for one in value}
        return [(component, str(component.pk) in ticked) for component in self.choices]


class SubscribeForm(WishForm):
    """The public form: an e-mail address or a mobile number beside the wish.

    `website` is seen by robots only. `stamp` says when the form was made and cannot be forged.
    """

    channel = forms.ChoiceField(choices=Subscriber.Channel.choices, initial=Subscriber.Channel.EMAIL)
    email = forms.CharField(required=False, max_length=254)
    phone = forms.CharField(required=False, max_length=40)
    website = forms.CharField(required=False, widget=forms.HiddenInput)
    stamp = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def is_robot(self) -> bool:
        """Whether the trap was filled in."""
        return bool(self.data.get(self.add_prefix("website"), ""))

    def fresh_stamp(self) -> str:
        """What the form shown now carries."""
        return links.sign(f"subscribe-form:{self.page.pk}", int(time.time()), timed=True)

    def clean(self) -> dict[str, object]:
        values = super().clean()
        made = links.read(f"subscribe-form:{self.page.pk}", str(values.get("stamp") or ""), max_age=LONGEST)
        if made is None or time.time() - int(made) < QUICKEST.total_seconds():
            self.add_error(None, "Please send the form once more: this one was too old or too quick.")
        is_mail = values.get("channel") == Subscriber.Channel.EMAIL
        field = "email" if is_mail else "phone"
        try:
            values["address"] = subscriptions.address_of(str(values.get("channel")), str(values.get(field) or ""))
        except ValidationError as problem:
            self.add_error(field, problem)
        return values

    def wish(self) -> subscriptions.Wish:
        """What was asked for, once the form is valid."""
        values = self.cleaned_data
        return subscriptions.Wish(
            channel=values["channel"],
            address=values["address"],
            amount=values["amount"],
            components=tuple(component.pk for component in values["components"]),
        )
