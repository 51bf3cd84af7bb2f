"""`hf://owner/repository[@revision]/path`: a file of a model repository on the Hugging Face Hub.

The form is that of the hub's own file system (`HfFileSystem` of huggingface_hub), and so are `HF_TOKEN` and
`HF_ENDPOINT`. A file of any size is asked for at `/resolve/`, which redirects to where large ones are stored.
"""

import os
import re
from dataclasses import dataclass, field
from urllib.parse import quote

import requests

from model_fetcher.errors import FetchError, UriError
from model_fetcher.settings import Settings
from model_fetcher.sources.http_transfer import Session, open_part, resume_headers
from model_fetcher.sources.keys import check_key
from model_fetcher.sources.source import Part

HUB = "https://huggingface.co"
FORM = "hf://owner/repository@revision/path/of/model.ubj"
URI = re.compile(
    r"hf://(?P<repository>\w[\w.-]{0,95}/\w[\w.-]{0,95})(?:@(?P<revision>(?!\.)[^/]+))?/(?P<path>.+)",
    re.ASCII,
)
# What else a repository there can be; models are those without one.
OTHER_KINDS = ("datasets", "spaces", "buckets")


@dataclass
class HubSource:
    """A file of a repository at one of its revisions."""

    url: str
    session: Session
    headers: dict[str, str] = field(repr=False)
    name: str

    def open(self, offset: int, version: str) -> Part:
        response = self.session.ask(self.url, self.headers | resume_headers(offset, version))
        try:
            part = open_part(response, self.name, offset)
        except FetchError as error:
            raise explained(error, response) from None
        part.sha256 = promised(response)
        return part


def source(uri: str, settings: Settings) -> HubSource:
    """The file. A branch or tag moves: only a sha256 pins what is served."""
    match = URI.fullmatch(uri)
    if not match:
        raise UriError(f"names no file of a repository; it must look like {FORM}")
    repository, path = match["repository"], match["path"]
    if repository.partition("/")[0] in OTHER_KINDS:
        raise UriError(f"names no repository of models; it must look like {FORM}")
    check_key(path, FORM)
    revision = match["revision"] or "main"
    endpoint = (settings.hf_endpoint or os.environ.get("HF_ENDPOINT", "") or HUB).rstrip("/")
    url = f"{endpoint}/{repository}/resolve/{quote(revision, safe='%')}/{quote(path)}"
    token = os.environ.get("HF_TOKEN", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    name = f"hf://{repository}@{revision}/{path}"
    return HubSource(url, Session(settings.stall_seconds), headers, name)


def promised(response: requests.Response) -> str:
    """The sha256 that the hub says of a large file, before it redirects to where that is; else empty."""
    for answer in [*response.history, response]:
        tag = answer.headers.get("X-Linked-Etag", "").strip('"')
        if re.fullmatch("[0-9a-f]{64}", tag):
            return tag
    return ""


def explained(error: FetchError, response: requests.Response) -> FetchError:
    """The hub's own word for a refusal, which tells more than its status."""
    said = response.headers.get("X-Error-Code", "")
    reasons = {
        "RepoNotFound": "there is no such repository, or HF_TOKEN is no token that may read it",
        "RevisionNotFound": "there is no such revision",
        "EntryNotFound": "there is no such file at this revision",
        "GatedRepo": "the repository is gated: accept its terms on the hub and set HF_TOKEN from a Secret",
    }
    if said not in reasons:
        return error
    code = "forbidden" if said in ("RepoNotFound", "GatedRepo") else "not_found"
    return FetchError(code, f"{error}; {reasons[said]}")
