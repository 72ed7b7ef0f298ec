"""What stands around every public page that is rendered for one reader, and who that reader is."""

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static

from statuspage.models import StatusPage


def frame(page: StatusPage) -> dict[str, object]:
    """The context of `statuspage/public/_page.html`, with the sheets of the static files."""
    return {
        "page": page,
        "base": page.path,
        "sheet": static("css/public.css"),
        "font": static("fonts/ahn-latin.woff2"),
        "favicon": static("favicon.svg"),
    }


def asker(request: HttpRequest) -> str:
    """The network address that asks; what a proxy says of it is believed only where one is configured."""
    direct = request.META.get("REMOTE_ADDR", "")
    proxies = int(str(settings.REST_FRAMEWORK["NUM_PROXIES"]))
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    return forwarded[-min(proxies, len(forwarded))] if proxies and forwarded else direct
