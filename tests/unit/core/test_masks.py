import pytest

from core.catalogue import RULES
from core.consumers import CONSUMERS
from core.masks import read_masks
from core.policy import Policy
from core.source_ref import SourceRef
from tests.builders import Object, line

MASK = {
    "internal-color-map": {
        "0": {"class-name": "BACKGROUND", "hex-color": "#ffffff", "confidence": 0},
        "1": {"class-name": "scratch", "hex-color": "#23a436", "confidence": 0.9},
    },
    "human-annotated": "yes",
    "type": "groundtruth/semantic-segmentation",
}
REF = "s3://images/m.png"


def read(policy: Policy | None = None, **keys: object) -> tuple[list[str], list[tuple[str, str | None, str]]]:
    """The keys of masks on a line, and what is found; keys are named with underscores."""
    content: Object = line() | {key.replace("_", "-"): value for key, value in keys.items()}
    masks, findings = read_masks(content, 7, policy or Policy())
    assert {ref for _, ref in masks} <= {SourceRef("images", "m.png")}
    return [key for key, _ in masks], [(finding.rule, finding.field, finding.message) for finding in findings]


def test_masks_are_of_no_concern_where_the_consumer_reads_none() -> None:
    policy = Policy(consumer=CONSUMERS["ground-truth"])

    assert read(policy, anomaly_mask_ref=REF, anomaly_mask_ref_metadata=MASK) == ([], [])


@pytest.mark.parametrize(
    ("keys", "masks"),
    [
        ({"anomaly_mask_ref": REF, "anomaly_mask_ref_metadata": MASK}, ["anomaly-mask-ref"]),
        ({"areas_ref": REF, "areas_ref_metadata": MASK}, ["areas-ref"]),
        ({"areas_ref": REF, "areas_ref_metadata": {"type": "groundtruth/text-classification"}}, []),
        ({"areas": REF, "areas_metadata": MASK}, []),
        ({"source_ref_metadata": MASK}, []),
    ],
    ids=range(5),
)
def test_a_mask_is_a_reference_of_which_the_metadata_is_a_mask_s(keys: dict[str, object], masks: list[str]) -> None:
    assert read(**keys) == (masks, [])


@pytest.mark.parametrize("missing", ["type", "internal-color-map"])
def test_a_mask_of_any_name_is_known_by_its_type_or_its_colours(missing: str) -> None:
    metadata = {key: value for key, value in MASK.items() if key != missing}

    masks, [(rule, field, message)] = read(areas_ref=REF, areas_ref_metadata=metadata)

    assert (masks, rule, field) == (["areas-ref"], "mask-metadata-malformed", f"areas-ref-metadata.{missing}")
    assert message == f"There is no {missing}."


def test_metadata_of_metadata_makes_no_mask() -> None:
    assert read(areas_ref_metadata={"a": 1}, areas_ref_metadata_metadata=MASK) == ([], [])


@pytest.mark.parametrize(
    ("key", "metadata"), [("areas_metadata", MASK), ("areas_ref_metadata", {"a": 1}), ("source_ref_metadata", MASK)]
)
def test_metadata_that_is_no_mask_s_misses_none(key: str, metadata: object) -> None:
    assert read(**{key: metadata}) == ([], [])


@pytest.mark.parametrize(("ref", "fix"), [("m.png", None), ("s3:/images/m.png", f"Write {REF}")])
def test_a_reference_is_offered_where_one_can_be_told(ref: str, fix: str | None) -> None:
    _, [finding] = read_masks(line() | {"anomaly-mask-ref": ref, "anomaly-mask-ref-metadata": MASK}, 7, Policy())

    assert (finding.rule, finding.fix) == ("mask-ref-malformed", fix or RULES["mask-ref-malformed"].fix)


def test_a_background_of_the_wrong_type_is_told_once() -> None:
    colours = {"0": {"class-name": 17, "hex-color": "#ffffff", "confidence": 0}}

    _, [(_, field, message)] = read(
        anomaly_mask_ref=REF, anomaly_mask_ref_metadata=MASK | {"internal-color-map": colours}
    )

    assert field == "anomaly-mask-ref-metadata.internal-color-map.0.class-name"
    assert message == "The value is not a text of at least one character."
