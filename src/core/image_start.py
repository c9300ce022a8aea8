"""What an object is by its first bytes: an image, and of which size; of another format; or no image at all."""

from __future__ import annotations

import io
import re
from enum import StrEnum
from typing import Final, NamedTuple

from core.lines import BYTE_ORDER_MARK

_TEXT_BYTES: Final = 4_096
"""Bytes by which text is told from other content."""

_IMAGE: Final = re.compile(
    rb"(?P<png>\x89PNG\r\n\x1a\n)"
    rb"|(?P<jpeg>\xff\xd8\xff)"
    rb"|(?P<avif>.{4}ftypavi[fs])"
    rb"|(?P<bmp>BM.{4}\0{4})"
    rb"|(?P<dicom>.{128}DICM)"
    rb"|(?P<gif>GIF8[79]a)"
    rb"|(?P<heic>.{4}ftyphe(?:i[cmsx]|v[cmsx]))"
    rb"|(?P<heif>.{4}ftyp(?:miaf|mif1|msf1))"
    rb"|(?P<jpeg2000>\0{3}\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51)"
    rb"|(?P<jpegxl>\xff\x0a|\0{3}\x0cJXL \r\n\x87\n)"
    rb"|(?P<netpbm>P[1-6]\s+[#\d])"
    rb"|(?P<photoshop>8BPS\0[\1\2])"
    rb"|(?P<tiff>II[*+]\0|MM\0[*+])"
    rb"|(?P<webp>RIFF.{4}WEBP)",
    re.DOTALL,
)
"""Formats by their first bytes."""
TITLES: Final = {
    "png": "PNG",
    "jpeg": "JPEG",
    "avif": "AVIF",
    "bmp": "BMP",
    "dicom": "DICOM",
    "gif": "GIF",
    "heic": "HEIC",
    "heif": "HEIF",
    "jpeg2000": "JPEG 2000",
    "jpegxl": "JPEG XL",
    "netpbm": "Netpbm",
    "photoshop": "Photoshop",
    "svg": "SVG",
    "tiff": "TIFF",
    "webp": "WebP",
}
"""Formats as people write them."""
_CONTROL: Final = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
"""Bytes that no text of an encoding based on ASCII holds."""
_MARKUP: Final = re.compile(rb"<(?P<svg>svg)\b|<(?:!doctype\s+)?(?P<html>html)\b", re.IGNORECASE)


class Flaw(StrEnum):
    """Why an opened object is no image."""

    EMPTY = "empty"
    HTML = "html"
    XML = "xml"
    JSON = "json"
    GIT_LFS = "git-lfs"
    TEXT = "text"
    UNKNOWN = "unknown"
    BROKEN_PNG = "broken-png"
    BROKEN_JPEG = "broken-jpeg"


_BROKEN: Final = {"png": Flaw.BROKEN_PNG, "jpeg": Flaw.BROKEN_JPEG}
"""Formats of which width and height are looked for, and what is wrong where they are not found."""


class Size(NamedTuple):
    """Width and height in pixels, as stored: however a viewer would turn the image."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width:,} x {self.height:,}"


def look_inside(start: bytes) -> Size | Flaw | str:
    """What an object is by its first bytes: the size of a PNG or JPEG, why it is no image, or its other format."""
    if not start:
        return Flaw.EMPTY
    found = _IMAGE.match(start)
    if found is None:
        return _look_at_text(start[:_TEXT_BYTES])
    name = str(found.lastgroup)
    if name not in _BROKEN:
        return name
    import imagesize  # noqa: PLC0415 - only few open images, and all would start later

    width, height = imagesize.get(io.BytesIO(start), exif_rotation=False)
    return Size(width, height) if min(width, height) > 0 else _BROKEN[name]


def _look_at_text(start: bytes) -> Flaw | str:
    text = start.removeprefix(BYTE_ORDER_MARK).lstrip()
    if _CONTROL.search(text):
        return Flaw.UNKNOWN
    if text.startswith(b"<"):
        markup = _MARKUP.search(text)
        return Flaw.XML if markup is None else Flaw.HTML if markup["html"] else "svg"
    if text.startswith((b"{", b"[")):
        return Flaw.JSON
    if text.startswith(b"version https://git-lfs"):
        return Flaw.GIT_LFS
    return Flaw.TEXT if text.isascii() else Flaw.UNKNOWN
