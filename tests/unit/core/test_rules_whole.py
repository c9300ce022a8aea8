"""The rules on the manifest, its images and the data set: each is found exactly; what looks like it passes."""

import codecs
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from core.catalogue import RULES, Scope
from core.consumers import CONSUMERS, DEFAULT_CONSUMER, Consumer, Role
from core.errors import RetryableError
from core.file_shape import HEAD_BYTES
from core.finding import Severity, Verdict
from core.policy import Policy
from core.ports import Found, NotFound
from core.stretch import LineState
from tests.builders import ABSENT, BUCKET, Line, line, manifest, metadata, sound_lines
from tests.fakes import MANIFEST, SOUND_IMAGE, Judged, MemoryImages, images_of, judge, times

ERROR, UNCHECKED, WARNING = Severity.ERROR, Severity.UNCHECKED, Severity.WARNING
SOUND = manifest(*sound_lines())
KEY_OF_LINE_1 = "1001.png"
VERDICTS = {ERROR: Verdict.INVALID, UNCHECKED: Verdict.INCOMPLETE, WARNING: Verdict.VALID}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A manifest, how it is judged, and the one finding that it leads to."""

    rule: str
    body: bytes = SOUND
    says: str
    severity: Severity = ERROR
    line: int | None = None
    field: str | None = None
    value: str | None = None
    fix: str = ""
    count: int | None = None
    lines: tuple[int, ...] = ()
    options: Callable[[], dict[str, object]] = dict


def not_utf8(body: bytes, says: str, fix: str) -> Case:
    return Case(rule="manifest-not-utf8", body=body, says=says, fix=fix)


def not_json_lines(text: str, says: str, fix: str, **more: object) -> Case:
    return Case(rule="manifest-not-json-lines", body=text.encode(), says=says, fix=fix, **more)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("my.manifest", SOUND)
    return file.getvalue()


def pretty(ref: str) -> str:
    return f'{{\n  "source-ref": "{ref}",\n  "anomaly-label": 1\n}}\n'


def store(image: Found | None = SOUND_IMAGE, **options: object) -> MemoryImages:
    """The images of the sound manifest, with another one on its first line."""
    images = images_of(SOUND) | {"manifests": {}}
    if image is None:
        del images[BUCKET][KEY_OF_LINE_1]
    else:
        images[BUCKET][KEY_OF_LINE_1] = image
    return MemoryImages(images, **options)


def image(rule: str, images: Callable[[], MemoryImages], says: str, severity: Severity = ERROR, **more: object) -> Case:
    """A case of the image of line 1."""
    value = f"s3://{BUCKET}/{KEY_OF_LINE_1}"
    place = {"line": 1, "value": value, "field": "source-ref"} | more
    return Case(rule=rule, says=says, severity=severity, options=lambda: {"images": images()}, **place)


def bucket(rule: str, images: Callable[[], MemoryImages], says: str, severity: Severity, **more: object) -> Case:
    """A case of the whole bucket."""
    return image(rule, images, says, severity, line=None, value=BUCKET, **more)


REKOGNITION = CONSUMERS["rekognition-custom-labels"]
MASK = {
    "anomaly-mask-ref": "s3://images/m.png",
    "anomaly-mask-ref-metadata": {
        "internal-color-map": {
            "0": {"class-name": "BACKGROUND", "hex-color": "#ffffff", "confidence": 0},
            "1": {"class-name": "scratch", "hex-color": "#23a436", "confidence": 0.9},
        },
        "human-annotated": "yes",
        "type": "groundtruth/semantic-segmentation",
    },
}


def judged_for_rekognition(**changes: object) -> Callable[[], dict[str, object]]:
    return lambda: {"policy": Policy(consumer=replace(REKOGNITION, **changes))}


def after_train(*lines: Line, consumer: Consumer = DEFAULT_CONSUMER) -> Callable[[], dict[str, object]]:
    """Judged as the test manifest beside a train manifest."""
    policy = Policy(consumer=consumer)
    train = replace(MANIFEST, key="train.manifest")
    return lambda: {"policy": policy, "train": judge(manifest(*lines), policy, manifest=train).judgement}


FEW_LINES = replace(DEFAULT_CONSUMER, lines={Role.SINGLE: 33, Role.TRAIN: 34, Role.TEST: 5})
SMALL_IMAGES = replace(DEFAULT_CONSUMER, image_bytes=999)
ARCHIVED = Found(1_000, archived=True)
FIRST_TEN = tuple(range(1, 11))

CASES = [
    Case(rule="manifest-empty", body=b"", says="The manifest is empty"),
    Case(
        rule="manifest-too-large",
        says="The manifest has 1,073,741,825 bytes; lookout-for-vision reads 1,073,741,824. It was not read.",
        value="1073741825",
        options=lambda: {"manifest": replace(MANIFEST, size=1024**3 + 1)},
    ),
    Case(
        rule="manifest-too-many-lines",
        says="The manifest has 34 lines; lookout-for-vision takes 33",
        value="34",
        options=lambda: {"policy": Policy(consumer=FEW_LINES)},
    ),
    not_utf8(codecs.BOM_UTF16_LE + SOUND.decode().encode("utf-16-le"), "UTF-16", "as UTF-8"),
    not_utf8(codecs.BOM_UTF16_BE + SOUND.decode().encode("utf-16-be"), "UTF-16", "as UTF-8"),
    not_utf8(SOUND.decode().encode("utf-16-le"), "UTF-16", "as UTF-8"),
    not_utf8(manifest(line("s3://images/한글.png")).decode().encode("utf-16-be"), "UTF-16", "as UTF-8"),
    not_utf8(codecs.BOM_UTF32_LE + SOUND.decode().encode("utf-32-le"), "UTF-32", "as UTF-8"),
    not_utf8(codecs.BOM_UTF32_BE + SOUND.decode().encode("utf-32-be"), "UTF-32", "as UTF-8"),
    not_utf8(gzip.compress(SOUND), "a gzip file", "gunzip"),
    not_utf8(zipped(), "a zip file", "Unpack it"),
    not_utf8(b"BZh91AY&SY", "a bzip2 file", "bunzip2"),
    not_utf8(b"\x28\xb5\x2f\xfd\x04", "a Zstandard file", "unzstd"),
    not_utf8(b"\xfd7zXZ\x00\x00\x04", "an xz file", "unxz"),
    not_json_lines('[{"source-ref": "s3://images/1.png"}, {"a": 2}]', "one JSON array", "jq -c '.[]'"),
    not_json_lines('\n [\n{"source-ref": "s3://images/1.png"}\n]\n', "one JSON array", "jq -c '.[]'"),
    not_json_lines('[\n  {\n    "a": 1\n  }\n]', "one JSON array", "jq -c '.[]'"),
    not_json_lines('[{"a": 1},\n{"a": 2}]\n', "one JSON array", "jq -c '.[]'"),
    not_json_lines('[{"a": 1}\n,{"a": 2}]\n', "one JSON array", "jq -c '.[]'"),
    not_utf8(b"PAR1\x15\x04", "a Parquet file", "Write each row as one JSON object a line"),
    not_json_lines(
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "a pointer of Git LFS", "git lfs pull"
    ),
    not_json_lines("<!DOCTYPE html>\n<html>{}</html>\n", "an HTML or XML page", "Fetch the manifest itself"),
    not_json_lines(
        '{"version": 1, "images": [{"source-ref": "s3://images/1.png"}]}\n',
        "one object, whose lines stand in a list under 'images'",
        "jq -c '.[\"images\"][]'",
        field="images",
    ),
    not_json_lines(
        '{\n "images": [\n{"source-ref": "s3://images/1.png"},\n{"source-ref": "s3://images/2.png"}\n]}',
        "one object, whose lines stand in a list under 'images'",
        "jq -c '.[\"images\"][]'",
        field="images",
    ),
    not_json_lines(
        '{\n  "source-ref": "s3://images/1.png",\n  "anomaly-label": 1,\n}\n' * 2,
        "Objects are printed over several lines; JSON Lines has one object a line. "
        "And it is not JSON: line 3, column 21: a comma with nothing after it.",
        "jq -c '.'",
    ),
    not_json_lines(
        '{\n  "source-ref": "s3://images/' + "1" * HEAD_BYTES + '.png"\n}\n',
        "Objects are printed over several lines; JSON Lines has one object a line.",
        "jq -c '.'",
    ),
    not_json_lines(
        "source-ref,label,label-metadata\ns3://images/1.png,0,\"{'class-name': 'normal'}\"\n",
        "a table of comma-separated values",
        "Write each row as one JSON object",
        value="source-ref,label,label-metadata",
    ),
    not_json_lines('{"a": 1}\r{"a": 2}\r', "Lines end with carriage returns alone", "tr '\\r' '\\n'"),
    not_json_lines('{"a": 1} \r\r\t{"a": 2}', "Lines end with carriage returns alone", "tr '\\r' '\\n'"),
    not_json_lines(pretty("s3://images/1.png") * 2, "Objects are printed over several lines", "jq -c '.'"),
    not_json_lines(
        pretty("s3://images/1.png").replace("\n", "\r\n"),
        "Objects are printed over several lines; JSON Lines has one object a line.",
        'The first object should then read: {"source-ref":"s3://images/1.png","anomaly-label":1}',
    ),
    not_json_lines(
        pretty("s3: //images/1.png"),
        "Its source-ref has a space within s3://, too",
        '{"source-ref":"s3://images/1.png","anomaly-label":1}',
        field="source-ref",
    ),
    not_json_lines(
        "source-ref,class\ns3://images/1.png,normal\n",
        "a table of comma-separated values",
        "as one JSON object",
        value="source-ref,class",
    ),
    not_json_lines("a.png;normal\r\nb.png;anomaly\r\n", "semicolon", "as one JSON object", value="a.png;normal\\r"),
    not_json_lines("s3://images/1.png\tnormal", "tab", "as one JSON object", value="s3://images/1.png\\tnormal"),
    Case(
        rule="manifest-archived", says="archive storage class and is not restored", options=lambda: {"archived": True}
    ),
    *(
        Case(
            rule="manifest-metadata-invalid",
            says=says,
            field=f"x-amz-meta-{name}",
            value=value,
            fix="or without that metadata",
            options=lambda name=name, value=value: {"metadata": {name: value}, "choices_allowed": True},
        )
        for name, value, says in (
            ("consumer", "lookout", "x-amz-meta-consumer is not one of: lookout-for-vision"),
            ("dataset-role", "Train", "x-amz-meta-dataset-role is not one of: single, train, test"),
            ("label-attribute", "", "x-amz-meta-label-attribute is not the name of a label."),
        )
    ),
    Case(rule="manifest-byte-order-mark", body=codecs.BOM_UTF8 + SOUND, says="EF BB BF", severity=WARNING),
    *(
        Case(
            rule="manifest-key-unsupported",
            says="lookout-for-vision does not take it",
            severity=WARNING,
            value=key,
            options=lambda key=key: {"manifest": replace(MANIFEST, key=key)},
        )
        for key in ("train set.manifest", "a+b", "é", "a\u0040b")
    ),
    image("image-not-found", lambda: store(None), "The image does not exist."),
    image("image-empty", lambda: store(Found(0)), "The image has 0 bytes"),
    image(
        "image-too-large",
        lambda: store(Found(8 * 1024**2 + 1)),
        "The image has 8,388,609 bytes; lookout-for-vision takes 8,388,608",
    ),
    image("image-archived", lambda: store(ARCHIVED), "archive storage class and is not restored"),
    bucket(
        "image-bucket-not-found",
        lambda: MemoryImages({"manifests": {}}),
        "The bucket 'images' does not exist; 34 lines name it",
        ERROR,
        count=34,
        lines=FIRST_TEN,
    ),
    Case(
        rule="image-bucket-wrong-region",
        says="The images' bucket 'images' lies in eu-west-1, the manifest's in us-east-1",
        value="eu-west-1",
        options=lambda: {"images": store(regions={"images": "eu-west-1", "manifests": "us-east-1"})},
    ),
    bucket(
        "image-access-denied",
        lambda: store(listing_denied=True, answers={KEY_OF_LINE_1: NotFound.DENIED}),
        "1 image of bucket 'images' was not checked: S3 answers 403. The first is 's3://images/1001.png'",
        UNCHECKED,
        count=1,
        lines=(1,),
        fix="s3:ListBucket on arn:aws:s3:::images and s3:GetObject on arn:aws:s3:::images/*",
    ),
    bucket(
        "images-unchecked",
        lambda: store(listing_denied=True, answers={KEY_OF_LINE_1: NotFound.ENCRYPTED}),
        "1 image of bucket 'images' was not checked: they are encrypted",
        UNCHECKED,
        count=1,
        lines=(1,),
        fix="SSE-S3 or SSE-KMS",
    ),
    bucket(
        "images-unchecked",
        lambda: store(faults={3: RetryableError("slow down")}),
        "34 images of bucket 'images' were not checked: S3 throttled or failed past every retry",
        UNCHECKED,
        count=34,
        lines=FIRST_TEN,
        fix="again in a few minutes",
    ),
    Case(
        rule="images-unchecked",
        says="34 images of bucket 'images' were not checked: time ran out",
        severity=UNCHECKED,
        field="source-ref",
        value=BUCKET,
        count=34,
        lines=FIRST_TEN,
        fix="a longer timeout",
        options=lambda: {"out_of_time": times(1)},
    ),
    Case(
        rule="source-ref-other-bucket",
        body=SOUND + manifest(line("s3://others/1.png")),
        says="the dataset's bucket, which most lines name, is 'images'",
        line=35,
        field="source-ref",
        value="s3://others/1.png",
    ),
    Case(
        rule="source-ref-conflicting",
        body=SOUND + manifest(line(1_001, "anomaly")),
        says="The image is 'normal' on line 1, 'anomaly' on this one",
        line=35,
        field="source-ref",
        value="s3://images/1001.png",
    ),
    Case(
        rule="label-name-inconsistent",
        body=SOUND + manifest({"source-ref": "s3://images/1.png", "other": 0, "other-metadata": metadata()}),
        says="1 line, from line 35 on, with the label 'other'; 34 lines with 'anomaly-label'",
        severity=WARNING,
        field="other",
        count=1,
        lines=(35,),
    ),
    Case(
        rule="label-value-inconsistent",
        body=SOUND + manifest(line(1, "anomaly", anomaly_label=2)),
        says="1 line, from line 35 on, with value 2 for class 'anomaly'; before, it was 1",
        severity=WARNING,
        value="2",
        count=1,
        lines=(35,),
    ),
    Case(
        rule="label-value-inconsistent",
        body=manifest(
            *(line(number, "normal") for number in range(20)),
            *(line(number, "anomaly", anomaly_label=0) for number in range(20, 30)),
        ),
        says="10 lines, from line 21 on, with value 0 for class 'anomaly'; before, it stood for 'normal'",
        severity=WARNING,
        value="0",
        count=10,
        lines=(21,),
    ),
    Case(
        rule="dataset-too-few-normal",
        body=manifest(*sound_lines(normal=19)),
        says="19 sound lines are labelled normal; a dataset needs 20",
        severity=WARNING,
        value="19",
    ),
    Case(
        rule="dataset-too-few-anomaly",
        body=manifest(*sound_lines(anomaly=9)),
        says="9 sound lines are labelled anomaly; a dataset needs 10",
        severity=WARNING,
        value="9",
    ),
    *(
        Case(
            rule=f"dataset-too-few-{name}",
            body=manifest(*sound_lines(**counts)),
            says=f"9 sound lines are labelled {name}; a {role.value} dataset needs 10",
            value="9",
            options=lambda role=role: {"policy": Policy(role=role)},
        )
        for role, name, counts in (
            (Role.TRAIN, "normal", {"normal": 9}),
            (Role.TEST, "normal", {"normal": 9}),
            (Role.TEST, "anomaly", {"anomaly": 9}),
            (Role.SINGLE, "anomaly", {"anomaly": 9}),
        )
    ),
    Case(
        rule="manifest-key-unsupported",
        says="The manifest's key has no extension: rekognition-custom-labels does not take it",
        severity=WARNING,
        value="set.1/manifest",
        options=lambda: judged_for_rekognition()() | {"manifest": replace(MANIFEST, key="set.1/manifest")},
    ),
    Case(
        rule="manifest-too-many-lines",
        says="The manifest has 34 lines; rekognition-custom-labels takes 33",
        value="34",
        options=judged_for_rekognition(lines=dict.fromkeys(Role, 33)),
    ),
    Case(
        rule="mask-not-found",
        body=SOUND + manifest(line() | MASK),
        says="The mask does not exist.",
        line=35,
        field="anomaly-mask-ref",
        value="s3://images/m.png",
        options=lambda: {"images": MemoryImages(images_of(SOUND + manifest(line())) | {"manifests": {}})},
    ),
    *(
        Case(
            rule=rule,
            body=SOUND + manifest(line() | MASK),
            says=f"The mask {says}",
            line=35,
            field="anomaly-mask-ref",
            value="s3://images/m.png",
            options=lambda found=found: {
                "images": MemoryImages(
                    {BUCKET: images_of(SOUND + manifest(line()))[BUCKET] | {"m.png": found}, "manifests": {}}
                )
            },
        )
        for rule, says, found in (
            ("image-empty", "has 0 bytes", Found(0)),
            ("image-archived", "lies in an archive storage class", ARCHIVED),
        )
    ),
    Case(
        rule="mask-ref-malformed",
        body=SOUND + manifest(line() | MASK | {"anomaly-mask-ref": "s3://masks/m.png"}),
        says="The mask lies in bucket 'masks', the images in 'images'.",
        line=35,
        field="anomaly-mask-ref",
        value="s3://masks/m.png",
    ),
    Case(
        rule="dataset-too-few-classes",
        body=manifest(*sound_lines(anomaly=0)),
        says="The sound lines have 1 class; rekognition-custom-labels needs 2",
        value="1",
        options=judged_for_rekognition(),
    ),
    Case(
        rule="dataset-too-many-classes",
        says="The sound lines have 2 classes; rekognition-custom-labels takes 1",
        value="2",
        options=judged_for_rekognition(class_count=(1, 1)),
    ),
    Case(
        rule="dataset-train-test-overlap",
        says="The image is on line 2 of the train manifest s3://manifests/train.manifest, too.",
        line=34,
        field="source-ref",
        value="s3://images/1034.png",
        options=after_train(line(1), line(1_034, "anomaly")),
    ),
    Case(
        rule="dataset-label-overlap",
        says="1 of 3 classes are in both manifests; rekognition-custom-labels wants 50%. In one of them only: 'an",
        value="1",
        options=after_train(line(1), line(2, "dent"), consumer=REKOGNITION),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule}-{index}" for index, case in enumerate(CASES)])
def test_manifest_yields_exactly_its_rule(case: Case) -> None:
    judged = judge(case.body, **case.options())

    assert judged.rules == [case.rule]
    [finding] = judged.findings
    assert (finding.severity, finding.line, finding.field) == (case.severity, case.line, case.field)
    assert (finding.value, finding.count, finding.lines) == (case.value, case.count, case.lines)
    assert case.says in finding.message
    assert case.fix in finding.fix
    assert judged.verdict is VERDICTS[case.severity]


def test_every_other_rule_has_a_case() -> None:
    on_lines = {rule.slug for rule in RULES.values() if rule.scope is Scope.LINE}
    elsewhere = {"manifest-not-fully-read", "dataset-no-labels", "dataset-too-many-invalid-lines"}
    elsewhere |= {
        "image-aspect-ratio",
        "image-dimensions-differ",
        "image-dimensions-out-of-range",
        "image-format-unsupported",
        "image-unreadable",
    }

    assert {case.rule for case in CASES} - on_lines == set(RULES) - on_lines - elsewhere


NEAR_MISSES: list[tuple[str, bytes, Callable[[], dict[str, object]]]] = [
    ("manifest-not-json-lines", SOUND.replace(b"\n", b"\r\n"), dict),
    ("label-missing", SOUND + manifest(line(1) | {"x": None, "x_metadata": metadata(), "y": 1, "y_meta": 2}), dict),
    ("label-missing", SOUND + manifest(line(1) | {"anomaly-label_metadata": metadata()}), dict),
    ("manifest-not-json-lines", manifest(line(1) | {"frames": [line(2)], "none": []}) + SOUND, dict),
    ("manifest-too-large", SOUND, lambda: {"manifest": replace(MANIFEST, size=1024**3)}),
    ("manifest-too-large", SOUND, lambda: {"manifest": replace(MANIFEST, size=None)}),
    ("manifest-too-many-lines", SOUND, lambda: {"policy": Policy(consumer=FEW_LINES, role=Role.TRAIN)}),
    ("manifest-too-many-lines", SOUND, lambda: {"policy": Policy(consumer=replace(FEW_LINES, lines=None))}),
    ("manifest-not-utf8", manifest(*sound_lines(), line("s3://images/한글é😀.png", note="\u2028\u0085")), dict),
    ("manifest-archived", SOUND, dict),
    ("manifest-metadata-invalid", SOUND, lambda: {"metadata": {"consumer": "unknown"}}),
    (
        "manifest-metadata-invalid",
        SOUND,
        lambda: {
            "metadata": {"consumer": "lookout-for-vision", "dataset-role": "train", "label-attribute": "anomaly-label"},
            "choices_allowed": True,
        },
    ),
    ("manifest-key-unsupported", SOUND, lambda: {"manifest": replace(MANIFEST, key="aZ09!_.*'()/-")}),
    ("manifest-key-unsupported", SOUND, lambda: {"manifest": replace(MANIFEST, bucket=None, key="/a b/é.manifest")}),
    ("image-empty", SOUND, lambda: {"images": store(Found(1))}),
    ("image-too-large", SOUND, lambda: {"images": store(Found(8 * 1024**2))}),
    (
        "image-too-large",
        SOUND,
        lambda: {"images": store(Found(2**40)), "policy": Policy(consumer=replace(DEFAULT_CONSUMER, image_bytes=None))},
    ),
    ("image-bucket-wrong-region", SOUND, lambda: {"images": store(regions={"images": "a", "manifests": "a"})}),
    ("image-bucket-wrong-region", SOUND, lambda: {"images": store(regions={"images": "a"})}),
    ("image-bucket-wrong-region", SOUND, lambda: {"images": store(regions={"manifests": "a"})}),
    (
        "image-bucket-wrong-region",
        SOUND,
        lambda: {
            "images": store(regions={"images": "a", "manifests": "b"}),
            "manifest": replace(MANIFEST, bucket=None),
        },
    ),
    ("image-access-denied", SOUND, lambda: {"images": store(listing_denied=True)}),
    ("images-unchecked", SOUND, lambda: {"images": MemoryImages({}), "policy": Policy(check_images=False)}),
    ("source-ref-other-bucket", SOUND, lambda: {"policy": Policy(images_bucket="images")}),
    ("dataset-too-few-normal", manifest(*sound_lines(20, 10)), dict),
    ("dataset-too-few-normal", manifest(*sound_lines(10, 10)), lambda: {"policy": Policy(role=Role.TEST)}),
    ("dataset-too-few-anomaly", manifest(*sound_lines(10, 0)), lambda: {"policy": Policy(role=Role.TRAIN)}),
    ("dataset-too-few-anomaly", manifest(*sound_lines(20, 10)), lambda: {"policy": Policy(role=Role.SINGLE)}),
]


@pytest.mark.parametrize(
    ("rule", "body", "options"), NEAR_MISSES, ids=[f"{case[0]}-{index}" for index, case in enumerate(NEAR_MISSES)]
)
def test_manifest_that_comes_close_is_sound(rule: str, body: bytes, options: Callable[[], dict[str, object]]) -> None:
    judged = judge(body, **options())

    assert judged.findings == [], rule
    assert judged.verdict is Verdict.VALID


@pytest.mark.parametrize(
    "first",
    [
        '[{"a": 1}]',
        "[1, 2]",
        "[]",
        "[",
        '[{"a": 1}',
        '[{"a": 1',
        '{"source-ref": "s3://images/1.png",\n"anomaly-label": 1}',
        '{"a": NaN}',
        '{"a": 1,}',
        "s3://images/1.png,normal",
        '"a, b"',
    ],
)
def test_one_bad_line_does_not_make_the_file_another_format(first: str) -> None:
    expected = {"["}  # alone on its line it can only begin an array
    rules = judge(first.encode() + b"\n" + SOUND).rules

    assert ("manifest-not-json-lines" in rules) == (first in expected)


@pytest.mark.parametrize("text", ["[1, 2]", "[]", "17", "a line of prose, with a comma", '"a, b"\n"c, d"', "[" * 20])
def test_single_line_that_is_no_object_is_a_fault_of_the_line(text: str) -> None:
    assert judge(text.encode()).rules[0] in ("line-not-an-object", "line-invalid-json")


def test_blank_lines_alone_are_no_manifest() -> None:
    judged = judge(b"\n \r\n\t")

    assert judged.rules == ["line-blank"] * 3 + ["manifest-empty"]
    assert judged.findings[-1].message == "The manifest holds only blank lines."
    assert judged.verdict is Verdict.INVALID


def test_blank_lines_do_not_count_for_the_limit() -> None:
    policy = Policy(consumer=replace(FEW_LINES, lines={Role.SINGLE: 34}))

    assert judge(SOUND + b"\n\n", policy).rules == ["line-blank", "line-blank"]


def test_time_that_runs_out_while_reading_is_told_with_the_last_line() -> None:
    chunks = SOUND.splitlines(keepends=True)
    head = [b"".join(chunks[:20]) + b" " * 70_000 + b"\n", *chunks[20:]]

    judged = judge(head, Policy(check_images=False), out_of_time=times(3))

    [_, unread] = judged.findings
    assert (unread.rule, unread.severity, unread.line) == ("manifest-not-fully-read", UNCHECKED, None)
    assert "Time ran out after line 23;" in unread.message
    assert judged.verdict is Verdict.INCOMPLETE
    assert judged.judgement.sha256 is None


def test_time_that_runs_out_after_the_last_line_was_read_is_no_fault() -> None:
    assert judge(SOUND, Policy(check_images=False), out_of_time=times(1)).findings == []


def test_data_set_without_any_class_of_the_consumer_has_no_labels() -> None:
    judged = judge(manifest(*(line(number, "scratch") for number in range(40))))

    assert judged.rules == ["class-name-unknown"] * 40 + ["dataset-no-labels"]
    assert judged.findings[-1].message == "No line is labelled."
    assert judged.verdict is Verdict.INVALID


def test_class_on_a_line_with_a_fault_of_its_own_does_not_count() -> None:
    lines = sound_lines(normal=20, anomaly=10)
    lines[0] = line(1_001, anomaly_label_metadata=metadata(human_annotated="maybe"))

    assert judge(manifest(*lines)).rules == ["human-annotated-invalid", "dataset-too-few-normal"]


@pytest.mark.parametrize(
    ("bad", "blank", "told"), [(7, 0, False), (8, 0, True), (6, 1, False), (6, 2, True), (0, 8, True), (0, 0, False)]
)
def test_more_than_a_fifth_of_invalid_or_blank_lines_fails_the_import(bad: int, blank: int, *, told: bool) -> None:
    sound = sound_lines(20, 10) if bad + blank == 8 else sound_lines(18, 10)
    body = manifest(*sound, *["{"] * bad, *[b""] * blank)

    judged = judge(body, Policy(consumer=REKOGNITION))

    assert ("dataset-too-many-invalid-lines" in judged.rules) is told
    assert [finding.message for finding in judged.findings if finding.rule == "dataset-too-many-invalid-lines"] == (
        [
            "8 lines of 38 are invalid or blank (21.1%); past 20% rekognition-custom-labels imports nothing.",
        ]
        * told
    )


def test_missing_images_count_among_the_invalid_lines() -> None:
    judged = judge(SOUND, Policy(consumer=REKOGNITION), MemoryImages({BUCKET: {}, "manifests": {}}))

    assert judged.rules == ["image-not-found"] * 34 + ["dataset-too-many-invalid-lines"]


def test_two_manifests_with_half_of_the_classes_in_common_are_sound() -> None:
    train = [line(1), line(2, "anomaly"), line(3, "dent"), line(4, "crack")]

    assert judge(SOUND, **after_train(*train, consumer=REKOGNITION)()).findings == []
    unlabelled = line(1, anomaly_label=ABSENT, anomaly_label_metadata=ABSENT)
    assert judge(SOUND, **after_train(unlabelled, consumer=REKOGNITION)()).findings == []
    assert judge(SOUND, **after_train(line("s3://others/1001.png"))()).findings == []


def test_a_label_name_that_must_be_the_same_makes_the_odd_lines_invalid() -> None:
    odd = {"source-ref": "s3://images/1.png", "other": 0, "other-metadata": metadata()}

    judged = judge(SOUND + manifest(odd), Policy(consumer=CONSUMERS["sagemaker-training"]))

    [finding] = judged.findings
    assert (finding.rule, finding.severity) == ("label-name-inconsistent", ERROR)
    assert [number for number, state in enumerate(judged.judgement.stretch.states, 1) if state] == [35]


def printed(name: str, number: int, ref: str) -> str:
    """An example of the specification, as it is printed there."""
    return f"""{{
    "source-ref": "s3: //bucket/image/{name}/{ref}",
    "anomaly-label-metadata": {{
        "confidence": 1,
        "job-name": "labeling-job/auto-label",
        "class-name": "{name}",
        "human-annotated": "yes",
        "creation-date": "2020-11-10T03:37:09.60{number}",
        "type": "groundtruth/image-classification"
    }},
    "anomaly-label": {number}
}}"""


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
@pytest.mark.parametrize(("name", "ref"), [("anomaly", "abnormal-1.jpg"), ("normal", "2020-10-20_12-14-55_613.jpeg")])
def test_a_printed_example_of_the_specification_gets_one_diagnosis_with_the_mended_line(
    name: str, ref: str, end: str
) -> None:
    text = (printed(name, int(name == "anomaly"), ref) + end).replace("\n", end or "\n")
    mended = json.dumps(json.loads(text.replace("s3: //", "s3://")), separators=(",", ":"))

    judged = judge(text.encode())

    [finding] = judged.findings
    assert finding.rule == "manifest-not-json-lines"
    assert "Objects are printed over several lines" in finding.message
    assert "Its source-ref has a space within s3://, too." in finding.message
    assert finding.fix.endswith(f"The first object should then read: {mended}")
    assert judge(manifest(mended, *sound_lines())).rules == ["source-ref-other-bucket"]


def test_the_printed_examples_together_get_one_diagnosis() -> None:
    both = printed("anomaly", 0, "abnormal-1.jpg") + "\n" + printed("normal", 3, "a.jpeg") + "\n"

    assert judge(both.encode()).rules == ["manifest-not-json-lines"]


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("anomaly-label", "anomaly_label-metadata"),
        ("anomaly-label", "anomaly-Label-metadata"),
        ("anomaly-label", "anomaly-labels-metadata"),
    ],
)
def test_a_misnamed_key_on_every_line_is_one_entry_with_the_likely_rename(label: str, key: str) -> None:
    lines = [
        {
            "source-ref": f"s3://{BUCKET}/{number}.png",
            label: number % 2,
            key: metadata(["normal", "anomaly"][number % 2]),
        }
        for number in range(1_140)
    ]

    judged = judge(manifest(*lines))

    assert judged.rules == ["label-missing"] * 1_140
    [entry], capped = judged.judgement.stretch.tally.entries(1_140, 1_000)
    assert (entry.count, entry.lines, capped) == (1_140, FIRST_TEN, False)
    assert entry.fix == f"Rename '{key}' to '{label}-metadata'."


def test_labels_called_by_their_class_are_one_entry_with_the_likely_rename() -> None:
    names = ["normal", "normal", "anomaly"]
    lines = [
        {"source-ref": f"s3://{BUCKET}/{number}.png", name: 1, "auto-label-metadata": metadata(name)}
        for number, name in enumerate(names * 380)
    ]

    judged = judge(manifest(*lines))

    [entry], capped = judged.judgement.stretch.tally.entries(1_140, 1_000)
    assert (entry.rule, entry.count, capped) == ("label-missing", 1_140, False)
    assert entry.fix == "Rename 'normal' to 'auto-label'."


def test_classes_that_are_misspelt_in_two_ways_are_one_entry() -> None:
    judged = judge(manifest(*(line(number, ["Normal", "Anomaly "][number % 2]) for number in range(60))))

    entries, _ = judged.judgement.stretch.tally.entries(60, 1_000)
    assert [(entry.rule, entry.count) for entry in entries if entry.count] == [("class-name-unknown", 60)]


def test_classes_that_are_misspelt_and_classes_that_are_others_are_two_kinds() -> None:
    judged = judge(manifest(*(line(number, ["Normal", "scratch"][number % 2]) for number in range(60))))

    kinds = {(finding.value, finding.kind) for finding in judged.findings if finding.rule == "class-name-unknown"}
    assert kinds == {("Normal", "misspelt"), ("scratch", "")}


@pytest.mark.parametrize(
    "train", [judge(b"PK\x03\x04"), judge(SOUND, out_of_time=times(0)), judge(SOUND, archived=True)], ids=range(3)
)
def test_beside_a_train_manifest_that_was_not_read_the_verdict_is_open(train: Judged) -> None:
    judged = judge(SOUND, train=train.judgement)

    [finding] = judged.findings
    assert (finding.rule, finding.severity) == ("manifest-not-fully-read", UNCHECKED)
    assert "The train manifest s3://manifests/my.manifest was not read to its end" in finding.message
    assert judged.verdict is Verdict.INCOMPLETE


def test_of_a_test_manifest_that_was_not_read_no_classes_are_compared() -> None:
    judged = judge(SOUND, out_of_time=times(0), **after_train(line(1, "dent"), consumer=REKOGNITION)())

    assert judged.rules == ["manifest-not-fully-read"]


BOXES = {
    "source-ref": "s3://images/1.png",
    "boxes": {},
    "boxes-metadata": metadata(class_name=ABSENT, type="groundtruth/object-detection"),
}


def test_labels_of_another_type_that_nobody_reads_are_no_labels() -> None:
    assert judge(manifest(BOXES)).rules == ["type-unsupported", "dataset-no-labels"]


def test_classes_are_counted_beside_a_line_that_is_not_judged() -> None:
    judged = judge(manifest(BOXES, line(2), line(3)), Policy(consumer=REKOGNITION))

    assert judged.rules == ["type-unsupported", "dataset-too-few-classes"]


def test_too_few_images_are_said_where_some_lines_are_invalid_and_the_rest_unlabeled() -> None:
    judged = judge(manifest(line(1, anomaly_label=None), line(2, "Normal")))

    assert judged.rules == [
        "label-value-invalid",
        "class-name-unknown",
        "dataset-too-few-normal",
        "dataset-too-few-anomaly",
    ]


def test_half_of_the_expected_label_is_told_once() -> None:
    half = {"source-ref": "s3://images/1.png", "x": 1, "x-metadata": metadata("rust"), "anomaly-label": 0}

    judged = judge(SOUND + manifest(half | {"anomaly-label_metadata": metadata()}), Policy(consumer=REKOGNITION))

    assert [(finding.rule, finding.field) for finding in judged.findings] == [("label-missing", "anomaly-label")]


@pytest.mark.parametrize("key", ["source-ref-metadata", "annotator-metadata"])
def test_metadata_that_belongs_to_no_label_is_none_of_another_type(key: str) -> None:
    bare = {"source-ref": "s3://images/1.png", "annotator": 1, key: {"type": "groundtruth/text"}}
    untyped = {"source-ref": "s3://images/2.png", "worker-ref": 17, "worker-ref-metadata": {"shift": 2}}

    judged = judge(SOUND + manifest(bare, untyped), Policy(consumer=REKOGNITION))

    assert judged.rules == ["label-unannotated"] * 2


def test_no_label_is_said_even_where_half_labels_are_no_error() -> None:
    half = [line(number, anomaly_label_metadata=ABSENT, x_metadata=metadata()) for number in range(40)]

    judged = judge(manifest(*half), Policy(role=Role.SINGLE, severities={"label-missing": WARNING}))

    assert set(judged.rules) == {"label-missing", "dataset-no-labels"}
    assert judged.verdict is Verdict.INVALID


def test_many_orphans_on_one_line_hide_no_missing_label() -> None:
    orphans = {"source-ref": "s3://images/0.png"} | {f"x{n}-metadata": metadata() for n in range(20)}
    bare = [{"source-ref": f"s3://images/{number}.png"} for number in range(1, 11)]

    judged = judge(manifest(orphans, *bare), Policy(consumer=REKOGNITION))

    assert "dataset-no-labels" in judged.rules


def test_odd_names_that_are_errors_count_as_unusable() -> None:
    odd = [
        line(n, anomaly_label=ABSENT, anomaly_label_metadata=ABSENT, foo=0, foo_metadata=metadata()) for n in range(10)
    ]

    judged = judge(manifest(*sound_lines(15, 20), *odd), Policy(severities={"label-name-inconsistent": ERROR}))

    assert judged.rules == ["label-name-inconsistent", "dataset-too-few-normal"]
    assert judged.judgement.stretch.usable() == {"normal": 15, "anomaly": 20}


def test_more_names_than_anyone_counts_are_all_counted() -> None:
    def named(number: int, name: str) -> dict[str, object]:
        return {"source-ref": f"s3://images/{number}.png", name: 0, f"{name}-metadata": metadata()}

    lines = [*(named(n, f"l{n}") for n in range(1_100)), *(named(n, "x") for n in range(1_100, 2_000))]

    judged = judge(manifest(*lines), Policy(consumer=CONSUMERS["sagemaker-training"]))

    assert judged.rules == ["label-name-inconsistent"] * 1_100
    assert judged.judgement.stretch.count(LineState.INVALID) == 1_100
    assert judged.findings[0].message == "1 line, from line 1 on, with the label 'l0'; 900 lines with 'x'."


def test_values_of_different_labels_are_not_compared() -> None:
    lines = [
        {"source-ref": f"s3://images/{n}.png", name: 0, f"{name}-metadata": metadata(f"class of {name}")}
        for n, name in enumerate(["a", "b"])
    ]

    assert judge(manifest(*lines), Policy(consumer=CONSUMERS["ground-truth"])).rules == ["label-name-inconsistent"]


def test_a_label_whose_name_ends_like_a_masks_is_judged_where_it_is_asked_for() -> None:
    areas = {
        "source-ref": "s3://images/1.png",
        "seg-ref": "s3://out/1.png",
        "seg-ref-metadata": mask_metadata_of_a_job(),
    }

    judged = judge(manifest(areas), Policy(consumer=CONSUMERS["sagemaker-training"], label_attribute="seg-ref"))

    assert judged.rules == ["type-unsupported"]


def mask_metadata_of_a_job() -> dict[str, object]:
    return MASK["anomaly-mask-ref-metadata"] | {"creation-date": "2020-11-10T03:37:09", "job-name": "labeling-job/seg"}


def test_the_customary_name_means_nothing_where_every_label_counts() -> None:
    boxes = {"anomaly-label": {}, "anomaly-label-metadata": {"type": "groundtruth/object-detection"}}
    lines = [
        {"source-ref": f"s3://{BUCKET}/{n}.png", "x": 1, "x-metadata": metadata("ab"[n % 2])} | boxes for n in range(4)
    ]

    assert judge(manifest(*lines), Policy(consumer=REKOGNITION)).findings == []


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_pair_of_somebodys_own_data_is_no_label(name: str) -> None:
    own = {
        "source-ref": "s3://images/1.png",
        "camera": "x",
        "camera-metadata": {"fps": 1},
        "lens": "a",
        "lens-metadata": "b",
    }

    judged = judge(SOUND + manifest(own), Policy(consumer=CONSUMERS[name]))

    assert judged.rules == ["label-unannotated"]


def test_every_broken_label_is_found_where_every_label_counts() -> None:
    broken = {"cat": 1, "cat-metadata": "oops", "ox-metadata": {"failure-reason": "no workers"}}

    judged = judge(SOUND + manifest(line(1) | broken), Policy(consumer=REKOGNITION))

    assert [(finding.rule, finding.field) for finding in judged.findings] == [
        ("label-failed", "ox-metadata.failure-reason"),
        ("metadata-malformed", "cat-metadata"),
    ]


def test_a_failed_label_that_is_configured_is_told_among_others() -> None:
    failed = {"a-metadata": {"failure-reason": "x"}, "b-metadata": {"failure-reason": "y"}}

    judged = judge(SOUND + manifest({"source-ref": "s3://images/1.png"} | failed), Policy(label_attribute="b"))

    assert [(finding.rule, finding.field) for finding in judged.findings if finding.line == 35] == [
        ("label-failed", "b-metadata.failure-reason")
    ]


def test_masks_without_reference_are_named_so_many_and_no_more() -> None:
    orphans = {f"m{n}-ref-metadata": {"internal-color-map": {}} for n in range(5_000)}

    judged = judge(SOUND + manifest(line(1) | orphans))

    assert judged.rules == ["line-too-long"] + ["mask-ref-malformed"] * 50


def test_a_mask_is_known_by_its_name_too() -> None:
    unnamed = line(1) | {"defect-mask-ref": "s3://images/m.png"}
    body = SOUND + manifest(unnamed, line(2) | {"anomaly-mask-ref-metadata": {}})

    judged = judge(body)

    assert [(finding.rule, finding.line, finding.field) for finding in judged.findings] == [
        ("mask-metadata-malformed", 35, "defect-mask-ref-metadata"),
        ("mask-ref-malformed", 36, "anomaly-mask-ref-metadata"),
    ]


def test_masks_that_may_not_be_looked_at_are_called_masks() -> None:
    body = SOUND + manifest(line(1) | MASK)
    images = images_of(body)
    del images[BUCKET]["m.png"], images[BUCKET]["1.png"]
    answers = {"m.png": NotFound.DENIED, "1.png": NotFound.ENCRYPTED, "1001.png": NotFound.DENIED}

    judged = judge(body, images=MemoryImages(images | {"manifests": {}}, answers=answers, listing_denied=True))

    assert {finding.message.partition(":")[0] for finding in judged.findings} == {
        "2 images and masks of bucket 'images' were not checked",
        "1 image of bucket 'images' was not checked",
    }


def test_a_disagreeing_key_is_found_behind_many_that_agree() -> None:
    agreeing = ", ".join(f'"k{n}": 1, "k{n}": 1' for n in range(150))
    twice = json.dumps(line(1)).replace('"class-name": "normal"', '"class-name": "anomaly", "class-name": "normal"')

    judged = judge(SOUND + manifest(f"{twice[:-1]}, {agreeing}}}"))

    assert judged.findings[0].field == "anomaly-label-metadata.class-name"
    assert judged.findings[0].severity is ERROR


def chained(number: int) -> dict[str, object]:
    """A line of Ground Truth after three jobs."""
    return {
        "source-ref": f"s3://{BUCKET}/{number}.jpg",
        "defects": number % 2,
        "defects-metadata": metadata(["scratch", "dent"][number % 2], job_name="labeling-job/defects"),
        "severity": number % 3,
        "severity-metadata": metadata(["low", "middle", "high"][number % 3], job_name="labeling-job/severity"),
        "defects-verified": 0,
        "defects-verified-metadata": metadata("good", type="groundtruth/label-verification"),
        "areas-ref": f"s3://output/areas/{number}.png",
        "areas-ref-metadata": {"internal-color-map": {}, "type": "groundtruth/semantic-segmentation"},
    }


def one_label_a_class(number: int) -> dict[str, object]:
    """A line for Rekognition: another attribute for each class."""
    names = ["scratch", "dent", "rust"]
    classes = [name for bit, name in enumerate(names) if (number % 7 + 1) >> bit & 1]
    pairs = ((f"parts_{name}", name) for name in classes)
    return {"source-ref": f"s3://{BUCKET}/{number}.jpg"} | {
        key: value for name, of in pairs for key, value in ((name, 1), (f"{name}-metadata", metadata(of)))
    }


@pytest.mark.parametrize(
    ("consumer", "build"), [("ground-truth", chained), ("rekognition-custom-labels", one_label_a_class)]
)
def test_manifests_of_several_labels_are_sound_for_those_who_read_them(
    consumer: str, build: Callable[[int], dict[str, object]]
) -> None:
    judged = judge(manifest(*map(build, range(42))), Policy(consumer=CONSUMERS[consumer]))

    assert judged.findings == []
    assert judged.verdict is Verdict.VALID
    assert sum(judged.judgement.stretch.usable().values()) >= 42


def test_images_to_be_labelled_are_sound_for_ground_truth_but_for_warnings() -> None:
    body = manifest(*({"source-ref": f"s3://{BUCKET}/{number}.jpg"} for number in range(12)))

    judged = judge(body, Policy(consumer=CONSUMERS["ground-truth"]))

    assert set(judged.rules) == {"label-unannotated", "dataset-no-labels"}
    assert judged.verdict is Verdict.VALID


def test_labels_of_another_type_leave_the_verdict_open_where_the_service_may_read_them() -> None:
    boxes = {
        "source-ref": "s3://images/1.jpg",
        "boxes": {"annotations": []},
        "boxes-metadata": {"objects": [], "human-annotated": "yes", "type": "groundtruth/object-detection"}
        | {"creation-date": "2020-11-10T03:37:09"},
    }

    judged = judge(SOUND + manifest(boxes), Policy(consumer=REKOGNITION))

    assert judged.rules == ["type-unsupported"]
    assert judged.verdict is Verdict.INCOMPLETE
    assert judged.judgement.stretch.states[-1] & LineState.UNCHECKED
    assert "only groundtruth/image-classification is judged" in judged.findings[0].message


@pytest.mark.parametrize("name", ["rekognition-custom-labels", "ground-truth", "sagemaker-training"])
def test_labels_that_are_all_of_another_type_leave_the_verdict_open(name: str) -> None:
    boxes = {"boxes": {}, "boxes-metadata": {"human-annotated": "yes", "type": "groundtruth/object-detection"}}
    areas = {"areas-ref": "s3://out/1.png", "areas-ref-metadata": {"type": "groundtruth/semantic-segmentation"}}
    dates = {"creation-date": "2020-11-10T03:37:09"}
    boxes["boxes-metadata"] |= dates
    refs = [{"source-ref": f"s3://{BUCKET}/{number}.jpg"} for number in range(4)]

    judged = judge(
        manifest(*(ref | (boxes, areas)[number % 2] for number, ref in enumerate(refs))),
        Policy(consumer=CONSUMERS[name]),
    )

    assert judged.rules == ["type-unsupported"] * 4
    assert judged.verdict is Verdict.INCOMPLETE
    assert "groundtruth/semantic-segmentation" in judged.findings[1].message
    assert judged.findings[1].field == "areas-ref-metadata.type"


def test_what_was_not_judged_is_not_called_sound_on_demand() -> None:
    boxes = {"boxes": {}, "boxes-metadata": {"human-annotated": "yes", "type": "groundtruth/object-detection"}}
    body = SOUND + manifest({"source-ref": f"s3://{BUCKET}/1.jpg"} | boxes)
    verdicts = {
        severity: judge(
            body, Policy(consumer=CONSUMERS["ground-truth"], severities={"type-unsupported": severity})
        ).verdict
        for severity in (None, WARNING, ERROR)
    }

    assert verdicts == {None: Verdict.INCOMPLETE, WARNING: Verdict.INCOMPLETE, ERROR: Verdict.INVALID}


@pytest.mark.parametrize(
    "type_", ["groundtruth/image_classification", "Groundtruth/Image-Classification", "image-classification"]
)
def test_a_misspelt_type_beside_a_sound_label_is_seen_where_every_label_counts(type_: str) -> None:
    odd = line(1) | {"x": 1, "x-metadata": metadata("rust", type=type_)}

    judged = judge(SOUND + manifest(odd), Policy(consumer=REKOGNITION))

    [finding] = judged.findings
    assert (finding.rule, finding.line, finding.field) == ("type-unsupported", 35, "x-metadata.type")
    assert finding.fix == "Write groundtruth/image-classification."


@pytest.mark.parametrize("name", CONSUMERS)
@pytest.mark.parametrize("key", ["x_metadata", "X-Metadata"])
def test_half_a_label_beside_a_whole_one_is_seen(name: str, key: str) -> None:
    judged = judge(SOUND + manifest(line(1) | {"x": 1, key: metadata("rust")}), Policy(consumer=CONSUMERS[name]))

    [finding] = judged.findings
    assert (finding.rule, finding.line, finding.field) == ("label-missing", 35, "x")
    assert finding.message == f"The label 'x' has no metadata 'x-metadata'; the line has '{key}'."
    assert finding.fix == f"Rename '{key}' to 'x-metadata'."


def test_a_brace_alone_among_sound_lines_is_that_lines_fault() -> None:
    assert judge(manifest("{") + SOUND).rules == ["line-invalid-json"]


def test_a_manifest_may_be_archived_and_too_large() -> None:
    judged = judge(b"", manifest=replace(MANIFEST, size=1024**3 + 1), archived=True)

    assert judged.rules == ["manifest-archived", "manifest-too-large"]


def test_an_object_with_a_list_that_is_no_list_of_lines_is_a_line() -> None:
    assert judge(manifest({"a": [], "b": [1], "c": [{"d": 1}]})).rules == [
        "source-ref-missing",
        "label-unannotated",
        "dataset-no-labels",
    ]
