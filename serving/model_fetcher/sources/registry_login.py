"""How a registry lets somebody in: not at all asked, by password, or by a token it names the issuer of."""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path

import requests
from requests.utils import parse_dict_header

from model_fetcher.errors import FetchError
from model_fetcher.sources.http_transfer import Session, host, problem_of_status

MOST_TOKEN_BYTES = 1024 * 1024
DOCKER_HUB_KEY = "https://index.docker.io/v1/"


@dataclass
class Credentials:
    """What a user shows a registry."""

    username: str
    password: str = field(repr=False)

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class RegistryLogin:
    """Asks a registry, and answers when it asks back who is asking."""

    def __init__(self, session: Session, credentials: Credentials | None, registry: str):
        self.session = session
        self.credentials = credentials
        self.registry = registry
        self.authorization = ""

    def ask(self, url: str, headers: dict[str, str], name: str) -> requests.Response:
        response = self.session.ask(url, self.with_authorization(headers))
        if response.status_code != 401:
            return response
        response.close()
        # Also when there was a token already: it may have expired during a long transfer.
        self.authorization = self.answer(response.headers.get("WWW-Authenticate", ""), name)
        return self.session.ask(url, self.with_authorization(headers))

    def with_authorization(self, headers: dict[str, str]) -> dict[str, str]:
        return headers | {"Authorization": self.authorization} if self.authorization else headers

    def answer(self, challenge: str, name: str) -> str:
        """The Authorization header that answers a challenge; empty if there is none to give."""
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "bearer":
            return f"Bearer {self.token(parse_dict_header(rest), name)}"
        return self.credentials.basic if self.credentials else ""

    def token(self, challenge: dict[str, str], name: str) -> str:
        realm = challenge.get("realm") or ""
        if not realm.startswith("https://") and not self.registry.startswith("http://"):
            raise FetchError(
                "forbidden", f"{name}: the registry wants credentials sent to {host(realm)}, without TLS"
            )
        headers = {"Authorization": self.credentials.basic} if self.credentials else {}
        asked = {key: challenge[key] for key in ("service", "scope") if challenge.get(key)}
        response = self.session.ask(realm, headers, params=asked)
        if response.status_code != 200:
            raise problem_of_status(response, f"{name}: logging in")
        try:
            document = json.loads(response.raw.read(MOST_TOKEN_BYTES))
            return document.get("token") or document["access_token"]
        except (ValueError, KeyError, AttributeError):
            raise FetchError("forbidden", f"{name}: {host(realm)} gave no token") from None
        finally:
            response.close()


def credentials_for(registry: str, auth_file: str) -> Credentials | None:
    """What a file like Docker's config.json has for a registry, whichever way that is written there."""
    if not auth_file:
        return None
    path = Path(auth_file)
    try:
        entries = json.loads(path.read_bytes())["auths"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is no file of registry credentials") from None
    keys = [registry, f"https://{registry}", f"https://{registry}/", f"http://{registry}"]
    if registry == "docker.io":
        keys.append(DOCKER_HUB_KEY)
    for key in keys:
        entry = entries.get(key)
        if isinstance(entry, dict):
            if entry.get("auth"):
                username, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
                return Credentials(username, password)
            if entry.get("username"):
                return Credentials(entry["username"], entry.get("password", ""))
    return None
