"""One line: what it says, and what is wrong with it. All independent faults in one pass."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from core import labels, source_ref
from core.consumers import CLASSIFICATION
from core.entry_schema import faults_of_pair
from core.finding import Finding, Severity
from core.json_text import Decoded, Fault, decode
from core.lines import MAX_LINE_BYTES, LineBlock
from core.policy import Policy
from core.source_ref import Malformed, SourceRef

_JAVASCRIPT_DATE = re.compile(r"[A-Z][a-z]{2},? ([A-Z][a-z]{2} \d|\d)")
_KEYS_MEANT = {"sourceref": "source-ref", "source": "source-ref", "imageref": "source-ref", "s3uri": "source-ref"}
"""Keys, bared of case and punctuation, that are written for source-ref."""
_SHOWN_BYTES = 200
_REMEMBERED = 257
"""Characters of names and classes that are kept to compare lines: one more than any consumer takes."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a line says about an image, as far as it can be read.

    Attributes:
        line: Physical number.
        ref: The image, if the reference is sound.
        label: Name of the judged label attribute, if there is a pair.
        class_name: The class as written, if it is a text.
        value: The label's value, if it is an integer or an integer in a text; as text without needless digits.
        labeled: The class labels the image for this consumer, and the line has no error.
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


def inspect_line(block: LineBlock, index: int, policy: Policy) -> Inspected:
    """Judges one line of a block."""
    raw, number = block.lines[index], block.first + index
    length = block.length(index)
    if length > MAX_LINE_BYTES:
        text = raw[:_SHOWN_BYTES].decode("utf-8", errors="replace")
        message = f"The line has {length:,} bytes; lines over {MAX_LINE_BYTES:,} are not read."
        return Inspected(None, policy.finding("line-unreadable", message, line=number, value=text))
    raw = raw.removesuffix(b"\r")
    if not raw.strip(b" \t\r"):
        return Inspected(None, policy.finding("line-blank", "The line is blank.", line=number), blank=True)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as fault:
        return Inspected(None, _not_utf8(raw, number, fault, block.offset_of(index), policy))
    findings: list[Finding] = []
    limit = policy.consumer.line_characters
    if limit is not None and len(text) > limit:
        message = f"The line has {len(text):,} characters; {policy.consumer.name} promises to read {limit:,}."
        findings += policy.finding("line-too-long", message, line=number)
    decoded = decode(text)
    if isinstance(decoded, Fault):
        return Inspected(None, findings + _invalid_json(text, number, decoded, policy))
    if not isinstance(decoded.value, dict):
        name = _json_type(decoded.value)
        message = f"The line is {name}, not an object."
        return Inspected(None, findings + policy.finding("line-not-an-object", message, kind=name, line=number, value=decoded.value))  # fmt: skip
    findings += _duplicate_keys(decoded, number, policy)
    ref, ref_findings = _read_ref(decoded.value, number, policy)
    entry, label_findings = _read_label(decoded.value, number, ref, policy)
    findings += ref_findings + label_findings
    if entry.labeled and any(finding.severity is Severity.ERROR for finding in findings):
        entry = replace(entry, labeled=False)
    return Inspected(entry, findings)


def _not_utf8(raw: bytes, number: int, fault: UnicodeDecodeError, offset: int, policy: Policy) -> list[Finding]:
    column = len(raw[: fault.start].decode("utf-8")) + 1
    window = raw[max(0, fault.start - 40) : fault.start + 40]
    guess = raw[fault.start : fault.start + 1].decode("cp1252", errors="replace")
    message = f"Byte 0x{raw[fault.start]:02X} at column {column} (offset {offset + fault.start:,} of the file) is not UTF-8."
    fix = f"Save the file as UTF-8; read as Windows or Latin-1 text the byte is {guess!r}."
    value = window.decode("utf-8", errors="backslashreplace")
    return policy.finding("line-not-utf8", message, line=number, value=value, fix=fix)


def _invalid_json(text: str, number: int, fault: Fault, policy: Policy) -> list[Finding]:
    slug = "line-json-unsupported" if fault.unsupported else "line-invalid-json"
    start = max(0, fault.column - 41)
    message = f"Column {fault.column}: {fault.message}."
    return policy.finding(slug, message, kind=fault.kind, line=number, value=text[start : start + 80], fix=fault.fix)


def _duplicate_keys(decoded: Decoded, number: int, policy: Policy) -> list[Finding]:
    findings: list[Finding] = []
    for repeat in decoded.repeats:
        first, last = repeat.values
        same = type(first) is type(last) and first == last
        message = f"The key stands twice, {'with the same value' if same else 'with different values'}; readers keep one of them, unseen."  # fmt: skip
        findings += policy.finding("line-duplicate-key", message, kind="same-value" if same else "", line=number, field=repeat.path, value=last)  # fmt: skip
    return findings


def _read_ref(line: dict[str, object], number: int, policy: Policy) -> tuple[SourceRef | None, list[Finding]]:
    if "source-ref" not in line:
        meant = next((key for key in line if labels.bare(key) in _KEYS_MEANT), None)
        fix = f"Rename {meant!r} to 'source-ref'." if meant else None
        message = "The line has no source-ref" + (f", but a key {meant!r}." if meant else ".")
        return None, policy.finding("source-ref-missing", message, kind=meant or "", line=number, field="source-ref", fix=fix)
    value = line["source-ref"]
    ref = source_ref.parse(value)
    if isinstance(ref, Malformed):
        fix = f"Write {ref.mended}" if ref.mended else None
        return None, policy.finding("source-ref-malformed", f"The source-ref {ref.message}.", kind=ref.kind, line=number, field="source-ref", value=value, fix=fix)  # fmt: skip
    findings: list[Finding] = []
    if suspicions := list(source_ref.suspicions(ref)):
        message = f"The source-ref holds {'; '.join(suspicions)}."
        findings += policy.finding("source-ref-suspicious", message, line=number, field="source-ref", value=value)
    if not source_ref.is_image_name(ref.key):
        findings += policy.finding("source-ref-not-an-image", "The source-ref does not end in .png, .jpg or .jpeg.", line=number, field="source-ref", value=value)  # fmt: skip
    return ref, findings


def _read_label(
    line: dict[str, object], number: int, ref: SourceRef | None, policy: Policy
) -> tuple[Entry, list[Finding]]:
    found = labels.read_labels(line, policy.label_attribute)
    findings = _broken_labels(line, number, found, policy)
    name = found.judged
    if name is None:
        return Entry(number, ref), findings
    if len(found.classifications) > 1:
        message = f"The line has {len(found.classifications)} labels ({', '.join(found.classifications)}); {name} is judged."
        findings += policy.finding("label-several", message, line=number, field=name)
    value, metadata = line[name], line[name + labels.SUFFIX]
    faults = faults_of_pair(value, metadata)
    rules = {rule for rule, _, _ in faults}
    if "type-unsupported" in rules:
        # What other types hold instead of a class and an integer follows from their type.
        faults = [fault for fault in faults if fault[0] not in ("class-name-missing", "label-value-invalid")]
    for rule, key, at in faults:
        findings += _pair_finding(rule, name, key, at, number, policy)
    class_name = labels.metadata_of(line, name).get("class-name")
    class_name = class_name if isinstance(class_name, str) else None
    classes = policy.consumer.classes
    known = class_name is not None and (classes is None or class_name in classes)
    if class_name is not None and not known:
        findings += _unknown_class(class_name, name, number, policy)
    integer = None if "label-value-invalid" in rules else _canonical(str(value))
    return Entry(number, ref, _cut(name), _cut(class_name), _cut(integer), labeled=known), findings


def _broken_labels(line: dict[str, object], number: int, found: labels.Labels, policy: Policy) -> list[Finding]:
    """Labels that are absent, failed or half there."""
    findings: list[Finding] = []
    failed = [key for key in found.orphans if "failure-reason" in labels.metadata_of(line, key.removesuffix(labels.SUFFIX))]
    if found.judged is None and failed and found.expected in (None, failed[0].removesuffix(labels.SUFFIX)):
        key = failed[0]
        reason = labels.metadata_of(line, key.removesuffix(labels.SUFFIX))["failure-reason"]
        return policy.finding("label-failed", "The labelling job failed on this image.", line=number, field=f"{key}.failure-reason", value=reason)  # fmt: skip
    for orphan in found.orphans:
        if orphan in failed:
            continue
        label = orphan.removesuffix(labels.SUFFIX)
        meant = labels.likely_label(line, orphan)
        message = f"{orphan!r} has no label {label!r}" + (f"; the line has {meant!r}." if meant else ".")
        fix = f"Rename {orphan!r} to '{meant}{labels.SUFFIX}'." if meant else f"Add the label {label!r}, or remove {orphan!r}."  # fmt: skip
        findings += policy.finding("label-missing", message, kind=meant or "", line=number, field=orphan, fix=fix)
    if found.judged is not None or findings:
        return findings
    if found.expected in line:
        message = f"The label {found.expected!r} has no metadata '{found.expected}{labels.SUFFIX}'."
        fix = f"Add '{found.expected}{labels.SUFFIX}' with class-name, human-annotated and type."
        return policy.finding("label-missing", message, line=number, field=found.expected, fix=fix)
    message = f"The line has no label {found.expected!r}." if found.expected else "The line has no label."
    return policy.finding("label-unannotated", message, line=number, field=found.expected)


def _pair_finding(rule: str, name: str, key: str | None, found: object, number: int, policy: Policy) -> list[Finding]:
    """The finding for one fault that pydantic named."""
    metadata = name + labels.SUFFIX
    path = name if rule == "label-value-invalid" else metadata if key is None else f"{metadata}.{key}"
    kind = "" if found is ... else _json_type(found)
    fix = None
    match rule:
        case "label-value-invalid":
            kind = {"true or false": "boolean", "a number": "number", "a text": "text"}.get(kind, kind)
            message = f"The label is {_json_type(found)}, not an integer."
        case "metadata-malformed":
            message = f"The metadata is {kind}, not an object."
        case "type-unsupported":
            kind = found if isinstance(found, str) else kind
            message = f"The type is {found!r}; {policy.consumer.name} reads {CLASSIFICATION}."
        case "creation-date-invalid" if isinstance(found, str) and _JAVASCRIPT_DATE.match(found):
            kind, fix = "javascript", "Write it with toISOString(), like 2020-11-10T03:37:09.600Z."
            message = "The creation-date is in the style of JavaScript's toString()."
        case _ if found is ...:
            message = f"The metadata has no {key}."
        case _:
            expected = {
                "class-name": "a text",
                "human-annotated": 'the text "yes" or "no"',
                "type": "a text",
                "confidence": "a number from 0 to 1",
                "creation-date": "an ISO 8601 date and time",
                "job-name": "a text",
            }[str(key)]
            message = f"The {key} is {kind}, not {expected}." if kind not in expected else f"The {key} is not {expected}."
    return policy.finding(rule, message, kind=kind, line=number, field=path, value=found, fix=fix)


def _cut(text: str | None) -> str | None:
    """What is remembered of a text: longer ones are at fault anyway."""
    return text if text is None else text[:_REMEMBERED]


def _canonical(integer: str) -> str:
    """One text for every way to write an integer; not by int(), which refuses very long ones."""
    digits = integer.lstrip("+-").lstrip("0") or "0"
    return f"-{digits}" if integer.startswith("-") and digits != "0" else digits


def _unknown_class(class_name: str, name: str, number: int, policy: Policy) -> list[Finding]:
    classes = policy.consumer.classes or ()
    bared = class_name.strip().lower()
    meant = bared if bared in classes else None
    message = f"The class is neither {' nor '.join(classes)}: the image counts as unlabeled."
    fix = f"Write {meant!r} exactly." if meant else None
    path = f"{name}{labels.SUFFIX}.class-name"
    return policy.finding("class-name-unknown", message, kind=meant or "", line=number, field=path, value=class_name, fix=fix)


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
