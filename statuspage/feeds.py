"""Atom and RSS of what a page has told: one entry per incident, newest change first.

Reckons with a `Snapshot`; reads nothing.
"""

from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from django.utils.feedgenerator import rfc2822_date, rfc3339_date

from statuspage import presenting
from statuspage.models import PublicIncident
from statuspage.snapshot import Snapshot

ENTRIES = 50


def atom(view: Snapshot) -> str:
    """The page's history as Atom 1.0."""
    page = view.page
    entries = "".join(_atom_entry(view, incident) for incident in _listed(view))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB">'
        f"<id>{_id(view, 'history')}</id><title>{_text(page.name)} status: history</title>"
        f"<updated>{rfc3339_date(_changed(view))}</updated><author><name>{_text(page.name)}</name></author>"
        f'<link rel="alternate" type="text/html" href={quoteattr(page.url)}/>'
        f'<link rel="self" type="application/atom+xml" href={quoteattr(page.url + "history.atom")}/>'
        f"{entries}</feed>\n"
    )


def rss(view: Snapshot) -> str:
    """The page's history as RSS 2.0."""
    page = view.page
    items = "".join(
        f"<item><title>{_text(incident.title)}</title><link>{_text(_link(view, incident))}</link>"
        f'<guid isPermaLink="false">{_id(view, incident.public_id)}</guid>'
        f"<pubDate>{rfc2822_date(incident.started_at)}</pubDate>"
        f"<description>{_text(_told(view, incident))}</description></item>"
        for incident in _listed(view)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>{_text(page.name)} status: history</title><link>{_text(page.url)}</link>"
        f"<description>Incidents of {_text(page.name)}</description><language>en-gb</language>"
        f"<lastBuildDate>{rfc2822_date(_changed(view))}</lastBuildDate>"
        f'<atom:link rel="self" type="application/rss+xml" href={quoteattr(page.url + "history.rss")}/>'
        f"{items}</channel></rss>\n"
    )


def _listed(view: Snapshot) -> list[PublicIncident]:
    return sorted(view.incidents, key=lambda incident: incident.updated_at, reverse=True)[:ENTRIES]


def _atom_entry(view: Snapshot, incident: PublicIncident) -> str:
    return (
        f"<entry><id>{_id(view, incident.public_id)}</id><title>{_text(incident.title)}</title>"
        f"<published>{rfc3339_date(incident.started_at)}</published>"
        f"<updated>{rfc3339_date(incident.updated_at)}</updated>"
        f'<link rel="alternate" type="text/html" href={quoteattr(_link(view, incident))}/>'
        f'<content type="html">{_text(_told(view, incident))}</content></entry>'
    )


def _told(view: Snapshot, incident: PublicIncident) -> str:
    """What was said, newest first, as safe HTML."""
    return "".join(
        f"<p><strong>{update.get_status_display()}</strong>, "
        f"{update.display_at.astimezone(view.zone):%d %b %Y, %H:%M %Z}</p>{presenting.as_html(update.body)}"
        for update in view.updates_of(incident)
    )


def _link(view: Snapshot, incident: PublicIncident) -> str:
    return f"{view.page.url}incidents/{incident.public_id}/"


def _id(view: Snapshot, name: str) -> str:
    """A name for the entry that stays the same if the page moves to another address."""
    return f"tag:incidentops,2025:{view.page.public_id}/{name}"


def _changed(view: Snapshot) -> datetime:
    return max((incident.updated_at for incident in view.incidents), default=view.page.created_at)


def _text(text: str) -> str:
    """Escaped, and without the control characters that XML cannot hold."""
    return escape("".join(sign for sign in text if sign >= " " or sign in "\n\t"))
