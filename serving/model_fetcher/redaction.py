"""Takes what is secret out of text that others wrote: errors of libraries, answers of servers, addresses.

Addresses keep scheme, host and path; a setting, header or option whose name says that it is secret keeps
its name; what looks like a key or token by itself goes. `shared/redactSecrets.ts` does the same, by
the same examples.
"""

import base64
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus, urlsplit

HIDDEN = "***"
# What is shorter is part of innocent words.
SHORTEST = 4

# Of the variables that may hold secrets.
PREFIXES = ("AWS_", "GOOGLE_", "AZURE_", "HF_", "MODEL_FETCHER_")

known: set[str] = set()


def remember(*secrets: str) -> None:
    """Secrets that go wherever they are, as they are or as they are encoded on the way."""
    for secret in secrets:
        stripped = secret.strip()
        if len(stripped) >= SHORTEST:
            known.update((stripped, quote(stripped, safe=""), quote_plus(stripped)))


def remember_all(environment: Mapping[str, str]) -> None:
    """The secrets among the variables of the download, those in addresses included."""
    for name, value in environment.items():
        if name.startswith(PREFIXES) and is_secret_name(name) and not name.endswith("_ID"):
            remember(value)
            # An authorization header: the scheme is none, and Basic is no cipher.
            scheme, _, credentials = value.strip().partition(" ")
            if credentials:
                remember(credentials)
            if scheme.lower() == "basic":
                remember(decoded(credentials).partition(":")[2])
        if "://" in value:
            remember(*secrets_of_address(value))


def secrets_of_address(address: str) -> list[str]:
    """Password and query of an address."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return []
    password = parts.netloc.rpartition("@")[0].partition(":")[2]
    values = [pair.partition("=")[2] for pair in parts.query.split("&")]
    # Shorter ones are dates, names of algorithms and the like.
    return [password, *(value for value in values if len(value) >= 16)]


def decoded(text: str) -> str:
    """What base64 stands for; empty if it is none."""
    try:
        return base64.b64decode(text).decode()
    except ValueError:
        return ""


# Every repetition that can be tried from many starts is bounded: the text may be long, and anything.
PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?!-----END )[\s\S])*(?:-----END [A-Z0-9 ]{0,60}-----)?"
)
ADDRESS = re.compile(r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,30}://)(\S+)", re.ASCII)
# `repository:tag@sha256:…` is none.
BARE_ACCOUNT = re.compile(
    r"(^|[\s\"'`(=,])[\w.+%-]{1,128}:[^\s/]{0,256}@(?!sha\d{3}:)(?=[\w\[])", re.ASCII | re.MULTILINE
)
PLACE = re.compile(r"([^?#\"'`<>]*)(\?[^\"'`<>#]*)?(#[^\"'`<>]*)?")
SECRET_NAME = re.compile(
    "passw(?:or)?d|passphrase|passcode|pwd|secret|token|credential|"
    "(?:api|access|private|account|shared|signing|encryption|master)key|"
    "signature|authorization|cookie|sessionid|jwt"
)
SECRET_WORDS = {"pass", "pw", "sig", "auth", "bearer", "apikey"}
# A name that ends so says something about a secret, and is none.
TELLING_WORD = re.compile(
    "names?|files?|paths?|refs?|types?|kinds?|counts?|lengths?|sizes?|ttl|limits?|expir[a-z]*|keys|tokens|"
    "secrets|stdin|scopes?|urls?|uris?|endpoints?|issuers?|services?|realms?|status|errors?|version"
)
NAME = re.compile(r"(?<![\w.-])(-{0,2})([A-Za-z_][\w.-]{0,127})(?![\w-])", re.ASCII)
SEPARATOR = re.compile(r"\\?[\"']?\]?\s{0,8}(?:=>|[=:]|%3D)[ \t]{0,8}", re.IGNORECASE)
SPACE = re.compile(r"[ \t]+(?=[^\s-])")
SCHEME = re.compile(r"(?:bearer|basic|token|digest|negotiate)[ \t]+", re.IGNORECASE)
CLOSED = (
    # `"…"`, `'…'`, and `\"…\"` of a document within a document.
    re.compile(
        r"\\\"(?:[^\"\\]|\\[^\"])*(?:\\\"|$)|\"(?:[^\"\\]|\\[\s\S])*(?:\"|$)|'[^'\n]*(?:'|$)", re.MULTILINE
    ),
    # YAML's text of several lines.
    re.compile(r"[|>][-+\d]{0,2}[ \t]*\r?\n[ \t]+[^\n]*(?:\n[ \t]+[^\n]*)*"),
)
HEADER_VALUE = re.compile(r"[^\n'\"][^\n']*")
LINE_VALUE = re.compile(r"[^\s{\[][^\n\"'{}&]*")
WORD_VALUE = re.compile(r"[^\s{\[][^\s\"'&]*")
QUOTED_PASSWORD = re.compile(
    r"\b(passw(?:or)?d|passphrase|pwd)(\s+(?:is\s+|was\s+)?)(\"[^\"\n]{1,256}\"|'[^'\n]{1,256}')"
    r"|\b(passw(?:or)?d|passphrase|pwd)(\s+(?:is|was)\s+)\S{0,256}\d\S{0,256}",
    re.IGNORECASE,
)
ACCOUNT = re.compile(r"(?<!\S)(-u|--user)([ =]+)[^\s:]{1,128}:\S+")
SHOWN = re.compile(r"\b(bearer|basic|token|negotiate)\s+([\w.~+/=:-]{8,})", re.IGNORECASE | re.ASCII)
OPAQUE = re.compile(r"[\d_+/=~]|[a-z][A-Z]|.{20}")
ISSUED = re.compile(
    r"\b(?:gh[a-z]_|github_pat_|gl[a-z]{1,8}-|xox[a-z]-|AKIA|ASIA|eyJ|sk-|hf_|npm_|pypi-|dckr_[a-z]+_|AIza|"
    r"pul-|hv[sbr]\.|ya29\.|SG\.)[\w.~+/=-]{12,}",
    re.ASCII,
)
WORD = re.compile(r"(?<![\w+/=-])[A-Za-z0-9_+/=-]{24,}(?![\w+/=-])", re.ASCII)


def redact(text: str) -> str:
    """The text without what is secret."""
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return without_tokens(without_named(without_accounts(PRIVATE_KEY.sub(HIDDEN, text))))


def redact_value(value: object) -> object:
    """What goes into a log document, with the text in it redacted."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [redact_value(item) for item in value]
    return value


def without_accounts(text: str) -> str:
    """Addresses without account, query and what is secret in a fragment."""
    text = ADDRESS.sub(lambda found: found[1] + without_account(found[2]), text)
    return BARE_ACCOUNT.sub(rf"\1{HIDDEN}@", text)


def without_account(rest: str) -> str:
    """What follows `scheme://`: up to the last @ of the authority it is an account."""
    authority = re.split(r"[/?#\"'`<>]", rest, maxsplit=1)[0]
    _, colon, end = authority.rpartition(":")
    is_port = not colon or re.fullmatch(r"\d*\W*|[^\[]*\]", end, re.ASCII) is not None
    # An unescaped / ? or # in a password ends the authority too early.
    at = authority.rfind("@") if is_port else rest.rfind("@")
    place = rest[at + 1 :]
    found = PLACE.match(place)
    path, query, fragment = found.groups() if found else (place, None, None)
    after = place[found.end() :] if found else ""
    return "".join(
        [
            f"{HIDDEN}@" if at >= 0 else "",
            path,
            f"?{HIDDEN}" if query else "",
            (f"#{HIDDEN}" if "=" in fragment else fragment) if fragment else "",
            # Another address may be quoted beside this one.
            without_accounts(after) if "://" in after else after,
        ]
    )


def is_secret_name(name: str) -> bool:
    """Whether what has this name is secret."""
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name).lower()
    words = re.findall(r"[a-z0-9]+", spaced)
    if not words or TELLING_WORD.fullmatch(words[-1]):
        return False
    return bool(SECRET_NAME.search("".join(words))) or not SECRET_WORDS.isdisjoint(words)


def without_named(text: str) -> str:
    """Settings, headers and options without the values of those that are secret by name."""
    told = []
    start = at = 0
    while found := NAME.search(text, at):
        at = after = found.end()
        dashes, name = found.groups()
        if not is_secret_name(name):
            continue
        parted = SEPARATOR.match(text, after) or (SPACE.match(text, after) if dashes else None)
        if not parted:
            continue
        begin = parted.end()
        if scheme := SCHEME.match(text, begin):
            begin = scheme.end()
        end = end_of_value(text, begin, form_of(name, parted[0]))
        if end > begin:
            told += [text[start:begin], HIDDEN]
            start = end
        at = max(end, after)
    return "".join([*told, text[start:]])


def form_of(name: str, parted: str) -> re.Pattern[str]:
    """How long a value without quotes may be."""
    if ":" not in parted:
        return WORD_VALUE
    if re.search("authorization|cookie", name, re.IGNORECASE):
        return HEADER_VALUE
    # A value of these may have several words.
    return LINE_VALUE if re.search("passw|passphrase|pwd", name, re.IGNORECASE) else WORD_VALUE


def end_of_value(text: str, begin: int, form: re.Pattern[str]) -> int:
    """Where the value ends that begins there; where it begins if there is none."""
    for pattern in CLOSED:
        if found := pattern.match(text, begin):
            return found.end()
    found = form.match(text, begin)
    return begin + len(found[0].rstrip(" \t\r\n\f\v,;.)}]")) if found else begin


def without_tokens(text: str) -> str:
    """Text without what looks like a key or token by itself."""
    text = QUOTED_PASSWORD.sub(lambda found: f"{found[1] or found[4]}{found[2] or found[5]}{HIDDEN}", text)
    text = ACCOUNT.sub(rf"\1\2{HIDDEN}", text)
    text = SHOWN.sub(lambda found: f"{found[1]} {HIDDEN}" if OPAQUE.search(found[2]) else found[0], text)
    text = ISSUED.sub(HIDDEN, text)
    return WORD.sub(lambda found: HIDDEN if looks_random(found[0]) else found[0], text)


def looks_random(value: str) -> bool:
    """Not a name of many words, a path or a digest."""
    kinds: tuple[Callable[[str], bool], ...] = (str.islower, str.isupper, str.isdigit)
    mixed = all(sum(map(kind, value)) >= 2 for kind in kinds)
    return mixed and not re.search(r"[a-z]{6}|^/|/.*/", value)
