"""The panel of evidence: what is attached, the newest first, and attaching more."""

from incidents import attachments
from incidents.forms.timeline import EvidenceForm
from incidents.models import Attachment
from incidents.views.desk import Desk

#: So many are shown; the rest are opened.
SHOWN = 5
#: Icon of a file, by the first word of its media type or the whole.
ICONS = {"image": "eye", "application/pdf": "doc", "text/plain": "menu", "text/csv": "grid"}


def shown(desk: Desk) -> dict[str, object]:
    """What is attached, as far as the reader may know; one query."""
    files = [(file, _icon(file)) for file in attachments.readable(desk.incident, desk.user)]
    return {
        "evidence": files[:SHOWN],
        "evidence_more": files[SHOWN:],
        "evidence_count": len(files),
        "evidence_form": EvidenceForm(),
        "evidence_in_room": desk.incident.is_in_room(desk.user),
    }


def _icon(file: Attachment) -> str:
    return ICONS.get(file.media_type, ICONS.get(file.media_type.partition("/")[0], "code"))
