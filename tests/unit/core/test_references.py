import pytest

from core.entry import Entry, Label
from core.finding import Finding
from core.key_lines import KeyLines
from core.policy import Policy
from core.references import References, Way
from core.source_ref import SourceRef
from tests.builders import line, manifest
from tests.fakes import judge


def labelled(*classes: str | None) -> tuple[Label, ...]:
    return tuple(Label(f"label-{number}", name) for number, name in enumerate(classes) if name is not None)


def put(built: References, entry: Entry | None) -> None:
    """Notes the next line, or that it holds no entry."""
    built.begin(1)
    if entry is not None:
        built.add(entry)


def named(*lines: tuple[str, int], bucket: str = "images") -> KeyLines:
    """Keys and their lines."""
    built = KeyLines(bucket)
    for key, number in lines:
        built.add(key, number)
    return built


def references(*lines: tuple[str, str, str | None] | None) -> References:
    """Bucket, key and class of each line; None for a line that holds no entry."""
    built = References()
    for number, content in enumerate(lines, 1):
        if content is None:
            put(built, None)
        else:
            bucket, key, class_name = content
            put(built, Entry(number, SourceRef(bucket, key), labelled(class_name)))
    return built


def told(findings: list[Finding]) -> list[tuple[str, int | None, int | None]]:
    return [(finding.rule.removeprefix("source-ref-"), finding.line, finding.first_line) for finding in findings]


def repeats(*classes: str | None) -> list[tuple[str, int | None, int | None]]:
    """What is told of one image that stands on lines with some classes."""
    return told(list(references(*(("images", "a.png", name) for name in classes)).judge(Policy())))


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (["normal"], []),
        (["normal", "normal"], [("duplicate", 2, 1)]),
        (["normal", "anomaly"], [("conflicting", 2, 1)]),
        ([None, None], [("duplicate", 2, 1)]),
        (["normal", None], [("duplicate", 2, 1)]),
        ([None, "normal"], [("duplicate", 2, 1)]),
        ([None, "normal", "anomaly"], [("duplicate", 2, 1), ("conflicting", 3, 2)]),
        ([None, "normal", None, "normal"], [("duplicate", 2, 1), ("duplicate", 3, 1), ("duplicate", 4, 1)]),
        (["normal", "anomaly", "normal"], [("conflicting", 2, 1), ("duplicate", 3, 1)]),
        (["normal", "anomaly", "anomaly"], [("conflicting", 2, 1), ("conflicting", 3, 1)]),
        (["a", "b", "c"], [("conflicting", 2, 1), ("conflicting", 3, 1)]),
    ],
    ids=range(11),
)
def test_judge_compares_a_repeat_with_the_first_line_that_labels_the_image(
    classes: list[str | None], expected: list[tuple[str, int, int]]
) -> None:
    assert repeats(*classes) == expected


def test_judge_takes_one_key_in_two_buckets_for_two_images() -> None:
    found = references(("one", "a.png", "normal"), ("two", "a.png", "anomaly")).judge(Policy())

    assert told(list(found)) == [("other-bucket", 2, None)]


def test_judge_tells_repeats_in_the_order_of_lines() -> None:
    found = references(
        ("images", "b", "normal"), ("images", "a", "normal"), None, ("images", "a", "normal"), ("images", "b", "normal")
    ).judge(Policy())

    assert told(list(found)) == [("duplicate", 4, 2), ("duplicate", 5, 1)]


def test_judge_names_repeats_in_other_buckets_twice() -> None:
    found = references(
        ("one", "a", "normal"), ("one", "b", "normal"), ("one", "c", "normal"), ("two", "x", None), ("two", "x", None)
    ).judge(Policy())

    assert told(list(found)) == [("other-bucket", 4, None), ("other-bucket", 5, None), ("duplicate", 5, 4)]


def test_judge_tells_several_repeats_of_several_images_in_the_order_of_lines() -> None:
    found = references(*(("images", key, "normal") for key in "ababab")).judge(Policy())

    assert told(list(found)) == [("duplicate", line, 2 - line % 2) for line in (3, 4, 5, 6)]


def test_judge_tells_images_in_other_buckets_in_the_order_of_lines() -> None:
    buckets = ["one", "two", "one", "three", "one", "two", "one", "three"]
    found = references(*((bucket, f"{number}", None) for number, bucket in enumerate(buckets))).judge(Policy())

    assert told(list(found)) == [("other-bucket", line, None) for line in (2, 4, 6, 8)]


def test_judge_tells_masks_in_other_buckets_in_the_order_of_lines() -> None:
    built = References()
    for number, bucket in enumerate(["two", "one", "two", "one"], 1):
        put(built, Entry(number, SourceRef("images", f"{number}"), masks=(("a-ref", SourceRef(bucket, f"{number}")),)))

    assert [finding.line for finding in built.judge(Policy())] == [1, 2, 3, 4]


def test_a_label_without_class_is_in_conflict_with_none() -> None:
    built = References()
    put(built, Entry(1, SourceRef("images", "a"), (Label("label", "normal"),)))
    put(built, Entry(2, SourceRef("images", "a"), (Label("label"),)))

    assert told(list(built.judge(Policy()))) == [("duplicate", 2, 1)]


def test_classes_in_conflict_are_told_in_order() -> None:
    built = References()
    put(built, Entry(1, SourceRef("images", "a"), labelled(*"hgfedcba")))
    put(built, Entry(2, SourceRef("images", "a"), labelled("a")))

    [finding] = built.judge(Policy())

    assert finding.message == f"The image is {' and '.join(map(repr, 'abcdefgh'))} on line 1, 'a' on this one."


def test_images_bucket_is_the_one_most_lines_name() -> None:
    found = references(("one", "a", None), ("two", "a", None), ("two", "a", None))

    assert found.images_bucket(None) == "two"
    assert found.images_bucket("three") == "three"


def test_images_bucket_is_the_first_seen_in_a_tie() -> None:
    assert references(None, ("two", "a", None), ("one", "a", None)).images_bucket(None) == "two"
    assert references(None).images_bucket(None) is None


def test_references_note_count_first_line_and_all_lines() -> None:
    found = references(None, ("one", "a", None), ("one", "b", None), ("one", "a", None), ("one", "a", None))

    [(name, bucket)] = found.buckets.items()
    assert (name, bucket.count, bucket.first_line) == ("one", 4, 2)
    assert bucket.images == named(("a", 2), ("b", 3), ("a", 4), ("a", 5), bucket="one")


def test_a_line_without_reference_is_counted() -> None:
    built = References()
    put(built, Entry(1, None, labelled("normal")))
    put(built, Entry(2, SourceRef("images", "a"), labelled("anomaly")))

    assert list(built.labellings) == [1, 2]
    assert built.ways == {(("label-0", "normal"),): Way(1, 1, 1), (("label-0", "anomaly"),): Way(2, 2, 1)}
    assert list(built.buckets) == ["images"]


@pytest.mark.parametrize(
    ("first", "second", "rule", "says"),
    [
        (("crack", "dent"), ("dent", "crack"), "duplicate", "The same image stands on line 1."),
        (("crack", None), ("crack", None), "duplicate", "The same image stands on line 1."),
        (
            ("crack", "dent"),
            ("dent",),
            "conflicting",
            "The image is 'crack' and 'dent' on line 1, 'dent' on this one.",
        ),
    ],
)
def test_an_image_of_several_classes_conflicts_where_their_set_differs(
    first: tuple[str | None, ...], second: tuple[str | None, ...], rule: str, says: str
) -> None:
    built = References()
    put(built, Entry(1, SourceRef("images", "a"), labelled(*first)))
    put(built, Entry(2, SourceRef("images", "a"), labelled(*second)))

    [finding] = built.judge(Policy())

    assert (finding.rule, finding.message) == (f"source-ref-{rule}", says)


def test_masks_are_kept_by_bucket_and_field() -> None:
    built = References()
    mask = SourceRef("images", "m.png")
    put(built, Entry(1, SourceRef("images", "a"), masks=(("a-ref", mask), ("b-ref", mask))))
    put(built, Entry(2, SourceRef("images", "b"), masks=(("a-ref", mask), ("b-ref", SourceRef("other", "m.png")))))
    put(built, Entry(3, SourceRef("images", "c")))

    assert built.masks_in("images") == {
        "a-ref": named(("m.png", 1), ("m.png", 2)),
        "b-ref": named(("m.png", 1)),
    }
    [finding] = built.judge(Policy())
    assert (finding.rule, finding.line, finding.field, finding.value) == (
        "mask-ref-malformed",
        2,
        "b-ref",
        "s3://other/m.png",
    )
    assert finding.message == "The mask lies in bucket 'other', the images in 'images'."


def test_a_mask_is_in_no_wrong_bucket_where_no_image_names_one() -> None:
    built = References()
    put(built, Entry(1, masks=(("a-ref", SourceRef("other", "m.png")),)))

    assert list(built.judge(Policy())) == []


def test_lines_named_are_those_that_have_a_label_of_the_name() -> None:
    built = References()
    for number, names in enumerate([("a",), ("b",), (), ("a", "b")], 1):
        put(built, Entry(number, labels=tuple(Label(name) for name in names)))

    assert list(built.lines_named({"b"})) == [2, 4]
    assert list(built.lines_named(())) == []


def test_merge_equals_reading_on() -> None:
    first = [None, ("one", "a", "normal"), ("two", "a", "anomaly")]
    second = [("two", "b", "anomaly"), None, ("one", "a", "other"), ("three", "a", "normal"), ("two", "a", None)]
    merged = references(*first)

    merged.merge(references(*second))

    assert merged == references(*first, *second)
    assert list(merged.buckets) == ["one", "two", "three"]


def test_merge_shifts_the_lines_of_masks() -> None:
    mask, other = SourceRef("images", "m.png"), SourceRef("images", "n.png")
    first, second = References(), References()
    for built in (first, second):
        put(built, None)
        put(built, Entry(2, SourceRef("images", "a"), masks=(("a-ref", mask),)))
    put(second, Entry(3, SourceRef("images", "b"), masks=(("b-ref", other),)))

    first.merge(second)

    assert first.masks == {
        ("images", "a-ref"): named(("m.png", 2), ("m.png", 4)),
        ("images", "b-ref"): named(("n.png", 5)),
    }


def test_lines_without_a_label_have_no_labelling() -> None:
    built = references(None, ("images", "a", None), ("images", "b", "normal"))

    assert list(built.labellings) == [0, 0, 1]
    assert built.classes() == [frozenset(), frozenset({"normal"})]


def test_of_buckets_named_equally_often_the_first_is_said_to_be_the_dataset_s() -> None:
    judged = judge(manifest(line("s3://one/1.png"), line("s3://two/2.png")))

    (finding,) = (finding for finding in judged.findings if finding.rule == "source-ref-other-bucket")
    assert finding.line == 2
    assert "the dataset's bucket, which is named first, is 'one'" in finding.message
