import pytest

from core.labels import (
    MAX_ORPHANS,
    Labels,
    is_label_name,
    is_meant,
    likely_labels,
    likely_metadata,
    misnamed,
    read_labels,
)
from tests.builders import Object, line, metadata

CLASSIFICATION = metadata()
BOXES = metadata(type="groundtruth/object-detection")
UNTYPED = {"class-name": "normal"}


def pairs(**types: Object) -> Object:
    """A line with pairs of label and metadata, in order."""
    return {"source-ref": "s3://images/1.png"} | {
        key: value for name, described in types.items() for key, value in ((name, 0), (f"{name}-metadata", described))
    }


@pytest.mark.parametrize(
    ("content", "judged"),
    [
        (pairs(a=CLASSIFICATION, b=CLASSIFICATION), "a"),
        (pairs(b=CLASSIFICATION, a=CLASSIFICATION), "b"),
        (pairs(a=BOXES, b=CLASSIFICATION), "b"),
        (pairs(a=BOXES, b=UNTYPED, c=CLASSIFICATION), "c"),
        (pairs(a=BOXES, b=UNTYPED), "b"),
        (pairs(a=BOXES, b=BOXES), "a"),
        (pairs(a=CLASSIFICATION) | line(), "anomaly-label"),
        (pairs(a=CLASSIFICATION) | line(anomaly_label_metadata=BOXES), "anomaly-label"),
        (pairs(a=CLASSIFICATION) | {"anomaly-label": 1}, None),
        (pairs(a=CLASSIFICATION) | {"anomaly-label-metadata": CLASSIFICATION}, None),
        ({"a-metadata": CLASSIFICATION, "b-metadata": CLASSIFICATION, "b": 0, "a": 0}, "b"),
        ({"source-ref": "x", "source-ref-metadata": CLASSIFICATION}, None),
        ({"metadata": 1, "metadata-metadata": CLASSIFICATION}, None),
        ({"annotator": 1, "annotator-metadata": CLASSIFICATION}, None),
        ({"mask-ref": 1, "mask-ref-metadata": CLASSIFICATION}, None),
        ({"a": 1, "a-metadata": "text"}, "a"),
        ({"a": 1, "a-metadata": {"type": ["groundtruth/image-classification"]}}, "a"),
        ({"a": 1}, None),
        ({}, None),
    ],
    ids=range(19),
)
def test_read_labels_judges_the_customary_label_else_the_first_that_fits(content: Object, judged: str | None) -> None:
    assert read_labels(content).judged == ((judged,) if judged else ())


def test_read_labels_judges_the_configured_label_and_no_other() -> None:
    content = pairs(a=CLASSIFICATION, b=BOXES) | line()

    assert read_labels(content, "b") == Labels(("b",), ("a", "anomaly-label"), "b", ())
    assert read_labels(content, "c") == Labels((), ("a", "anomaly-label"), "c", ())


@pytest.mark.parametrize(
    ("type_", "meant"),
    [
        ("groundtruth/image-classification", True),
        ("Image Classification", True),
        ("groundtruth/object-detection", False),
        (17, False),
        (None, False),
    ],
)
def test_is_meant_asks_for_a_type_that_differs_by_case_and_punctuation(type_: object, *, meant: bool) -> None:
    assert is_meant(type_) is meant


def test_read_labels_is_quick_on_a_line_of_many_keys() -> None:
    """Nothing is timed: quadratic work would outlast the run's time limit."""
    whole = {key: value for n in range(40_000) for key, value in ((f"w{n}", 1), (f"w{n}-metadata", CLASSIFICATION))}
    halves = {f"h{n}-metadata": {"class-name": "a"} for n in range(40_000)}

    found = read_labels(whole | halves, every=True)

    assert (len(found.judged), len(found.orphans)) == (40_000, MAX_ORPHANS)


def test_read_labels_judges_a_configured_label_of_any_name_and_else_none_of_it() -> None:
    content = {"areas-ref": 1, "areas-ref-metadata": CLASSIFICATION}

    assert read_labels(content).judged == ()
    assert read_labels(content, "areas-ref").judged == ("areas-ref",)
    assert read_labels(content).judged == ()


@pytest.mark.parametrize(
    ("content", "configured", "judged", "whole"),
    [
        (pairs(a=CLASSIFICATION, b=CLASSIFICATION), None, ("a", "b"), True),
        (pairs(a=CLASSIFICATION, b=UNTYPED, c=BOXES, d={"lens": 1}), None, ("a", "b"), True),
        (pairs(a=BOXES, b=BOXES), None, ("a",), True),
        (pairs(a=CLASSIFICATION, b=BOXES), "b", ("b", "a"), True),
        (pairs(a=CLASSIFICATION, b=CLASSIFICATION), "b", ("a", "b"), True),
        (pairs(a=CLASSIFICATION), "b", ("a",), False),
        (pairs(a=CLASSIFICATION) | {"anomaly-label": 1}, None, ("a",), False),
        (pairs(a=CLASSIFICATION) | {"b-metadata": UNTYPED}, None, ("a",), False),
        ({"source-ref": "x"}, None, (), False),
    ],
    ids=range(9),
)
def test_read_labels_judges_every_classification_where_that_is_asked_for(
    content: Object,
    configured: str | None,
    judged: tuple[str, ...],
    whole: bool,  # noqa: FBT001 - parametrized
) -> None:
    found = read_labels(content, configured, every=True)

    assert (found.judged, found.whole) == (judged, whole)


def test_read_labels_expects_the_customary_label_where_half_of_it_is() -> None:
    assert read_labels({"anomaly-label": 1}).expected == "anomaly-label"
    assert read_labels({"anomaly-label-metadata": 1}).expected == "anomaly-label"
    assert read_labels({"other": 1}).expected is None


@pytest.mark.parametrize("sign", ["class-name", "human-annotated", "failure-reason"])
def test_read_labels_knows_an_orphan_beside_a_label_by_its_fields(sign: str) -> None:
    content = line() | {"b-metadata": {sign: None}, "a-metadata": {"lens": 50}, "c-metadata": "x"}

    assert read_labels(content).orphans == ("b-metadata",)


def test_read_labels_takes_all_orphans_where_no_label_is() -> None:
    content: Object = {
        "b-metadata": {},
        "a-metadata": 1,
        "source-ref-metadata": {},
        "x-ref-metadata": {},
        "metadata": {},
    }

    assert read_labels(content).orphans == ("b-metadata", "a-metadata")


def test_read_labels_names_so_many_orphans_and_no_more() -> None:
    content: Object = {f"{number}-metadata": {} for number in range(MAX_ORPHANS + 1)}

    assert read_labels(content).orphans == tuple(list(content)[:MAX_ORPHANS])


@pytest.mark.parametrize(
    ("others", "likely"),
    [
        ({"anomaly_label": 0, "id": 7}, "anomaly_label"),
        ({"id": 7, "AnomalyLabel": "0"}, "AnomalyLabel"),
        ({"id": 7}, "id"),
        ({"id": 7, "note": "x"}, None),
        ({"id": 7, "note": None, "list": []}, "id"),
        ({"id": 7, "other": 1, "other-metadata": {}}, "id"),
        ({"id": 7, "mask-ref": "s3://images/m.png", "lone-metadata": 1}, "id"),
        ({}, None),
    ],
)
def test_likely_labels_names_the_key_alike_else_the_only_one(others: Object, likely: str | None) -> None:
    content: Object = {"source-ref": "s3://images/1.png", "anomaly-label-metadata": metadata()} | others

    assert likely_labels(content, ["anomaly-label-metadata"]) == {"anomaly-label-metadata": likely}


@pytest.mark.parametrize(
    ("name", "taken"),
    [
        ("anomaly-label", True),
        ("seg-ref", True),
        ("x y", True),
        ("", False),
        (" ", False),
        ("source-ref", False),
        ("metadata", False),
        ("annotator", False),
        ("x-metadata", False),
    ],
)
def test_is_label_name(name: str, *, taken: bool) -> None:
    assert is_label_name(name) is taken


def test_likely_metadata_is_an_object_with_fields_of_metadata_alike_first() -> None:
    content: Object = {"exif": {"fps": 1}, "note": "class-name", "b": UNTYPED, "a_meta": UNTYPED, "c-metadata": UNTYPED}

    assert likely_metadata(content, "a") == "a_meta"
    assert likely_metadata(content, "z") == "b"
    assert likely_metadata(content) == "b"
    assert likely_metadata({"exif": {"fps": 1}, "c-metadata": UNTYPED}, "c") is None


def test_misnamed_are_labels_with_metadata_under_another_spelling() -> None:
    content: Object = {
        "a": 1,
        "a_metadata": UNTYPED,
        "b": "0",
        "B-Metadata": UNTYPED,
        "c": 1,
        "c-metadata": UNTYPED,
        "c_metadata": UNTYPED,
        "d": 1,
        "d_metadata": {"fps": 1},
        "e": None,
        "e_metadata": UNTYPED,
        "f-ref": "s3://images/1.png",
        "f-ref_metadata": UNTYPED,
    }

    assert misnamed(content) == {"a": "a_metadata", "b": "B-Metadata"}
