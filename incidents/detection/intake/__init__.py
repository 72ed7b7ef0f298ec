"""The kinds of sources that may post to us: kind → reader. A new kind is a module and a line here."""

from collections.abc import Callable, Mapping

from incidents.detection.intake import alertmanager, generic
from incidents.detection.signal import Signal

#: Reads a parsed body into signals; raises `signal.Unreadable` with a sentence.
Reader = Callable[[object], list[Signal]]

READERS: Mapping[str, Reader] = {
    "alertmanager": alertmanager.read,
    "generic": generic.read,
}
#: What people read where they choose a kind.
LABELS: Mapping[str, str] = {
    "alertmanager": "Prometheus Alertmanager",
    "generic": "Generic JSON",
}
CHOICES = list(LABELS.items())
