"""Who will read the manifest: limits and requirements, as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.finding import Severity

CLASSIFICATION: Final = "groundtruth/image-classification"
"""The `type` of a label of a whole image."""


class Role(StrEnum):
    """What the dataset is for."""

    SINGLE = "single"
    TRAIN = "train"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One reader of manifests. None means that it states no limit.

    Attributes:
        name: As settings and reports write it.
        title: For people.
        manifest_bytes: Largest manifest.
        lines: Most lines by role; blank lines do not count.
        line_characters: Longest line.
        image_bytes: Largest image.
        classes: The only classes that label an image; others import it unlabeled. None: any class does.
        fewest_images: Fewest images by role and class.
        manifest_key: What the manifest's own key must match.
        severities: Where a rule's severity differs from the catalogue's; None turns the rule off.
    """

    name: str
    title: str
    manifest_bytes: int | None = None
    lines: Mapping[Role, int] | None = None
    line_characters: int | None = None
    image_bytes: int | None = None
    classes: tuple[str, ...] | None = None
    fewest_images: Mapping[Role, Mapping[str, int]] = field(default_factory=dict)
    manifest_key: re.Pattern[str] | None = None
    severities: Mapping[str, Severity | None] = field(default_factory=dict)


_CONSUMERS: Final = (
    Consumer(
        name="lookout-for-vision",
        title="Amazon Lookout for Vision's manifest format (the service ended on 2025-10-31; others read the format)",
        manifest_bytes=1024**3,
        lines={Role.SINGLE: 16_000, Role.TRAIN: 16_000, Role.TEST: 4_000},
        line_characters=8_192,
        image_bytes=8 * 1024**2,
        classes=("normal", "anomaly"),
        fewest_images={
            Role.SINGLE: {"normal": 20, "anomaly": 10},
            Role.TRAIN: {"normal": 10, "anomaly": 0},
            Role.TEST: {"normal": 10, "anomaly": 10},
        },
        manifest_key=re.compile(r"[a-zA-Z0-9!_.*'()/-]+"),
    ),
)

CONSUMERS: Final[Mapping[str, Consumer]] = MappingProxyType({consumer.name: consumer for consumer in _CONSUMERS})
DEFAULT_CONSUMER: Final = CONSUMERS["lookout-for-vision"]
