"""The labels of one line: what they say, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from operator import attrgetter
from typing import Final

from core.consumers import CLASSIFICATION
from core.entry import Label
from core.entry_schema import PairFault, faults_of_pair
from core.finding import Finding, Severity, shown
from core.json_text import json_type
from core.labels import (
    SUFFIX,
    Labels,
    is_meant,
    likely_labels,
    likely_metadata,
    metadata_of,
    misnamed,
    near_key,
    read_labels,
)
from core.policy import Policy

_NAME: Final = attrgetter("name")
_JAVASCRIPT_DATE: Final = re.compile(r"[A-Z][a-z]{2},? ([A-Z][a-z]{2} \d|\d)")
_REMEMBERED: Final = 257
"""Characters of names and classes that are kept to compare lines: one more than any consumer takes."""
_OF_OTHER_TYPES: Final = frozenset({"class-name-missing", "confidence-missing", "label-value-invalid"})
"""What labels of other types lack: it follows from their type."""
_EXPECTED: Final = {
    "class-name": "a text",
    "human-annotated": 'the text "yes" or "no"',
    "type": "a text",
    "confidence": "a number from 0 to 1",
    "creation-date": "an ISO 8601 date and time",
    "job-name": "a text",
}


def read_line_labels(
    line: Mapping[str, object], number: int, policy: Policy
) -> tuple[tuple[Label, ...], list[Finding]]:
    """Reads and judges the labels of a line.

    Args:
        line: The line's object.
        number: Its physical number.
        policy: How to judge.
    """
    most = policy.consumer.pairs
    found = read_labels(line, policy.label_attribute, every=most is not None)
    findings = [] if found.whole else _broken_labels(line, found, number, policy)
    names = found.judged
    for half, key in misnamed(line).items() if names else ():
        if half != found.expected:
            findings += _misnamed(half, key, number, policy)
    if most is not None and len(names) > most:
        message = f"The line has {len(names):,} labels; {policy.consumer.name} uses {most}."
        findings += policy.finding("label-too-many", message, line=number, field=names[most])
        names = names[:most]
    if most is None and names and len(found.classifications) > 1 and policy.label_attribute is None:
        all_names = shown(", ".join(found.classifications))
        message = f"The line has {len(found.classifications)} labels ({all_names}); {shown(names[0])} is judged."
        findings += policy.finding("label-several", message, line=number, field=names[0])
    labels = []
    for name in names:
        label, label_findings = _read_label(line, name, number, policy)
        labels.append(label)
        findings += label_findings
    return tuple(sorted(labels, key=_NAME)), findings


def _read_label(line: Mapping[str, object], name: str, number: int, policy: Policy) -> tuple[Label, list[Finding]]:
    metadata, field = metadata_of(line, name), name + SUFFIX
    if "failure-reason" in metadata:
        return Label(_cut(name)), _failed(metadata, field, number, policy)
    faults = faults_of_pair(line[name], line[field])
    rules = [fault.rule for fault in faults]
    other_type = "type-unsupported" in rules
    findings: list[Finding] = []
    for fault in faults:
        if not (other_type and fault.rule in _OF_OTHER_TYPES):
            findings += _pair_finding(fault, name, metadata, number, policy)
    value = None if "label-value-invalid" in rules else _canonical(line[name])
    class_name = metadata.get("class-name")
    if not isinstance(class_name, str):
        return Label(_cut(name), value=_cut(value or "") or None), findings
    classes = policy.consumer.classes
    known = not other_type and (classes is None or class_name in classes)
    if not other_type:
        findings += _judge_class(class_name, f"{field}.class-name", number, policy)
    return Label(_cut(name), _cut(class_name), value and _cut(value), known), findings


def _broken_labels(line: Mapping[str, object], found: Labels, number: int, policy: Policy) -> list[Finding]:
    """Labels that are absent, failed or half there."""
    absent = not found.judged or (found.expected is not None and found.expected not in found.judged)
    metadata = {key: metadata_of(line, key.removesuffix(SUFFIX)) for key in found.orphans}
    failed = [key for key in found.orphans if "failure-reason" in metadata[key]]
    mine = next((key for key in failed if found.expected in (None, key.removesuffix(SUFFIX))), None)
    if absent and mine is not None:
        return _failed(metadata[mine], mine, number, policy)
    findings: list[Finding] = []
    if policy.consumer.pairs is not None:
        findings += (finding for key in failed for finding in _failed(metadata[key], key, number, policy))
    meant = likely_labels(line, (key for key in found.orphans if key not in failed))
    for orphan, likely in meant.items():
        key, label = shown(orphan), shown(orphan.removesuffix(SUFFIX))
        message, fix = f"'{key}' has no label '{label}'.", f"Add the label '{label}', or remove '{key}'."
        if likely is not None:
            message = f"'{key}' has no label '{label}'; the line has '{shown(likely)}'."
            fix = f"Rename '{key}' to '{shown(likely)}{SUFFIX}'."
            if orphan.removesuffix(SUFFIX) == found.expected or likely == metadata[orphan].get("class-name"):
                fix = f"Rename '{shown(likely)}' to '{label}'."
        kind = "misnamed" if likely else ""
        findings += policy.finding("label-missing", message, kind=kind, line=number, field=orphan, fix=fix)
    return _absent_label(line, found, number, policy) if absent and not meant else findings


def _failed(metadata: Mapping[str, object], field: str, number: int, policy: Policy) -> list[Finding]:
    message, field = "The labelling job failed on this image.", f"{field}.failure-reason"
    return policy.finding("label-failed", message, line=number, field=field, value=metadata["failure-reason"])


def _absent_label(line: Mapping[str, object], found: Labels, number: int, policy: Policy) -> list[Finding]:
    expected = found.expected
    meant = likely_metadata(line, expected)
    if expected is None:
        if halves := [_misnamed(name, key, number, policy) for name, key in misnamed(line).items()]:
            return [finding for half in halves for finding in half]
        if meant:
            message = f"'{shown(meant)}' looks like the metadata of a label, but names none."
            rename = f"Rename '{shown(meant)}' to LABEL{SUFFIX}, where LABEL is the label's key."
            return policy.finding("label-missing", message, kind=meant, line=number, field=meant, fix=rename)
        return _other_type(line, number, policy) or policy.finding(
            "label-unannotated", "The line has no label.", line=number
        )
    if expected not in line:
        other = next(iter(found.classifications), "")
        message = f"The line has no label {expected!r}" + (f"; it has {shown(other)!r}." if other else ".")
        fix = f"Ask for the label attribute {shown(other)!r}, or rename the label and its metadata." if other else None
        return policy.finding("label-unannotated", message, kind=other, line=number, field=expected, fix=fix)
    if meant:
        return _misnamed(expected, meant, number, policy)
    message = f"The label {expected!r} has no metadata '{expected}{SUFFIX}'."
    fix = f"Add '{expected}{SUFFIX}' with class-name, human-annotated and type."
    return policy.finding("label-missing", message, line=number, field=expected, fix=fix)


def _misnamed(label: str, key: str, number: int, policy: Policy) -> list[Finding]:
    name, metadata = shown(label), shown(key)
    message = f"The label '{name}' has no metadata '{name}{SUFFIX}'; the line has '{metadata}'."
    fix = f"Rename '{metadata}' to '{name}{SUFFIX}'."
    return policy.finding("label-missing", message, kind=key, line=number, field=label, fix=fix)


def _other_type(line: Mapping[str, object], number: int, policy: Policy) -> list[Finding]:
    """Masks, where they are neither judged nor nothing: a label of another type."""
    if policy.consumer.masks:
        return []
    for key in line:
        found = metadata_of(line, key).get("type")
        if key.endswith("-ref") and key != "source-ref" and isinstance(found, str):
            message = f"The type is '{shown(found)}'; only {CLASSIFICATION} is judged, so that this label was not."
            field = f"{key}{SUFFIX}.type"
            return policy.finding("type-unsupported", message, kind=found, line=number, field=field, value=found)
    return []


def _pair_finding(
    fault: PairFault, name: str, metadata: Mapping[str, object], number: int, policy: Policy
) -> list[Finding]:
    """The finding for one fault that pydantic named."""
    rule, key, found = fault
    if key is None:
        kind = json_type(found)
        field, what, wanted = (
            (name, "label", "integer") if rule == "label-value-invalid" else (name + SUFFIX, "metadata", "object")
        )
        message = f"The {what} is {kind}, not an {wanted}."
        return policy.finding(rule, message, kind=kind, line=number, field=field, value=found)
    field = f"{name}{SUFFIX}.{key}"
    if found is None and rule == "creation-date-invalid" and policy.severity("creation-date-missing") is not None:
        rule = "creation-date-missing"  # what is required and null is as good as absent
    if found is ...:
        meant = shown(near_key(metadata, key) or "")
        message = f"The metadata has no {key}" + (f", but '{meant}'." if meant else ".")
        fix = f"Rename '{meant}' to '{key}'." if meant else None
        return policy.finding(rule, message, kind=meant, line=number, field=field, fix=fix)
    kind, message, fix = _field_fault(rule, key, found, policy)
    return policy.finding(rule, message, kind=kind, line=number, field=field, value=found, fix=fix)


def _field_fault(rule: str, key: str, found: object, policy: Policy) -> tuple[str, str, str | None]:
    """Kind, message and fix for a field of the metadata."""
    kind, expected = json_type(found), _EXPECTED[key]
    if rule == "type-unsupported" and isinstance(found, str):
        message = f"The type is '{shown(found)}'; {policy.consumer.name} reads {CLASSIFICATION}."
        if policy.severity(rule) is Severity.UNCHECKED:
            message = f"The type is '{shown(found)}'; only {CLASSIFICATION} is judged, so that this label was not."
        return kind, message, f"Write {CLASSIFICATION}." if is_meant(found) else None
    if rule == "creation-date-invalid" and isinstance(found, str) and _JAVASCRIPT_DATE.match(found):
        message = "The creation-date is in the style of JavaScript's toString()."
        return "javascript", message, "Write it with toISOString(), like 2020-11-10T03:37:09.600Z."
    if rule == "human-annotated-invalid" and isinstance(found, str) and found.strip().lower() in ("yes", "no"):
        return kind, f"The {key} is not exactly yes or no.", f'Write "{found.strip().lower()}" exactly.'
    close = kind in expected or (key == "creation-date" and isinstance(found, str))
    return kind, f"The {key} is not {expected}." if close else f"The {key} is {kind}, not {expected}.", None


def _cut(text: str) -> str:
    """What is remembered of a text: longer ones are at fault anyway."""
    return text[:_REMEMBERED]


def _canonical(integer: object) -> str:
    """One text for every way to write an integer; not by int(), which refuses very long texts."""
    if not isinstance(integer, str):
        return str(integer)
    digits = integer.lstrip("+-").lstrip("0") or "0"
    return f"-{digits}" if integer.startswith("-") and digits != "0" else digits


def _judge_class(class_name: str, field: str, number: int, policy: Policy) -> list[Finding]:
    """Judges a class by the names that the consumer knows, and by their length."""
    classes, limits = policy.consumer.classes, policy.consumer.class_characters
    if classes is not None and class_name not in classes:
        bared = class_name.strip().lower()
        meant = bared if bared in classes else ""
        message = f"The class is neither {' nor '.join(classes)}: the image counts as unlabeled."
        fix = f"Write {meant!r} exactly." if meant else None
        return policy.finding(
            "class-name-unknown",
            message,
            kind="misspelt" if meant else "",
            line=number,
            field=field,
            value=class_name,
            fix=fix,
        )
    if limits is not None and not limits[0] <= len(class_name) <= limits[1]:
        message = f"The class-name has {len(class_name):,} characters; {policy.consumer.name} takes 1 to {limits[1]}."
        kind = "too-long" if class_name else "empty"
        return policy.finding("class-name-length", message, kind=kind, line=number, field=field, value=class_name)
    return []
