"""A page of a listing, as S3 writes it.

boto3 takes some 60 ms for a page of a thousand objects, a regular expression 1 ms. It only reads what is written the
way S3 writes it, and proves that it missed nothing; any other way is left to a parser of XML.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

from botocore.exceptions import HTTPClientError

from core.ports import Found, Page

ARCHIVES: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
"""Storage classes that must be restored before a read. GLACIER_IR is none of them."""
_START: Final = re.compile(r'(?:<\?xml version="1\.0"(?: encoding="UTF-8")?\?>\s*)?<ListBucketResult[ >]')
_END: Final = "</ListBucketResult>"
_COUNT: Final = re.compile(r"<KeyCount>([0-9]+)</KeyCount>")
_TRUNCATED: Final = re.compile(r"<IsTruncated>(true|false)</IsTruncated>")
_AFTER: Final = re.compile(r"<StartAfter>([^<&]*)</StartAfter>")
_ENCODED: Final = "<EncodingType>url</EncodingType>"
_ENTRY: Final = re.compile(
    r"<Contents><Key>([^<&]+)</Key><LastModified>[^<]*</LastModified><ETag>[^<]*</ETag>"
    r"(?:<ChecksumAlgorithm>[^<]*</ChecksumAlgorithm>)*(?:<ChecksumType>[^<]*</ChecksumType>)?"
    r"<Size>([0-9]{1,19})</Size><StorageClass>(\w+)</StorageClass>"
    r"(<RestoreStatus>(?:<(?:IsRestoreInProgress|RestoreExpiryDate)>[^<]*</\w+>)*</RestoreStatus>)?</Contents>"
)
_EXPIRY: Final = "<RestoreExpiryDate>"
_SEPARATOR: Final = b"\xff"
"""A byte that UTF-8 never has."""


class NoListingError(HTTPClientError):
    """An answer that is no listing, or not the whole of it."""

    fmt = "the answer is no whole listing: {reason}"


def read_page(body: bytes, after: str) -> Page:
    """Reads a page of ListObjectsV2.

    Args:
        body: The page.
        after: The key that it was to follow.

    Raises:
        NoListingError: It is cut off, or no such page.
    """
    return _read_quickly(body, after) or _read_xml(body, after)


def _read_quickly(body: bytes, after: str) -> Page | None:
    """Reads a page that is written as S3 does; None if there is anything about it that might be missed.

    Three counts of the entries must agree: what the expression found, how many begin, and how many S3 says there are.
    """
    text = body.decode(errors="surrogateescape")
    first, end = text.find("<Contents>"), text.rfind("</Contents>")
    around = text if first < 0 else text[:first] + text[end:]
    truncated, counts = _TRUNCATED.findall(around), _COUNT.findall(around)
    entries = _ENTRY.findall(text)
    if not (
        _START.match(around)
        and around.endswith(_END)
        and len(truncated) == 1
        and counts == [str(len(entries))]
        and text.count("<Contents>") == len(entries)
    ):
        return None
    keys = [entry[0] for entry in entries]
    found = [
        Found(int(size), storage_class in ARCHIVES and _EXPIRY not in restored)
        for _, size, storage_class, restored in entries
    ]
    page = Page(_joined(keys, found, encoded=_ENCODED in around), last=truncated == ["false"])
    return _placed(page, "".join(_AFTER.findall(around)), after)


def _read_xml(body: bytes, after: str) -> Page:
    try:
        root = ET.fromstring(body)  # noqa: S314 - expat itself refuses entities that explode
    except ET.ParseError as error:
        raise NoListingError(reason=error) from error
    if _name(root) != "ListBucketResult":
        raise NoListingError(reason=f"it is {_name(root)!r}")
    page = _texts(root)
    entries = [_texts(element) for element in root if _name(element) == "Contents"]
    try:
        last = {"true": False, "false": True}[page["IsTruncated"]]
        keys = [entry["Key"] for entry in entries]
        found = [
            Found(int(entry["Size"]), entry.get("StorageClass") in ARCHIVES and "RestoreExpiryDate" not in entry)
            for entry in entries
        ]
    except (KeyError, ValueError) as error:
        raise NoListingError(reason=f"{error} is not what it should be") from error
    objects = _joined(keys, found, encoded=page.get("EncodingType") == "url")
    return _placed(Page(objects, last), page.get("StartAfter", ""), after)


def _texts(element: ET.Element) -> dict[str, str]:
    """What stands in an element's children, and of what is restored also in theirs."""
    inner = (each for child in element if _name(child) == "RestoreStatus" for each in child)
    return {_name(each): each.text or "" for each in (*element, *inner)}


def _name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _joined(keys: Sequence[str], found: Iterable[Found], *, encoded: bool) -> list[tuple[str, Found]]:
    return list(zip(_decoded(keys) if encoded else keys, found, strict=True))


def _placed(page: Page, told: str, after: str) -> Page:
    """A page that says where it begins, encoded or not, is checked for that: a cache may have mixed up its pages."""
    strayed = bool(told) and after not in (told, *_decoded([told]))
    return replace(page, strayed=True) if strayed else page


def _decoded(keys: Sequence[str]) -> Sequence[str]:
    """Undoes `encoding-type=url`; all keys at once, because that is faster.

    S3 writes a space as a plus, others as %20; a plus itself is %2B with all of them. What is no UTF-8 becomes half
    characters, which no key that anybody asks for has.
    """
    joined = _SEPARATOR.join(key.encode() for key in keys)
    if b"%" not in joined and b"+" not in joined:
        return keys
    decoded = unquote_to_bytes(joined.replace(b"+", b" "))
    parts = decoded.split(_SEPARATOR)
    if len(parts) != len(keys):  # some key has that byte, and is no UTF-8
        parts = [unquote_to_bytes(key.replace("+", " ")) for key in keys]
    return [part.decode(errors="surrogateescape") for part in parts]
