"""Masks of segmentation: a PNG that colours the areas of an anomaly, and the classes of its colours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from pydantic_core import SchemaValidator, ValidationError, core_schema

from core.consumers import SEGMENTATION
from core.entry_schema import CONFIDENCE, CREATION_DATE, HUMAN_ANNOTATED
from core.finding import Finding
from core.json_text import json_type
from core.labels import SUFFIX, bare, near_key
from core.policy import Policy
from core.source_ref import Malformed, SourceRef, parse

MAX_FAULTS: Final = 50
"""Faults of one mask's metadata, and masks of one line that lack their reference, that are named."""
_REFERENCES: Final = ("-ref", f"-ref{SUFFIX}")
"""How the keys of references to images, and of their metadata, end."""
_COLOURS: Final = "internal-color-map"
_BACKGROUND: Final = ("0", "BACKGROUND", "#ffffff")
_EXPECTED: Final = {
    _COLOURS: "an object of colours by number",
    "class-name": "a text of at least one character",
    "hex-color": "a colour such as #23a436",
    "confidence": "a number from 0 to 1",
    "human-annotated": 'the text "yes" or "no"',
    "type": SEGMENTATION,
    "creation-date": "an ISO 8601 date and time",
}


def _schema() -> core_schema.CoreSchema:
    """Metadata of a mask; other keys are of no concern."""
    field = core_schema.typed_dict_field
    colour = core_schema.typed_dict_schema(
        {
            "class-name": field(core_schema.str_schema(strict=True, min_length=1)),
            "hex-color": field(core_schema.str_schema(strict=True, pattern="^#[0-9A-Fa-f]{6}$")),
            "confidence": field(CONFIDENCE),
        },
        strict=True,
    )
    number = core_schema.str_schema(strict=True, pattern="^[0-9]+$")
    return core_schema.typed_dict_schema(
        {
            _COLOURS: field(core_schema.dict_schema(number, colour, strict=True)),
            "human-annotated": field(HUMAN_ANNOTATED),
            "type": field(core_schema.literal_schema([SEGMENTATION])),
            "creation-date": field(CREATION_DATE, required=False),
        },
        strict=True,
    )


_METADATA: Final = SchemaValidator(_schema())


class _Fault(NamedTuple):
    """What is wrong with metadata: where, what is there (`...` for nothing), in words, and its kind."""

    path: tuple[str, ...]
    found: object
    message: str
    kind: str


def read_masks(
    line: Mapping[str, object], number: int, policy: Policy
) -> tuple[tuple[tuple[str, SourceRef], ...], list[Finding]]:
    """Reads and judges the masks of a line, if the consumer reads masks at all.

    Args:
        line: The line's object.
        number: Its physical number.
        policy: How to judge.

    Returns:
        The masks whose references are sound, by their keys in the line; and the findings.
    """
    if not policy.consumer.masks:
        return (), []
    references = [key for key in line if key.endswith(_REFERENCES) and key != "source-ref"]
    if not references:
        return (), []
    masks: list[tuple[str, SourceRef]] = []
    findings: list[Finding] = []
    for name in references:
        if not _is_mask(line, name):
            continue
        ref = parse(line[name])
        findings += _judge_ref(ref, name, line[name], number, policy)
        findings += _judge_metadata(line, name + SUFFIX, number, policy)
        if isinstance(ref, SourceRef):
            masks.append((name, ref))
    return tuple(masks), findings + _judge_orphans(line, references, number, policy)


def _is_mask(line: Mapping[str, object], key: str) -> bool:
    return key.endswith("mask-ref") or (key.endswith("-ref") and _describes_mask(line, key + SUFFIX))


def _describes_mask(line: Mapping[str, object], key: str) -> bool:
    """Whether metadata is a mask's."""
    metadata = line.get(key)
    return isinstance(metadata, dict) and (metadata.get("type") == SEGMENTATION or _COLOURS in metadata)


def _judge_orphans(line: Mapping[str, object], references: list[str], number: int, policy: Policy) -> list[Finding]:
    """Metadata of masks that are not there."""
    orphans = [key for key in references if key.removesuffix(SUFFIX) not in line]
    if not orphans:
        return []
    findings: list[Finding] = []
    alike = {bare(key): key for key in line}
    described = (key for key in orphans if key.endswith(f"mask-ref{SUFFIX}") or _describes_mask(line, key))
    for key in islice(described, MAX_FAULTS):
        name = key.removesuffix(SUFFIX)
        meant = alike.get(bare(name))
        message = f"'{key}' has no mask {name!r}" + (f"; the line has {meant!r}." if meant else ".")
        fix = f"Rename {meant!r} to {name!r}." if meant else f"Add {name!r}, or remove '{key}'."
        findings += policy.finding("mask-ref-malformed", message, kind="missing", line=number, field=key, fix=fix)
    return findings


def _judge_ref(ref: SourceRef | Malformed, name: str, value: object, number: int, policy: Policy) -> list[Finding]:
    if isinstance(ref, Malformed):
        fix = f"Write {ref.mended}" if ref.mended else None
        message = f"The mask {ref.message}."
        return policy.finding(
            "mask-ref-malformed", message, kind=ref.kind, line=number, field=name, value=value, fix=fix
        )
    if ref.key.lower().endswith(".png"):
        return []
    message = "The mask does not end in .png."
    return policy.finding("mask-ref-malformed", message, kind="not-png", line=number, field=name, value=value)


def _judge_metadata(line: Mapping[str, object], field: str, number: int, policy: Policy) -> list[Finding]:
    if field not in line:
        meant = near_key(line, field)
        message = "The mask has no metadata" + (f"; the line has {meant!r}." if meant else ".")
        fix = f"Rename {meant!r} to {field!r}." if meant else None
        return policy.finding("mask-metadata-malformed", message, kind="missing", line=number, field=field, fix=fix)
    findings: list[Finding] = []
    for fault in islice(_faults(line[field]), MAX_FAULTS):
        path = ".".join((field, *fault.path))
        findings += policy.finding(
            "mask-metadata-malformed", fault.message, kind=fault.kind, line=number, field=path, value=fault.found
        )
    return findings


def _faults(metadata: object) -> Iterator[_Fault]:
    try:
        _METADATA.validate_python(metadata)
    except ValidationError as invalid:
        for error in invalid.errors(include_url=False, include_context=False):
            yield _fault(tuple(map(str, error["loc"])), error["type"], error["input"])
    colours = metadata.get(_COLOURS) if isinstance(metadata, dict) else None
    if isinstance(colours, dict):
        yield from _judge_background(colours)
        yield from _same_colours(colours)


def _fault(path: tuple[str, ...], kind: str, found: object) -> _Fault:
    if not path:
        return _Fault((), found, f"The mask's metadata is {json_type(found)}, not an object.", json_type(found))
    if kind == "missing":
        return _Fault(path, ..., f"There is no {path[-1]}.", kind)
    if path[-1] == "[key]":
        return _Fault(path[:-1], found, "The key of a colour is not a number.", "key")
    expected = _EXPECTED.get(path[-1], "an object with class-name, hex-color and confidence")
    return _Fault(path, found, f"The value is not {expected}.", json_type(found))


def _judge_background(colours: Mapping[str, object]) -> Iterator[_Fault]:
    number, class_name, white = _BACKGROUND
    background = colours.get(number, ...)
    if background is ...:
        yield _Fault((_COLOURS, number), ..., f'The colour map has no entry "{number}" for {class_name}.', "missing")
    if not isinstance(background, dict):
        return
    for key, wanted in (("class-name", class_name), ("hex-color", white)):
        found = background.get(key)
        if isinstance(found, str) and wanted not in (found, found.lower()):
            message = f'Entry "{number}" is the background: its {key} should be {wanted}.'
            yield _Fault((_COLOURS, number, key), found, message, "background")


def _same_colours(colours: Mapping[str, object]) -> Iterator[_Fault]:
    seen: dict[str, str] = {}
    for number, entry in colours.items():
        colour = entry.get("hex-color") if isinstance(entry, dict) else None
        if isinstance(colour, str) and (before := seen.setdefault(colour.lower(), number)) != number:
            message = f'Entry "{before}" has the same colour: their areas cannot be told apart.'
            yield _Fault((_COLOURS, number, "hex-color"), colour, message, "same-colour")
