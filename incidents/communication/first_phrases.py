"""The texts that a new installation starts with: by audience, phase and impact, in three languages.

Those for the public are to be approved by the organisation before any goes out with a move of an incident; a
page that is made gets approved ones of its own (`PAGE_TEXTS`).
"""

from typing import NamedTuple


class Phrase(NamedTuple):
    """One template as it is first made."""

    name: str
    audience: str
    phase: str
    impact: str
    language: str
    title: str
    body: str
    is_approved: bool = False
    is_holding: bool = False


#: What a new page says with each move: status → (title, body).
PAGE_TEXTS: dict[str, tuple[str, str]] = {
    "investigating": (
        "Problem with {components}",
        "We are investigating a problem with {components}. {next_update}",
    ),
    "identified": (
        "{title}",
        "We know what causes the problem with {components} and are working to restore it. {next_update}",
    ),
    "monitoring": (
        "{title}",
        "{components} should work again. We are watching closely to be sure. {next_update}",
    ),
    "resolved": (
        "{title}",
        "The problem with {components} is over and everything works normally again. We are sorry for the trouble.",
    ),
}

_NAMES = {
    "investigating": "Still investigating",
    "identified": "Cause found",
    "monitoring": "Recovery in progress",
    "resolved": "It is over",
    "postmortem": "What happened",
    "": "Update",
}
_DEGREES = {"": "", "minor": ", minor", "major": ", major", "critical": ", outage"}


def _public() -> list[Phrase]:
    texts: dict[tuple[str, str], str] = {
        ("investigating", ""): "We are investigating a problem with {components}. It began at {started_at}.\n\n"
        "{workaround}\n\n{next_update}",
        ("investigating", "minor"): "Some customers may notice a problem with {components} since {started_at}. Most "
        "are not affected. We are investigating.\n\n{workaround}\n\n{next_update}",
        ("investigating", "major"): "Many customers cannot use {components} as usual since {started_at}. We are "
        "investigating with everybody we need.\n\n{workaround}\n\n{next_update}",
        ("investigating", "critical"): "There is an outage of {components} since {started_at}. Most customers are "
        "affected. All of our team works on it.\n\n{workaround}\n\n{next_update}",
        ("identified", ""): "We have found what causes the problem with {components} and are working to restore it."
        "\n\n{workaround}\n\n{next_update}",
        ("identified", "minor"): "We have found why some customers notice a problem with {components} and are "
        "putting it right.\n\n{workaround}\n\n{next_update}",
        ("identified", "major"): "We have found why many customers cannot use {components} as usual and are "
        "restoring it step by step.\n\n{workaround}\n\n{next_update}",
        ("identified", "critical"): "We have found the cause of the outage of {components} and are restoring "
        "service. Some requests may work before others do.\n\n{workaround}\n\n{next_update}",
        ("monitoring", ""): "{components} should work again. We are watching closely to be sure.\n\n{next_update}",
        ("monitoring", "minor"): "The problem that some customers noticed with {components} should be gone. We are "
        "watching to be sure.\n\n{next_update}",
        ("monitoring", "major"): "{components} should work as usual again for all customers. We are watching closely "
        "before we call it over.\n\n{next_update}",
        ("monitoring", "critical"): "Service is restored for {components}. It may be slower than usual while waiting "
        "work is caught up. We are watching closely before we call it over.\n\n{next_update}",
        ("resolved", ""): "The problem with {components} is over and everything works normally again. It lasted "
        "{duration}. We are sorry for the trouble.",
        ("resolved", "minor"): "The problem that some customers noticed with {components} is over. It lasted "
        "{duration}. We are sorry for the trouble.",
        ("resolved", "major"): "{components} work as usual again. The problem began at {started_at} and lasted "
        "{duration}. We are sorry for what it cost you, and will say here what we change so that it does not "
        "happen again.",
        ("resolved", "critical"): "The outage of {components} is over. It began at {started_at} and lasted "
        "{duration}. We are sorry for what it cost you. We will publish here what happened and what we change.",
        ("postmortem", ""): "**What happened.** On the day of the incident, customers had a problem with "
        "{components} for {duration}.\n\n**Why.** \n\n**What we did.** \n\n**What we change.** \n\nWe are sorry.",
    }
    made = []
    for (phase, impact), body in texts.items():
        title = "{title}" if phase != "investigating" else "Problem with {components}"
        if (phase, impact) == ("investigating", "critical"):
            title = "Outage of {components}"
        name = f"{_NAMES[phase]}{_DEGREES[impact]}"
        made.append(Phrase(name, "public", phase, impact, "en", title, body))
    made.append(
        Phrase(
            "Holding message",
            "public",
            "",
            "",
            "en",
            "{title}",
            "We are still working on the problem with {components}. There is nothing new to say yet; we will tell "
            "you as soon as there is.\n\n{workaround}\n\n{next_update}",
            is_approved=True,
            is_holding=True,
        )
    )
    return made


def _german() -> list[Phrase]:
    rows = [
        (
            "investigating",
            "",
            "Wir untersuchen, warum {components} nicht wie gewohnt funktioniert. Beginn: {started_at}.",
        ),
        (
            "investigating",
            "critical",
            "{components} ist seit {started_at} ausgefallen. Die meisten Kunden sind betroffen. Unser ganzes Team "
            "arbeitet daran.",
        ),
        ("identified", "", "Wir kennen die Ursache der Störung bei {components} und stellen den Dienst wieder her."),
        ("monitoring", "", "{components} sollte wieder funktionieren. Wir beobachten es weiter genau."),
        (
            "resolved",
            "",
            "Die Störung bei {components} ist behoben, alles funktioniert wieder wie gewohnt. Sie dauerte {duration}. "
            "Wir bitten um Entschuldigung.",
        ),
        ("postmortem", "", "**Was geschah.** \n\n**Warum.** \n\n**Was wir ändern.** \n\nWir bitten um Entschuldigung."),
    ]
    names = {
        "investigating": "Wird untersucht",
        "identified": "Ursache gefunden",
        "monitoring": "Wird beobachtet",
        "resolved": "Behoben",
        "postmortem": "Nachbericht",
    }
    made = []
    for phase, impact, body in rows:
        first = "Ausfall: {components}" if impact == "critical" else "Störung bei {components}"
        title = first if phase == "investigating" else "{title}"
        end = "" if phase in {"resolved", "postmortem"} else "\n\n{workaround}\n\n{next_update}"
        name = names[phase] + (", Ausfall" if impact == "critical" else "")
        made.append(Phrase(name, "public", phase, impact, "de", title, body + end))
    hold = "Wir arbeiten weiter an der Störung bei {components}. Es gibt noch nichts Neues."
    end = "\n\n{workaround}\n\n{next_update}"
    made.append(
        Phrase("Zwischenstand", "public", "", "", "de", "{title}", hold + end, is_approved=True, is_holding=True)
    )
    return made


def _french() -> list[Phrase]:
    rows = [
        ("investigating", "", "Nous analysons un problème touchant {components}. Début : {started_at}."),
        (
            "investigating",
            "critical",
            "{components} : le service est interrompu depuis {started_at}. La plupart des clients sont touchés. "
            "Toute notre équipe y travaille.",
        ),
        ("identified", "", "Nous connaissons la cause du problème touchant {components} et rétablissons le service."),
        ("monitoring", "", "{components} : le service devrait être rétabli. Nous restons attentifs."),
        (
            "resolved",
            "",
            "Le problème touchant {components} est résolu et tout fonctionne normalement. Il a duré {duration}. "
            "Nous vous prions de nous excuser.",
        ),
        (
            "postmortem",
            "",
            "**Ce qui s'est passé.** \n\n**Pourquoi.** \n\n**Ce que nous changeons.** \n\nNous vous prions de nous "
            "excuser.",
        ),
    ]
    names = {
        "investigating": "En cours d'analyse",
        "identified": "Cause identifiée",
        "monitoring": "Sous surveillance",
        "resolved": "Résolu",
        "postmortem": "Bilan",
    }
    made = []
    for phase, impact, body in rows:
        first = "Panne : {components}" if impact == "critical" else "Problème touchant {components}"
        title = first if phase == "investigating" else "{title}"
        end = "" if phase in {"resolved", "postmortem"} else "\n\n{workaround}\n\n{next_update}"
        name = names[phase] + (", panne" if impact == "critical" else "")
        made.append(Phrase(name, "public", phase, impact, "fr", title, body + end))
    hold = "Nous travaillons toujours sur le problème touchant {components}. Il n'y a rien de nouveau pour l'instant."
    end = "\n\n{workaround}\n\n{next_update}"
    made.append(
        Phrase("Point d'étape", "public", "", "", "fr", "{title}", hold + end, is_approved=True, is_holding=True)
    )
    return made


def _inside() -> list[Phrase]:
    texts: dict[tuple[str, str], str] = {
        (
            "internal",
            "investigating",
        ): "{key} ({severity}): {title}. It began at {started_at}. {summary}\n\n{commander} "
        "commands. Please do not change anything around {components} without asking them.\n\n{next_update}",
        (
            "internal",
            "identified",
        ): "{key} ({severity}): the cause is known. {summary}\n\nWe are restoring {components}. {next_update}",
        ("internal", "monitoring"): "{key} ({severity}): {components} should work again after {duration}. We watch "
        "before we call it over. {next_update}",
        ("internal", "resolved"): "{key} ({severity}) is over after {duration}. {summary}",
        ("internal", ""): "{key} ({severity}), {state}, for {duration}: {summary}\n\n{next_update}",
        ("executive", "investigating"): "**What customers notice:** {components}, {impact}, since {started_at}.\n\n"
        "**What we do:** {commander} leads the response ({severity}). We are looking for the cause.\n\n"
        "**What we need from you:** nothing now.\n\n{next_update}",
        ("executive", "identified"): "**What customers notice:** {components}, {impact}, for {duration}.\n\n"
        "**What we do:** the cause is known and service is being restored.\n\n"
        "**What we need from you:** nothing now.\n\n{next_update}",
        (
            "executive",
            "monitoring",
        ): "**What customers notice:** service should be as usual again. It lasted {duration}."
        "\n\n**What we do:** we watch before we call it over.\n\n{next_update}",
        ("executive", "resolved"): "**It is over.** Customers had a {impact} of {components} for {duration}.\n\n"
        "**What follows:** a review with what we change.",
        (
            "support",
            "investigating",
        ): "Customers may tell of a problem with {components} since {started_at} ({key}). We "
        "are investigating.\n\nSay that we know of it and point to the status page. Do not promise a time.\n\n"
        "{workaround}\n\n{next_update}",
        ("support", "identified"): "The cause of the problem with {components} is known and service is being restored "
        "({key}).\n\nSay what the status page says. Do not promise a time.\n\n{workaround}\n\n{next_update}",
        (
            "support",
            "monitoring",
        ): "{components} should work again ({key}). Ask customers who still have trouble for an "
        "example, and record it as a report.\n\n{next_update}",
        ("support", "resolved"): "The problem with {components} is over after {duration} ({key}). Customers who "
        "reported it are being told.",
    }
    titles = {"internal": "{title}", "executive": "{severity}: {title}", "support": "What to say about {components}"}
    labels = {"internal": "Internal", "executive": "Executive", "support": "Support"}
    return [
        Phrase(f"{labels[audience]}: {_NAMES[phase].lower()}", audience, phase, "", "en", titles[audience], body, True)
        for (audience, phase), body in texts.items()
    ]


#: All of them.
PHRASES: tuple[Phrase, ...] = (*_public(), *_german(), *_french(), *_inside())
