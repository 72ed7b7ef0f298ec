"""Makes a whole generation of a page and serves it: one reading, everything rendered, one swap of a pointer.

Only `tasks` (and the command `publish`) calls this. A rendering that fails, or a disk that is full,
changes nothing for readers: it is logged, kept on the page, and tried again by the clock.
"""

import hashlib
import json
import logging
from functools import lru_cache

from django.template.engine import Engine
from django.utils import timezone

from statuspage import assets, branding, contract, feeds, history, presenting, snapshot, store
from statuspage.models import PublicIncident, StatusPage
from statuspage.snapshot import Snapshot

log = logging.getLogger(__name__)

#: Longest trouble that is kept on the page.
LONGEST_TROUBLE = 500


def publish(page_id: int) -> bool:
    """Publishes a page if it is stale; returns whether it did. Safe to repeat, and to run twice at once."""
    slug = StatusPage.objects.filter(pk=page_id).values_list("slug", flat=True).first()
    if slug is None:
        return False
    try:
        with store.lock(slug):
            return _publish(page_id)
    except Exception as problem:
        log.exception("The page %s could not be published; readers still see the last one", slug)
        trouble = f"{type(problem).__name__}: {problem}"[:LONGEST_TROUBLE]
        StatusPage.objects.filter(pk=page_id).update(trouble=trouble, failed_at=timezone.now())
        return False


def _publish(page_id: int) -> bool:
    view = snapshot.read(page_id)
    page = view.page
    before = store.current(page.slug)
    if before is not None and not page.is_stale:
        return False
    files, kept = render(view, before)
    generation = store.write(page.slug, version=view.version, files=files, kept=kept, before=before)
    store.point(page.slug, generation)
    # Guarded: somebody who read later may have been faster, on another machine.
    StatusPage.objects.filter(pk=page.pk, published_version__lte=view.version).update(
        published_version=view.version, published_at=view.at, trouble="", failed_at=None
    )
    return True


def render(
    view: Snapshot, before: store.Generation | None = None
) -> tuple[dict[str, store.File], dict[str, store.Entry]]:
    """Everything that the page serves: files to write, and those of `before` that are still right."""
    page = view.page
    bundle = assets.bundle()
    records = history.records(view)
    frame = presenting.frame(page)
    pages = {
        "index.html": (
            "statuspage/public/index.html",
            {
                "banner": presenting.banner(view),
                "open_incidents": [presenting.told(incident) for incident in view.unresolved],
                "sections": presenting.sections(view, records),
                "counts": presenting.counts(view),
                "overall": history.percent(history.overall(records)),
                "past": _past(view, history.PAST_DAYS, [one for one in view.incidents if not one.is_unresolved]),
            },
        ),
        "history/index.html": (
            "statuspage/public/history.html",
            {"past": _past(view, snapshot.DAYS, view.incidents), "sections": presenting.sections(view, records)},
        ),
    }
    files = {path: store.File(_html(template, {**frame, **values})) for path, (template, values) in pages.items()}
    kept: dict[str, store.Entry] = {}
    for incident in view.incidents:
        _incident(view, incident, frame, before, files, kept)
    for name, document in contract.documents(view).items():
        files[f"api/v2/{name}"] = store.File(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    files["history.atom"] = store.File(feeds.atom(view).encode())
    files["history.rss"] = store.File(feeds.rss(view).encode())
    files["brand.css"] = store.File(branding.sheet(page).encode())
    files |= {path: store.File(body) for path, body in bundle.files.items()}
    return files, kept


def _incident(
    view: Snapshot,
    incident: PublicIncident,
    frame: dict[str, object],
    before: store.Generation | None,
    files: dict[str, store.File],
    kept: dict[str, store.Entry],
) -> None:
    """The incident's own page and its short address, made anew only where something about it changed."""
    path, short = f"incidents/{incident.public_id}/index.html", f"i/{incident.public_id}/index.html"
    spells = presenting.spells(view.components, view.intervals, incident)
    source = _digest(_look(), _page_look(view.page), repr(incident.updated_at), repr(spells))
    known = {name: before.files.get(name) for name in (path, short)} if before else {}
    if known and all(entry is not None and entry.source == source for entry in known.values()):
        kept |= {name: entry for name, entry in known.items() if entry is not None}
        return
    values = {**frame, "told": presenting.told(incident), "spells": spells}
    files[path] = store.File(_html("statuspage/public/incident.html", values), source)
    files[short] = store.File(_html("statuspage/public/short.html", {**frame, "incident": incident}), source)


def _past(view: Snapshot, days: int, incidents: list[PublicIncident]) -> list[dict[str, object]]:
    return [
        {"stretch": stretch, "told": [presenting.told(incident) for incident in stretch.incidents]}
        for stretch in history.stretches(view, incidents, days=days)
    ]


def _html(template: str, values: dict[str, object]) -> bytes:
    return presenting.html(template, values).encode()


@lru_cache(maxsize=1)
def _look() -> str:
    """Changes with the release: the sources of the templates and the assets."""
    names = (
        "statuspage/public/_page.html",
        "statuspage/public/incident.html",
        "statuspage/public/_incident.html",
        "statuspage/public/_updates.html",
    )
    return _digest(*(Engine.get_default().get_template(name).source for name in names), *assets.bundle().files)


def _page_look(page: StatusPage) -> str:
    said = (page.slug, page.name, page.site_url, page.description, page.time_zone)
    return repr((*said, page.spark_colour, page.takes_reports, page.asks_feedback))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:20]
