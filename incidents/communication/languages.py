"""The few words that placeholders need in each language in which we have templates: statuses, lengths, lists."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from incidents.models import PublicImpact, PublicStatus


@dataclass(frozen=True)
class Language:
    """One language: its name, and what placeholders say in it. `{}` marks where a number or a time goes."""

    name: str
    statuses: dict[str, str]
    impacts: dict[str, str]
    next_update: str
    both: str  # between the last two of a list
    more: str
    minute: tuple[str, str]
    hour: tuple[str, str]
    day: tuple[str, str]
    months: str


_S, _I = PublicStatus, PublicImpact
LANGUAGES: dict[str, Language] = {
    "en": Language(
        name="English",
        statuses={one.value: one.label for one in PublicStatus},
        impacts={
            _I.NONE: "no impact",
            _I.MINOR: "minor disruption",
            _I.MAJOR: "major disruption",
            _I.CRITICAL: "outage",
            _I.MAINTENANCE: "maintenance",
        },
        next_update="Next update by {} UTC.",
        both=" and ",
        more=" and {} more",
        minute=("{} minute", "{} minutes"),
        hour=("{} hour", "{} hours"),
        day=("{} day", "{} days"),
        months="Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    ),
    "de": Language(
        name="Deutsch",
        statuses={
            _S.INVESTIGATING: "Wird untersucht",
            _S.IDENTIFIED: "Ursache gefunden",
            _S.MONITORING: "Wird beobachtet",
            _S.RESOLVED: "Behoben",
            _S.POSTMORTEM: "Nachbericht",
        },
        impacts={
            _I.NONE: "keine Beeinträchtigung",
            _I.MINOR: "geringe Störung",
            _I.MAJOR: "erhebliche Störung",
            _I.CRITICAL: "Ausfall",
            _I.MAINTENANCE: "Wartung",
        },
        next_update="Nächste Meldung bis {} UTC.",
        both=" und ",
        more=" und {} weitere",
        minute=("{} Minute", "{} Minuten"),
        hour=("{} Stunde", "{} Stunden"),
        day=("{} Tag", "{} Tage"),
        months="Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    ),
    "fr": Language(
        name="Français",
        statuses={
            _S.INVESTIGATING: "En cours d'analyse",
            _S.IDENTIFIED: "Cause identifiée",
            _S.MONITORING: "Sous surveillance",
            _S.RESOLVED: "Résolu",
            _S.POSTMORTEM: "Bilan",
        },
        impacts={
            _I.NONE: "aucun impact",
            _I.MINOR: "perturbation mineure",
            _I.MAJOR: "perturbation majeure",
            _I.CRITICAL: "panne",
            _I.MAINTENANCE: "maintenance",
        },
        next_update="Prochaine information avant {} UTC.",
        both=" et ",
        more=" et {} autres",
        minute=("{} minute", "{} minutes"),
        hour=("{} heure", "{} heures"),
        day=("{} jour", "{} jours"),
        months="janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    ),
}
DEFAULT = "en"


def of(code: str) -> Language:
    """The language of a BCP 47 code: its own, that of its first part ('de-at' → 'de'), else English."""
    return LANGUAGES.get(code) or LANGUAGES.get(code.partition("-")[0]) or LANGUAGES[DEFAULT]


def listed(names: list[str], language: str = DEFAULT) -> str:
    """'Card payments', 'Card payments and Payouts', 'Card payments, Payouts and 3 more'."""
    words = of(language)
    if len(names) > 3:
        return ", ".join(names[:2]) + words.more.format(len(names) - 2)
    return words.both.join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def lasted(length: timedelta, language: str = DEFAULT) -> str:
    """A length as a person says it: '44 minutes', '2 hours 5 minutes', '3 days'; at least one minute."""
    words = of(language)
    minutes = max(round(length.total_seconds() / 60), 1)
    hours, rest = divmod(minutes, 60)
    if hours >= 48:
        return _counted(hours // 24, words.day)
    parts = [_counted(hours, words.hour)] if hours else []
    if rest or not parts:
        parts.append(_counted(rest, words.minute))
    return " ".join(parts)


def moment(at: datetime, *, now: datetime, language: str = DEFAULT) -> str:
    """'02:14 UTC', with the day before it where that is not today's: '23 Nov, 02:14 UTC'."""
    at = at.astimezone(UTC)
    if at.date() == now.astimezone(UTC).date():
        return f"{at:%H:%M} UTC"
    dot = "." if of(language) is LANGUAGES["de"] else ""
    return f"{at.day}{dot} {of(language).months.split()[at.month - 1]}, {at:%H:%M} UTC"


def _counted(number: int, forms: tuple[str, str]) -> str:
    return forms[0 if number == 1 else 1].format(number)
