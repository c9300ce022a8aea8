"""Labels on a line: which keys make a pair of label and metadata, and which pair is judged."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.consumers import CLASSIFICATION

CUSTOMARY = "anomaly-label"
"""The label's name by custom: judged before others where none is configured."""
SUFFIX = "-metadata"

_NOT_A_LABEL = frozenset({"source-ref", "metadata", "annotator"})
"""Keys whose `-metadata` belongs to no label."""
_SIGNS = frozenset({"class-name", "human-annotated", "failure-reason"})
"""Keys by which an object is known as a label's metadata."""
_PUNCTUATION = re.compile(r"[^a-z0-9]")


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of one line.

    Attributes:
        judged: Name of the label that is judged, if there is a pair to judge.
        classifications: Names of all pairs of the image-classification type, in the line's order.
        expected: The name that must be there: the configured one, else the customary one if half of it is there.
        orphans: Metadata keys without their label, in the line's order.
    """

    judged: str | None
    classifications: tuple[str, ...]
    expected: str | None
    orphans: tuple[str, ...]


def read_labels(line: Mapping[str, object], configured: str | None = None) -> Labels:
    """Finds the labels of a line.

    The judged pair is the configured attribute; else `anomaly-label`; else the first pair, in the line's order, of type
    image-classification; else the first that states no type; else the first of any type, so that its type can be told.

    Args:
        line: The line's object.
        configured: The label attribute that was asked for, if any.
    """
    pairs = [key for key in line if key + SUFFIX in line and not _is_special(key)]
    types = {name: metadata_of(line, name).get("type") for name in pairs}
    classifications = tuple(name for name in pairs if types[name] == CLASSIFICATION)
    untyped = tuple(name for name in pairs if types[name] is None)
    expected = configured
    if expected is None and (CUSTOMARY in line or CUSTOMARY + SUFFIX in line):
        expected = CUSTOMARY
    if expected is not None:
        judged = expected if expected in types else None
    else:
        judged = next(iter((*classifications, *untyped, *pairs)), None)
    orphans = tuple(
        key
        for key in line
        if _is_metadata(key)
        and key.removesuffix(SUFFIX) not in line
        and (judged is None or not _SIGNS.isdisjoint(metadata_of(line, key.removesuffix(SUFFIX))))
    )
    return Labels(judged, classifications, expected, orphans)


def metadata_of(line: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The metadata of a label; empty where there is none, or where it is no object."""
    metadata = line.get(name + SUFFIX)
    return metadata if isinstance(metadata, dict) else {}


def likely_label(line: Mapping[str, object], orphan: str) -> str | None:
    """The key that was probably meant to be the label of an orphaned metadata key: alike but for case and punctuation,
    else the only one that could be.
    """
    wanted = bare(orphan.removesuffix(SUFFIX))
    lone = [
        key
        for key, value in line.items()
        if not _is_special(key) and not _is_metadata(key) and key + SUFFIX not in line and isinstance(value, int | str)
    ]
    alike = [key for key in lone if bare(key) == wanted]
    return next(iter(alike or lone), None) if alike or len(lone) == 1 else None


def _is_special(key: str) -> bool:
    return key in _NOT_A_LABEL or key.endswith("-ref")


def _is_metadata(key: str) -> bool:
    return key.endswith(SUFFIX) and not _is_special(key.removesuffix(SUFFIX))


def bare(key: str) -> str:
    """A key without case and punctuation, to find the one that was meant."""
    return _PUNCTUATION.sub("", key.lower())
