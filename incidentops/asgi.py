"""Where the web server comes in: published pages first, open streams, Django for all the rest."""

import gc
import os

from django.core.asgi import get_asgi_application

from statuspage.serving import PublishedPages

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "incidentops.settings")
django = get_asgi_application()

from incidents.views.stream import LiveStreams  # noqa: E402  it needs models, which are there from here on

# What was loaded so far stays: the collector need not walk it again and again while pages are made.
gc.freeze()

application = PublishedPages(LiveStreams(django))  # type: ignore[arg-type]  # Django types its messages as dicts
