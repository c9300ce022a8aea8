"""One line: what it says, and what is wrong with it. All independent faults in one pass."""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from core import source_ref
from core.entry import Entry
from core.finding import Finding, shown
from core.json_text import Decoded, Fault, decode, json_type
from core.label_inspection import read_line_labels
from core.labels import bare
from core.lines import MAX_LINE_BYTES, Line
from core.masks import read_masks
from core.policy import Policy
from core.source_ref import Malformed, SourceRef

_KEYS_MEANT: Final = frozenset({"sourceref", "source", "imageref", "s3uri"})
"""Keys, bared of case and punctuation, that are written for source-ref."""
_LOCATION: Final = re.compile(r"\s*s3\s*:", re.IGNORECASE)
_SHOWN_BYTES: Final = 200


class Inspected(NamedTuple):
    """An inspected line: None for an entry where the line is no object."""

    entry: Entry | None
    findings: list[Finding]
    blank: bool = False


def inspect_line(line: Line, policy: Policy) -> Inspected:
    """Judges one line."""
    if line.length > MAX_LINE_BYTES:
        text = line.content[:_SHOWN_BYTES].decode(errors="replace")
        message = f"The line has {line.length:,} bytes; lines over {MAX_LINE_BYTES:,} are not read."
        return Inspected(None, policy.finding("line-unreadable", message, line=line.number, value=text))
    content = line.content.removesuffix(b"\r")
    if not content.strip(b" \t\r"):
        return Inspected(None, policy.finding("line-blank", "The line is blank.", line=line.number), blank=True)
    try:
        text = content.decode()
    except UnicodeDecodeError as fault:
        return Inspected(None, _not_utf8(content, fault.start, line, policy))
    findings = _judge_length(text, line.number, policy)
    decoded = decode(text)
    if isinstance(decoded, Fault):
        return Inspected(None, findings + _invalid_json(text, decoded, line.number, policy))
    if not isinstance(decoded.value, dict):
        return Inspected(None, findings + _not_an_object(decoded.value, line.number, policy))
    if decoded.repeats:
        findings += _duplicate_keys(decoded, line.number, policy)
    ref, ref_findings = _read_ref(decoded.value, line.number, policy)
    labels, label_findings = read_line_labels(decoded.value, line.number, policy)
    masks, mask_findings = read_masks(decoded.value, line.number, policy)
    findings += _judge_values(decoded.value, line, policy)
    return Inspected(Entry(line.number, ref, labels, masks), findings + ref_findings + label_findings + mask_findings)


def _not_utf8(content: bytes, start: int, line: Line, policy: Policy) -> list[Finding]:
    byte, column = content[start], len(content[:start].decode()) + 1
    place = f"column {column} (offset {line.offset + start:,} of the file)"
    guess = bytes([byte]).decode("cp1252", errors="replace")
    return policy.finding(
        "line-not-utf8",
        f"Byte 0x{byte:02X} at {place} is not UTF-8.",
        line=line.number,
        value=content[max(0, start - 40) : start + 40].decode(errors="backslashreplace"),
        fix=f"Save the file as UTF-8; read as Windows or Latin-1 text the byte is {guess!r}.",
    )


def _judge_length(text: str, number: int, policy: Policy) -> list[Finding]:
    limit = policy.consumer.line_characters
    if limit is None or len(text) <= limit:
        return []
    message = f"The line has {len(text):,} characters; {policy.consumer.name} promises to read {limit:,}."
    return policy.finding("line-too-long", message, line=number)


def _judge_values(content: dict[str, object], line: Line, policy: Policy) -> list[Finding]:
    limit = policy.consumer.value_characters
    findings: list[Finding] = []
    if limit is None or line.length <= limit:
        return findings
    for key, value in content.items():
        length = len(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":")))
        if length > limit:
            message = f"The value has {length:,} characters; {policy.consumer.name} promises to read {limit:,}."
            findings += policy.finding("attribute-too-long", message, line=line.number, field=key, value=value)
    return findings


def _invalid_json(text: str, fault: Fault, number: int, policy: Policy) -> list[Finding]:
    slug = "line-json-unsupported" if fault.unsupported else "line-invalid-json"
    start = max(0, fault.column - 41)
    message = f"Column {fault.column}: {fault.message}."
    value = text[start : start + 80]
    return policy.finding(slug, message, kind=fault.kind, line=number, value=value, fix=fault.fix)


def _not_an_object(value: object, number: int, policy: Policy) -> list[Finding]:
    kind = json_type(value)
    message = f"The line is {kind}, not an object."
    return policy.finding("line-not-an-object", message, kind=kind, line=number, value=value)


def _duplicate_keys(decoded: Decoded, number: int, policy: Policy) -> list[Finding]:
    findings: list[Finding] = []
    for repeat in decoded.repeats:
        kind, how = ("same-value", "the same value") if repeat.agrees else ("", "different values")
        message = f"The key stands {len(repeat.values):,} times, with {how}; readers keep one of them, unseen."
        value = repeat.values[-1]
        findings += policy.finding(
            "line-duplicate-key", message, kind=kind, line=number, field=repeat.path, value=value
        )
    return findings


def _read_ref(line: dict[str, object], number: int, policy: Policy) -> tuple[SourceRef | None, list[Finding]]:
    if "source-ref" not in line:
        return None, _missing_ref(line, number, policy)
    return judge_ref(line["source-ref"], number, policy)


def judge_ref(value: object, number: int, policy: Policy) -> tuple[SourceRef | None, list[Finding]]:
    """Judges the value of a line's source-ref; returns the reference, if it is one.

    Args:
        value: What the line says.
        number: The line's physical number.
        policy: How to judge.
    """
    ref, field = source_ref.parse(value), "source-ref"
    if isinstance(ref, Malformed):
        message = f"The source-ref {ref.message}."
        fix = f"Write {ref.mended}" if ref.mended else None
        return None, policy.finding(
            "source-ref-malformed", message, kind=ref.kind, line=number, field=field, value=value, fix=fix
        )
    findings: list[Finding] = []
    if suspicions := source_ref.suspicions(ref):
        message = f"The source-ref holds {'; '.join(suspicions)}."
        findings += policy.finding("source-ref-suspicious", message, line=number, field=field, value=value)
    if not source_ref.is_image_name(ref.key):
        message = "The source-ref does not end in .png, .jpg or .jpeg."
        findings += policy.finding("source-ref-not-an-image", message, line=number, field=field, value=value)
    return ref, findings


def _missing_ref(line: dict[str, object], number: int, policy: Policy) -> list[Finding]:
    locations = [key for key, value in line.items() if isinstance(value, str) and _LOCATION.match(value)]
    meant = next((key for key in locations if bare(key) in _KEYS_MEANT), None)
    meant = meant or next((key for key in locations if not key.endswith("-ref")), None)
    message = "The line has no source-ref" + (f", but a key '{shown(meant)}'." if meant else ".")
    fix = f"Rename '{shown(meant)}' to 'source-ref'." if meant else None
    return policy.finding("source-ref-missing", message, kind=meant or "", line=number, field="source-ref", fix=fix)
