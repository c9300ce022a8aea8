"""Images as programs really write them, and what is found in their places."""

import io
import struct
from typing import Any

from PIL import Image


def picture(
    format: str = "PNG",  # noqa: A002 - Pillow's own word
    width: int = 640,
    height: int = 480,
    mode: str = "RGB",
    **options: Any,  # noqa: ANN401
) -> bytes:
    """An image, written by Pillow."""
    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, format, **options)
    return file.getvalue()


def with_segments(jpeg: bytes, size: int, marker: int = 0xE1) -> bytes:
    """A JPEG with so many bytes of other segments before everything else, as cameras and editors write them."""
    segments = bytearray()
    while len(segments) < size:
        content = min(size - len(segments), 65_000)
        segments += struct.pack(">BBH", 0xFF, marker, content + 2) + bytes(content)
    return jpeg[:2] + bytes(segments) + jpeg[2:]


WEB_PAGE = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body><svg></svg></body></html>\n"
S3_ERROR = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
LFS_POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 12345\n"
SVG = b'<?xml version="1.0"?>\n<!-- drawn -->\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>\n'
