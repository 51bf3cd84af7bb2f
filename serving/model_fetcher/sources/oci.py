"""`oci://registry/repository:tag`: a file in a registry of container images, pushed for example by ORAS."""

import hashlib
import re
from dataclasses import dataclass, field

import msgspec

from model_fetcher.errors import FetchError, UriError
from model_fetcher.settings import Settings
from model_fetcher.sources.http_transfer import Session, host, open_part, problem_of_status
from model_fetcher.sources.keyring import credentials_for
from model_fetcher.sources.registry_login import Credentials, RegistryLogin
from model_fetcher.sources.source import Part

REFERENCE = re.compile(
    r"(?P<registry>[A-Za-z0-9.-]+(:\d+)?)"
    r"/(?P<repository>[a-z0-9]+([._/-]+[a-z0-9]+)*)"
    r"(:(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(@(?P<digest>sha256:[0-9a-f]{64}))?"
    r"(#(?P<file>.+))?"
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    # Asked for only to say that it is not one file.
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MAX_MANIFEST_BYTES = 4 * 1024 * 1024
TITLE = "org.opencontainers.image.title"
UNPACK = "io.deis.oras.content.unpack"
GOLDEN = "golden.json"
MAX_TITLES = 20
MAX_TITLE_LENGTH = 200


class Layer(msgspec.Struct, rename="camel"):
    """One file of an artifact."""

    media_type: str
    digest: str
    size: int
    annotations: dict[str, str] = {}

    @property
    def title(self) -> str:
        return self.annotations.get(TITLE, "")

    @property
    def file_name(self) -> str:
        """The last part of the title: ORAS keeps the folders of the files it pushes."""
        return re.split(r"[/\\]", self.title.rstrip("/\\"))[-1]


class Manifest(msgspec.Struct):
    """What we read of a manifest."""

    layers: list[Layer] = []
    manifests: list[msgspec.Raw] = []


@dataclass
class OciSource:
    """One file of an artifact, by its title or because it is the only one."""

    session: Session
    repository_url: str
    reference: str
    file: str
    login: RegistryLogin = field(repr=False)
    name: str
    layer: Layer | None = None

    def open(self, offset: int, version: str) -> Part:
        # The layer is chosen once: a tag that moves between two attempts changes nothing.
        self.layer = self.layer or self.choose(self.manifest())
        # The digest names the content: what the registry has under it cannot change.
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        response = self.login.ask(f"{self.repository_url}/blobs/{self.layer.digest}", headers, self.name)
        part = open_part(response, self.name, offset)
        if part.total is not None and part.total != self.layer.size:
            part.close()
            raise FetchError(
                "bad_artifact",
                f"{self.name}: the manifest says {self.layer.size} bytes, the registry {part.total}",
            )
        part.total, part.version = self.layer.size, self.layer.digest
        part.sha256 = self.layer.digest.removeprefix("sha256:")
        return part

    def manifest(self) -> Manifest:
        headers = {"Accept": ", ".join(MANIFESTS)}
        response = self.login.ask(f"{self.repository_url}/manifests/{self.reference}", headers, self.name)
        if response.status_code != 200:
            raise problem_of_status(response, self.name)
        content = b""
        for chunk in open_part(response, self.name, 0).chunks:
            content += chunk
            if len(content) > MAX_MANIFEST_BYTES:
                response.close()
                raise FetchError("bad_artifact", f"{self.name}: the manifest is too large")
        if self.reference.startswith("sha256:"):
            found = f"sha256:{hashlib.sha256(content).hexdigest()}"
            if found != self.reference:
                raise FetchError(
                    "wrong_sha256", f"{self.name}: the registry sent a manifest with digest {found}"
                )
        try:
            return msgspec.json.decode(content, type=Manifest)
        except msgspec.DecodeError:
            raise FetchError("bad_artifact", f"{self.name}: this is no manifest") from None

    def choose(self, manifest: Manifest) -> Layer:
        """The layer that is the wanted file."""
        if manifest.manifests:
            raise FetchError(
                "bad_artifact", f"{self.name} is an index of several artifacts; name one by its digest"
            )
        if self.file:
            found = [layer for layer in manifest.layers if layer.title == self.file] or [
                layer for layer in manifest.layers if layer.file_name == self.file
            ]
        else:
            found = [layer for layer in manifest.layers if layer.file_name != GOLDEN]
        if len(found) != 1:
            wanted = f"a file {self.file}" if self.file else "exactly one model file"
            held = titles_of(manifest)
            raise FetchError(
                "bad_artifact",
                f"{self.name} must hold {wanted}; it holds {held}. Add #FILE to the URI to choose",
            )
        layer = found[0]
        if is_archive(layer):
            raise FetchError(
                "bad_artifact",
                f"{self.name}: {shown(layer.title) or 'the layer'} is an archive "
                f"({shown(layer.media_type)}), not a file",
            )
        if not re.fullmatch("sha256:[0-9a-f]{64}", layer.digest):
            raise FetchError(
                "bad_artifact", f"{self.name}: the manifest names a layer by {layer.digest[:80]!r}"
            )
        return layer


def titles_of(manifest: Manifest) -> str:
    """What an artifact holds, as far as it is worth telling."""
    titles = [shown(layer.title or layer.media_type) for layer in manifest.layers[:MAX_TITLES]]
    more = len(manifest.layers) - len(titles)
    return ", ".join([*titles, *([f"{more} more"] if more else [])]) or "nothing"


def shown(text: str) -> str:
    """Text of the artifact's maker, who may have put anything into it."""
    return "".join(filter(str.isprintable, text))[:MAX_TITLE_LENGTH]


def is_archive(layer: Layer) -> bool:
    """Whether a layer holds files instead of being one. ORAS calls plain files tar, too, but titles them."""
    kind = layer.media_type.rpartition(".")[2]
    return layer.annotations.get(UNPACK) == "true" or (
        kind.startswith("tar") and (kind != "tar" or not layer.title)
    )


def source(uri: str, settings: Settings) -> OciSource:
    """The file of an artifact."""
    match = REFERENCE.fullmatch(uri[len("oci://") :])
    if not match:
        raise UriError("must look like oci://registry/repository:tag, also with @sha256:… and with #file")
    registry, repository, file = match["registry"], match["repository"], match["file"] or ""
    reference = match["digest"] or match["tag"]
    if not reference:
        raise UriError("names neither a tag nor a digest")
    given = [Credentials(settings.oci_username, settings.oci_password)] if settings.oci_username else []
    try:
        credentials = given or credentials_for(f"{registry}/{repository}", settings.oci_auth_file)
    except (OSError, ValueError) as error:
        raise UriError(f"needs credentials, but MODEL_FETCHER_OCI_AUTH_FILE is unusable: {error}") from None
    # The one registry whose images are named by another host than the one that serves them.
    address = "registry-1.docker.io" if registry == "docker.io" else registry
    session = Session(settings.stall_seconds)
    scheme = "http" if settings.oci_plain_http else "https"
    url = f"{scheme}://{address}/v2/{repository}"
    return OciSource(
        session, url, reference, file, RegistryLogin(session, credentials, host(url)), uri.partition("#")[0]
    )
