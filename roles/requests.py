"""The request as signed-in views get it, for the type checker."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from roles.models import User


class SignedInRequest(HttpRequest):
    """A request that LoginRequiredMiddleware let pass: its user is one of ours, and htmx has been looked at."""

    user: User
    htmx: HtmxDetails
