"""Each guard of the quick way, by a bad line that it alone keeps from being called clean; and what must be proven."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pytest

import core.clean_lines
from core.clean_lines import CleanLines, Images
from core.consumers import CONSUMERS
from core.entry import Label
from core.finding import Severity
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
    return text.replace(before, after).encode()


def labelled(ref: object, **classes: str) -> Object:
    """A line with several labels."""
    content: Object = {"source-ref": f"s3://images/{ref}.png"}
    for name, class_name in classes.items():
        content |= {name: int(class_name == "anomaly"), f"{name}-metadata": metadata(class_name)}
    return content


def read(
    body: bytes, policy: Policy, *, fast: bool = True, clean: CleanLines | None = None
) -> tuple[Stretch, list[tuple[int | None, str]]]:
    """Judges lines, the quick way or each in full."""
    stretch, told = Stretch(), list[tuple[int | None, str]]()
    clean = clean or (CleanLines(policy) if fast else None)
    for block in split_lines([body]):
        told += [(finding.line, finding.rule) for finding in stretch.read(block, policy, clean)]
    return stretch, told


def told_of(body: bytes, policy: Policy = LOOKOUT) -> Told:
    """What is found, which must be just what a full judgement finds."""
    (quick, told), (slow, expected) = read(body, policy), read(body, policy, fast=False)
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
        lambda number: line(number),
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
    "object over two lines": (changed(",", ",\n"), []),
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
def test_a_bad_line_is_found_wherever_it_stands(  # noqa: PLR0913, PLR0917 - a test of all combinations
    bad: bytes, rules: list[str], end: bytes, before: int, after: int, around: Callable[[int, int], Sequence[Content]]
) -> None:
    body = manifest(*around(1, before), bad, *around(101, after), end=end)
    cut = body.removesuffix(end) if bad.strip() else body

    expected = [(before + 1, rule) for rule in rules] if b"\n" not in bad else None
    assert told_of(body) == told_of(cut) == (expected if expected is not None else told_of(body))
