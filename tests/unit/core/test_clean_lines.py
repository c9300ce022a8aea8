"""Each guard of the quick way, by a bad line that it alone keeps from being called clean; and what must be proven."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any, Final

import pytest

import core.clean_lines
import core.stretch
from core.clean_lines import CleanLines, Images
from core.consumers import CONSUMERS
from core.entry import Label
from core.finding import Severity
from core.inspection import inspect_line
from core.lines import MAX_LINE_BYTES, Line, LineBlock, split_lines
from core.policy import Policy
from core.stretch import LineState, Stretch
from tests.builders import ABSENT, Object, encoded, line, manifest, metadata, with_metadata
from tests.builders import Line as Content

LOOKOUT: Final = Policy()
REKOGNITION: Final = Policy(consumer=CONSUMERS["rekognition-custom-labels"])
GROUND_TRUTH: Final = Policy(consumer=CONSUMERS["ground-truth"])
TRAINING: Final = Policy(consumer=CONSUMERS["sagemaker-training"])
SOUND: Final = json.dumps(line(7), separators=(",", ":"))
Told = list[tuple[int | None, str]]


def changed(before: str, after: str, text: str = SOUND) -> bytes:
    """The sound line with a text in it changed."""
    assert before in text
    return text.replace(before, after, 1).encode()


def labelled(ref: object, **classes: str) -> Object:
    """A line with several labels."""
    content: Object = {"source-ref": f"s3://images/{ref}.png"}
    for name, class_name in classes.items():
        content |= {name: int(class_name == "anomaly"), f"{name}-metadata": metadata(class_name)}
    return content


def read(
    body: bytes, policy: Policy, *, fast: bool = True, clean: CleanLines | None = None, size: int | None = None
) -> tuple[Stretch, list[tuple[int | None, str]]]:
    """Judges lines, the quick way or each in full, in blocks of a size."""
    stretch, told = Stretch(), list[tuple[int | None, str]]()
    clean = clean or (CleanLines(policy) if fast else None)
    size = size or len(body) or 1
    for block in split_lines(body[start : start + size] for start in range(0, len(body), size)):
        told += [(finding.line, finding.rule) for finding in stretch.read(block, policy, clean)]
    return stretch, told


def told_of(body: bytes, policy: Policy = LOOKOUT) -> Told:
    """What is found, which must be just what a full judgement finds, in one block or in several."""
    for size in (len(SOUND) + 2, len(body) // 3, len(body)):
        (quick, told), (slow, expected) = (read(body, policy, fast=fast, size=size) for fast in (True, False))
        assert told == expected
        assert quick == slow
        assert list(quick.references.buckets) == list(slow.references.buckets)
        assert list(quick.references.ways) == list(slow.references.ways)
    return told


def alike(first: int, count: int) -> list[Content]:
    """Sound lines of one kind."""
    return [changed("images/7", f"images/{number:03}") for number in range(first, first + count)]


def unlike(first: int, count: int) -> list[Content]:
    """Sound lines that differ in all that sound lines can differ in."""
    shapes: list[Callable[[int], Content]] = [
        line,
        lambda number: line(f"s3://others/{number}.jpg", "anomaly"),
        lambda number: line(number, anomaly_label_metadata=metadata(confidence=ABSENT)),
        lambda number: line(f"s3://images/{number}.JPEG", id=5),
        lambda number: {
            "second": 0,
            "second-metadata": metadata(job_name=ABSENT),
            "source-ref": f"s3://images/{number}.png",
        },
        lambda number: line(f"s3://images/사진/{number}.png"),
    ]
    return [shapes[number % len(shapes)](number) for number in range(first, first + count)]


BAD: Final[dict[str, tuple[bytes, list[str]]]] = {
    "repeated key": (changed('"anomaly-label":0', '"anomaly-label":0,"anomaly-label":0'), ["line-duplicate-key"]),
    "repeated source-ref": (changed("{", '{"source-ref":"s3://images/0.png",'), ["line-duplicate-key"]),
    "repeated metadata": (
        changed('"anomaly-label":0', f'"anomaly-label-metadata":{json.dumps(metadata())},"anomaly-label":0'),
        ["line-duplicate-key"],
    ),
    "key repeated in metadata": (changed('"confidence":1', '"confidence":1,"confidence":1'), ["line-duplicate-key"]),
    "date repeated in metadata": (
        changed('"type"', '"creation-date":"2020-11-10T03:37:09","type"'),
        ["line-duplicate-key"],
    ),
    "backslash": (changed("images/7", r"images/\u200b"), ["source-ref-suspicious"]),
    "escaped quotation mark instead of a key": (
        changed('auto-label"', r"\"\"" + '"', changed('"source-ref"', '"id":1,"source-ref"').decode()),
        [],
    ),
    "quotation marks escaped and key repeated": (
        changed('"anomaly-label":0', r'"anomaly-label":0,"anomaly-label":0,"id\u0022":5'),
        ["line-duplicate-key"],
    ),
    "blank": (b"", ["line-blank"]),
    "blank with a carriage return": (b"\r", ["line-blank"]),
    "white space": (b" \t ", ["line-blank"]),
    "form feed": (b"\x0c", ["line-invalid-json"]),
    "two objects on a line": (f"{SOUND}{SOUND}".encode(), ["line-invalid-json"]),
    "object and comma": (f"{SOUND},".encode(), ["line-invalid-json"]),
    "list": (f"[{SOUND}]".encode(), ["line-not-an-object"]),
    "not UTF-8 in a reference": (changed("images/7", "images/§").replace("§".encode(), b"\xff"), ["line-not-utf8"]),
    "not UTF-8 in a job's name": (changed("labeling-job", "§").replace("§".encode(), b"\xff"), ["line-not-utf8"]),
    "half a character in a job's name": (
        changed("labeling-job", "§").replace("§".encode(), b"\xed\xa0\x80"),
        ["line-not-utf8"],
    ),
    "control character": (changed("images/7", "images/\x01"), ["line-invalid-json"]),
    "tabulator in a job's name": (changed("labeling-job", "\t"), ["line-invalid-json"]),
    "extension": (changed(".png", ".gif"), ["source-ref-not-an-image"]),
    "no extension": (changed(".png", ""), ["source-ref-not-an-image"]),
    "extension of a folder": (changed("7.png", "a.png/b"), ["source-ref-not-an-image"]),
    "folder": (changed("7.png", "a.png/"), ["source-ref-malformed"]),
    "no key": (changed("images/7.png", "images.png"), ["source-ref-malformed"]),
    "no bucket": (changed("images/7.png", "/7.png"), ["source-ref-malformed"]),
    "short bucket": (changed("images/7", "im/7"), ["source-ref-malformed"]),
    "odd bucket": (changed("images/7", "im~ages/7"), ["source-ref-malformed"]),
    "legacy bucket": (changed("images/7", "Old_images/7"), ["source-ref-suspicious"]),
    "other scheme": (changed("s3://", "s3:/"), ["source-ref-malformed"]),
    "scheme in upper case": (changed("s3://", "S3://"), ["source-ref-malformed"]),
    "scheme twice": (changed("s3://", "s3://s3://"), ["source-ref-malformed"]),
    "scheme within a key": (changed("images/7", "images/s3://images/7"), ["source-ref-suspicious"]),
    "path without scheme and bucket": (changed("s3://", "/"), ["source-ref-malformed"]),
    "white space first": (changed("s3://", " s3://"), ["source-ref-malformed"]),
    "white space last": (changed("7.png", "7.png "), ["source-ref-suspicious", "source-ref-not-an-image"]),
    "empty folder name": (changed("images/7", "images/a//b"), ["source-ref-suspicious"]),
    "empty folder name first": (changed("images/7", "images//b"), ["source-ref-suspicious"]),
    "three slashes": (changed("images/7", "images/a///b"), ["source-ref-suspicious"]),
    "dot folder": (changed("images/7", "images/./7"), ["source-ref-suspicious"]),
    "dot folder within": (changed("images/7", "images/a/../7"), ["source-ref-suspicious"]),
    "escaped": (changed("images/7", "images/a%20b"), ["source-ref-suspicious"]),
    "delete": (changed("images/7", "images/a\x7fb"), ["source-ref-suspicious"]),
    "delete beside Hangul": (changed("images/7", "images/한\x7fb"), ["source-ref-suspicious"]),
    "invisible": (changed("images/7", "images/a\u200bb"), ["source-ref-suspicious"]),
    "filler": (changed("images/7", "images/\u3164"), ["source-ref-suspicious"]),
    "no-break space": (changed("images/7", "images/\u00a0"), ["source-ref-suspicious"]),
    "too long a key": (changed("images/7", "images/" + "k" * 1_021), ["source-ref-malformed"]),
    "too long a key in bytes": (changed("images/7", "images/" + "한" * 341), ["source-ref-malformed"]),
    "reference that is no text": (changed('"s3://images/7.png"', "7"), ["source-ref-malformed"]),
    "no reference": (changed('"source-ref":"s3://images/7.png",', ""), ["source-ref-missing"]),
    "label of true": (changed('"anomaly-label":0', '"anomaly-label":true'), ["label-value-invalid"]),
    "label of null": (changed('"anomaly-label":0', '"anomaly-label":null'), ["label-value-invalid"]),
    "label of 1.0": (changed('"anomaly-label":0', '"anomaly-label":1.0'), ["label-value-invalid"]),
    "label of 1e0": (changed('"anomaly-label":0', '"anomaly-label":1e0'), ["label-value-invalid"]),
    "label of a word": (changed('"anomaly-label":0', '"anomaly-label":"x"'), ["label-value-invalid"]),
    "label of a list": (changed('"anomaly-label":0', '"anomaly-label":[]'), ["label-value-invalid"]),
    "label of an object": (changed('"anomaly-label":0', '"anomaly-label":{}'), ["label-value-invalid"]),
    "leading zero": (changed('"anomaly-label":0', '"anomaly-label":00'), ["line-invalid-json"]),
    "other class": (changed('"normal"', '"scratch"'), ["class-name-unknown"]),
    "class in another case": (changed('"normal"', '"Normal"'), ["class-name-unknown"]),
    "class of null": (changed('"normal"', "null"), ["class-name-missing"]),
    "no class": (changed('"class-name":"normal",', ""), ["class-name-missing"]),
    "human-annotated in another case": (changed('"yes"', '"YES"'), ["human-annotated-invalid"]),
    "human-annotated of true": (changed('"yes"', "true"), ["human-annotated-invalid"]),
    "other type": (changed("image-classification", "object-detection"), ["type-unsupported"]),
    "no type": (changed(',"type":"groundtruth/image-classification"', ""), ["type-missing"]),
    "confidence past 1": (changed('"confidence":1', '"confidence":1.5'), ["confidence-invalid"]),
    "confidence under 0": (changed('"confidence":1', '"confidence":-0.1'), ["confidence-invalid"]),
    "confidence in a text": (changed('"confidence":1', '"confidence":"1"'), ["confidence-invalid"]),
    "no date": (changed("2020-11-10T03:37:09.600", "2020-11-10"), ["creation-date-invalid"]),
    "seconds since 1970": (changed("2020-11-10T03:37:09.600", "1586981843"), ["creation-date-invalid"]),
    "February 30": (changed("2020-11-10", "2020-02-30"), ["creation-date-invalid"]),
    "job's name of null": (changed('"labeling-job/auto-label"', "null"), ["job-name-invalid"]),
    "failed": (changed('"confidence"', '"failure-reason":"none","confidence"'), ["label-failed"]),
    "failed, without confidence": (changed('"confidence":1', '"failure-reason":"none"'), ["label-failed"]),
    "metadata under a key that is no label's": (
        changed('"anomaly-label":0', '"anomaly_label":0'),
        ["label-missing"],
    ),
    "metadata of a label that is not there": (changed('"anomaly-label":0,', ""), ["label-missing"]),
    "metadata of one more label that is not there": (
        changed("{", f'{{"x-metadata":{json.dumps(metadata())},'),
        ["label-missing"],
    ),
    "label without metadata": (encoded(line(7, anomaly_label_metadata=ABSENT)), ["label-missing"]),
    "no label": (b'{"source-ref":"s3://images/7.png"}', ["label-unannotated"]),
    "metadata in a text": (encoded(line(7, anomaly_label_metadata="normal")), ["metadata-malformed"]),
    "metadata of null": (encoded(line(7, anomaly_label_metadata=None)), ["metadata-malformed"]),
    "metadata of the source-ref alone": (
        encoded({"source-ref": "s3://images/7.png", "source-ref-metadata": metadata()}),
        ["label-unannotated"],
    ),
    "several labels": (encoded(labelled(7, first="normal", second="normal")), ["label-several"]),
    "mask that is no reference": (encoded(line(7, x_mask_ref="x")), ["mask-ref-malformed", "mask-metadata-malformed"]),
}


@pytest.mark.parametrize("around", [alike, unlike])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 3), (1, 0), (7, 7), (12, 0)])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(("bad", "rules"), BAD.values(), ids=BAD)
def test_a_bad_line_is_found_wherever_it_stands(
    bad: bytes, rules: list[str], end: bytes, before: int, after: int, around: Callable[[int, int], Sequence[Content]]
) -> None:
    body = manifest(*around(1, before), bad, *around(101, after), end=end)
    cut = body.removesuffix(end) if bad.strip() else body

    assert told_of(body) == told_of(cut) == [(before + 1, rule) for rule in rules]


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_objects_on_one_line_do_not_make_up_for_one_on_several(count: int) -> None:
    first, second, *others = alike(1, count + 2)
    torn = encoded(first).replace(b",", b",\n", 1)
    doubled = encoded(second) * 2

    doubled_first = told_of(manifest(doubled, torn, *others))
    assert doubled_first == [(1, "line-invalid-json"), (2, "line-invalid-json"), (3, "line-invalid-json")]
    last = [(count + place, "line-invalid-json") for place in (1, 2, 3)]
    assert told_of(manifest(*others, doubled, torn)) == last
    assert told_of(manifest(*others, torn, doubled)) == last
    assert told_of(manifest(b"", doubled, *others)) == [(1, "line-blank"), (2, "line-invalid-json")]
    assert told_of(manifest(*others, doubled, b"")) == [
        (count + 1, "line-invalid-json"),
        (count + 2, "line-blank"),
    ]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_a_torn_line_is_found_where_the_last_line_has_no_end(count: int) -> None:
    torn = encoded(*alike(1, 1)).replace(b",", b",\n", 1)

    told = [(count + 1, "line-invalid-json"), (count + 2, "line-invalid-json")]
    assert told_of(manifest(*alike(2, count)) + torn) == told
    assert told_of(manifest(*unlike(2, count)) + torn) == told
    block = LineBlock(1, 0, manifest(*alike(2, count)) + torn)
    assert list(CleanLines(LOOKOUT).prove(block)[1]) == [count, count + 1]


@pytest.mark.parametrize("first", BAD)
@pytest.mark.parametrize(
    "second", ["repeated key", "blank", "extension", "other class", "backslash", "two objects on a line"]
)
def test_several_bad_lines_are_found_in_their_order(first: str, second: str) -> None:
    (one, its_rules), (two, other_rules) = BAD[first], BAD[second]
    told = [(3, rule) for rule in its_rules] + [(5, rule) for rule in other_rules]
    reversed_told = [(3, rule) for rule in other_rules] + [(5, rule) for rule in its_rules]

    for around in (alike, unlike):
        assert told_of(manifest(*around(1, 2), one, *around(3, 1), two, *around(4, 2))) == told
        assert told_of(manifest(*around(1, 2), two, *around(3, 1), one, *around(4, 2))) == reversed_told


@pytest.mark.parametrize("count", [0, 1, 2, 5])
@pytest.mark.parametrize(("before", "after"), [(b'-metadata":', b'-metadata": \n'), (b"}}", b"}\n}"), (b"{", b"{\n")])
def test_a_line_break_beside_braces_is_not_taken_for_one_between_objects(
    before: bytes, after: bytes, count: int
) -> None:
    first, second, *others = map(encoded, alike(1, count + 2))
    torn = first.replace(before, after, 1)

    told = [(count + 1, "line-invalid-json"), (count + 2, "line-invalid-json")]
    assert told_of(manifest(*others, torn + second)) == told
    assert told_of(manifest(*others, second + torn)) == told
    assert told_of(manifest(torn + second, *others)) == [(1, told[0][1]), (2, told[0][1])]
    assert told_of(manifest(second + torn, *others)) == [(1, told[0][1]), (2, told[0][1])]
    clean = CleanLines(LOOKOUT)
    assert left(manifest(*alike(50, 5)), LOOKOUT, clean) == []
    assert left(manifest(torn + second, *others), LOOKOUT, clean) == [1, 2]
    assert left(manifest(second + torn, *others), LOOKOUT, clean) == [1, 2]
    assert left(manifest(*others, torn + second), LOOKOUT, clean) == [count + 1, count + 2]


def test_objects_in_a_list_over_lines_are_none() -> None:
    whole = b"[" + b"\n,".join(map(encoded, alike(1, 3))) + b"]"

    assert told_of(whole + b"\n") == [(number, "line-invalid-json") for number in (1, 2, 3)]


@pytest.mark.parametrize("key", ["anomaly-label", "confidence", "id"])
def test_quotation_marks_of_one_line_do_not_make_up_for_those_of_another(key: str) -> None:
    twice = changed(f'"{key}":', f'"{key}":1,"{key}":', json.dumps(line(7, id=5), separators=(",", ":")))
    fewer = encoded(line(8, anomaly_label_metadata=metadata(job_name=ABSENT), id=5))

    for around in (alike(1, 3), unlike(1, 3), [line(number, id=5) for number in (1, 2, 3)]):
        assert told_of(manifest(*around, twice, fewer)) == [(4, "line-duplicate-key")]
        assert told_of(manifest(*around, fewer, twice)) == [(5, "line-duplicate-key")]


def test_a_backslash_does_not_make_up_for_a_line_break() -> None:
    """An escaped character and two objects on a line: as many marks as lines should have."""
    escaped = changed("images/7", r"images/\u0061")
    first, second = map(encoded, alike(1, 2))

    assert told_of(manifest(*alike(3, 3), escaped, first + second)) == [(5, "line-invalid-json")]


@pytest.mark.parametrize("other", ["x.png", "s3:/images/a.png", "images/a.png"])
@pytest.mark.parametrize("odd", ["s3://images/a//b.png", "s3://images//b.png"])
def test_slashes_that_one_reference_lacks_do_not_make_up_for_those_of_another(other: str, odd: str) -> None:
    told = [(4, "source-ref-malformed"), (5, "source-ref-suspicious")]

    assert told_of(manifest(*alike(1, 3), line(other), line(odd))) == told


def test_dots_that_one_reference_lacks_do_not_make_up_for_those_of_another() -> None:
    refs = ["s3://images/1.png", "s3://images/2", "s3://images/./3.png"]

    assert told_of(manifest(*map(line, refs))) == [(2, "source-ref-not-an-image"), (3, "source-ref-suspicious")]


def test_dots_of_a_folder_are_seen_whatever_the_dots_of_the_bucket() -> None:
    refs = ["s3://a.b.c/1.png", "s3://a.b.c/./2.png", "s3://a.b.c/.hidden/3.png", "s3://a.b.c/4.5/6.png"]

    assert told_of(manifest(*map(line, refs))) == [(2, "source-ref-suspicious")]


def lengthened(length: int, key: str = "labeling-job") -> bytes:
    """The sound line, made longer in a field of any length."""
    return changed(key, key + "x" * (length - len(SOUND)))


@pytest.mark.parametrize("before", [0, 1, 12, 13, 14, 26, 27, 60])
@pytest.mark.parametrize(
    ("policy", "limit", "rule"),
    [
        (LOOKOUT, 8_192, "line-too-long"),
        (REKOGNITION, 100_000, "line-too-long"),
        (GROUND_TRUTH, 100_000, "line-too-long"),
        (TRAINING, MAX_LINE_BYTES, "line-unreadable"),
    ],
)
def test_a_line_longer_than_is_taken_is_found(policy: Policy, limit: int, rule: str, before: int) -> None:
    valued = [(before + 1, "attribute-too-long")] * (policy is GROUND_TRUTH)

    for around in (alike, alike if policy is REKOGNITION else unlike):
        some = around(1, before), around(200, 3)
        assert told_of(manifest(*some[0], lengthened(limit), *some[1]), policy) == valued
        longer = manifest(*some[0], lengthened(limit + 1), *some[1])
        assert told_of(longer, policy) == [(before + 1, rule), *valued]
    far_longer = manifest(*alike(1, before), lengthened(3 * limit), *alike(200, 3))
    assert told_of(far_longer, policy) == [(before + 1, rule), *valued]


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize(
    ("policy", "limit"), [(REKOGNITION, 100_000), (Policy(severities={"label-several": None}), 8_192)]
)
def test_a_line_of_several_labels_longer_than_is_taken_is_found(policy: Policy, limit: int, more: int) -> None:
    fields = metadata("anomaly", job_name="")
    length = len(encoded(labelled(3, a="normal", b="normal") | {"a-metadata": fields}))
    fields |= {"job-name": "j" * (limit + more - length)}
    usual = [labelled(number, a=name, b="normal") for number, name in enumerate(["normal", "anomaly"])]
    body = manifest(*usual, labelled(3, a="anomaly", b="normal") | {"a-metadata": fields})

    assert told_of(body, policy) == [(3, "line-too-long")] * more
    assert left(body, policy) == [3] * more


@pytest.mark.parametrize("before", [0, 1, 40])
@pytest.mark.parametrize("length", [20_400, 30_000])
def test_a_value_longer_than_is_taken_is_found(before: int, length: int) -> None:
    body = manifest(*alike(1, before), lengthened(length), *alike(200, 3))

    assert told_of(body, GROUND_TRUTH) == [(before + 1, "attribute-too-long")]


def test_a_line_that_is_cut_is_never_clean() -> None:
    body = manifest(line(1), changed("}}", "}}" + " " * 3 * MAX_LINE_BYTES), line(2))

    assert told_of(body, TRAINING) == [(2, "line-unreadable")]
    [block, *_] = [block for block in split_lines([body]) if block.dropped]
    assert CleanLines(TRAINING).prove(block) == ([], dict.fromkeys(range(block.count)))


def test_lines_of_a_label_that_was_judged_before_are_judged_by_their_own_fields() -> None:
    """The same label and class, where the consumer requires what one of two lines lacks."""
    lines = [line(1), with_metadata(2, confidence=ABSENT), line(3), with_metadata(4, creation_date=ABSENT), line(5)]

    assert told_of(manifest(*lines), REKOGNITION) == [(2, "confidence-missing"), (4, "creation-date-missing")]
    assert told_of(manifest(*lines[1:]), REKOGNITION) == [(1, "confidence-missing"), (3, "creation-date-missing")]


def test_labels_seen_before_are_not_sound_in_other_company() -> None:
    """A class that is too long on its third label, after lines on which all others were sound."""
    lines = [labelled(1, a="x", b="y"), labelled(2, a="y", b="x"), labelled(3, a="x", b="z" * 257)]
    lines += [labelled(4, a="y", b="y"), labelled(5, a="z" * 257, b="x"), labelled(6, b="x", a="y")]

    told = [(3, "class-name-length"), (5, "class-name-length")]
    assert told_of(manifest(*lines), REKOGNITION) == told
    assert told_of(manifest(*lines[::-1]), REKOGNITION) == [(2, told[0][1]), (4, told[1][1])]


@pytest.mark.parametrize("length", [200, 256, 257, 258, 300])
def test_labels_are_told_apart_by_their_whole_names(length: int) -> None:
    """Of long names only the beginning is kept."""
    long, longer = "n" * length, "n" * 300 + "n"
    pairs = [("x", "x"), ("y", "y"), ("x", "y"), ("x", "z" * 257), ("y", "z" * 257)]
    lines = [labelled(number, **{long: one, longer: two, "a": one}) for number, (one, two) in enumerate(pairs)]
    others = [labelled(number, **{"a": one, longer: two}) for number, (one, two) in enumerate(pairs)]

    for some in (lines, others):
        assert told_of(manifest(*some), REKOGNITION) == [(4, "class-name-length"), (5, "class-name-length")]


@pytest.mark.parametrize("count", [50, 51])
def test_labels_past_those_that_are_used_are_not_judged(count: int) -> None:
    lines = [labelled(number, **{f"l{label}": "xyz"[number // 2] for label in range(count)}) for number in range(5)]

    told = told_of(manifest(*lines), REKOGNITION)
    assert told == [(number, "label-too-many") for number in range(1, 6)] * (count > 50)
    ignoring = Policy(consumer=REKOGNITION.consumer, severities={"label-too-many": None})
    assert told_of(manifest(*lines), ignoring) == []


@pytest.mark.parametrize("more", [{"y": 1, "y-metadata": 5}, {"y": "1", "y-metadata": "x"}, {"y-metadata": "x"}])
def test_a_label_without_sound_metadata_counts_where_its_rule_is_off(more: Object) -> None:
    names = [("x", "x"), ("y", "y"), ("x", "y"), ("y", "x")]
    lines: list[Content] = [labelled(at, a=one, b=two) | more for at, (one, two) in enumerate(names)]

    off = dict.fromkeys(["metadata-malformed", "label-missing", "label-unannotated", "label-value-invalid"])
    assert told_of(manifest(*lines), Policy(consumer=REKOGNITION.consumer, severities=off)) == []
    assert told_of(manifest(*lines), Policy(consumer=REKOGNITION.consumer, severities=off, label_attribute="y")) == []


def test_masks_are_judged_where_what_their_metadata_lack_is_not() -> None:
    """A mask on the first line must not speak for those of others."""
    refs = ["s3://images/m.png", "nonsense", "s3://images/m3.png"]
    policy = Policy(severities={"mask-metadata-malformed": None})
    body = manifest(*(line(number, x_mask_ref=ref) for number, ref in enumerate(refs)))

    assert told_of(body, policy) == [(2, "mask-ref-malformed")]
    assert len(read(body, policy)[0].references.masks["images", "x-mask-ref"]) == 2


def test_references_and_metadata_that_are_labels_are_judged_in_full() -> None:
    lines: list[Content] = [
        line(1) | {"source-ref-metadata": metadata()},
        line(2) | {"x-ref": 1, "x-ref-metadata": metadata()},
    ]
    for policy in (LOOKOUT, REKOGNITION, GROUND_TRUTH, Policy(label_attribute="source-ref")):
        told_of(manifest(*lines), policy)
        told_of(manifest(lines[0]), policy)
        told_of(manifest(lines[1]), policy)


def test_several_labels_are_the_same_in_any_order() -> None:
    lines: list[Content] = [
        labelled(1, a="x", b="y"),
        labelled(2, b="y", a="x"),
        labelled(3, a="x", b="y"),
        labelled(4, b="y", a="x"),
    ]
    body = manifest(*lines)

    assert told_of(body, REKOGNITION) == []
    [way] = read(body, REKOGNITION)[0].references.ways.values()
    assert (way.first_line, way.count) == (1, 4)


def test_the_first_label_of_a_line_is_judged_where_their_order_tells_which() -> None:
    """Lines of either label alone go before, so that both are known."""
    lines = [labelled(1, a="normal"), labelled(2, b="anomaly")]
    lines += [labelled(at, **dict.fromkeys(names, "normal")) for at, names in enumerate(["ab", "ba"] * 3, start=3)]
    policy = Policy(severities={"label-several": None})

    assert told_of(manifest(*lines), policy) == []
    assert told_of(manifest(*lines)) == [(at, "label-several") for at in range(3, 9)]
    ways = read(manifest(*lines), policy)[0].references.ways
    assert {labels: way.count for labels, way in ways.items()} == {
        (("a", "normal"),): 4,
        (("b", "anomaly"),): 1,
        (("b", "normal"),): 3,
    }


def test_labels_past_those_that_are_taken_are_told_by_their_order() -> None:
    policy = Policy(consumer=replace(REKOGNITION.consumer, pairs=2), severities={"label-too-many": None})
    lines = [labelled(at, **dict.fromkeys(name, "x")) for at, name in enumerate(["a", "b", "c", "ab"])]
    lines += [labelled(at, **dict.fromkeys(names, "x")) for at, names in enumerate(["abc", "cba", "bca"] * 3, start=9)]

    assert told_of(manifest(*lines), policy) == []
    ways = read(manifest(*lines), policy, size=300)[0].references.ways
    assert sorted("".join(name for name, _ in labels) for labels in ways) == ["a", "ab", "b", "bc", "c"]


def test_faults_of_several_labels_are_told_in_the_order_of_each_line() -> None:
    long = "x" * 257
    lines = [labelled(at, **dict.fromkeys(names, long)) for at, names in enumerate(["ab", "ba", "ab", "ba"], start=1)]

    assert told_of(manifest(labelled(0, a="x", b="y"), *lines), REKOGNITION) == [
        (at, "class-name-length") for at in range(2, 6) for _ in range(2)
    ]
    stretch, clean, found = Stretch(), CleanLines(REKOGNITION), list[str | None]()
    for block in split_lines([manifest(labelled(0, a="x", b="y"), *lines)]):
        found += [finding.field for finding in stretch.read(block, REKOGNITION, clean)]
    assert found == [f"{name}-metadata.class-name" for name in "abbaabba"]


@pytest.mark.parametrize(("half", "told"), [("b", [(2, "label-missing")]), ("b-metadata", [])])
def test_half_a_label_beside_others_is_not_taken_for_one(half: str, told: Told) -> None:
    broken = {key: value for key, value in labelled(2, a="x", b="y").items() if key != half}

    assert told_of(manifest(labelled(1, a="x", b="y"), broken, labelled(3, a="x", b="y")), REKOGNITION) == told


def test_a_mask_that_is_described_as_a_label_is_not_taken_for_one() -> None:
    for policy in (LOOKOUT, Policy(severities={"mask-metadata-malformed": None}), REKOGNITION):
        masks = [
            line(at, x_mask_ref=ref, x_mask_ref_metadata=metadata())
            for at, ref in enumerate(["s3://images/m.png", "m"])
        ]
        body = manifest(*masks, *masks)

        assert left(body, policy) == [1, 2, 3, 4]
        told_of(body, policy)
        stretch, _ = read(body, policy)
        assert bool(stretch.references.masks) == policy.consumer.masks


def test_a_label_that_is_called_like_metadata_is_not_taken_for_one() -> None:
    twice: Content = {"source-ref": "s3://images/9.png", "a-metadata": 1, "a-metadata-metadata": metadata()}
    some = manifest(labelled(1, a="normal"), twice) * 3
    told_of(some)

    lines = [line(at, anomaly_label=value, anomaly_label_metadata=5) for at, value in enumerate(["1", "x"])]
    lines = [each | {"anomaly-label-metadata-metadata": metadata()} for each in lines]
    for policy in (LOOKOUT, Policy(severities={"metadata-malformed": None})):
        assert (2, "label-value-invalid") in told_of(manifest(*lines), policy)


def test_lines_of_very_many_keys_are_judged_in_full() -> None:
    many = [line(at, **{f"k{key}": key for key in range(count)}) for at, count in enumerate([147, 148])]

    assert left(manifest(*many)) == [2]
    assert told_of(manifest(*many)) == []


@pytest.mark.parametrize("value", [2**60 + 1, -(2**60) - 1, (2**61 - 1) * 5])
def test_large_integers_are_judged_in_full(value: int) -> None:
    assert left(manifest(line(1), line(2, anomaly_label=value), line(3, id=value), line(4))) == [2, 3]
    assert told_of(manifest(line(1), line(2, anomaly_label=value), line(3, id=value), line(4))) == []


@pytest.mark.parametrize("limit", [1, 2])
def test_a_limit_of_a_few_characters_is_kept(limit: int) -> None:
    policy = Policy(consumer=replace(LOOKOUT.consumer, line_characters=limit))

    assert told_of(manifest(line(1), line(2)), policy) == [(1, "line-too-long"), (2, "line-too-long")]


@pytest.mark.parametrize("value", [5, "text"])
def test_a_key_beside_labels_that_stands_twice_on_each_line_is_found(value: object) -> None:
    twice = [encoded(line(at))[:-1] + f', "id": {json.dumps(value)}'.encode() * 2 + b"}" for at in range(9)]

    assert told_of(manifest(*twice)) == [(at, "line-duplicate-key") for at in range(1, 10)]


@pytest.mark.parametrize("half", ["a", "b"])
def test_a_label_without_metadata_does_not_make_up_for_metadata_that_stand_twice(half: str) -> None:
    usual = [labelled(at, a="x", b="y") for at in range(20)]
    key, whole = f"{half}-metadata", encoded(labelled(21, a="x", b="y"))
    broken = {name: value for name, value in labelled(20, a="x", b="y").items() if name != key}
    twice = whole[:-1] + f',"{key}":{json.dumps(metadata("x"))}}}'.encode()

    clean = CleanLines(REKOGNITION)
    assert left(manifest(*usual), REKOGNITION, clean) == []
    assert 2 in left(manifest(broken, twice), REKOGNITION, clean)
    told = told_of(manifest(*usual, broken, twice), REKOGNITION)
    assert (22, "line-duplicate-key") in told


@pytest.mark.parametrize("key", ["a", "a-metadata", "b", "source-ref"])
def test_a_key_that_stands_twice_is_found_where_other_lines_have_fewer_labels(key: str) -> None:
    several = labelled(1, a="x", b="y")
    twice = encoded(several)[:-1] + f',"{key}":{json.dumps(several[key])}}}'.encode()

    for around in ([labelled(2, a="x")], [labelled(2, b="x"), several], [labelled(2, a="x", b="y", c="z")]):
        told = told_of(manifest(*around, twice, *around), REKOGNITION)
        assert [each for each in told if each[1] != "source-ref-duplicate"] == [(len(around) + 1, "line-duplicate-key")]


def test_lines_with_any_of_some_labels_are_proven_together(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["a", "b", "ab", "ba", "cab", "c"]
    body = manifest(*(labelled(at, **dict.fromkeys(names[at % 6], "xyz"[at % 3])) for at in range(60)))
    clean = CleanLines(REKOGNITION)
    assert left(body, REKOGNITION, clean) == []
    monkeypatch.setattr(CleanLines, "_prove_singly", None)

    assert left(body, REKOGNITION, clean) == []


def test_lines_without_labels_are_told_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, first = judged_in_full(monkeypatch), counted(monkeypatch)
    bare: list[Content] = [{"source-ref": f"s3://images/{number}.png"} for number in range(9)]

    assert read(manifest(*bare), GROUND_TRUTH)[1] == [(at, "label-unannotated") for at in range(1, 10)]
    assert (seen, first) == ([], [1])
    configured = Policy(consumer=GROUND_TRUTH.consumer, label_attribute="mine")
    for policy in (GROUND_TRUTH, configured, LOOKOUT, TRAINING, REKOGNITION):
        assert told_of(manifest(*bare), policy) == [(at, "label-unannotated") for at in range(1, 10)]
        told_of(manifest(*bare, line(10), *bare, labelled(11, a="normal")), policy)
        told_of(manifest(line(10), *bare, labelled(11, a="normal"), *bare), policy)


def left(body: bytes, policy: Policy = LOOKOUT, clean: CleanLines | None = None) -> list[int]:
    """Numbers of the lines that are judged in full; each of the others is proven, once."""
    clean = clean or CleanLines(policy)
    numbers = list[int]()
    for block in split_lines([body]):
        proven, others = clean.prove(block)
        mine = [block.first + place for place in others]
        all_lines = [number for lines in proven for number in lines.lines] + mine
        assert sorted(all_lines) == list(range(block.first, block.first + block.count))
        assert all(len(lines.lines) == len(lines.kinds) for lines in proven)
        assert all(list(lines.lines) == sorted(lines.lines) for lines in proven)
        assert all(sorted(lines.lines) == sorted(n for each in lines.images for n in each.lines) for lines in proven)
        assert mine == sorted(mine)
        numbers += mine
    return numbers


ORDINARY: Final[dict[str, tuple[Policy, bytes]]] = {
    "compact": (LOOKOUT, manifest(*alike(1, 20))),
    "spaced": (LOOKOUT, manifest(*map(line, range(1, 20)))),
    "one line": (LOOKOUT, manifest(line(1))),
    "two lines": (LOOKOUT, manifest(line(1), line(2))),
    "carriage returns": (LOOKOUT, manifest(*map(line, range(20)), end=b"\r\n")),
    "no line feed at the end": (LOOKOUT, manifest(*map(line, range(20)))[:-1]),
    "no line feed at all": (LOOKOUT, manifest(line(1))[:-1]),
    "two classes": (LOOKOUT, manifest(*(line(number, ["normal", "anomaly"][number % 2]) for number in range(20)))),
    "other order": (LOOKOUT, manifest(*(dict(reversed(line(number).items())) for number in range(20)))),
    "both orders": (
        LOOKOUT,
        manifest(*(dict(list(line(number).items())[:: (-1) ** number]) for number in range(20))),
    ),
    "labels in texts": (LOOKOUT, manifest(*(line(number, anomaly_label=str(number % 2)) for number in range(20)))),
    "labels in texts and not": (
        LOOKOUT,
        manifest(*(line(number, anomaly_label=[0, "0"][number % 2]) for number in range(20))),
    ),
    "large label": (LOOKOUT, manifest(line(1, anomaly_label=2**60), line(2, anomaly_label="9" * 200))),
    "negative label": (LOOKOUT, manifest(line(1, anomaly_label=-1), line(2, anomaly_label=-0))),
    "Hangul": (LOOKOUT, manifest(*(line(f"s3://images/사진/{number} 장.png") for number in range(20)))),
    "Hangul and not": (LOOKOUT, manifest(line(1), line("s3://images/한.png"), line("s3://others/글.png"))),
    "PNG and JPEG": (
        LOOKOUT,
        manifest(*(line(f"s3://images/{at}.{['png', 'jpg', 'jpeg', 'JPG', 'Png'][at % 5]}") for at in range(20))),
    ),
    "two buckets": (LOOKOUT, manifest(*(line(f"s3://{['images', 'a.b-c'][at % 2]}/{at}.png") for at in range(20)))),
    "dots": (LOOKOUT, manifest(*(line(f"s3://images/{number}.{number}/.{number}.a.png") for number in range(20)))),
    "percent": (LOOKOUT, manifest(line("s3://images/100%.png"), line(2))),
    "optional fields": (
        LOOKOUT,
        manifest(
            *(with_metadata(at, **{["job_name", "creation_date", "confidence"][at % 2]: ABSENT}) for at in range(20))
        ),
    ),
    "more keys": (LOOKOUT, manifest(*(line(number, id=number, name="é", other="") for number in range(20)))),
    "unlike": (LOOKOUT, manifest(*unlike(1, 40))),
    "label by label": (
        REKOGNITION,
        manifest(*(labelled(number, **{f"l{number % 7}": "x"}) for number in range(40))),
    ),
    "two labels": (
        REKOGNITION,
        manifest(*(labelled(number, a="xyz"[number % 3], b="uvw"[number % 2]) for number in range(40))),
    ),
    "five labels": (
        REKOGNITION,
        manifest(
            *(
                labelled(number, **{name: "xy"[number >> at & 1] for at, name in enumerate("abcde")})
                for number in range(40)
            )
        ),
    ),
    "labels in any order": (
        REKOGNITION,
        manifest(*(labelled(number, **dict.fromkeys("ab" if number % 2 else "ba", "x")) for number in range(40))),
    ),
    "Ground Truth": (GROUND_TRUTH, manifest(*(labelled(number, a="x", b="y") for number in range(20)))),
    "training": (TRAINING, manifest(*map(line, range(20)))),
    "configured": (
        Policy(label_attribute="b"),
        manifest(*(labelled(number, a="normal", b="normal") for number in range(20))),
    ),
    "as long as is taken": (LOOKOUT, manifest(*alike(1, 40), lengthened(8_192), *alike(50, 40))),
    "unlabelled": (
        Policy(severities={"class-name-unknown": None}),
        manifest(*(line(number, "scratch" if number % 2 else "normal") for number in range(20))),
    ),
}


@pytest.mark.parametrize(("policy", "body"), ORDINARY.values(), ids=ORDINARY)
def test_ordinary_lines_are_proven(policy: Policy, body: bytes) -> None:
    assert told_of(body, policy) == []
    clean = CleanLines(policy)
    assert left(body, policy, clean) == []
    assert left(body, policy, clean) == []  # by what it has learnt, too


@pytest.mark.parametrize(
    "name",
    [
        *("compact", "spaced", "one line", "two lines", "carriage returns", "two classes"),
        *("labels in texts and not", "more keys", "two labels", "five labels", "labels in any order"),
    ],
)
def test_lines_that_are_alike_are_proven_together(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    policy, body = ORDINARY[name]
    monkeypatch.setattr(CleanLines, "_prove_singly", None)

    assert left(body, policy) == []


def test_a_bad_line_leaves_the_others_proven() -> None:
    bad = changed('"confidence":1', '"confidence":1,"confidence":1'), changed("images/7", r"images/\u0061"), b"", b"{"

    for each in (*bad, changed(".png", ".gif"), changed('"normal"', '"x"'), lengthened(8_193)):
        for around in (alike, unlike):
            assert left(manifest(*around(1, 20), each, *around(30, 20))) == [21]
            assert left(manifest(each, *around(30, 20))) == [1]


def test_shapes_are_learnt_from_the_lines_that_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    clean, body = CleanLines(LOOKOUT), manifest(*(line(number, "anomaly") for number in range(9)), *unlike(10, 30))
    left(body, LOOKOUT, clean)
    mixed: list[int] = []
    prove = CleanLines._prove_mixed

    def prove_mixed(self: CleanLines, block: LineBlock, among: Sequence[int], results: list[Any]) -> list[int]:
        mixed.extend(among)
        return prove(self, block, among, results)

    monkeypatch.setattr(CleanLines, "_prove_mixed", prove_mixed)

    assert left(manifest(*unlike(46, 1), line(2), *unlike(52, 1)), LOOKOUT, clean) == []
    assert mixed == []


def test_lines_beside_a_bad_one_are_read_by_the_form_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = CleanLines(LOOKOUT)
    assert left(manifest(*alike(1, 9)), LOOKOUT, clean) == []
    among = list[Sequence[int]]()
    monkeypatch.setattr(CleanLines, "_prove_mixed", lambda _self, _block, places, _results: among.append(places) or [])

    clean.prove(LineBlock(1, 0, manifest(*alike(1, 4), b"{", *alike(10, 4), BAD["repeated key"][0], b"")))

    assert among == [[4, 9, 10]]


def test_what_most_lines_are_is_expected_of_those_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = CleanLines(LOOKOUT)
    left(manifest(with_metadata(1, confidence=ABSENT), line(1), line(2, id=1), *map(line, range(3, 9))), LOOKOUT, clean)
    monkeypatch.setattr(CleanLines, "_prove_singly", None)

    assert left(manifest(*map(line, range(9))), LOOKOUT, clean) == []


def inspected(monkeypatch: pytest.MonkeyPatch, by: ModuleType) -> list[int]:
    """The lines that a module has judged in full, as they are."""
    seen, judge = list[int](), inspect_line

    def noted(content: Line, policy: Policy) -> object:
        seen.append(content.number)
        return judge(content, policy)

    monkeypatch.setattr(by, "inspect_line", noted)
    return seen


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lines that are judged in full for others, as they are."""
    return inspected(monkeypatch, core.clean_lines)


def judged_in_full(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lines that are judged in full for themselves, as they are."""
    return inspected(monkeypatch, core.stretch)


def test_one_line_speaks_for_those_with_the_same_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = counted(monkeypatch)
    body = manifest(*(line(number, ["normal", "anomaly"][number % 2]) for number in range(40)))

    assert left(body) == []
    assert seen == [1, 2]


def test_labels_that_were_judged_need_not_be_again_in_other_company(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = counted(monkeypatch)
    pairs = [("x", "x"), ("y", "y"), ("x", "y"), ("y", "x"), ("x", "z"), ("y", "z")]
    body = manifest(*(labelled(number, a=one, b=two) for number, (one, two) in enumerate(pairs * 3)))

    assert left(body, REKOGNITION) == []
    assert seen == [1, 2, 5]


@pytest.mark.parametrize(("name", "past"), [("_MOST_KINDS", 5), ("_MOST_SHAPES", 1), ("_MOST_LABELS", 0)])
@pytest.mark.parametrize("most", [0, 1, 2])
def test_what_is_kept_is_bounded(name: str, past: int, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core.clean_lines, name, most)
    lines: list[Content] = [
        labelled(number, **{f"l{number % 5}": "xyz"[number % 3], "m": "uvw"[number // 3 % 3]}) for number in range(60)
    ]
    lines += [labelled(number, **{f"n{number % 20}": "xyz"[number % 3]}) for number in range(60, 120)]
    clean = CleanLines(REKOGNITION)
    for start in range(0, len(lines), 5):
        body = manifest(*lines[start : start + 5])
        assert left(body, REKOGNITION, clean) == []
        assert read(body, REKOGNITION, clean=clean) == read(body, REKOGNITION, fast=False)
        form = clean._form
        assert form is not None or name == "_MOST_LABELS"
        kept = {
            "_MOST_KINDS": max(len(clean._kinds), len(form.kinds) if form else 0, len(form._judged) if form else 0),
            "_MOST_SHAPES": len(clean._shapes),
            "_MOST_LABELS": len(form._labels) if form else 0,
        }
        assert kept[name] <= most + past
        assert len(clean._labels) <= most + 2 or name != "_MOST_KINDS"


def test_proven_lines_tell_their_kinds_and_images() -> None:
    lines = [line(1), line(2, "anomaly"), line(2), line("s3://others/4.jpg")]
    normal, anomaly = (
        Label("anomaly-label", "normal", "0", known=True),
        Label("anomaly-label", "anomaly", "1", known=True),
    )

    [(first, _), (second, _)] = [
        CleanLines(LOOKOUT).prove(LineBlock(11, 0, manifest(*some))) for some in (lines[:3], lines)
    ]

    [proven] = first
    refs = ["s3://images/1.png", "s3://images/2.png", "s3://images/2.png"]
    assert proven.lines == range(11, 14)
    assert [kind.labels for kind in proven.kinds] == [(normal,), (anomaly,), (normal,)]
    assert all(kind.labeled for kind in proven.kinds)
    assert proven.images == [Images("images", range(11, 14), refs, "\n".join(refs))]
    sights = [
        (sight.line, sight.of if isinstance(sight.of, str) else sight.of.labels, sight.times)
        for sight in proven.sights()
    ]
    assert sights == [(11, (normal,), 2), (12, (anomaly,), 1), (11, "images", 3)]
    images = [images for proven in second for images in proven.images]
    assert images == [Images("images", [11, 12, 13], refs), Images("others", [14], ["s3://others/4.jpg"])]


def test_lines_without_a_class_that_labels_are_unlabelled() -> None:
    policy = Policy(severities={"class-name-unknown": None})
    body = manifest(line(1), line(2, "scratch"), line(3), line(4, "scratch"))

    assert left(body, policy) == []
    assert list(read(body, policy)[0].states) == [0, LineState.UNLABELED, 0, LineState.UNLABELED]


def test_a_line_is_labelled_by_any_of_its_labels() -> None:
    """Of a consumer that reads several labels, and knows some classes alone."""
    policy = Policy(consumer=replace(REKOGNITION.consumer, classes=("x", "y")), severities={"class-name-unknown": None})
    body = manifest(labelled(1, a="x", b="?"), labelled(2, a="?", b="y"), labelled(3, a="?", b="?"))

    assert told_of(body, policy) == []
    assert left(body, policy) == []
    assert list(read(body, policy)[0].states) == [0, 0, LineState.UNLABELED]


def test_a_severity_that_was_asked_for_is_kept() -> None:
    body = manifest(line(1), line("s3://Old/1.png"), line("s3://images/a//b.png"))
    policy = Policy(severities={"source-ref-suspicious": Severity.ERROR})

    assert told_of(body, policy) == [(2, "source-ref-suspicious"), (3, "source-ref-suspicious")]


def test_the_first_line_that_names_a_bucket_is_told_whichever_way_lines_are_proven() -> None:
    body = manifest(*unlike(1, 12))
    stretch, _ = read(body, LOOKOUT)

    assert {name: bucket.first_line for name, bucket in stretch.references.buckets.items()} == {
        "others": 1,
        "images": 2,
    }


@pytest.mark.parametrize("bucket", ["Old_Bucket", "my_images"])
def test_what_a_legacy_bucket_holds_is_judged_in_full_however_often_it_is_met(bucket: str) -> None:
    clean = CleanLines(Policy())
    sound, old = (
        next(split_lines([manifest(*(line(f"s3://{name}/{number}.png") for number in range(3)))]))
        for name in ("images", bucket)
    )

    assert clean.prove(sound)[1] == {}
    assert [list(clean.prove(old)[1]) for _ in range(2)] == [[0, 1, 2]] * 2


def test_where_all_else_is_proven_a_reference_is_judged_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = judged_in_full(monkeypatch)
    refs = ["s3://images/1.png", "s3:/images/2.png", "s3://images/3.png", "s3://images/a//4.png", "s3://images/5.gif"]

    _, told = read(manifest(*map(line, refs)), LOOKOUT)

    rules = ["source-ref-malformed", "source-ref-suspicious", "source-ref-not-an-image"]
    assert told == list(zip([2, 4, 5], rules, strict=True))
    assert seen == []
    assert told_of(manifest(*map(line, refs))) == told


def test_what_labels_were_told_is_told_of_all_that_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, first = judged_in_full(monkeypatch), counted(monkeypatch)
    lines = [line(1), line(2, "Normal"), line(3, "other"), line(4, "Normal"), line("s3:/images/5.png", "other")]

    body = manifest(*lines)
    found = [
        finding for block in split_lines([body]) for finding in Stretch().read(block, LOOKOUT, CleanLines(LOOKOUT))
    ]

    assert (seen, first) == ([], [1, 2, 3])
    assert [(each.line, each.rule, each.kind, each.value) for each in found] == [
        (2, "class-name-unknown", "misspelt", "Normal"),
        (3, "class-name-unknown", "", "other"),
        (4, "class-name-unknown", "misspelt", "Normal"),
        (5, "source-ref-malformed", "slashes", "s3:/images/5.png"),
        (5, "class-name-unknown", "", "other"),
    ]
    assert told_of(body) == [(each.line, each.rule) for each in found]


def test_a_reference_at_fault_says_nothing_of_labels_that_were_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = judged_in_full(monkeypatch)
    lines = [line(1), line("s3:/images/2.png", "other"), line("s3:/images/3.png", "anomaly"), line(4, "anomaly")]

    told = [(2, "source-ref-malformed"), (2, "class-name-unknown"), (3, "source-ref-malformed")]
    assert read(manifest(*lines), LOOKOUT)[1] == told
    assert seen == [2]
    assert told_of(manifest(*lines)) == told


def test_a_label_at_fault_is_told_with_what_else_the_line_says() -> None:
    """Labels, values and references of lines whose labels are at fault are noted all the same."""
    several = [labelled(at, a="x" * (257 * (at % 3 == 0) or 1), b="y") for at in range(1, 10)]

    assert told_of(manifest(*several), REKOGNITION) == [(at, "class-name-length") for at in (3, 6, 9)]
    assert told_of(manifest(*(line(at % 4, "other") for at in range(9)))) == [
        (at, "class-name-unknown") for at in range(1, 10)
    ]


@pytest.mark.parametrize("place", [0, 1, 30, 31, 32, 33, 63, 64, 98, 99])
def test_a_repeated_key_is_found_among_many_lines_of_a_block_with_others(place: int) -> None:
    lines = alike(1, 100)
    lines.insert(place, BAD["repeated key"][0])

    told = [(place + 2, "line-duplicate-key")]
    assert told_of(manifest(b"", *lines)) == [(1, "line-blank"), *told]
    assert left(manifest(b"", *lines)) == [1, place + 2]
    assert left(manifest(*lines)) == [place + 1]


@pytest.mark.parametrize("bad", [[0], [0, 1], [1, 2, 3], [9], [8, 9], [0, 9], list(range(10)), [0, 2, 4, 6, 8]])
def test_lines_that_are_not_read_leave_the_others_at_their_places(bad: list[int]) -> None:
    lines = alike(1, 10)
    for place in bad:
        lines[place] = b"{"

    clean = CleanLines(LOOKOUT)
    assert left(manifest(line(50)), LOOKOUT, clean) == []
    assert left(manifest(*lines), LOOKOUT, clean) == [place + 1 for place in bad]
    assert told_of(manifest(line(50), *lines)) == [(place + 2, "line-invalid-json") for place in bad]


def test_what_is_no_reference_is_never_clean_even_where_nothing_is_said_of_it() -> None:
    policy = Policy(severities={"source-ref-malformed": None})

    assert told_of(manifest(line(1), line("s3:/images/2.png"), line("images/3.png")), policy) == []


@pytest.mark.parametrize("place", [0, 150, 300])
def test_the_references_of_many_lines_are_kept_without_that_of_a_line_whose_label_is_at_fault(place: int) -> None:
    """So many that they are put away as they are joined."""
    lines = alike(1, 300)
    lines.insert(place, line(500, "other"))

    assert told_of(manifest(*lines)) == [(place + 1, "class-name-unknown")]


def test_odd_references_among_many_are_told_in_the_order_of_lines() -> None:
    lines = [line(f"s3://images/{number}{'.gif' if number % 33 == 5 else '.png'}") for number in range(400)]

    expected = [(number + 1, "source-ref-not-an-image") for number in range(5, 400, 33)]
    assert told_of(manifest(*lines)) == expected
    assert told_of(manifest(b"", *lines)) == [(1, "line-blank"), *((at + 1, rule) for at, rule in expected if at)]
