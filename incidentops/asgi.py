"""Where the web server comes in: published pages first, Django for all the rest."""

import os

from django.core.asgi import get_asgi_application

from statuspage.serving import PublishedPages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")

application = PublishedPages(get_asgi_application())  # type: ignore[arg-type]  # Django types its messages as dicts
