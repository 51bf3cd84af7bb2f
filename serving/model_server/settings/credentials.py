"""How the server shows another one who it is: settings that several groups have in common."""

from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta


class Credentials(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """Those of a group of settings."""

    token: Annotated[
        str, Meta(description="Secret that is sent as `Authorization: Bearer …`. Trailing space is cut off.")
    ] = ""
    auth_header: Annotated[
        str,
        Meta(
            pattern="^[-A-Za-z0-9]*$",
            description="Header that carries the secret instead, as it is, such as `x-api-key`.",
        ),
    ] = ""
    ca_file: Annotated[
        str,
        Meta(
            description="File with the certificates of the authorities to trust (PEM). Empty: the system's."
        ),
    ] = ""


def problems(prefix: str, given: Credentials) -> list[str]:
    """What cannot work with them."""
    found = []
    if given.auth_header and not given.token:
        found.append(f"{prefix}AUTH_HEADER is set, but {prefix}TOKEN is empty")
    if not given.token.rstrip().isprintable() or not given.token.isascii():
        found.append(f"{prefix}TOKEN holds characters that no header may hold")
    if given.ca_file and not Path(given.ca_file).is_file():
        found.append(f"{prefix}CA_FILE: there is no file {given.ca_file}")
    return found


def headers(given: Credentials) -> dict[str, str]:
    """The header that carries the secret, if there is one."""
    # Secrets made from files usually end with a line break.
    token = given.token.rstrip()
    if not token:
        return {}
    if given.auth_header:
        return {given.auth_header: token}
    return {"authorization": f"Bearer {token}"}
