"""How a registry lets somebody in: not at all asked, by password, or by a token it names the issuer of."""

import base64
import json
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
import urllib3

from model_fetcher import redaction
from model_fetcher.errors import FetchError
from model_fetcher.sources.http_transfer import Session, host, problem_of, problem_of_status
from model_fetcher.sources.loopback import is_loopback

MAX_TOKEN_BYTES = 1024 * 1024
# What registries answer to those who may not: some hide what there is.
REFUSALS = (401, 403, 404)


@dataclass
class Credentials:
    """What a user shows a registry."""

    username: str
    password: str = field(repr=False)

    def __post_init__(self) -> None:
        redaction.remember(self.password, self.basic.partition(" ")[2])

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class RegistryLogin:
    """Asks a registry, and answers when that registry asks back who is asking."""

    def __init__(self, session: Session, credentials: list[Credentials], registry: str):
        self.session = session
        # In the order in which they are tried; nobody at all is let in by some registries, too.
        self.credentials: list[Credentials | None] = [*credentials] or [None]
        self.registry = registry
        self.authorization = ""

    def ask(self, url: str, headers: dict[str, str], name: str) -> requests.Response:
        response = self.session.ask(url, self.with_authorization(headers))
        if not self.asks_back(response):
            return response
        # Also when there was a token already: it may have expired during a long transfer.
        challenge = response.headers.get("WWW-Authenticate", "")
        response.close()
        for credentials in list(self.credentials):
            is_last = credentials is self.credentials[-1]
            try:
                self.authorization = self.answer(challenge, credentials, name)
            except FetchError as error:
                if error.code != "forbidden" or is_last:
                    raise
                continue
            response = self.session.ask(url, self.with_authorization(headers))
            if response.status_code not in REFUSALS or is_last:
                if response.ok:
                    # The others would only be asked again.
                    self.credentials = [credentials]
                return response
            response.close()
        raise AssertionError("the last credentials end it")

    def asks_back(self, response: requests.Response) -> bool:
        """Whether the registry itself wants a login: another host that it redirects to gets none."""
        return response.status_code == 401 and host(response.url) == host(self.registry)

    def with_authorization(self, headers: dict[str, str]) -> dict[str, str]:
        return headers | {"Authorization": self.authorization} if self.authorization else headers

    def answer(self, challenge: str, credentials: Credentials | None, name: str) -> str:
        """The Authorization header that answers a challenge; empty if there is none to give."""
        is_plain = not self.registry.startswith("https://")
        if credentials and is_plain and not is_loopback(self.registry):
            raise FetchError(
                "forbidden",
                f"{name}: the registry wants a login, which nobody sends to another machine without TLS; "
                "give the registry a certificate and set MODEL_FETCHER_OCI_PLAIN_HTTP=false, "
                "or let everybody read there",
            )
        challenges = challenges_of(challenge)
        if (bearer := challenges.get("bearer")) is not None:
            return f"Bearer {self.token(bearer, credentials, name)}"
        return credentials.basic if credentials and "basic" in challenges else ""

    def token(self, challenge: dict[str, str], credentials: Credentials | None, name: str) -> str:
        realm = challenge.get("realm", "")
        self.check_issuer(realm, credentials, name)
        headers = {"Authorization": credentials.basic} if credentials else {}
        asked = {key: challenge[key] for key in ("service", "scope") if challenge.get(key)}
        response = self.session.ask(realm, headers, params=asked)
        if response.status_code != 200:
            raise problem_of_status(response, f"{name}: logging in")
        try:
            document = json.loads(response.raw.read(MAX_TOKEN_BYTES))
            token = document.get("token") or document["access_token"]
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise problem_of(error, f"{name}: logging in") from None
        except (ValueError, KeyError, AttributeError, RecursionError):
            token = ""
        finally:
            response.close()
        if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]+", token):
            raise FetchError("forbidden", f"{name}: {host(realm)} gave no token")
        redaction.remember(token)
        return token

    def check_issuer(self, realm: str, credentials: Credentials | None, name: str) -> None:
        """Refuse to log in where others listen."""
        try:
            scheme = urlsplit(realm).scheme
            where = host(realm)
        except ValueError:
            scheme = where = ""
        if scheme == "https":
            return
        # A registry that is meant to be without TLS may have an issuer beside it that is so as well.
        is_meant = scheme == "http" and self.registry.startswith("http://")
        if not is_meant or (credentials and not is_loopback(realm)):
            raise FetchError(
                "forbidden",
                f"{name}: the registry wants credentials sent to {where or 'no valid address'}, without TLS",
            )


PART = re.compile(r"([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:\"((?:\\.|[^\"\\])*)\"|([^\s,\"]*)))?")


def challenges_of(header: str) -> dict[str, dict[str, str]]:
    """The challenges of a header by their schemes: `Bearer realm="…",service="…"`, `Basic`, or several."""
    challenges: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for found in PART.finditer(header):
        name, quoted, plain = found.groups()
        if quoted is None and plain is None:
            current = challenges.setdefault(name.lower(), {})
        else:
            current.setdefault(name.lower(), plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    return challenges
