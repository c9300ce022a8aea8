"""What a line says about an image, as far as it can be read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from core.source_ref import SourceRef


class Label(NamedTuple):
    """A judged label.

    Attributes:
        name: Of the label attribute.
        class_name: The class as written, if it is a text.
        value: The label's value, if it is an integer or an integer in a text; as text without needless digits.
        known: The class labels the image for this consumer.
    """

    name: str
    class_name: str | None = None
    value: str | None = None
    known: bool = False


Value = tuple[str, str, str]
"""Name, class and value of a label that labels its image."""


def values_of(labels: Iterable[Label]) -> tuple[Value, ...]:
    """The values of labels that have a class and a value, and label the image."""
    return tuple(
        (label.name, label.class_name, label.value)
        for label in labels
        if label.known and label.class_name is not None and label.value is not None
    )


class Entry(NamedTuple):
    """One line.

    Attributes:
        line: Physical number.
        ref: The image, if the reference is sound.
        labels: The judged labels, if there are any, in the order of their names.
        masks: The masks whose references are sound, by their keys in the line.
    """

    line: int
    ref: SourceRef | None = None
    labels: tuple[Label, ...] = ()
    masks: tuple[tuple[str, SourceRef], ...] = ()

    @property
    def labeled(self) -> bool:
        """Whether any label names a class that labels the image."""
        return any(label.known for label in self.labels)
