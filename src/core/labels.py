"""Labels on a line: which keys make a pair of label and metadata, and which pair is judged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from core.consumers import CLASSIFICATION

CUSTOMARY: Final = "anomaly-label"
"""The label's name by custom: judged before others where none is configured."""
SUFFIX: Final = "-metadata"
MAX_ORPHANS: Final = 50
"""Metadata keys of one line that are named for lacking their label: more than any consumer takes."""

_NOT_A_LABEL: Final = frozenset({"source-ref", "metadata", "annotator"})
"""Keys whose `-metadata` belongs to no label."""
_SIGNS: Final = frozenset({"class-name", "human-annotated", "failure-reason"})
"""Keys by which an object is known as a label's metadata."""
_PUNCTUATION: Final = re.compile(r"[^a-z0-9]")
_MEANT: Final = frozenset({"groundtruthimageclassification", "imageclassification"})
"""Types, bared of case and punctuation, that are written for that of image classification."""


class Labels(NamedTuple):
    """The labels of one line.

    Attributes:
        judged: Names of the labels that are judged, in the line's order, if there is a pair to judge.
        classifications: Names of all pairs of the image-classification type, in the line's order.
        expected: The name that must be there: the configured one, else the customary one if half of it is there.
        orphans: The first metadata keys without their label, in the line's order. Beside a judged label only those
            count that look like a label's.
    """

    judged: tuple[str, ...]
    classifications: tuple[str, ...]
    expected: str | None
    orphans: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether there is a label to judge, and none that is broken."""
        return bool(self.judged) and not self.orphans and (self.expected is None or self.expected in self.judged)


class _Keys(NamedTuple):
    """What the keys of a line tell, whatever their values.

    Attributes:
        metadata: Keys of metadata, by the names of their labels.
        pairs: Names of labels with metadata, in the line's order.
        lone: Names of labels that are not there, in the order of their metadata.
    """

    metadata: Mapping[str, str]
    pairs: tuple[str, ...]
    lone: tuple[str, ...]


@lru_cache(maxsize=8)  # lines have mostly the same keys; few are kept, as a line may be long
def _read_keys(keys: tuple[str, ...], configured: str | None) -> _Keys:
    metadata = {key.removesuffix(SUFFIX): key for key in keys if _is_metadata(key) or key == f"{configured}{SUFFIX}"}
    pairs = dict.fromkeys(key for key in keys if key in metadata)
    return _Keys(metadata, tuple(pairs), tuple(name for name in metadata if name not in pairs))


def read_labels(line: Mapping[str, object], configured: str | None = None, *, every: bool = False) -> Labels:
    """Finds the labels of a line.

    The judged pair is the configured attribute; else `anomaly-label`; else the first pair, in the line's order, of type
    image-classification; else the first that states no type but looks like a label; else the first of any type, so that
    its type can be told. Other pairs are somebody's own data.

    Args:
        line: The line's object.
        configured: The label attribute that was asked for, if any.
        every: All pairs of the image-classification type are judged, and those that lack a type but look like labels.
    """
    named, pairs, lone = _read_keys(tuple(line), configured)
    types = {name: metadata_of(line, name).get("type") for name in pairs}
    classifications = [name for name, type_ in types.items() if type_ == CLASSIFICATION]
    looking = [name for name, type_ in types.items() if type_ is not None or _looks_like_a_label(line, name)]
    judged = [name for name in looking if types[name] is None or is_meant(types[name])] if every else []
    expected = configured
    if expected is None and (CUSTOMARY in line or CUSTOMARY in named):
        expected = CUSTOMARY
    if configured is None and judged:
        expected = expected if expected not in types else None
    elif expected in types and expected not in judged:
        judged = [expected, *judged]
    elif expected is None:
        judged = (classifications or [name for name in looking if types[name] is None] or looking)[:1]
    orphans = [named[name] for name in lone if not judged or _signed(line, name)]
    return Labels(tuple(judged), tuple(classifications), expected, tuple(orphans[:MAX_ORPHANS]))


def _looks_like_a_label(line: Mapping[str, object], name: str) -> bool:
    """Whether a pair without type is a label: by its metadata's fields; where that is no object, by its value."""
    if isinstance(line[name + SUFFIX], dict):
        return _signed(line, name)
    return isinstance(line[name], int)


def is_meant(type_: object) -> bool:
    """Whether a type is, or was meant to be, that of image classification: the same but for case and punctuation."""
    return type_ == CLASSIFICATION or (isinstance(type_, str) and bare(type_) in _MEANT)


def misnamed(line: Mapping[str, object]) -> dict[str, str]:
    """Labels whose metadata is there under a key that differs by case or punctuation, and that key."""
    strays = _strays(line)
    if not strays:
        return {}
    metadata = {bare(key): key for key in strays}
    lone = (
        key
        for key, value in line.items()
        if isinstance(value, int | str) and key + SUFFIX not in line and not _is_special(key)
    )
    return {key: metadata[bare(key + SUFFIX)] for key in lone if bare(key + SUFFIX) in metadata}


def _strays(line: Mapping[str, object]) -> list[str]:
    """Keys of objects that look like a label's metadata, but are not called so."""
    return [
        key
        for key, value in line.items()
        if isinstance(value, dict) and not key.endswith(SUFFIX) and not _SIGNS.isdisjoint(value)
    ]


def is_label_name(name: str) -> bool:
    """Whether a label attribute can be called so."""
    return bool(name.strip()) and name not in _NOT_A_LABEL and not name.endswith(SUFFIX)


def _signed(line: Mapping[str, object], name: str) -> bool:
    """Whether metadata looks like a label's."""
    return not _SIGNS.isdisjoint(metadata_of(line, name))


def metadata_of(line: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The metadata of a label; empty where there is none, or where it is no object."""
    metadata = line.get(name + SUFFIX)
    return metadata if isinstance(metadata, dict) else {}


def likely_labels(line: Mapping[str, object], orphans: Iterable[str]) -> dict[str, str | None]:
    """For each orphaned metadata key the key that was probably meant to be its label.

    That is one alike but for case and punctuation, else the only one that could be.
    """
    lone = {
        bare(key): key
        for key, value in line.items()
        if isinstance(value, int | str) and key + SUFFIX not in line and not _is_special(key) and not _is_metadata(key)
    }
    only = next(iter(lone.values())) if len(lone) == 1 else None
    return {orphan: lone.get(bare(orphan.removesuffix(SUFFIX)), only) for orphan in orphans}


def likely_metadata(line: Mapping[str, object], name: str | None = None) -> str | None:
    """The key that was probably meant to be a label's metadata: an object that looks like one under another name.

    Args:
        line: The line's object.
        name: The label, if it is known.
    """
    lone = _strays(line)
    alike = [key for key in lone if name is not None and bare(key).startswith(bare(name))]
    return next(iter(alike or lone), None)


def near_key(content: Mapping[str, object], key: str) -> str | None:
    """The key that was probably meant to be another: the same but for case and punctuation."""
    bared = bare(key)
    return next((other for other in content if bare(other) == bared), None)


def bare(key: str) -> str:
    """A key without case and punctuation, to find the one that was meant."""
    return _PUNCTUATION.sub("", key.lower())


def _is_metadata(key: str) -> bool:
    return key.endswith(SUFFIX) and not _is_special(key.removesuffix(SUFFIX))


def _is_special(key: str) -> bool:
    return key in _NOT_A_LABEL or key.endswith("-ref")
