"""One line: what it says, and what is wrong with it. All independent faults in one pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core import labels, source_ref
from core.consumers import CLASSIFICATION
from core.entry_schema import PairFault, faults_of_pair
from core.finding import Finding, Severity, shown
from core.json_text import Decoded, Fault, decode
from core.labels import SUFFIX, Labels
from core.lines import MAX_LINE_BYTES, Line
from core.policy import Policy
from core.source_ref import Malformed, SourceRef

_JAVASCRIPT_DATE: Final = re.compile(r"[A-Z][a-z]{2},? ([A-Z][a-z]{2} \d|\d)")
_KEYS_MEANT: Final = frozenset({"sourceref", "source", "imageref", "s3uri"})
"""Keys, bared of case and punctuation, that are written for source-ref."""
_SHOWN_BYTES: Final = 200
_REMEMBERED: Final = 257
"""Characters of names and classes that are kept to compare lines: one more than any consumer takes."""
_OF_OTHER_TYPES: Final = frozenset({"class-name-missing", "label-value-invalid"})
"""What labels of other types lack: it follows from their type."""
_EXPECTED: Final = {
    "class-name": "a text",
    "human-annotated": 'the text "yes" or "no"',
    "type": "a text",
    "confidence": "a number from 0 to 1",
    "creation-date": "an ISO 8601 date and time",
    "job-name": "a text",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line says about an image, as far as it can be read.

    Attributes:
        line: Physical number.
        ref: The image, if the reference is sound.
        label: Name of the judged label attribute, if there is a pair.
        class_name: The class as written, if it is a text.
        value: The label's value, if it is an integer or an integer in a text; as text without needless digits.
        labeled: The class labels the image for this consumer.
    """

    line: int
    ref: SourceRef | None = None
    label: str | None = None
    class_name: str | None = None
    value: str | None = None
    labeled: bool = False


@dataclass(frozen=True, slots=True)
class Inspected:
    """An inspected line: None for an entry where the line is no object."""

    entry: Entry | None
    findings: list[Finding]
    blank: bool = False

    @property
    def invalid(self) -> bool:
        """Whether any finding on the line is an error."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


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
    findings += _duplicate_keys(decoded, line.number, policy)
    ref, ref_findings = _read_ref(decoded.value, line.number, policy)
    label, label_findings = _read_label(decoded.value, line.number, policy)
    findings += ref_findings
    findings += label_findings
    return Inspected(Entry(line.number, ref, label.name, label.class_name, label.value, label.known), findings)


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


def _invalid_json(text: str, fault: Fault, number: int, policy: Policy) -> list[Finding]:
    slug = "line-json-unsupported" if fault.unsupported else "line-invalid-json"
    start = max(0, fault.column - 41)
    message = f"Column {fault.column}: {fault.message}."
    value = text[start : start + 80]
    return policy.finding(slug, message, kind=fault.kind, line=number, value=value, fix=fault.fix)


def _not_an_object(value: object, number: int, policy: Policy) -> list[Finding]:
    kind = _json_type(value)
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
    value, field = line["source-ref"], "source-ref"
    ref = source_ref.parse(value)
    if isinstance(ref, Malformed):
        message = f"The source-ref {ref.message}."
        fix = f"Write {ref.mended}" if ref.mended else None
        return None, policy.finding(
            "source-ref-malformed", message, kind=ref.kind, line=number, field=field, value=value, fix=fix
        )
    findings: list[Finding] = []
    if suspicions := list(source_ref.suspicions(ref)):
        message = f"The source-ref holds {'; '.join(suspicions)}."
        findings += policy.finding("source-ref-suspicious", message, line=number, field=field, value=value)
    if not source_ref.is_image_name(ref.key):
        message = "The source-ref does not end in .png, .jpg or .jpeg."
        findings += policy.finding("source-ref-not-an-image", message, line=number, field=field, value=value)
    return ref, findings


def _missing_ref(line: dict[str, object], number: int, policy: Policy) -> list[Finding]:
    meant = next((key for key in line if labels.bare(key) in _KEYS_MEANT), None)
    message = "The line has no source-ref" + (f", but a key '{shown(meant)}'." if meant else ".")
    fix = f"Rename '{shown(meant)}' to 'source-ref'." if meant else None
    return policy.finding("source-ref-missing", message, kind=meant or "", line=number, field="source-ref", fix=fix)


@dataclass(frozen=True, slots=True)
class _Label:
    """The judged label of a line; see `Entry`. `known`: its class labels the image."""

    name: str | None = None
    class_name: str | None = None
    value: str | None = None
    known: bool = False


def _read_label(line: dict[str, object], number: int, policy: Policy) -> tuple[_Label, list[Finding]]:
    found = labels.read_labels(line, policy.label_attribute)
    findings = _broken_labels(line, found, number, policy) if found.judged is None or found.orphans else []
    name = found.judged
    if name is None:
        return _Label(), findings
    if len(found.classifications) > 1:
        names = shown(", ".join(found.classifications))
        message = f"The line has {len(found.classifications)} labels ({names}); {shown(name)} is judged."
        findings += policy.finding("label-several", message, line=number, field=name)
    metadata = labels.metadata_of(line, name)
    if "failure-reason" in metadata:
        return _Label(_cut(name)), findings + _failed(metadata, name + SUFFIX, number, policy)
    faults = faults_of_pair(line[name], line[name + SUFFIX])
    rules = {fault.rule for fault in faults}
    other_type = "type-unsupported" in rules
    for fault in faults:
        if not (other_type and fault.rule in _OF_OTHER_TYPES):
            findings += _pair_finding(fault, name, number, policy)
    class_name = metadata.get("class-name")
    class_name = class_name if isinstance(class_name, str) else None
    classes = policy.consumer.classes
    known = class_name is not None and (classes is None or class_name in classes)
    if class_name is not None and classes is not None and not known and not other_type:
        findings += _unknown_class(class_name, classes, f"{name}{SUFFIX}.class-name", number, policy)
    value = None if "label-value-invalid" in rules else _canonical(str(line[name]))
    return _Label(_cut(name), _cut(class_name), _cut(value), known), findings


def _broken_labels(line: dict[str, object], found: Labels, number: int, policy: Policy) -> list[Finding]:
    """Labels that are absent, failed or half there."""
    metadata = {key: labels.metadata_of(line, key.removesuffix(SUFFIX)) for key in found.orphans}
    failed = [key for key in found.orphans if "failure-reason" in metadata[key]]
    if found.judged is None and failed and found.expected in (None, failed[0].removesuffix(SUFFIX)):
        return _failed(metadata[failed[0]], failed[0], number, policy)
    findings: list[Finding] = []
    meant = labels.likely_labels(line, (key for key in found.orphans if key not in failed))
    for orphan, likely in meant.items():
        key, label = shown(orphan), shown(orphan.removesuffix(SUFFIX))
        message, fix = f"'{key}' has no label '{label}'.", f"Add the label '{label}', or remove '{key}'."
        if likely is not None:
            message = f"'{key}' has no label '{label}'; the line has '{shown(likely)}'."
            fix = f"Rename '{key}' to '{shown(likely)}{SUFFIX}'."
        findings += policy.finding("label-missing", message, kind=likely or "", line=number, field=orphan, fix=fix)
    if found.judged is None and not findings:
        return _absent_label(line, found.expected, number, policy)
    return findings


def _failed(metadata: Mapping[str, object], field: str, number: int, policy: Policy) -> list[Finding]:
    message, field = "The labelling job failed on this image.", f"{field}.failure-reason"
    return policy.finding("label-failed", message, line=number, field=field, value=metadata["failure-reason"])


def _absent_label(line: dict[str, object], expected: str | None, number: int, policy: Policy) -> list[Finding]:
    if expected is None:
        return policy.finding("label-unannotated", "The line has no label.", line=number)
    if expected not in line:
        message = f"The line has no label {expected!r}."
        return policy.finding("label-unannotated", message, line=number, field=expected)
    message = f"The label {expected!r} has no metadata '{expected}{SUFFIX}'."
    fix = f"Add '{expected}{SUFFIX}' with class-name, human-annotated and type."
    return policy.finding("label-missing", message, line=number, field=expected, fix=fix)


def _pair_finding(fault: PairFault, name: str, number: int, policy: Policy) -> list[Finding]:
    """The finding for one fault that pydantic named."""
    rule, key, found = fault
    if key is None:
        kind = _json_type(found)
        field, what, wanted = (
            (name, "label", "integer") if rule == "label-value-invalid" else (name + SUFFIX, "metadata", "object")
        )
        message = f"The {what} is {kind}, not an {wanted}."
        return policy.finding(rule, message, kind=kind, line=number, field=field, value=found)
    field = f"{name}{SUFFIX}.{key}"
    if found is ...:
        return policy.finding(rule, f"The metadata has no {key}.", line=number, field=field)
    kind, message, fix = _field_fault(rule, key, found, policy)
    return policy.finding(rule, message, kind=kind, line=number, field=field, value=found, fix=fix)


def _field_fault(rule: str, key: str, found: object, policy: Policy) -> tuple[str, str, str | None]:
    """Kind, message and fix for a field of the metadata."""
    kind, expected = _json_type(found), _EXPECTED[key]
    if rule == "type-unsupported" and isinstance(found, str):
        return found, f"The type is '{shown(found)}'; {policy.consumer.name} reads {CLASSIFICATION}.", None
    if rule == "creation-date-invalid" and isinstance(found, str) and _JAVASCRIPT_DATE.match(found):
        message = "The creation-date is in the style of JavaScript's toString()."
        return "javascript", message, "Write it with toISOString(), like 2020-11-10T03:37:09.600Z."
    close = kind in expected
    return kind, f"The {key} is not {expected}." if close else f"The {key} is {kind}, not {expected}.", None


def _cut(text: str | None) -> str | None:
    """What is remembered of a text: longer ones are at fault anyway."""
    return text if text is None else text[:_REMEMBERED]


def _canonical(integer: str) -> str:
    """One text for every way to write an integer; not by int(), which refuses very long ones."""
    digits = integer.lstrip("+-").lstrip("0") or "0"
    return f"-{digits}" if integer.startswith("-") and digits != "0" else digits


def _unknown_class(class_name: str, classes: tuple[str, ...], field: str, number: int, policy: Policy) -> list[Finding]:
    bared = class_name.strip().lower()
    meant = bared if bared in classes else ""
    message = f"The class is neither {' nor '.join(classes)}: the image counts as unlabeled."
    fix = f"Write {meant!r} exactly." if meant else None
    return policy.finding(
        "class-name-unknown", message, kind=meant, line=number, field=field, value=class_name, fix=fix
    )


def _json_type(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "an array"
    return "an object"
