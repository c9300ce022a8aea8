import json
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema
import pytest
from pydantic import ValidationError

from core import __version__
from core.errors import RetryableError
from core.finding import Finding, Severity, Verdict
from core.manifest import ManifestObject
from core.policy import Policy
from core.ports import Found
from core.report import (
    MAX_FINDINGS,
    Report,
    ReportExcerpt,
    ReportFile,
    ReportFinding,
    accepted,
    build_report,
    list_findings,
)
from core.stretch import LineState, Stretch
from core.validate import Judgement
from tests.builders import BUCKET, Line, line, manifest, metadata, sound_lines
from tests.fakes import MANIFEST, SOUND_IMAGE, MemoryImages, images_of, judge, times

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BAD_LINES: list[Line] = [
    *sound_lines(),
    b"",
    b"{",
    line(1, "scratch"),
    line("s3://others/1.png"),
    line(2),
    line(2),
    line(3),
    line(3, "anomaly"),
    line(4),
    {"source-ref": "s3://images/5.png", "other": 0, "other-metadata": metadata()},
]


def report(judgement: Judgement, most: int = MAX_FINDINGS) -> Report:
    return build_report(
        judgement,
        list_findings(judgement, most),
        run="run-1",
        looked_at=WHEN,
        seconds=1.23456,
        requests={"ListObjectsV2": 1},
        files={"findings.jsonl": ReportFile(key="k", size=3, sha256="s")},
    )


def bad() -> Judgement:
    body = manifest(*BAD_LINES)
    images = images_of(body) | {"manifests": {}}
    del images[BUCKET]["4.png"]
    return judge(body, images=MemoryImages(images)).judgement


def test_a_report_tells_what_was_judged_and_how() -> None:
    policy = Policy(label_attribute="anomaly-label")
    judgement = judge(manifest(*sound_lines()), policy, manifest=replace(MANIFEST, size=9)).judgement

    told = json.loads(report(judgement).to_json())

    assert told["manifest"] == {
        "bucket": "manifests",
        "key": "my.manifest",
        "version": "1",
        "etag": "e",
        "size": 9,
        "sha256": judgement.sha256,
        "sequencer": "01",
    }
    assert told["consumer"] == {"name": "lookout-for-vision", "role": None, "label_attribute": "anomaly-label"} | {
        "inspect_images": "none",
        "rule_severities": {},
    }
    assert told["tool"] == {"name": "manifest-gate", "version": __version__, "catalogue": "2"}
    assert (told["schema_version"], told["verdict"], told["scope"]) == ("1.0", "VALID", "lines+images")
    assert (told["looked_at"], told["seconds"], told["run"]) == ("2026-01-02T03:04:05Z", 1.235, "run-1")
    assert told["requests"] == {"ListObjectsV2": 1}
    assert told["files"] == {"findings.jsonl": {"key": "k", "size": 3, "sha256": "s"}}
    assert (told["accepted"], told["totals"], told["capped"], told["findings"]) == ("all", {}, False, [])


def test_a_report_counts_lines_classes_buckets_labels_and_images() -> None:
    statistics = report(bad()).statistics.model_dump()

    assert statistics["lines"] == {
        "total": 44,
        "valid": 37,
        "invalid": 6,
        "unchecked": 0,
        "blank": 1,
        "unlabeled": 1,
    }
    assert statistics["classes"] == {"normal": 24, "anomaly": 12}
    assert statistics["buckets"] == [
        {"bucket": "images", "lines": 41, "first_line": 1},
        {"bucket": "others", "lines": 1, "first_line": 38},
    ]
    assert statistics["labels"] == [
        {"name": "anomaly-label", "lines": 41, "first_line": 1},
        {"name": "other", "lines": 1, "first_line": 44},
    ]
    assert statistics["images"] == {"bucket": "images", "checked": 39, "missing": 1, "unchecked": 0, "inspected": 0}


def test_a_report_lists_findings_and_their_totals() -> None:
    told = report(bad())

    assert told.verdict is Verdict.INVALID
    assert told.totals == {
        "class-name-unknown": 1,
        "image-not-found": 1,
        "label-name-inconsistent": 1,
        "line-blank": 1,
        "line-invalid-json": 1,
        "source-ref-conflicting": 1,
        "source-ref-duplicate": 1,
        "source-ref-other-bucket": 1,
    }
    assert [(finding.line, finding.rule) for finding in told.findings] == [
        (35, "line-blank"),
        (36, "line-invalid-json"),
        (37, "class-name-unknown"),
        (38, "source-ref-other-bucket"),
        (40, "source-ref-duplicate"),
        (42, "source-ref-conflicting"),
        (43, "image-not-found"),
        (None, "label-name-inconsistent"),  # a warning about the whole
    ]
    assert list(told.totals) == sorted(told.totals)


def test_a_finding_has_in_the_report_what_it_has_in_the_file_of_all() -> None:
    judged = judge(manifest(*BAD_LINES))

    told = json.loads(report(judged.judgement).to_json())["findings"]

    key = json.dumps
    assert sorted(told, key=key) == sorted((finding.to_json() for finding in judged.findings), key=key)


def test_a_report_lists_no_more_than_asked_for() -> None:
    told = report(bad(), most=3)

    assert len(told.findings) == 3
    assert told.capped
    assert sum(told.totals.values()) == 8


def test_a_report_of_lines_alone_says_so() -> None:
    told = report(judge(manifest(*sound_lines()), Policy(check_images=False)).judgement)

    assert told.scope == "lines"
    assert told.statistics.images.model_dump() == {
        "bucket": "images",
        "checked": 0,
        "missing": 0,
        "unchecked": 34,
        "inspected": 0,
    }


def test_a_report_counts_images_that_were_not_checked() -> None:
    lines = [*sound_lines(), line(1_001)]
    images = MemoryImages(images_of(manifest(*lines)) | {"manifests": {}}, faults={3: RetryableError("slow")})

    statistics = report(judge(manifest(*lines), images=images).judgement).statistics

    assert statistics.images.unchecked == 34
    assert (statistics.lines.unchecked, statistics.lines.invalid, statistics.lines.valid) == (35, 1, 0)


def test_a_report_of_no_lines_counts_nothing() -> None:
    told = report(judge(b"[]\n").judgement)

    assert told.statistics.images.model_dump() == {
        "bucket": None,
        "checked": 0,
        "missing": 0,
        "unchecked": 0,
        "inspected": 0,
    }
    assert told.statistics.classes == {"normal": 0, "anomaly": 0}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (sound_lines(), "all"),
        ([*sound_lines(), b""], "all"),
        ([*sound_lines(), b"{"], "some"),
        ([b"{", b""], "none"),
        ([b""], "none"),
        ([], "none"),
    ],
    ids=range(6),
)
def test_accepted_tells_whether_all_lines_can_be_trusted(lines: list[Line], expected: str) -> None:
    assert accepted(judge(manifest(*lines)).judgement) == expected


def test_accepted_is_not_all_where_not_all_was_read() -> None:
    body = [manifest(*sound_lines()) + b" " * 2**16 + b"\n", manifest(line(1))]

    assert accepted(judge(body, Policy(check_images=False), out_of_time=times(1)).judgement) == "some"


def test_accepted_is_none_where_no_image_was_checked() -> None:
    images = MemoryImages(images_of(manifest(line(1))) | {"manifests": {}}, faults={1: RetryableError("slow")})

    assert accepted(judge(manifest(line(1)), images=images).judgement) == "none"


def test_a_report_names_no_more_than_a_hundred_buckets_and_labels() -> None:
    lines = [
        {"source-ref": f"s3://bucket-{n}/1.png", f"label\n{n}": 0, f"label\n{n}-metadata": metadata()}
        for n in range(150)
    ]

    statistics = report(judge(manifest(*lines)).judgement).statistics

    assert [bucket.bucket for bucket in statistics.buckets] == [f"bucket-{n}" for n in range(100)]
    assert [label.name for label in statistics.labels] == [f"label\\n{n}" for n in range(100)]


def test_a_report_of_a_path_that_is_no_utf_8_can_be_written() -> None:
    told = report(judge(manifest(*sound_lines()), manifest=ManifestObject(None, "\udcff.manifest")).judgement)

    assert json.loads(told.to_json())["manifest"]["key"] == "\\udcff.manifest"


def test_a_report_reads_back_as_it_was_written() -> None:
    told = report(bad())

    assert Report.model_validate_json(told.to_json()) == told
    assert Report.model_validate_json(told.to_json(indent=None)) == told
    assert "\n" not in told.to_json(indent=None).removesuffix("\n")


def test_a_report_keeps_its_schema() -> None:
    schema = Report.model_json_schema(mode="serialization")
    images = MemoryImages({"manifests": {}, BUCKET: {"1.png": Found(0)}})

    for told in (
        report(bad()),
        report(judge(manifest(line(1)), images=images).judgement),
        report(judge(b"").judgement),
    ):
        jsonschema.validate(json.loads(told.to_json()), schema)
    wrong = json.loads(report(bad()).to_json())
    wrong["findings"][0]["line"] = "first"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)


def test_a_report_takes_no_key_that_it_does_not_know() -> None:
    with pytest.raises(ValidationError):
        ReportFile.model_validate({"key": "k", "size": 1, "sha256": "s", "more": 1})


def test_report_findings_have_the_fields_of_findings() -> None:
    assert set(ReportFinding.model_fields) == set(Finding.__dataclass_fields__) - {"kind"} | {"excerpt"}


def test_a_report_shows_the_fault_in_its_line_where_the_text_is_known() -> None:
    body = manifest(*sound_lines(), b"{", line(1, "scratch"), b"{")
    judgement = judge(body).judgement
    lines = dict(enumerate(body.split(b"\n"), 1))
    number = len(sound_lines()) + 1
    texts = {number: lines[number], number + 1: lines[number + 1]}

    listing = list_findings(judgement)
    told = build_report(judgement, listing, texts=texts, run="", looked_at=WHEN, seconds=0, requests={}, files={})

    assert listing.lines >= {number, number + 1, number + 2}
    shown = {(finding.line, finding.rule): finding.excerpt for finding in told.findings}
    assert shown[number, "line-invalid-json"] == ReportExcerpt(column=2, before="{", marked="", after="")
    unknown = shown[number + 1, "class-name-unknown"]
    assert unknown is not None
    assert unknown.marked == '"scratch"'
    assert shown[number + 2, "line-invalid-json"] is None
    assert "excerpt" not in told.findings[-1].model_dump()


@pytest.mark.parametrize(("lines", "length"), [(1, 1), (99, 1), (100, 1), (101, 2), (250, 3)])
def test_a_report_tells_in_which_parts_of_the_file_the_faults_lie(lines: int, length: int) -> None:
    states = bytearray(lines)
    states[0], states[lines - 1] = LineState.INVALID | LineState.WARNED, LineState.UNCHECKED | LineState.BLANK

    parts = report(Judgement(MANIFEST, Policy(), Stretch(states=states))).statistics.parts

    told = [(part.first_line, part.last_line, part.invalid, part.unchecked, part.warned) for part in parts]
    last = (lines - 1) // length * length + 1
    both = [(1, 1, 0, 1, 0)] if lines == 1 else [(1, length, 1, 0, 1), (last, lines, 0, 1, 0)]
    assert told == both


def test_parts_without_a_fault_are_left_out() -> None:
    states = bytearray([LineState.BLANK, LineState.UNLABELED, 0])

    assert report(Judgement(MANIFEST, Policy(), Stretch(states=states))).statistics.parts == []


def test_a_report_says_which_rules_were_changed() -> None:
    policy = Policy(severities={"line-blank": None, "label-several": Severity.ERROR, "line-too-long": Severity.WARNING})

    told = report(judge(manifest(*sound_lines(), b""), policy).judgement)

    assert told.consumer.rule_severities == {"label-several": "error", "line-blank": "off"}, "the third changes nothing"
    assert told.totals == {}


def test_a_report_counts_masks_once_however_many_lines_share_them() -> None:
    masks = {"anomaly-mask-ref": "s3://images/m.png", "second-ref": "s3://images/n.png"}
    described = {f"{name}-metadata": {"internal-color-map": {}} for name in masks}
    lines = [line(number) | masks | described for number in range(3)]
    images = MemoryImages({"manifests": {}, BUCKET: dict.fromkeys(["0.png", "1.png", "n.png"], SOUND_IMAGE)})

    statistics = report(judge(manifest(*lines), images=images).judgement).statistics

    assert statistics.masks.model_dump() == {"named": 2, "missing": 1, "unchecked": 0}
    assert statistics.images.model_dump() == {
        "bucket": BUCKET,
        "checked": 3,
        "missing": 1,
        "unchecked": 0,
        "inspected": 0,
    }
    assert images.requests["head"] == 5
