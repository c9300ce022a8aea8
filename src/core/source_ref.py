"""`s3://BUCKET/KEY`: what a reference to an image may be. Never url-decoded: `%20` is three characters of the key."""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple
from urllib.parse import unquote

MAX_KEY_BYTES: Final = 1_024
"""S3's own limit on a key, in UTF-8 bytes."""
IMAGE_EXTENSIONS: Final = (".png", ".jpg", ".jpeg")

_BUCKET: Final = re.compile(r"[A-Za-z0-9._-]{3,255}")
_SCHEME: Final = re.compile(r"s3\s*:[\s/]*", re.IGNORECASE)
_SCHEMES: Final = re.compile(r"(?:s3://)*+", re.IGNORECASE)
# Every repetition before the path is bounded, so that no text can keep the search busy.
_WEB_ADDRESS: Final = re.compile(
    r"(?i:https?)://(?:(?P<bucket>[a-z0-9.-]{3,63})\.)?s3[a-z0-9.-]{0,40}\.amazonaws\.com(?:\.cn)?/(?P<path>[^?#]+)"
)
_OTHER_SPELLING: Final = re.compile(r"arn:aws[a-z-]*:s3:::|s3[an]://", re.IGNORECASE)
"""How other tools write a location in S3."""
_ESCAPED_BYTE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
BLANK_LETTERS: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Fillers that look like nothing, though Unicode calls them letters and symbols."""
_BLANK_LETTER: Final = re.compile(f"[{BLANK_LETTERS}]")


class SourceRef(NamedTuple):
    """A bucket and a key, both as written."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class Malformed(NamedTuple):
    """Why a value is not a reference.

    Attributes:
        kind: Slug of the reason.
        message: The reason in words.
        mended: The reference that was probably meant, if that can be told.
    """

    kind: str
    message: str
    mended: str | None = None


def parse(value: object) -> SourceRef | Malformed:
    """Reads `s3://BUCKET/KEY`, or says why it is none."""
    if not isinstance(value, str):
        return Malformed("not-a-text", "is not a text")
    return _read(value[5:]) if value.startswith("s3://") else _misread(value)


def _read(path: str) -> SourceRef | Malformed:
    bucket, _, key = path.partition("/")
    if key and not key.endswith("/") and _BUCKET.fullmatch(bucket) and not _is_too_long(key):
        return SourceRef(bucket, key)
    if path[:5].lower() == "s3://":
        return Malformed("scheme-twice", "begins with s3:// twice", _mended(path))
    if not _BUCKET.fullmatch(bucket):
        return Malformed("bucket", "names a bucket that no bucket can be called")
    if not key:
        return Malformed("no-key", "names a bucket but no object")
    if key.endswith("/"):
        return Malformed("folder", "ends in a slash: it names a folder, not an image")
    return Malformed("key-too-long", f"has a key of more than {MAX_KEY_BYTES:,} bytes")


def _is_too_long(key: str) -> bool:
    return len(key) > MAX_KEY_BYTES // 4 and len(key.encode(errors="surrogatepass")) > MAX_KEY_BYTES


def _misread(value: str) -> Malformed:
    """Tells what a text is that does not begin with `s3://`."""
    bare = value.strip()
    if not bare:
        return Malformed("empty", "is empty")
    if bare.startswith("s3://"):
        return Malformed("leading-space", "begins with white space", _mended(bare))
    if web := _WEB_ADDRESS.match(bare):
        path = f"{web['bucket']}/{web['path']}" if web["bucket"] else web["path"]
        return Malformed("web-address", "is a web address, not an S3 location", _mended(unquote(path)))
    if scheme := _OTHER_SPELLING.match(bare) or _SCHEME.match(bare):
        return _misspelt(scheme[0], _mended(bare[scheme.end() :]))
    if "://" in bare:
        return Malformed("other-scheme", "does not begin with s3://")
    return Malformed("relative-path", "is a path without a bucket")


def _misspelt(scheme: str, mended: str | None) -> Malformed:
    if _OTHER_SPELLING.match(scheme):
        return Malformed("other-spelling", f"begins with {scheme}, not s3://", mended)
    if any(map(str.isspace, scheme)):
        return Malformed("space-in-scheme", "has a space within s3://", mended)
    if scheme.startswith("S"):
        return Malformed("upper-case-scheme", "has its scheme in upper case", mended)
    return Malformed("slashes", "does not have two slashes after s3:", mended)


def _mended(path: str) -> str | None:
    """The reference to a path, freed of its schemes, if that is sound."""
    read = _read(_SCHEMES.sub("", path, count=1))
    return str(read) if isinstance(read, SourceRef) else None


def suspicions(ref: SourceRef) -> list[str]:
    """What is legal in a reference but seldom meant, in words."""
    found: list[str] = []
    odd = sorted({c for c in ref.key if not _plain(c)}) if not (ref.key.isascii() and ref.key.isprintable()) else []
    if odd:
        found.append("invisible or private characters " + ", ".join(f"U+{ord(c):04X}" for c in odd[:5]))
    if ref.key.endswith(" "):
        found.append("a space at the end")
    if ref.key.startswith("/") or "//" in ref.key:
        found.append("an empty folder name (//)")
    if "/../" in (path := f"/{ref.key}/") or "/./" in path:
        found.append("a dot folder (S3 does not resolve it)")
    if "%" in ref.key and (escaped := _ESCAPED_BYTE.search(ref.key)):
        found.append(f"the three literal characters {escaped[0]} (a source-ref is never url-decoded)")
    if "_" in ref.bucket or ref.bucket != ref.bucket.lower():
        found.append("a bucket name with upper case or _, which only very old buckets have")
    return found


def _plain(character: str) -> bool:
    """Whether a character of a key is visible, or the common space.

    Characters that this Python's Unicode does not know yet pass: a newer one may show them.
    """
    if character in BLANK_LETTERS:
        return False
    return character == " " or unicodedata.category(character) not in ("Cc", "Cf", "Co", "Zl", "Zp", "Zs")


def is_visible(text: str) -> bool:
    """Whether a text certainly has only visible characters and common spaces."""
    return text.isprintable() and not _BLANK_LETTER.search(text)


def is_image_name(key: str) -> bool:
    """Whether a key's extension is that of a PNG or JPEG."""
    return key[-5:].lower().endswith(IMAGE_EXTENSIONS)
