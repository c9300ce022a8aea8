"""Files that are no JSON Lines at all: one diagnosis instead of a page of puzzles."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from typing import Final

from core.finding import Finding
from core.json_text import Decoded, Fault, decode, judge
from core.lines import BYTE_ORDER_MARK
from core.policy import Policy
from core.source_ref import Malformed, parse

HEAD_BYTES: Final = 64 * 1024
"""How much of the file's start is looked at."""

_UTF16_FIX: Final = "Save it as UTF-8; in PowerShell, use Out-File -Encoding utf8NoBOM."
_NOT_TEXT: Final = (
    (b"\x1f\x8b", "gzip", "a gzip file", "Decompress it: gunzip."),
    (b"PK\x03\x04", "zip", "a zip file (or a spreadsheet)", "Unpack it and upload the manifest itself."),
    (b"BZh", "bzip2", "a bzip2 file", "Decompress it: bunzip2."),
    (b"\x28\xb5\x2f\xfd", "zstd", "a Zstandard file", "Decompress it: unzstd."),
    (b"\xfd7zXZ\x00", "xz", "an xz file", "Decompress it: unxz."),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32 text", "Save it as UTF-8."),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32 text", "Save it as UTF-8."),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16 text", _UTF16_FIX),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16 text", _UTF16_FIX),
    (b"PAR1", "parquet", "a Parquet file", "Write each row as one JSON object a line."),
)
_OTHER_TEXT: Final = (
    ("version https://git-lfs.", "git-lfs", "a pointer of Git LFS, not the manifest", "Fetch it (git lfs pull)."),
    ("<", "markup", "an HTML or XML page; was an error page saved?", "Fetch the manifest itself."),
)
_SAMPLE_BYTES: Final = 200
_ROWS: Final = 6
_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
_LOOKED_AT: Final = 200
"""Lines among which a sound one is looked for."""
_SPACE: Final = " \t\r\n"
_CARRIAGE_RETURNS: Final = re.compile(r"\}[ \t]*+\r++[ \t]*+\{")
_TO_LINES: Final = "Convert it: jq -c '{}' FILE > FILE.manifest"


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
    if _is_wide(head[:_SAMPLE_BYTES]):
        message = "The file is UTF-16 text, not UTF-8."
        return policy.finding("manifest-not-utf8", message, kind="utf-16", fix=_UTF16_FIX)
    text = head.removeprefix(BYTE_ORDER_MARK).decode(errors="replace").lstrip(_SPACE)
    for start, kind, name, fix in _OTHER_TEXT:
        if text.startswith(start):
            return policy.finding(
                "manifest-not-json-lines", f"The file is {name}.", kind=kind, fix=f"{fix} Upload that."
            )
    if "\n" not in text and _CARRIAGE_RETURNS.search(text):
        message = "Lines end with carriage returns alone; JSON Lines end with line feeds."
        fix = "Convert it: tr '\\r' '\\n' <FILE >FILE.manifest"
        return policy.finding("manifest-not-json-lines", message, kind="carriage-returns", fix=fix)
    if text.startswith("["):
        return _judge_array(text, policy)
    return _judge_object(text, policy) if text.startswith("{") else _judge_table(text, policy)


def _is_wide(sample: bytes) -> bool:
    """Whether every other byte is mostly NUL, and the rest seldom: UTF-16 without byte order mark."""
    fewer, more = sorted(sample[start::2].count(0) for start in (0, 1))
    return more > len(sample) / 4 and fewer < more / 4


def _judge_array(text: str, policy: Policy) -> list[Finding]:
    """An array of objects. One that is a line among others is that line's own fault."""
    first, _, rest = text.partition("\n")
    inside = first[1:].strip(_SPACE)
    among_others = (isinstance(decode(first), Decoded) and bool(rest.strip(_SPACE))) or _begins_with_object(rest)
    if inside and (among_others or not inside.startswith("{")):
        return []
    return policy.finding(
        "manifest-not-json-lines",
        "The file is one JSON array, not JSON Lines.",
        kind="array",
        fix=f"Write one object a line, without the array. {_TO_LINES.format('.[]')}",
    )


def _judge_object(text: str, policy: Policy) -> list[Finding]:
    """An object over several lines, or around a list of images. One among sound lines is the fault of its own lines."""
    try:
        printed, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return _judge_broken(text, policy)
    if any(map(_begins_with_object, text[end:].split("\n")[:_LOOKED_AT])):
        return []
    if wrapped := _wrapped(printed):
        return policy.finding(
            "manifest-not-json-lines",
            f"The file is one object, whose lines stand in a list under {wrapped!r}.",
            kind="wrapped",
            field=wrapped,
            fix=f"Write one object a line, without the list. {_TO_LINES.format(f'.[{json.dumps(wrapped)}][]')}",
        )
    if "\n" not in text[:end]:
        return []
    fix, also = _TO_LINES.format("."), ""
    if isinstance(decode(text[:end]), Fault):
        return _pretty_printed(also, fix, policy)
    ref = parse(printed.get("source-ref"))
    if isinstance(ref, Malformed) and ref.mended:
        printed["source-ref"] = ref.mended
        also = f" Its source-ref {ref.message}, too."
    mended = json.dumps(printed, ensure_ascii=False, separators=(",", ":"))
    also_mend = ", and mend the source-ref" if also else ""
    return _pretty_printed(also, f"{fix}{also_mend}. The first object should then read: {mended}", policy)


def _wrapped(printed: Mapping[str, object]) -> str | None:
    """The key of a list of lines, in an object that is no line itself."""
    if "source-ref" in printed:
        return None
    return next((key for key, value in printed.items() if _is_lines(value)), None)


def _is_lines(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(x, dict) and "source-ref" in x for x in value)


def _judge_broken(text: str, policy: Policy) -> list[Finding]:
    """An object over several lines that is no JSON either; a brace alone among sound lines is that line's fault."""
    first, *others = text.split("\n")
    begun = first.strip(_SPACE) == "{" and others and others[0].strip(_SPACE).startswith('"')
    fault = judge(text) if begun else None
    if fault is None or any(map(_begins_with_object, others[:_LOOKED_AT])):
        return []
    also = ""
    if fault.kind not in ("cut-off", "unterminated-string"):  # only the file's start is seen here
        before = text[: fault.column - 1]
        line, column = before.count("\n") + 1, fault.column - (before.rfind("\n") + 1)
        also = f" And it is not JSON: line {line}, column {column}: {fault.message}."
    return _pretty_printed(also, _TO_LINES.format("."), policy)


def _pretty_printed(also: str, fix: str, policy: Policy) -> list[Finding]:
    return policy.finding(
        "manifest-not-json-lines",
        f"Objects are printed over several lines; JSON Lines has one object a line.{also}",
        kind="pretty-printed",
        field="source-ref" if "source-ref" in also else None,
        fix=fix,
    )


def _judge_table(text: str, policy: Policy) -> list[Finding]:
    """Rows of separated values: the same separator on each of the first, and more than one or an image.

    Braces may stand only below a heading that names source-ref, and begin no row: there the metadata is a column.
    """
    rows = [row for row in text.split("\n", _ROWS)[:_ROWS] if row.strip(_SPACE)]
    headed = bool(rows) and "source-ref" in rows[0] and not any(row.startswith("{") for row in rows)
    braced = rows[0] if headed else text
    separator = next((mark for mark in _SEPARATORS if rows and all(mark in row for row in rows)), None)
    told = len(rows) > 1 or "s3:" in text
    if separator is None or not told or "{" in braced or "}" in braced or isinstance(decode(rows[0]), Decoded):
        return []
    return policy.finding(
        "manifest-not-json-lines",
        f"The file is a table of {_SEPARATORS[separator]}-separated values, not JSON Lines.",
        kind="table",
        value=rows[0],
        fix="Write each row as one JSON object with source-ref, a label and its metadata.",
    )


def _begins_with_object(text: str) -> bool:
    """Whether the first line is a JSON object."""
    decoded = decode(text.partition("\n")[0])
    return isinstance(decoded, Decoded) and isinstance(decoded.value, dict)
