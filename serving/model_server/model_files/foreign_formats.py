"""Files that are no model of ours: what each is, and what makes it one.

The starts of files and the remedies are in `foreign_formats.json`, which the check of a stack's configuration
reads as well.
"""

import io
import re
import struct
from fnmatch import fnmatch

from model_server.model_files import compression
from model_server.model_files.compression import TABLE

STARTS = [(bytes.fromhex(each["start"]), each["name"], each["remedy"]) for each in TABLE["foreign"]]
BINARY = STARTS[0]
BINARY_REMEDY = BINARY[2]
NOT_OURS = (
    "this server serves models of XGBoost, scikit-learn, LightGBM, CatBoost and ONNX; for others write a "
    "predictor.py (docs/predictors.md)"
)
# As much as is looked at of a file in a compressed one.
LOOK = 64 * 1024
MAX_NAMES = 8
# Of XGBoost's old binary format, behind which come the names of the objective and of the booster.
OLD_PARAMETERS = 136
OLD_NAME = re.compile(rb"[a-z]+(:[a-z0-9]+)?")


def described(content: bytes) -> str:
    """What the file is, and what to do; empty for whatever is not known."""
    found = _archive(content) or _by_start(content) or _by_structure(content)
    return f"{found[0]}: {found[1]}" if found else ""


def inside(content: bytes) -> str:
    """What a compressed file holds that is no pickle; empty for a pickle, and for whatever is not known."""
    start = compression.start_of(content, LOOK)
    if start is None or compression.is_plain_pickle(start):
        return ""
    if start[257:262] == b"ustar":
        return _tar(content)
    if start.lstrip()[:1] == b"{":
        return "a compressed file of XGBoost's own (.json or .ubj): decompress it, for example with gunzip"
    found = described(start)
    return f"a compressed file that holds {found}" if found else ""


def _by_start(content: bytes) -> tuple[str, str] | None:
    for start, name, remedy in STARTS:
        if content[: len(start)].lower() == start.lower() if start[:1] == b"<" else content.startswith(start):
            return name, remedy
    return None


def _by_structure(content: bytes) -> tuple[str, str] | None:
    if not content.strip():
        return "an empty file", "save or download the model again"
    if _is_old_binary(content):
        return BINARY[1:]
    if len(content) > 9 and content[8:10] == b'{"' and 1 < struct.unpack("<Q", content[:8])[0] < len(content):
        return "a file of safetensors", NOT_OURS
    if content.lstrip()[:1] == b"[":
        return (
            "a JSON list, such as XGBoost's dump_model writes, which cannot be loaded again",
            "save the model itself with save_model('model.ubj') where it was trained",
        )
    return None


def is_onnx(content: bytes) -> bool:
    """Whether it begins with an ir_version, and then what produced it, as fields of a protocol buffer."""
    return content[:1] == b"\x08" and content[2:3] in (b"\x12", b"\x1a", b"\x3a") and content[1] < 64


def _is_old_binary(content: bytes) -> bool:
    """Without `binf` in front, as before 1.0: parameters, then two names with their lengths."""
    names, place = [], OLD_PARAMETERS
    for _ in range(2):
        if len(content) < place + 8:
            return False
        length = struct.unpack_from("<Q", content, place)[0]
        if not 2 < length < 64:
            return False
        names.append(content[place + 8 : place + 8 + length])
        place += 8 + length
    return names[1] in (b"gbtree", b"gblinear", b"dart") and OLD_NAME.fullmatch(names[0]) is not None


def _archive(content: bytes) -> tuple[str, str] | None:
    if not content.startswith(b"PK\x03\x04"):
        return None
    # Few models need it, and a start should not wait for it.
    import zipfile

    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return "a damaged zip archive", "save or download the model again"
    for each in TABLE["archives"]:
        if any(fnmatch(name, each["member"]) for name in names):
            return each["name"], each["remedy"]
    return f"a zip archive that holds {_shown(names)}", "take the model out of it: unzip"


def _tar(content: bytes) -> str:
    """SageMaker's model.tar.gz, for example: which file in it to take, and what that is."""
    import tarfile

    names, found = [], ""
    try:
        with tarfile.open(fileobj=io.BytesIO(compression.decompressed(content))) as archive:
            for member in archive:
                if not member.isfile():
                    continue
                names.append(member.name)
                start = archive.extractfile(member).read(LOOK)
                what = described(start)
                if what and not found:
                    found = f". {member.name} is {what}"
    except (tarfile.TarError, OSError, EOFError):
        return "a damaged tar archive: download the model again"
    return (
        f"a tar archive, as SageMaker's model.tar.gz, that holds {_shown(names)}: take the model out of it "
        f"with tar -xzf{found}"
    )


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return ", ".join(name[:100] for name in names[:MAX_NAMES]) + more if names else "nothing"
