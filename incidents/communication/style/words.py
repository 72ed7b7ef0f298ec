"""Rules about single words: what stands in a text that should not, whatever the incident is."""

import ipaddress
import re
from collections.abc import Iterator
from itertools import chain

from incidents.communication.style.draft import Draft, Hit, Look, Part

_I = re.IGNORECASE
_TIME = r"(?:[01]?\d|2[0-3]):[0-5]\d"
_SPAN = (
    r"(?:\d+|an?|one|two|three|a few|a couple of|several|the next|the)\s+(?:\d+\s+)?(?:minutes?|"
    r"mins?|hours?|hrs?|days?)"
)


def _parts(draft: Draft) -> Iterator[tuple[Part, str]]:
    yield "title", draft.title
    yield "body", draft.body


def _pattern(pattern: str, message: str, fix: str | None = None, *, flags: int = _I) -> Look:
    """A rule that hits wherever `pattern` is found; its group `hit`, if it has one, is the span."""
    compiled = re.compile(pattern, flags)
    group = "hit" if "hit" in compiled.groupindex else 0

    def look(draft: Draft) -> Iterator[Hit]:
        for part, text in _parts(draft):
            for match in compiled.finditer(text):
                yield (*match.span(group), message, fix, part)

    return look


# --- what must not leave the house ---------------------------------------------------------------------------------

#: What tickets are called; and standards that look the same.
_TICKET = re.compile(
    r"(?<![\w/-])(?:[A-Z][A-Z0-9]{1,9}-\d{1,7}|(?:ticket|issue|bug|PR)\s*#?\d{2,}|case\s*#\d+)(?![\w-])"
)
_STANDARD = re.compile(r"(?:UTF|ISO|GSM|UCS|SHA|COVID|TLS|SEV|PSD|IPV|MP|HTTP|RFC|AES|RSA|ES|H)-?\d+\Z")
_HOST_TAIL = r"(?:internal|intra|intranet|local|localdomain|lan|corp|cluster|svc|prod|stag(?:e|ing)|consul)"
_HOST = re.compile(
    rf"""(?<![\w./@-])(?:
        (?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+{_HOST_TAIL}(?:\.[a-z0-9-]+)*(?![\w-])   # db.prod.internal
      | (?:[a-z]{{2,}}-)+(?:[a-z]+-)*\d{{1,4}}[a-z]?(?![\w.-]*\w)                      # pg-primary-01, eu-west-1c
      | (?:web|app|db|node|srv|server|host|worker|redis|kafka|pg|mysql|vm|ip)-?\d{{1,4}}(?![\w:%])  # web12
      | [a-z]+(?:-[a-z0-9]+)*-[a-f0-9]{{8,10}}-[a-z0-9]{{5}}(?![\w-])                  # api-7d9c5b6f4d-x2x9p
    )""",
    _I | re.VERBOSE,
)
#: Look like hosts and are none: regions and standards that customers know.
_NO_HOST = re.compile(
    r"(?:(?:us|eu|ap|ca|sa|me|af|il|cn)-(?:gov-)?(?:north|south|east|west|central)[a-z]*-\d|covid-19|utf-?\d+|"
    r"iso-\d+|gsm-7|ucs-2|sha-?\d+|tls-1|ipv-?[46]|base-?64|web-?[23]|level-\d|step-\d|phase-\d|"
    r"part-\d|sev-?\d|top-\d+|mp-?[34])\Z",
    _I,
)


def hosts(draft: Draft) -> Iterator[Hit]:
    """Names of our machines."""
    for part, text in _parts(draft):
        for match in _HOST.finditer(text):
            if (
                not _NO_HOST.match(match.group())
                and not _TICKET.fullmatch(match.group())
                and not _STANDARD.match(match.group())
            ):
                yield (*match.span(), "Names one of our machines: say what it does for the customer.", None, part)


_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?![\w:]|\.\d)", _I
)
_VERSION = re.compile(r"(?:version|release|build|v)\s*\Z", _I)


def addresses(draft: Draft) -> Iterator[Hit]:
    """IP addresses and networks."""
    for part, text in _parts(draft):
        for match in _IP.finditer(text):
            if _VERSION.search(text[: match.start()]) or re.fullmatch(r"\d{1,2}(:\d{2}){1,2}", match.group()):
                continue
            try:
                ipaddress.ip_network(match.group(), strict=False)
            except ValueError:
                continue
            yield (*match.span(), "An IP address tells attackers more than customers.", None, part)


def tickets(draft: Draft) -> Iterator[Hit]:
    """Numbers of tickets and incidents that only we can look up."""
    for part, text in _parts(draft):
        for match in _TICKET.finditer(text):
            if not _STANDARD.match(match.group()):
                yield (*match.span(), "Readers cannot look up our ticket numbers.", "", part)


secrets = _pattern(
    r"(?<!\w)(?:(?:password|passwd|secret|api[ _-]?key|token)\s*[:=]\s*\S+|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|"
    r"xox[abprs]-[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY-----|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})",
    "This looks like a secret.",
    "",
)
_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+", _I)
_OFFICE = re.compile(r"(?:support|help|helpdesk|hello|info|contact|status|security|press|billing|service|care)@", _I)
_PHONE = re.compile(r"(?<![\w.:/-])\+\d[\d ()-]{7,16}\d(?!\w)")


def personal(draft: Draft) -> Iterator[Hit]:
    """Addresses and numbers of single people; those of an office may stand."""
    for part, text in _parts(draft):
        for match in _MAIL.finditer(text):
            if not _OFFICE.match(match.group()):
                yield (*match.span(), "Somebody's own address: name an office instead.", None, part)
        for match in _PHONE.finditer(text):
            yield (*match.span(), "A telephone number: link to the contact page instead.", None, part)


def people(draft: Draft) -> Iterator[Hit]:
    """Names of those who work on the incident."""
    for name in draft.people:
        yield from _found(draft, name, "Names a person: say “we”.", "we")


def internal_names(draft: Draft) -> Iterator[Hit]:
    """What our services are called inside."""
    for name in draft.internal_names:
        yield from _found(draft, name, "Our own name for it: use the one on the page.", None)


def must_not_say(draft: Draft) -> Iterator[Hit]:
    """What the talking points say must not be said yet."""
    for phrase in draft.must_not_say:
        yield from _found(draft, phrase, "The talking points say not to say this yet.", None)


def _found(draft: Draft, phrase: str, message: str, fix: str | None) -> Iterator[Hit]:
    words = phrase.split()
    if not words:
        return
    spaced = r"\s+".join(map(re.escape, words))
    pattern = re.compile(rf"(?<!\w){spaced}(?!\w)", _I)
    for part, text in _parts(draft):
        for match in pattern.finditer(text):
            yield (*match.span(), message, fix, part)


# --- what would break or deceive -----------------------------------------------------------------------------------

placeholders = _pattern(
    r"\{[a-z_ ]{0,40}\}|\[(?:time|date|name|component|components|link|url|insert[^\]]*|tbd|xx+|\.\.\.)\]|<insert[^>]*>|"
    r"(?<!\w)(?:TBD|TBA|TODO|FIXME|lorem ipsum|XX:XX|xx%|\?\?\?+)(?!\w)|\?\?\?+",
    "Something is still to be filled in.",
)
script_links = _pattern(
    r"(?<!\w)(?:(?:java|vb)script\s*:\s*|(?:data|file):)[^\s)]+", "A link that is none for readers.", ""
)
mentions = _pattern(
    r"<!(?:channel|here|everyone)[^>]*>|<@[UW][A-Z0-9]+>|<users/all>|(?<![\w.])@(?:everyone|channel|here|all)(?!\w)",
    "Would ring everybody in a chat that reads along.",
    "",
)
unseen = _pattern(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]+",
    "Signs that cannot be seen, and may turn the text around.",
    "",
)

# --- how we speak --------------------------------------------------------------------------------------------------

_ABOUT = r"(?:about\s+|around\s+)?"
_WHEN = rf"{_ABOUT}(?:{_TIME}(?:\s*UTC)?|{_SPAN}|noon|midnight|tomorrow|tonight|today)"
_PROMISED = re.compile(
    r"(?:next\s+(?:public\s+)?update|update\s+you|updates?|news|more\s+(?:information|details)|be\s+back)\b[^.!?]*\Z",
    _I,
)
_ETA = re.compile(
    rf"""(?<!\w)(?:
        ETA\b[^.!?\n]*
      | (?:(?:will|should|to|expected?\s+to)\s+be\s+(?:fixed|resolved|restored|back|done|solved|over|repaired|working)|
           (?:expect|anticipate|estimate)(?:ed|s)?\b[^.!?\n]{{0,60}}?)
        \s+(?:by|at|before|within|in|around)\s+{_WHEN}
      | (?:fixed|resolved|restored|back|up\s+and\s+running|back\s+to\s+normal|solved)\s+
        (?:again\s+)?(?:by|in|within)\s+{_WHEN}
      | any\s+(?:minute|moment)\b(?:\s+now)? | (?:very\s+)?shortly | (?:very\s+)?soon
      | as\s+soon\s+as\s+possible | momentarily
      | almost\s+(?:there|fixed|done) | nearly\s+(?:fixed|done|there)
    )""",
    _I | re.VERBOSE,
)


def promised_ends(draft: Draft) -> Iterator[Hit]:
    """Times by which it shall be over: nobody knows them. When the next update comes is another thing."""
    message = "Promises an end that nobody can know: say when you speak again instead."
    for part, text in _parts(draft):
        for match in _ETA.finditer(text):
            said = match.group().lower()
            before = re.split(r"[.!?\n]", text[: match.start()])[-1]
            if _PROMISED.search(before) and not said.startswith("eta"):
                continue
            yield (*match.span(), message, None, part)


blame = _pattern(
    r"(?<!\w)(?:human error|operator error|user error|someone (?:accidentally|mistakenly|forgot)|"
    r"(?:an?|one of our|our) (?:engineers?|employees?|developers?|colleagues?|contractors?|administrators?) "
    r"(?:accidentally|mistakenly|wrongly|forgot|misconfigured|deleted|broke|made a mistake)\w*|"
    r"(?:fault|mistake) of (?:an?|our|the|one of)|careless(?:ness)?|negligen(?:t|ce)|"
    r"(?:blame|to blame)|caused by (?:a mistake|an error) (?:of|by) )(?!\w)?",
    "Blames somebody: say what failed, not who.",
)
speculation = _pattern(
    r"(?<!\w)(?:we (?:think|believe|suspect|guess|assume)|probably|possibly|presumably|perhaps|apparently|maybe|"
    r"(?:seems?|appears?) to (?:be|have)|(?:might|may|could) (?:be caused|have been caused|be due|be related))(?!\w)",
    "A guess: say what is known.",
)
minimising = _pattern(
    r"(?<!\w)(?:hiccups?|blips?|glitch(?:es)?|a bit slow|minor inconvenience|(?:a|the) small issue|"
    r"just a|only a (?:few|small)"
    r"(?: number of)?(?: customers| users| people)?|nothing to worry about|no big deal)(?!\w)",
    "Makes it small for those who suffer from it.",
)

#: Trade words → how a customer says it.
JARGON: dict[str, str] = {
    r"fail[- ]?over": "switch to the spare system",
    r"roll(?:ed|ing)?[ -]?back": "undo the last change",
    r"hot[- ]?fix(?:es)?": "correction",
    r"(?:re)?deploy(?:ed|ing|ment|ments|s)?": "change",
    r"5xx(?: errors?)?|HTTP 50\d|50[0234] errors?": "errors",
    r"latency": "delay",
    r"p9[59]": "slowest requests",
    r"(?:kubernetes|k8s)(?: cluster| pods?)?": "our servers",
    r"pods?": "servers",
    r"replica(?:tion)? lag": "delay in our database",
    r"OOM(?:[- ]?killed)?|out[- ]of[- ]memory": "overload",
    r"DDoS": "flood of requests",
    r"backend|back-end": "our systems",
    r"upstream": "a provider of ours",
    r"throttl(?:ed|ing)": "limiting",
    r"root[- ]caus(?:e|ed)": "cause",
    r"mitigat(?:e|ed|ing|ion)": "relief",
    r"degraded? performance": "slowness",
    r"packet loss": "lost connections",
    r"cache invalidation": "refresh of stored copies",
    r"postmortem|post-mortem": "review",
    r"on-?call": "the team on duty",
    r"SRE(?:s)?": "our team",
    r"config(?:uration)? drift": "wrong setting",
    r"connection pool(?:s|ing)?": "connections",
}
_JARGON = re.compile("|".join(rf"(?P<j{n}>(?<!\w)(?:{word})(?!\w))" for n, word in enumerate(JARGON)), _I)
_PLAIN = list(JARGON.values())


def jargon(draft: Draft) -> Iterator[Hit]:
    """Words of the trade."""
    for part, text in _parts(draft):
        for match in _JARGON.finditer(text):
            plain = _PLAIN[int(str(match.lastgroup)[1:])]
            fix = (
                plain.capitalize()
                if match.group()[0].isupper() and match.group().lower() == match.group()[0].lower() + match.group()[1:]
                else plain
            )
            yield (*match.span(), f"A word of the trade: customers say “{plain}”.", fix, part)


_ZONE = r"(?:UTC|GMT|CES?T|BST|E[SD]T|P[SD]T|C[SD]T|JST|Z\b)"
_CLOCK = re.compile(
    rf"(?<![\d:.])(?:(?:[01]\d|2[0-3])|(?<=\bat )\d|(?<=\b[bB]y )\d|(?<=\bsince )\d|(?<=\buntil )\d|(?<=\bfrom )\d)"
    rf":[0-5]\d(?![\d:%])(?!\s*(?:[ap]\.?m\.?\s*)?(?:{_ZONE}|\+\d))",
    _I,
)


def clocks(draft: Draft) -> Iterator[Hit]:
    """Times of day without a zone; one zone is enough for two times joined by 'to', 'and' or a dash."""
    for part, text in _parts(draft):
        for match in _CLOCK.finditer(text):
            after = text[match.end() : match.end() + 16]
            if re.match(rf"\s*(?:to|and|until|-|–)\s*{_TIME}\s*{_ZONE}", after, _I):
                continue
            yield (*match.span(), "Whose clock? Readers sit in many zones.", f"{match.group()} UTC", part)


_SHOUT = re.compile(r"(?<![\w-])[A-Z]{5,}(?:\s+[A-Z]{2,})*(?![\w-])|[!]{2,}")


def shouting(draft: Draft) -> Iterator[Hit]:
    """Words in capitals and rows of exclamation marks."""
    for match in chain.from_iterable(
        ((found, part) for found in _SHOUT.finditer(text)) for part, text in _parts(draft)
    ):
        found, part = match
        calm = "." if found.group().startswith("!") else found.group().lower()
        yield (*found.span(), "Shouts.", calm, part)
