"""The rules on the manifest, its images and the data set: each is found exactly; what looks like it passes."""

import codecs
import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from core.catalogue import RULES, Scope
from core.consumers import DEFAULT_CONSUMER, Role
from core.errors import RetryableError
from core.finding import Severity, Verdict
from core.policy import Policy
from core.ports import Found, NotFound
from tests.builders import BUCKET, line, manifest, metadata, sound_lines
from tests.fakes import MANIFEST, SOUND_IMAGE, MemoryImages, images_of, judge, times

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
    not_json_lines(pretty("s3://images/1.png") * 2, "Objects are printed over several lines", "jq -c '.'"),
    not_json_lines(
        pretty("s3://images/1.png").replace("\n", "\r\n"),
        "Objects are printed over several lines; JSON Lines has one object a line.",
        'The first object then reads: {"source-ref":"s3://images/1.png","anomaly-label":1}',
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
            ("label-attribute", "", "x-amz-meta-label-attribute is not one of: the name of a label"),
        )
    ),
    Case(rule="manifest-byte-order-mark", body=codecs.BOM_UTF8 + SOUND, says="EF BB BF", severity=WARNING),
    *(
        Case(
            rule="manifest-key-unsupported",
            says="characters that lookout-for-vision does not take",
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
        "1 images of bucket 'images' were not checked: S3 answers 403. The first is 's3://images/1001.png'",
        UNCHECKED,
        count=1,
        lines=(1,),
        fix="s3:ListBucket on arn:aws:s3:::images and s3:GetObject on arn:aws:s3:::images/*",
    ),
    bucket(
        "images-unchecked",
        lambda: store(listing_denied=True, answers={KEY_OF_LINE_1: NotFound.ENCRYPTED}),
        "1 images of bucket 'images' were not checked: they are encrypted",
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
        says="1 lines, from line 35 on, call their label 'other'; most lines call it 'anomaly-label'",
        severity=WARNING,
        field="other",
        count=1,
        lines=(35,),
    ),
    Case(
        rule="label-value-inconsistent",
        body=SOUND + manifest(line(1, "anomaly", anomaly_label=2)),
        says="1 lines, from line 35 on, have value 2 for class 'anomaly'; before, it was 1",
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
        says="10 lines, from line 21 on, have value 0 for class 'anomaly'; before, it stood for 'normal'",
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
    elsewhere = {"manifest-not-fully-read", "dataset-no-labels"}

    assert {case.rule for case in CASES} - on_lines == set(RULES) - on_lines - elsewhere


NEAR_MISSES: list[tuple[str, bytes, Callable[[], dict[str, object]]]] = [
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
