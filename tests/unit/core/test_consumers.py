"""Every consumer's limits and severities, row by row, as the guides of each service state them."""

from typing import Final

import pytest

from core.catalogue import RULES
from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Consumer, Role
from core.finding import Severity
from core.policy import Policy

E, W, U, OFF = Severity.ERROR, Severity.WARNING, Severity.UNCHECKED, None
L4V, RCL, GT, SMT = CONSUMERS.values()
MIB: Final = 1024**2

LIMITS: Final = {
    "manifest_bytes": (1024 * MIB, 1024 * MIB, None, None),
    "blank_lines_count": (False, True, False, False),
    "line_characters": (8_192, 100_000, 100_000, None),
    "value_characters": (None, None, 20_000, None),
    "pairs": (None, 50, None, None),
    "masks": (True, False, False, False),
    "classes": (("normal", "anomaly"), None, None, None),
    "class_characters": (None, (1, 256), (1, 256), None),
    "class_count": (None, (2, 250), None, None),
    "invalid_share": (None, 0.2, None, None),
    "label_overlap": (None, 0.5, None, None),
    "image_bytes": (8 * MIB, 15 * MIB, 40 * MIB, None),
    "image_formats": (("png", "jpeg"), ("png", "jpeg"), None, None),
    "image_sides": ((64, 4_096), (64, 4_096), None, None),
    "image_aspect": (None, 20, None, None),
    "one_image_size": (True, False, False, False),
}

# Rules of one severity for all are not repeated here, but in the test below them.
SEVERITIES: Final = {
    "attribute-too-long": (OFF, OFF, W, OFF),
    "class-name-length": (OFF, E, E, OFF),
    "class-name-unknown": (W, OFF, OFF, OFF),
    "confidence-invalid": (W, E, W, W),
    "confidence-missing": (OFF, E, OFF, OFF),
    "creation-date-missing": (OFF, E, OFF, OFF),
    "dataset-label-overlap": (OFF, E, OFF, OFF),
    "dataset-no-labels": (E, E, W, E),
    "dataset-too-few-anomaly": (W, OFF, OFF, OFF),
    "dataset-too-few-classes": (OFF, E, OFF, OFF),
    "dataset-too-few-normal": (W, OFF, OFF, OFF),
    "dataset-too-many-classes": (OFF, E, OFF, OFF),
    "dataset-too-many-invalid-lines": (OFF, E, OFF, OFF),
    "image-aspect-ratio": (OFF, E, OFF, OFF),
    "image-dimensions-differ": (E, OFF, OFF, OFF),
    "image-dimensions-out-of-range": (E, E, OFF, OFF),
    "image-format-unsupported": (E, E, OFF, OFF),
    "image-too-large": (E, E, E, OFF),
    "label-failed": (E, W, W, E),
    "label-name-inconsistent": (W, OFF, W, E),
    "label-several": (W, OFF, OFF, W),
    "label-too-many": (OFF, E, OFF, OFF),
    "label-unannotated": (E, W, W, E),
    "label-value-inconsistent": (W, OFF, W, W),
    "line-too-long": (W, E, E, OFF),
    "manifest-key-unsupported": (W, W, OFF, OFF),
    "manifest-too-large": (E, E, OFF, OFF),
    "manifest-too-many-lines": (E, E, E, OFF),
    "mask-metadata-malformed": (W, OFF, OFF, OFF),
    "mask-not-found": (E, OFF, OFF, OFF),
    "mask-ref-malformed": (E, OFF, OFF, OFF),
    "source-ref-duplicate": (E, E, W, W),
    "type-unsupported": (E, U, U, U),
}

ONE_SEVERITY: Final = {
    E: {
        "class-name-missing",
        "dataset-train-test-overlap",
        "human-annotated-invalid",
        "human-annotated-missing",
        "image-archived",
        "image-bucket-not-found",
        "image-bucket-wrong-region",
        "image-empty",
        "image-not-found",
        "image-unreadable",
        "label-missing",
        "label-value-invalid",
        "line-duplicate-key",
        "line-invalid-json",
        "line-json-unsupported",
        "line-not-an-object",
        "line-not-utf8",
        "line-unreadable",
        "manifest-archived",
        "manifest-empty",
        "manifest-metadata-invalid",
        "manifest-not-json-lines",
        "manifest-not-utf8",
        "metadata-malformed",
        "source-ref-conflicting",
        "source-ref-malformed",
        "source-ref-missing",
        "source-ref-other-bucket",
        "type-missing",
    },
    W: {
        "creation-date-invalid",
        "job-name-invalid",
        "line-blank",
        "manifest-byte-order-mark",
        "source-ref-not-an-image",
        "source-ref-suspicious",
    },
    U: {"image-access-denied", "images-unchecked", "manifest-not-fully-read"},
}

KINDS: Final = {
    ("dataset-too-few-anomaly", "role-given"): (E, OFF, OFF, OFF),
    ("dataset-too-few-normal", "role-given"): (E, OFF, OFF, OFF),
    ("label-value-invalid", "a number"): (W, E, W, W),
    ("label-value-invalid", "a text"): (W, E, W, W),
    ("label-value-invalid", "an array"): (E, E, E, E),
    ("label-value-invalid", "an object"): (E, E, E, E),
    ("label-value-invalid", "null"): (E, E, E, E),
    ("label-value-invalid", "true or false"): (W, E, W, W),
    ("line-duplicate-key", "same-value"): (W, W, W, W),
}

FIXED: Final = {
    "image-access-denied",
    "image-bucket-not-found",
    "image-not-found",
    "images-unchecked",
    "line-invalid-json",
    "line-json-unsupported",
    "line-not-an-object",
    "line-not-utf8",
    "line-unreadable",
    "manifest-archived",
    "manifest-empty",
    "manifest-not-fully-read",
    "manifest-not-json-lines",
    "manifest-not-utf8",
    "manifest-too-large",
    "mask-not-found",
    "source-ref-malformed",
    "source-ref-missing",
    "source-ref-other-bucket",
}


def severities(slug: str, kind: str = "") -> tuple[Severity | None, ...]:
    return tuple(Policy(consumer=consumer).severity(slug, kind) for consumer in CONSUMERS.values())


def test_there_are_four_consumers() -> None:
    assert list(CONSUMERS) == ["lookout-for-vision", "rekognition-custom-labels", "ground-truth", "sagemaker-training"]
    assert DEFAULT_CONSUMER is L4V


@pytest.mark.parametrize("limit", LIMITS)
def test_limit(limit: str) -> None:
    assert tuple(getattr(consumer, limit) for consumer in CONSUMERS.values()) == LIMITS[limit]


@pytest.mark.parametrize(
    ("role", "lines"),
    [
        (Role.SINGLE, (16_000, 250_000, 100_000, None)),
        (Role.TRAIN, (16_000, 250_000, 100_000, None)),
        (Role.TEST, (4_000, 250_000, 100_000, None)),
    ],
)
def test_lines(role: Role, lines: tuple[int | None, ...]) -> None:
    assert tuple(consumer.lines and consumer.lines[role] for consumer in CONSUMERS.values()) == lines


def test_fewest_images() -> None:
    assert L4V.fewest_images == {
        Role.SINGLE: {"normal": 20, "anomaly": 10},
        Role.TRAIN: {"normal": 10, "anomaly": 0},
        Role.TEST: {"normal": 10, "anomaly": 10},
    }
    assert [consumer.fewest_images for consumer in (RCL, GT, SMT)] == [None, None, None]


@pytest.mark.parametrize(
    ("consumer", "key", "taken"),
    [
        (L4V, "a/b-C.1_2!*'().manifest", True),
        (L4V, "no-extension", True),
        (L4V, "a b.manifest", False),
        (L4V, "é", False),
        (L4V, "a+b", False),
        (RCL, "a b/é+.manifest", True),
        (RCL, "a.b/c", False),
        (RCL, "manifest", False),
        (RCL, "a\nb.manifest", True),
        (RCL, "a.", False),
        (RCL, ".manifest", False),
    ],
)
def test_manifest_key(consumer: Consumer, key: str, *, taken: bool) -> None:
    assert consumer.manifest_key is not None
    assert bool(consumer.manifest_key.fullmatch(key)) is taken


@pytest.mark.parametrize("slug", SEVERITIES)
def test_severity(slug: str) -> None:
    assert severities(slug) == SEVERITIES[slug]


@pytest.mark.parametrize(("slug", "kind"), KINDS)
def test_severity_of_a_kind(slug: str, kind: str) -> None:
    assert severities(slug, kind) == KINDS[slug, kind]


def test_other_rules_have_one_severity_for_all() -> None:
    others = {slug: set(severities(slug)) for slug in RULES if slug not in SEVERITIES}

    assert others == {slug: {severity} for severity, slugs in ONE_SEVERITY.items() for slug in slugs}


def test_fixed() -> None:
    assert {rule.slug for rule in RULES.values() if rule.fixed} == FIXED
