"""Files that are no JSON Lines at all: one diagnosis instead of a page of puzzles."""

from __future__ import annotations

import codecs
import json

from core.finding import Finding
from core.json_text import Decoded, decode
from core.lines import BYTE_ORDER_MARK
from core.policy import Policy
from core.source_ref import Malformed, parse

HEAD_BYTES = 64 * 1024
"""How much of the file's start is looked at."""

_NOT_TEXT = (
    (b"\x1f\x8b", "gzip", "a gzip file", "Decompress it: gunzip."),
    (b"PK\x03\x04", "zip", "a zip file (or a spreadsheet)", "Unpack it and upload the manifest itself."),
    (b"BZh", "bzip2", "a bzip2 file", "Decompress it: bunzip2."),
    (b"\x28\xb5\x2f\xfd", "zstd", "a Zstandard file", "Decompress it: unzstd."),
    (b"\xfd7zXZ\x00", "xz", "an xz file", "Decompress it: unxz."),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32 text", "Save it as UTF-8."),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32 text", "Save it as UTF-8."),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 text", "Save it as UTF-8; in PowerShell, use Out-File -Encoding utf8NoBOM."),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 text", "Save it as UTF-8; in PowerShell, use Out-File -Encoding utf8NoBOM."),
)  # fmt: skip
_TO_LINES = "Convert it: jq -c '{}' FILE > FILE.manifest"


def judge_shape(head: bytes, policy: Policy) -> list[Finding]:
    """Judges the first bytes of a file.

    Args:
        head: The first `HEAD_BYTES` of the file, or all of it.
        policy: How to judge.

    Returns:
        A finding of `manifest-not-utf8` or `manifest-not-json-lines`: reading is of no use then. Else nothing.
    """
    for magic, kind, name, fix in _NOT_TEXT:
        if head.startswith(magic):
            return policy.finding("manifest-not-utf8", f"The file is {name}, not UTF-8 text.", kind=kind, fix=fix)
    if _is_wide(head):
        return policy.finding("manifest-not-utf8", "The file is UTF-16 text, not UTF-8.", kind="utf-16", fix="Save it as UTF-8.")  # fmt: skip
    text = head.removeprefix(BYTE_ORDER_MARK).decode("utf-8", errors="replace").lstrip(" \t\r\n")
    first, broken, rest = text.partition("\n")
    if first.startswith("["):
        return _judge_array(first, rest, policy)
    if first.startswith("{"):
        return _judge_object(text, policy) if broken and not isinstance(decode(first), Decoded) else []
    return _judge_table(first, rest, policy)


def _is_wide(head: bytes) -> bool:
    """Whether the text has a NUL for every other byte, as UTF-16 without BOM has."""
    sample = head[:200]
    half = len(sample) // 2
    return half > 1 and (sample[0:2*half:2].count(0) == half or sample[1:2*half:2].count(0) == half)  # fmt: skip


def _judge_array(first: str, rest: str, policy: Policy) -> list[Finding]:
    """An array of objects. An array that is one line among others is that line's own fault."""
    inside = first[1:].strip()
    whole = isinstance(decode(first), Decoded)
    if inside and not inside.startswith("{") or whole and (rest.strip() or inside == "]"):
        return []
    return policy.finding(
        "manifest-not-json-lines",
        "The file is one JSON array, not JSON Lines.",
        kind="array",
        fix=f"Write one object a line, without the array. {_TO_LINES.format('.[]')}",
    )


def _judge_object(text: str, policy: Policy) -> list[Finding]:
    """An object over several lines; its first one is shown mended, as it should stand on one line."""
    try:
        printed, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return []
    if "\n" not in text[:end]:
        return []
    ref = parse(printed.get("source-ref"))
    also = ""
    if isinstance(ref, Malformed) and ref.mended:
        printed["source-ref"] = ref.mended
        also = f" Its source-ref {ref.message}, too."
    return policy.finding(
        "manifest-not-json-lines",
        f"Objects are printed over several lines; JSON Lines has one object a line.{also}",
        kind="pretty-printed",
        field="source-ref" if also else None,
        fix=f"{_TO_LINES.format('.')} The first object then reads: {json.dumps(printed, ensure_ascii=False, separators=(',', ':'))}",
    )


def _judge_table(first: str, rest: str, policy: Policy) -> list[Finding]:
    """Rows of separated values: no row an object, one separator on every row, and a sign of images."""
    rows = [row for row in (first, *rest.split("\n")[:5]) if row.strip()]
    separator = next((mark for mark in ",;\t" if rows and all(mark in row for row in rows)), None)
    objects = any(row.lstrip().startswith(("{", '"source-ref"')) for row in rows)
    images = any(sign in row for row in rows for sign in ("s3:", "source"))
    if separator is None or objects or not images or isinstance(decode(first), Decoded):
        return []
    name = {",": "comma", ";": "semicolon", "\t": "tab"}[separator]
    return policy.finding(
        "manifest-not-json-lines",
        f"The file is a table of {name}-separated values, not JSON Lines.",
        kind="table",
        value=first,
        fix="Write each row as one JSON object with source-ref, a label and its metadata.",
    )
