"""Findings about the whole manifest, from its statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from core.consumers import Role
from core.finding import Finding, Severity
from core.policy import Policy
from core.sightings import Sightings
from core.stretch import LineState, Stretch


def judge_dataset(stretch: Stretch, policy: Policy) -> Iterator[Finding]:
    """Judges what no single line tells.

    Args:
        stretch: The whole manifest, as read, with all that is known of its lines.
        policy: How to judge.
    """
    lines = len(stretch.states) - stretch.count(LineState.BLANK)
    if lines == 0:
        what = "holds only blank lines" if stretch.states else "is empty"
        yield from policy.finding("manifest-empty", f"The manifest {what}.")
        return
    yield from _judge_size(len(stretch.states) if policy.consumer.blank_lines_count else lines, policy)
    yield from _judge_names(stretch.references.names(), policy)
    yield from _judge_values(stretch.values, policy)
    yield from _judge_classes(stretch, policy)
    yield from _judge_invalid(stretch, policy)


def _judge_size(lines: int, policy: Policy) -> Iterator[Finding]:
    limits = policy.consumer.lines
    limit = limits[policy.role or Role.SINGLE] if limits else None
    if limit is not None and lines > limit:
        message = f"The manifest has {lines:,} lines; {policy.consumer.name} takes {limit:,}."
        yield from policy.finding("manifest-too-many-lines", message, value=lines)


def usual_name(names: Mapping[str, tuple[int, int]]) -> str:
    """The label's name that most lines use; the first seen wins a tie."""
    return max(names, key=lambda name: names[name][0], default="")


def _judge_names(names: Mapping[str, tuple[int, int]], policy: Policy) -> Iterator[Finding]:
    usual = usual_name(names)
    for name, (count, first) in names.items():
        if name == usual:
            continue
        message = (
            f"{_lines(count)}, from line {first} on, with the label {name!r}; {_lines(names[usual][0])} with {usual!r}."
        )
        yield from policy.finding("label-name-inconsistent", message, field=name, count=count, lines=(first,))


def _judge_values(values: Sightings[tuple[str, str, str]], policy: Policy) -> Iterator[Finding]:
    """Names each pair of class and value that disagrees with a label's first pair that has the same class or value."""
    value_of: dict[tuple[str, str], str] = {}
    class_of: dict[tuple[str, str], str] = {}
    for (label, class_name, value), (count, first) in values.seen.items():
        usual_value = value_of.setdefault((label, class_name), value)
        usual_class = class_of.setdefault((label, value), class_name)
        if usual_value != value:
            before = f"it was {usual_value}"
        elif usual_class != class_name:
            before = f"it stood for {usual_class!r}"
        else:
            continue
        message = (
            f"{_lines(count)}, from line {first} on, with value {value} for class {class_name!r}; before, {before}."
        )
        yield from policy.finding("label-value-inconsistent", message, value=value, count=count, lines=(first,))


def _judge_classes(stretch: Stretch, policy: Policy) -> Iterator[Finding]:
    totals = stretch.tally.totals
    broken = stretch.count(_BROKEN, every=True) == stretch.objects
    misnamed = broken and totals.get("label-missing", 0) >= stretch.objects  # then those findings say it all
    unjudged = "type-unsupported" in totals and policy.severity("type-unsupported") is Severity.UNCHECKED
    if not misnamed and not unjudged and stretch.count(LineState.UNLABELED) == stretch.objects:
        yield from policy.finding("dataset-no-labels", "No line is labelled.")
        return
    usable = stretch.usable()
    if not usable and (unjudged or stretch.count(LineState.INVALID | LineState.BLANK) == len(stretch.states)):
        return  # the findings on the lines say it
    yield from _judge_class_count(len(usable), policy)
    fewest = policy.consumer.fewest_images[policy.role or Role.SINGLE] if policy.consumer.fewest_images else {}
    for class_name, least in fewest.items():
        count = usable.get(class_name, 0)
        if count < least:
            role = f"a {policy.role.value} dataset" if policy.role else "a dataset"
            are = "sound line is" if count == 1 else "sound lines are"
            message = f"{count:,} {are} labelled {class_name}; {role} needs {least}."
            kind = "role-given" if policy.role else ""
            yield from policy.finding(_TOO_FEW[class_name], message, kind=kind, value=count)


def _judge_class_count(count: int, policy: Policy) -> Iterator[Finding]:
    fewest, most = policy.consumer.class_count or (count, count)
    name = policy.consumer.name
    if count < fewest:
        message = f"The sound lines have {count:,} class; {name} needs {fewest}."
        yield from policy.finding("dataset-too-few-classes", message, value=count)
    if count > most:
        message = f"The sound lines have {count:,} classes; {name} takes {most}."
        yield from policy.finding("dataset-too-many-classes", message, value=count)


def _judge_invalid(stretch: Stretch, policy: Policy) -> Iterator[Finding]:
    share, lines = policy.consumer.invalid_share, len(stretch.states)
    invalid = stretch.count(LineState.INVALID | LineState.BLANK)
    if share is not None and invalid > share * lines:
        message = (
            f"{_lines(invalid)} of {lines:,} are invalid or blank ({invalid / lines:.1%}); "
            f"past {share:.0%} {policy.consumer.name} imports nothing."
        )
        yield from policy.finding("dataset-too-many-invalid-lines", message, value=invalid)


def _lines(count: int) -> str:
    return f"{count:,} line" + ("" if count == 1 else "s")


_BROKEN: Final = LineState.INVALID | LineState.UNLABELED
_TOO_FEW: Final = {"normal": "dataset-too-few-normal", "anomaly": "dataset-too-few-anomaly"}
