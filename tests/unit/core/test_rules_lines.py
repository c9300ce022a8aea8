"""The rules on lines: each is found with its line, field and words, and nothing else is; what looks like it passes."""

import json
from dataclasses import dataclass, replace
from typing import Final

import pytest

from core.catalogue import RULES, Scope
from core.consumers import CONSUMERS
from core.finding import Severity, Verdict
from core.policy import Policy
from tests.builders import ABSENT, BUCKET, Line, Object, encoded, line, manifest, metadata, sound_lines, with_metadata
from tests.fakes import judge

ERROR, WARNING = Severity.ERROR, Severity.WARNING
SOUND: Final = sound_lines()
NUMBER: Final = len(SOUND) + 1
META: Final = "anomaly-label-metadata"


@dataclass(frozen=True)
class Case:
    """A line after sound ones, and the one finding that it leads to."""

    rule: str
    line: Line
    field: str | None
    says: str
    severity: Severity = ERROR
    value: str | None = None
    fix: str = ""
    policy: Policy | None = None


def raw(text: str, **changes: object) -> str:
    """A sound line as text, with raw JSON for its last value."""
    return json.dumps(line(**changes))[:-1] + f', "extra": {text}}}'


def twice(key: str, value: object) -> str:
    """A sound line with a second value for one of its keys."""
    return json.dumps(line())[:-1] + f", {json.dumps(key)}: {json.dumps(value)}}}"


def ref(value: object, says: str, fix: str = "", rule: str = "source-ref-malformed") -> Case:
    shown = value if isinstance(value, str) else json.dumps(value)
    return Case(rule, line(value), "source-ref", says, value=shown, fix=fix)


def suspicious(key: str, says: str, shown: str | None = None) -> Case:
    value = f"s3://{BUCKET}/{shown or key}"
    return Case("source-ref-suspicious", line(f"s3://{BUCKET}/{key}"), "source-ref", says, WARNING, value)


def field(rule: str, name: str, value: object, says: str, severity: Severity = ERROR, fix: str = "") -> Case:
    shown = None if value is ABSENT else value if isinstance(value, str) else json.dumps(value)
    changed = with_metadata(**{name.replace("-", "_"): value})
    return Case(rule, changed, f"{META}.{name}", says, severity=severity, value=shown, fix=fix)


def label(value: object, says: str, severity: Severity = ERROR) -> Case:
    shown = value if isinstance(value, str) else json.dumps(value)
    return Case("label-value-invalid", line(anomaly_label=value), "anomaly-label", says, severity, shown)


def invalid_json(text: str, column: int, says: str, fix: str = "", rule: str = "line-invalid-json") -> Case:
    start = max(0, column - 41)
    value = text[start : start + 80].replace("\t", "\\t").replace("\ufeff", "\\ufeff")
    return Case(rule, text, None, f"Column {column}: {says}", value=value, fix=fix)


def unsupported(text: str, column: int, says: str) -> Case:
    return invalid_json(text, column, says, rule="line-json-unsupported")


def colour(class_name: object = "scratch", hex_color: object = "#23a436", **changes: object) -> Object:
    entry = {"class_name": class_name, "hex_color": hex_color, "confidence": 0.9} | changes
    return {key.replace("_", "-"): value for key, value in entry.items() if value is not ABSENT}


BACKGROUND: Final = colour("BACKGROUND", "#ffffff")


def mask_metadata(colours: object = None, **changes: object) -> Object:
    sound = {
        "internal_color_map": {"0": BACKGROUND, "1": colour()} if colours is None else colours,
        "human_annotated": "yes",
        "creation_date": "2021-11-23T20:31:57.758889",
        "type": "groundtruth/semantic-segmentation",
    }
    return {key.replace("_", "-"): value for key, value in (sound | changes).items() if value is not ABSENT}


def masked(ref: object = "s3://images/mask/1.png", colours: object = None, **changes: object) -> Object:
    """A line with a mask."""
    return line() | {"anomaly-mask-ref": ref, "anomaly-mask-ref-metadata": mask_metadata(colours, **changes)}


def mask(path: str, says: str, value: str | None, *args: object, **changes: object) -> Case:
    """A mask whose metadata has one fault."""
    field = f"anomaly-mask-ref-metadata.{path}".removesuffix(".")
    return Case("mask-metadata-malformed", masked("s3://images/m.png", *args, **changes), field, says, WARNING, value)


REKOGNITION: Final = Policy(consumer=CONSUMERS["rekognition-custom-labels"])
GROUND_TRUTH: Final = Policy(consumer=CONSUMERS["ground-truth"])
MAP: Final = "internal-color-map"
LONG_INTEGER = raw("1" * 4_301)
DEEP = raw("[" * 128 + "]" * 128)
HALF = raw('"\\ud83d"')

CASES = [
    Case("line-blank", b"", None, "The line is blank", WARNING),
    Case("line-blank", b" \t \r", None, "The line is blank", WARNING),
    Case(
        "line-not-utf8",
        encoded(line("s3://images/caf\xe9.png")).replace(b"\xc3\xa9", b"\xe9"),
        None,
        f"Byte 0xE9 at column 32 (offset {len(manifest(*SOUND)) + 31:,} of the file) is not UTF-8",
        value='{"source-ref": "s3://images/caf\\xe9.png", "anomaly-label": 0, "anomaly-lab',
        fix="the byte is 'é'",
    ),
    Case("line-not-utf8", encoded(line())[:-1] + b', "x": "\xed\xa0\x80"}', None, "Byte 0xED at", value=...),
    invalid_json("{'source-ref': 's3://images/1.png'}", 2, "single quotes", "json.dumps"),
    invalid_json("{“source-ref”: 1}", 2, "typographic quotes"),
    invalid_json('{"source-ref": "s3://images/1.png",}', 35, "a comma with nothing after it", "Remove the comma"),
    invalid_json('{"a": [1, 2,]}', 12, "a comma with nothing after it"),
    invalid_json('{"a": 1} {"b": 2}', 10, "a second object on the same line", "on a line of its own"),
    invalid_json('{"a": 1},', 9, "a comma after the object"),
    invalid_json('{"a": 1} and so on', 10, "text after the object"),
    invalid_json('{"source-ref": "s3://images/1.p', 16, "a text that begins here has no closing quote", "cut off"),
    invalid_json('{"a": {"b": 1', 14, "the line ends before its JSON is complete"),
    invalid_json('{"a": "tab\there"}', 11, "a control character", "\\t"),
    invalid_json('{"a": "C:\\images"}', 10, "a backslash that begins no JSON escape"),
    invalid_json('{"a": NaN}', 7, "NaN and Infinity are not JSON"),
    invalid_json('{"a": -Infinity}', 7, "NaN and Infinity are not JSON"),
    invalid_json('{"a": [{"b": Infinity}]}', 14, "NaN and Infinity are not JSON"),
    invalid_json('{"a": True}', 7, "a Python literal"),
    invalid_json('{"a": 007}', 7, "not a JSON number"),
    invalid_json('{"a": .5}', 7, "not a JSON number"),
    invalid_json('{"a": +1}', 7, "not a JSON number"),
    invalid_json('{"a": normal}', 7, "not a JSON value"),
    invalid_json('{a: "normal"}', 2, "a key without quotes"),
    invalid_json('{"a" 1}', 6, "a colon is missing"),
    invalid_json('{"a": 1 "b": 2}', 9, "a comma is missing"),
    invalid_json('{"a": 1]', 8, "a bracket that closes nothing"),
    invalid_json('{"a": ]}', 7, "a bracket that closes nothing"),
    invalid_json('{"a": }', 7, "a bracket that closes nothing"),
    invalid_json('{"a": ,}', 7, "not a JSON value"),
    invalid_json('{"a": 1 // one', 9, "JSON has no comments"),
    invalid_json('{"a": 1 # one', 9, "JSON has no comments"),
    invalid_json('{/* one */ "a": 1}', 2, "JSON has no comments"),
    invalid_json('\ufeff{"a": 1}', 1, "a byte order mark within the file"),
    invalid_json("[" * 50, 51, "the line ends before its JSON is complete"),
    unsupported(DEEP, len(DEEP) - 128 - 1, "nested more than 128 deep"),
    unsupported(LONG_INTEGER, LONG_INTEGER.index("1111") + 1, "an integer of more than 4,300 digits"),
    unsupported(HALF, HALF.index("\\ud83d") + 1, "\\ud83d is half of a surrogate pair"),
    Case("line-not-an-object", "[1, 2]", None, "The line is an array, not an object", value="[1, 2]"),
    Case("line-not-an-object", '"text"', None, "The line is a text", value="text"),
    Case("line-not-an-object", "17", None, "The line is a number", value="17"),
    Case("line-not-an-object", "false", None, "The line is true or false", value="false"),
    Case("line-not-an-object", "null", None, "The line is null", value="null"),
    Case("line-duplicate-key", twice("anomaly-label", 1), "anomaly-label", "2 times, with different values", value="1"),
    Case("line-duplicate-key", raw('{"a": [{"b": 1, "b": "1"}]}'), "extra.a.0.b", "different values", value="1"),
    Case("line-duplicate-key", raw('{"a": 1, "a": true}'), "extra.a", "2 times, with different", value="true"),
    Case("line-duplicate-key", raw('{"a": 1, "a": 1, "a": 1}'), "extra.a", "3 times, with the same", WARNING, "1"),
    Case("line-unreadable", b"x" * (2**20 + 1), None, "The line has 1,048,577 bytes", value="x" * 200),
    Case("line-too-long", raw(json.dumps("x" * 8_192)), None, "8,192", WARNING),
    Case("source-ref-missing", line(source_ref=ABSENT), "source-ref", "The line has no source-ref."),
    *(
        Case(
            "source-ref-missing",
            line(source_ref=ABSENT) | {key: "s3://images/1.png"},
            "source-ref",
            f"{key!r}",
            fix=key,
        )
        for key in ("source_ref", "sourceRef", "Source-Ref", "source")
    ),
    ref(17.5, "is not a text"),
    ref(None, "is not a text"),
    ref(["s3://images/1.png"], "is not a text"),
    ref("", "is empty"),
    ref("https://example.com/1.png", "does not begin with s3://"),
    ref("https://images.s3.eu-west-1.amazonaws.com/a%20b.png", "is a web address", "s3://images/a b.png"),
    ref("HTTPS://s3.amazonaws.com/images/1.png", "is a web address", "s3://images/1.png"),
    ref("S3://images/1.png", "has its scheme in upper case", "s3://images/1.png"),
    ref("images/1.png", "is a path without a bucket"),
    ref("s3: //images/1.png", "has a space within s3://", "s3://images/1.png"),
    ref("s3://s3://images/1.png", "begins with s3:// twice", "s3://images/1.png"),
    ref("s3:/images/1.png", "does not have two slashes", "s3://images/1.png"),
    ref("arn:aws:s3:::images/1.png", "begins with arn:aws:s3:::, not s3://", "s3://images/1.png"),
    ref("arn:aws-cn:s3:::images/1.png", "begins with arn:aws-cn:s3:::, not s3://", "s3://images/1.png"),
    ref("s3a://images/1.png", "begins with s3a://, not s3://", "s3://images/1.png"),
    ref("s3://images", "names a bucket but no object"),
    ref("s3://images/", "names a bucket but no object"),
    ref("s3://images/folder/", "ends in a slash"),
    ref("s3:///1.png", "names a bucket that no bucket can be called"),
    ref(" s3://images/1.png", "begins with white space", "s3://images/1.png"),
    Case("source-ref-malformed", line("s3://images/" + "가" * 341 + "x.png"), "source-ref", "1,024 bytes", value=...),
    ref("s3://$BUCKET/1.png", "names a bucket that no bucket can be called"),
    ref("s3://lab#/1.png", "names a bucket that no bucket can be called"),
    ref("s3://ab/1.png", "names a bucket that no bucket can be called"),
    Case(
        "source-ref-duplicate",
        line(1_001),
        "source-ref",
        "stands on line 1",
        value="s3://images/1001.png",
    ),
    suspicious("a\u200bb.png", "U+200B", shown="a\\u200bb.png"),
    suspicious("a\u0007.png", "U+0007", shown="a\\x07.png"),
    suspicious("a\u202e.png", "U+202E", shown="a\\u202e.png"),
    suspicious("\ue000.png", "U+E000", shown="\\ue000.png"),
    suspicious("\u3164.png", "U+3164"),
    suspicious("a//b.png", "an empty folder name (//)"),
    suspicious("/b.png", "an empty folder name (//)"),
    suspicious("a/../b.png", "a dot folder"),
    suspicious("a%20b.png", "the three literal characters %20"),
    Case(
        "source-ref-not-an-image",
        line("s3://images/a.gif"),
        "source-ref",
        "does not end in",
        WARNING,
        "s3://images/a.gif",
    ),
    Case(
        "source-ref-not-an-image", line("s3://images/png"), "source-ref", "does not end in", WARNING, "s3://images/png"
    ),
    Case(
        "label-missing",
        line(anomaly_label_metadata=ABSENT),
        "anomaly-label",
        "The label 'anomaly-label' has no metadata 'anomaly-label-metadata'",
    ),
    Case(
        "label-missing",
        line(anomaly_label=ABSENT) | {"anomaly_label": 0},
        META,
        "has no label 'anomaly-label'; the line has 'anomaly_label'",
        fix="Rename 'anomaly_label' to 'anomaly-label'",
    ),
    Case(
        "label-missing",
        line(anomaly_label=ABSENT),
        META,
        "'anomaly-label-metadata' has no label 'anomaly-label'.",
        fix="Add the label 'anomaly-label'",
    ),
    Case(
        "label-missing",
        line() | {"other-metadata": metadata()},
        "other-metadata",
        "'other-metadata' has no label 'other'",
    ),
    Case(
        "label-missing",
        line(anomaly_label_metadata=ABSENT) | {"anomaly-label_metadata": metadata()},
        "anomaly-label",
        "The label 'anomaly-label' has no metadata 'anomaly-label-metadata'; the line has 'anomaly-label_metadata'.",
        fix="Rename 'anomaly-label_metadata' to 'anomaly-label-metadata'.",
    ),
    Case(
        "label-missing",
        line(anomaly_label_metadata=ABSENT) | {"other": {"class-name": 1}, "anomaly-label-Metadata": metadata()},
        "anomaly-label",
        "the line has 'anomaly-label-Metadata'.",
        fix="Rename 'anomaly-label-Metadata' to 'anomaly-label-metadata'.",
    ),
    Case(
        "label-missing",
        {"source-ref": "s3://images/1.png", "category": 0, "category_metadata": metadata()},
        "category",
        "The label 'category' has no metadata 'category-metadata'; the line has 'category_metadata'.",
        fix="Rename 'category_metadata' to 'category-metadata'.",
    ),
    Case(
        "label-missing",
        {"source-ref": "s3://images/1.png", "category": 0, "meta": metadata()},
        "meta",
        "'meta' looks like the metadata of a label, but names none.",
        fix="Rename 'meta' to LABEL-metadata, where LABEL is the label's key.",
    ),
    Case(
        "mask-metadata-malformed",
        line() | {"anomaly-mask-ref": "s3://images/m.png", "anomaly-mask-ref_metadata": mask_metadata()},
        "anomaly-mask-ref-metadata",
        "The mask has no metadata; the line has 'anomaly-mask-ref_metadata'.",
        WARNING,
        fix="Rename 'anomaly-mask-ref_metadata' to 'anomaly-mask-ref-metadata'.",
    ),
    Case(
        "source-ref-missing",
        line(source_ref=ABSENT) | {"frame": "s3://images/1.png"},
        "source-ref",
        "The line has no source-ref, but a key 'frame'.",
        fix="Rename 'frame' to 'source-ref'.",
    ),
    Case(
        "source-ref-missing",
        line(source_ref=ABSENT) | {"source": "Lorem ipsum", "worker-ref": "s3://a/b"},
        "source-ref",
        "The line has no source-ref.",
        fix='Add "source-ref"',
    ),
    invalid_json('"source-ref": "s3://images/1.png",', 13, "a key and its value without braces", "in braces"),
    Case("label-unannotated", {"source-ref": "s3://images/1.png", "id": 7}, None, "The line has no label."),
    Case(
        "label-unannotated",
        {"source-ref": "s3://images/1.png"},
        "anomaly-label",
        "The line has no label 'anomaly-label'",
        policy=Policy(label_attribute="anomaly-label"),
    ),
    Case(
        "label-failed",
        line(anomaly_label=ABSENT, anomaly_label_metadata={"failure-reason": "no workers", "type": "x"}),
        f"{META}.failure-reason",
        "failed on this image",
        value="no workers",
    ),
    Case(
        "label-failed",
        line(anomaly_label_metadata={"failure-reason": "ClientError"}),
        f"{META}.failure-reason",
        "failed on this image",
        value="ClientError",
    ),
    label(None, "The label is null, not an integer"),
    label({}, "The label is an object"),
    label([1], "The label is an array"),
    label(value=True, says="The label is true or false", severity=WARNING),
    label(1.0, "The label is a number, not an integer", WARNING),
    label("normal", "The label is a text, not an integer", WARNING),
    label("\uff11", "The label is a text, not an integer", WARNING),
    Case(
        "label-several",
        line() | {"other": 0, "other-metadata": metadata()},
        "anomaly-label",
        "2 labels (anomaly-label, other); anomaly-label is judged",
        WARNING,
    ),
    Case("metadata-malformed", line(anomaly_label_metadata="normal"), META, "The metadata is a text", value="normal"),
    Case("metadata-malformed", line(anomaly_label_metadata=None), META, "The metadata is null", value="null"),
    field("class-name-missing", "class-name", ABSENT, "The metadata has no class-name"),
    field("class-name-missing", "class-name", None, "The class-name is null, not a text"),
    field("class-name-missing", "class-name", 1, "The class-name is a number, not a text"),
    field(
        "class-name-unknown", "class-name", "Normal", "neither normal nor anomaly", WARNING, "Write 'normal' exactly"
    ),
    field("class-name-unknown", "class-name", " anomaly ", "neither normal nor", WARNING, "Write 'anomaly' exactly"),
    field("class-name-unknown", "class-name", "", "neither normal nor anomaly", WARNING),
    field("class-name-unknown", "class-name", "scratch", "counts as unlabeled", WARNING, "Write normal or anomaly"),
    field("human-annotated-missing", "human-annotated", ABSENT, "The metadata has no human-annotated"),
    field("human-annotated-invalid", "human-annotated", value=True, says="true or false, not the text"),
    field("human-annotated-invalid", "human-annotated", "Yes", "not exactly yes or no", fix='Write "yes" exactly.'),
    field("human-annotated-invalid", "human-annotated", "no ", "not exactly yes or no", fix='Write "no" exactly.'),
    field("human-annotated-invalid", "human-annotated", "maybe", 'not the text "yes" or "no"'),
    field("human-annotated-invalid", "human-annotated", None, 'null, not the text "yes" or "no"'),
    field("type-missing", "type", ABSENT, "The metadata has no type"),
    field("type-missing", "type", None, "The type is null"),
    field("type-unsupported", "type", "groundtruth/object-detection", "reads groundtruth/image-classification"),
    field("type-unsupported", "type", 3, "The type is a number, not a text"),
    Case(
        "type-unsupported",
        line(
            anomaly_label={"annotations": []},
            anomaly_label_metadata=metadata(class_name=ABSENT, type="groundtruth/object-detection", class_map={}),
        ),
        f"{META}.type",
        "The type is 'groundtruth/object-detection'",
        value="groundtruth/object-detection",
    ),
    field("confidence-invalid", "confidence", "0.9", "a text, not a number from 0 to 1", WARNING),
    field("confidence-invalid", "confidence", value=True, says="true or false, not a number", severity=WARNING),
    field("confidence-invalid", "confidence", None, "null, not a number", WARNING),
    field("confidence-invalid", "confidence", 1.01, "The confidence is not a number from 0 to 1", WARNING),
    field("confidence-invalid", "confidence", -0.01, "The confidence is not a number from 0 to 1", WARNING),
    field("creation-date-invalid", "creation-date", "2020-11-10", "not an ISO 8601 date and time", WARNING),
    field("creation-date-invalid", "creation-date", "1586981843", "not an ISO 8601 date and time", WARNING),
    field("creation-date-invalid", "creation-date", 1586981843, "a number, not an ISO 8601", WARNING),
    field("creation-date-invalid", "creation-date", "2020-02-30T00:00:00", "not an ISO 8601", WARNING),
    field("creation-date-invalid", "creation-date", None, "null, not an ISO 8601", WARNING),
    field(
        "creation-date-invalid",
        "creation-date",
        "Tue Nov 10 2020 03:37:09 GMT+0000",
        "JavaScript",
        WARNING,
        "toISOString()",
    ),
    field("creation-date-invalid", "creation-date", "Tue, 10 Nov 2020 03:37:09 GMT", "JavaScript", WARNING),
    field("job-name-invalid", "job-name", 7, "The job-name is a number, not a text", WARNING),
    field("job-name-invalid", "job-name", None, "The job-name is null, not a text", WARNING),
    Case(
        "human-annotated-missing",
        with_metadata(human_annotated=ABSENT, Human_Annotated="yes"),
        f"{META}.human-annotated",
        "The metadata has no human-annotated, but 'Human-Annotated'.",
        fix="Rename 'Human-Annotated' to 'human-annotated'.",
    ),
    replace(
        field("creation-date-missing", "creation-date", None, "The creation-date is null"),
        policy=REKOGNITION,
        value="null",
    ),
    field("creation-date-invalid", "creation-date", None, "The creation-date is null", WARNING),
    replace(field("creation-date-invalid", "creation-date", "2020-11", "not an ISO 8601", WARNING), policy=REKOGNITION),
    replace(field("confidence-invalid", "confidence", None, "The confidence is null"), policy=REKOGNITION),
    replace(field("confidence-missing", "confidence", ABSENT, "no confidence"), policy=REKOGNITION),
    replace(field("creation-date-missing", "creation-date", ABSENT, "no creation-date"), policy=REKOGNITION),
    replace(field("class-name-length", "class-name", "", "has 0 characters"), policy=GROUND_TRUTH),
    replace(
        field("class-name-length", "class-name", "c" * 257, "has 257 characters; rekognition-custom-labels takes 1"),
        policy=REKOGNITION,
        value="c" * 199 + "\u2026",
    ),
    Case(
        "attribute-too-long",
        line() | {"note": "n" * 20_001},
        "note",
        "The value has 20,001 characters; ground-truth promises to read 20,000",
        WARNING,
        "n" * 199 + "\u2026",
        policy=GROUND_TRUTH,
    ),
    Case("attribute-too-long", line() | {"notes": [7] * 10_000}, "notes", "20,001", WARNING, ..., policy=GROUND_TRUTH),
    Case(
        "label-too-many",
        line()
        | {key: value for n in range(50) for key, value in ((f"l{n}", 1), (f"l{n}-metadata", metadata(f"c{n}")))},
        "l49",
        "The line has 51 labels; rekognition-custom-labels uses 50",
        policy=REKOGNITION,
    ),
    Case("mask-ref-malformed", masked(17), "anomaly-mask-ref", "The mask is not a text", value="17"),
    Case(
        "mask-ref-malformed",
        masked("s3: //images/m.png"),
        "anomaly-mask-ref",
        "The mask has a space within s3://",
        value="s3: //images/m.png",
        fix="Write s3://images/m.png",
    ),
    Case(
        "mask-ref-malformed",
        masked("s3://images/m.jpg"),
        "anomaly-mask-ref",
        "does not end in .png",
        value="s3://images/m.jpg",
    ),
    Case(
        "mask-ref-malformed",
        line() | {"anomaly-mask-ref-metadata": mask_metadata()},
        "anomaly-mask-ref-metadata",
        "'anomaly-mask-ref-metadata' has no mask 'anomaly-mask-ref'.",
        fix="Add 'anomaly-mask-ref', or remove 'anomaly-mask-ref-metadata'",
    ),
    Case(
        "mask-ref-malformed",
        line() | {"anomaly_mask_ref": "s3://images/m.png", "anomaly-mask-ref-metadata": mask_metadata()},
        "anomaly-mask-ref-metadata",
        "the line has 'anomaly_mask_ref'",
        fix="Rename 'anomaly_mask_ref' to 'anomaly-mask-ref'",
    ),
    Case(
        "mask-metadata-malformed",
        line() | {"anomaly-mask-ref": "s3://images/m.png"},
        "anomaly-mask-ref-metadata",
        "The mask has no metadata",
        WARNING,
    ),
    Case(
        "mask-metadata-malformed",
        line() | {"anomaly-mask-ref": "s3://images/m.png", "anomaly-mask-ref-metadata": "x"},
        "anomaly-mask-ref-metadata",
        "The mask's metadata is a text, not an object",
        WARNING,
        "x",
    ),
    mask(MAP, "There is no internal-color-map", None, internal_color_map=ABSENT),
    mask(MAP, "not an object of colours by number", "17", 17),
    mask(f"{MAP}.0", 'no entry "0" for BACKGROUND', None, {"1": colour()}),
    mask(f"{MAP}.0.class-name", "should be BACKGROUND", "Background", {"0": colour("Background", "#ffffff")}),
    mask(f"{MAP}.0.class-name", "should be BACKGROUND", "back", {"0": colour("back", "#ffffff")}),
    mask(f"{MAP}.0.hex-color", "should be #ffffff", "#fffffe", {"0": colour("BACKGROUND", "#fffffe")}),
    mask(f"{MAP}.1", "not an object with class-name, hex-color and", "red", {"0": BACKGROUND, "1": "red"}),
    mask(f"{MAP}.x", "The key of a colour is not a number", "x", {"0": BACKGROUND, "x": colour()}),
    mask(f"{MAP}.1.class-name", "not a text of at least one", "", {"0": BACKGROUND, "1": colour("")}),
    mask(f"{MAP}.1.hex-color", "not a colour such as #23a436", "red", {"0": BACKGROUND, "1": colour(hex_color="red")}),
    mask(f"{MAP}.1.hex-color", "There is no hex-color", None, {"0": BACKGROUND, "1": colour(hex_color=ABSENT)}),
    mask(f"{MAP}.1.confidence", "not a number from 0 to 1", "2", {"0": BACKGROUND, "1": colour(confidence=2)}),
    mask(
        f"{MAP}.2.hex-color",
        'Entry "1" has the same',
        "#23A436",
        {"0": BACKGROUND, "1": colour(), "2": colour("b", "#23A436")},
    ),
    mask("human-annotated", 'not the text "yes" or "no"', "true", human_annotated=True),
    mask("type", "not groundtruth/semantic-segmentation", "mask", type="mask"),
    mask("creation-date", "not an ISO 8601 date", "2021", creation_date="2021"),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}-{index}" for index, case in enumerate(CASES)])
def test_line_yields_exactly_its_rule(case: Case) -> None:
    judged = judge(manifest(*SOUND, case.line), case.policy)

    assert judged.rules == [case.rule]
    [finding] = judged.findings
    assert (finding.line, finding.field, finding.severity) == (NUMBER, case.field, case.severity)
    assert case.says in finding.message
    assert case.fix in finding.fix
    assert case.value in (..., finding.value)
    assert judged.verdict is (Verdict.INVALID if case.severity is ERROR else Verdict.VALID)


NEAR_MISSES: list[tuple[str, Line]] = [
    ("line-not-utf8", line("s3://images/caf\xe9.png")),
    ("line-invalid-json", raw("\"NaN, Infinity, 'single', \u201ccurly\u201d, // no comment, True,}\"")),
    (
        "line-invalid-json",
        raw('[-0, 0.5, 1e5, 1E-2, -1.5e+3, "\\u0041\\/\\b\\f\\n\\r\\t\\\\", {}, [], [{}], "\x7f\u2028"]'),
    ),
    ("line-invalid-json", "\t" + raw(" [ 1 ,\t2 ] ") + " \r"),
    ("line-json-unsupported", raw("[" * 127 + "]" * 127)),
    ("line-json-unsupported", raw(json.dumps("[" * 500 + "{" * 500))),
    ("line-json-unsupported", raw("[" + ", ".join(["[]"] * 500) + "]")),
    ("line-json-unsupported", raw("1" * 4_300)),
    ("line-json-unsupported", raw("-" + "1" * 4_300)),
    ("line-json-unsupported", raw("1" * 4_301 + ".5")),
    ("line-json-unsupported", raw('"\\ud83d\\ude00 \\\\ud83d"')),
    ("line-not-an-object", raw("[]")),
    ("line-duplicate-key", raw('[{"a": 1, "A": 2, "b": {"a": 2}}, {"a": 3}]')),
    ("line-too-long", raw(json.dumps("가" * (8_192 - len(raw('""'))), ensure_ascii=False))),
    ("source-ref-missing", line() | {"source": "camera 1", "source_ref": "old"}),
    ("source-ref-malformed", line("s3://images/" + "가" * 340 + ".png")),
    ("source-ref-malformed", line("s3://images/s3://a.png".replace("//a", "/a"))),
    ("source-ref-suspicious", line("s3://images/a b+c@d,(e)=f&g'h!;i:j[k]%2/\u0041.é.한글.😀.png")),
    ("source-ref-suspicious", line("s3://images/..a/b../c.d/.png")),
    ("source-ref-suspicious", line("s3://images/100%.png")),
    ("source-ref-not-an-image", line("s3://images/a.JPEG")),
    ("source-ref-not-an-image", line("s3://images/a.b.Jpg")),
    ("source-ref-not-an-image", line("s3://images/a.PNG")),
    ("label-missing", line() | {"note": "n", "id": 3, "nothing": None}),
    ("label-missing", line() | {"camera-metadata": {"lens": 50}, "shot-metadata": "raw"}),
    (
        "label-missing",
        line() | {"source-ref-metadata": {"class-name": "x"}, "metadata": {}, "annotator-metadata": metadata()},
    ),
    ("label-missing", line() | {"worker-ref": "s3://images/m.png", "worker-ref-metadata": metadata()}),
    ("mask-ref-malformed", masked()),
    ("mask-ref-malformed", masked("s3://images/m.PNG")),
    ("mask-ref-malformed", line() | {"worker-ref": "17"}),
    ("mask-ref-malformed", line() | {"source-ref-metadata": mask_metadata()}),
    ("mask-metadata-malformed", masked(creation_date=ABSENT, extra=None)),
    ("mask-metadata-malformed", masked(colours={"0": colour("BACKGROUND", "#FFFFFF"), "17": colour()})),
    ("mask-metadata-malformed", line() | {"worker-ref": "17", "worker-ref-metadata": {"a": 1}}),
    ("label-unannotated", line() | {"id": 7}),
    ("label-failed", line() | {"second-metadata": {"failure-reason": "no workers"}}),
    ("label-failed", line(failure_reason="of no label")),
    *(("label-value-invalid", line(anomaly_label=value)) for value in ("0", "+0", "-0", "000")),
    ("label-several", line() | {"boxes": {}, "boxes-metadata": metadata(type="groundtruth/object-detection")}),
    ("metadata-malformed", with_metadata(extra={"any": "thing"}, nothing=None)),
    ("class-name-missing", line() | {"boxes": {}, "boxes-metadata": {"type": "groundtruth/object-detection"}}),
    ("class-name-unknown", with_metadata(class_name="anomaly") | {"anomaly-label": 1}),
    ("human-annotated-missing", with_metadata(human_annotated="no")),
    ("human-annotated-invalid", with_metadata(human_annotated="no")),
    ("type-missing", with_metadata(type="groundtruth/image-classification")),
    ("type-unsupported", with_metadata(type="groundtruth/image-classification")),
    *(("confidence-invalid", with_metadata(confidence=value)) for value in (0, 0.0, 1, 1.0, 0.95, 1e-9, ABSENT)),
    *(
        ("creation-date-invalid", with_metadata(creation_date=value))
        for value in (
            "2020-04-15T20:17:23.433061",
            "2020-04-15T20:17:23Z",
            "2020-04-15 20:17",
            "2020-04-15T20:17:23+01:00",
            "2020-04-15T20:17:23+0000",
            "2020-04-15T20:17:23+09",
            "20200415T201723Z",
            "20200415T2017",
            "2020-04-15T20:17:23,5",
            "2020-04-15T20:17:23.123456789",
            ABSENT,
        )
    ),
    *(("job-name-invalid", with_metadata(job_name=value)) for value in ("", "a", ABSENT)),
    ("source-ref-conflicting", line("s3://images/1001.PNG", "anomaly")),
    ("source-ref-duplicate", line("s3://images/1001.PNG")),
]
"""Lines that come close to a rule, and are sound."""


@pytest.mark.parametrize(
    ("rule", "near"), NEAR_MISSES, ids=[f"{rule}-{index}" for index, (rule, _) in enumerate(NEAR_MISSES)]
)
def test_line_that_comes_close_is_sound(rule: str, near: Line) -> None:
    judged = judge(manifest(*SOUND, near))

    assert judged.findings == [], rule
    assert judged.verdict is Verdict.VALID
    assert judged.judgement.stretch.states[-1] == 0


def test_every_rule_on_lines_has_a_case() -> None:
    elsewhere = {"source-ref-other-bucket", "source-ref-conflicting"}

    assert {case.rule for case in CASES} == {
        rule.slug for rule in RULES.values() if rule.scope is Scope.LINE
    } - elsewhere


def test_last_line_feed_begins_no_blank_line() -> None:
    assert judge(manifest(*SOUND)).rules == []
    assert judge(manifest(*SOUND).removesuffix(b"\n")).rules == []


def test_line_of_just_the_readable_length_is_parsed() -> None:
    text = raw(json.dumps("x" * (2**20 - len(raw('""')))))

    assert len(text) == 2**20
    assert judge(manifest(*SOUND, text)).rules == ["line-too-long"]


def test_space_at_the_end_of_a_key_is_suspicious_and_no_extension() -> None:
    suspicion, extension = judge(manifest(*SOUND, line("s3://images/a.png "))).findings

    assert (suspicion.rule, extension.rule) == ("source-ref-suspicious", "source-ref-not-an-image")
    assert "a space at the end" in suspicion.message


def test_suspicious_bucket_is_named() -> None:
    classes = ["normal"] * 20 + ["anomaly"] * 10
    judged = judge(manifest(*(line(f"s3://My_images/{number}.png", name) for number, name in enumerate(classes))))

    assert set(judged.rules) == {"source-ref-suspicious"}
    assert "a bucket name with upper case or _" in judged.findings[0].message


def test_independent_faults_of_a_line_are_all_found() -> None:
    bad = {
        "source-ref": "images/1.gif",
        "anomaly-label": None,
        "anomaly-label-metadata": metadata(
            7, human_annotated=True, type=ABSENT, confidence=2, creation_date="", job_name=1
        ),
        "other-metadata": metadata(),
    }

    judged = judge(manifest(*SOUND, bad))

    assert sorted(judged.rules) == [
        "class-name-missing",
        "confidence-invalid",
        "creation-date-invalid",
        "human-annotated-invalid",
        "job-name-invalid",
        "label-missing",
        "label-value-invalid",
        "source-ref-malformed",
        "type-missing",
    ]
    assert {finding.line for finding in judged.findings} == {NUMBER}


@pytest.mark.parametrize(("normal", "anomaly"), [(0, 1), (1, 0), ("00", "+1"), (17, -3)])
def test_either_polarity_of_the_value_is_sound(normal: object, anomaly: object) -> None:
    values = {"normal": normal, "anomaly": anomaly}
    lines = [line(number, name, anomaly_label=values[name]) for number, name in enumerate(["normal", "anomaly"] * 20)]

    assert judge(manifest(*lines)).findings == []


@pytest.mark.parametrize("name", ["my label", "0", "label-metadata-2", "-", "이상"])
def test_label_may_have_any_name(name: str) -> None:
    classes = ["normal"] * 20 + ["anomaly"] * 10
    lines = [
        {
            "source-ref": f"s3://images/{number}.png",
            f"{name}-metadata": metadata(class_name),
            name: 0 + (class_name == "anomaly"),
        }
        for number, class_name in enumerate(classes)
    ]

    judged = judge(manifest(*lines))

    assert judged.findings == []
    assert judged.judgement.stretch.references.names() == {name: (30, 1)}
