import json
from datetime import UTC, datetime

import pytest

from core.finding import Severity, Verdict
from core.judged import judged
from core.layout import ReportPlace
from core.manifest import ManifestObject
from core.notification import (
    MESSAGE_BYTES,
    PROGRAMS,
    SMS_CHARACTERS,
    SUBJECT_CHARACTERS,
    Console,
    Notification,
    compose,
)
from core.policy import Policy
from core.report import Report, ReportFile, ReportFinding, build_report, list_findings
from tests.builders import Line, line, manifest, sound_lines
from tests.fakes import MANIFEST, judge

PLACE = ReportPlace("reports", "manifests/my.manifest/1/")
CONSOLE = Console("aws", "eu-central-1")
CONSOLE_PAGE = "https://s3.console.aws.amazon.com/s3/object/reports?region=eu-central-1&prefix="
FINDINGS = {"findings.jsonl": ReportFile(key="k", size=3, sha256="s")}


def report(
    *lines: Line, policy: Policy | None = None, what: ManifestObject = MANIFEST, files: dict[str, ReportFile] = FINDINGS
) -> Report:
    judgement = judge(manifest(*lines), policy, manifest=what).judgement
    when = datetime(2026, 1, 2, tzinfo=UTC)
    return build_report(
        judgement, list_findings(judgement), run="run-1", looked_at=when, seconds=1, requests={}, files=files
    )


def composed(of: Report, console: Console = CONSOLE) -> Notification:
    return compose(of, PLACE, console)


def found(rule: str, severity: Severity, line: int | None = None, lines: list[int] | None = None) -> ReportFinding:
    return ReportFinding(
        rule=rule, severity=severity, line=line, field=None, value=None, message=f"m {rule}", fix="f", lines=lines
    )


def test_compose_tells_the_verdict_the_worst_of_it_and_where_to_read_on() -> None:
    of = report(*sound_lines(), b"{", b"", line("s3: //images/1.png"))
    notification = composed(of)

    assert notification == Notification(
        subject="Manifest INVALID: my.manifest",
        text="""\
INVALID: s3://manifests/my.manifest
It must not be used.

37 lines: 34 valid, 2 invalid, 0 unchecked, 1 blank
34 images checked, 0 missing, 0 unchecked

1 x line-invalid-json (error), line 35
    Column 2: the line ends before its JSON is complete.
    Found: {
    Fix: Write the whole object on one line; was it cut off?

1 x source-ref-malformed (error), line 37
    The source-ref has a space within s3://.
    Found: s3: //images/1.png
    Fix: Write s3://images/1.png

1 x line-blank (warning), line 36
    The line is blank.
    Fix: Remove the line.

Report:         s3://reports/manifests/my.manifest/1/report.json
All findings:   s3://reports/manifests/my.manifest/1/run-1/findings.jsonl
In the console: """
        + CONSOLE_PAGE
        + """manifests%2Fmy.manifest%2F1%2Freport.json

Version 1, etag e
""",
        brief="Manifest INVALID: my.manifest. 2 of 37 lines invalid.",
        document=judged(of, PLACE).to_json(),
        verdict=Verdict.INVALID,
        rules=("line-blank", "line-invalid-json", "source-ref-malformed"),
        manifest="s3://manifests/my.manifest",
        bucket="manifests",
        key="my.manifest",
    )
    assert json.loads(notification.rules_json) == ["line-blank", "line-invalid-json", "source-ref-malformed"]


def test_message_is_text_for_people_and_json_for_programs() -> None:
    notification = composed(report(*sound_lines(), b"{"))

    by_protocol = json.loads(notification.message)

    assert by_protocol["default"] == notification.text
    assert by_protocol["sms"] == notification.brief
    assert by_protocol.keys() == {"default", "sms", *PROGRAMS}
    assert PROGRAMS == ("sqs", "lambda", "http", "https", "email-json", "firehose")
    for protocol in PROGRAMS:
        assert json.loads(by_protocol[protocol])["verdict"] == "INVALID"


@pytest.mark.parametrize(
    ("verdict", "says"),
    [
        (Verdict.VALID, "It can be used."),
        (Verdict.INVALID, "It must not be used."),
        (Verdict.INCOMPLETE, "It could not be judged to the end, and must not be used before it is."),
    ],
)
def test_second_line_says_what_to_make_of_it(verdict: Verdict, says: str) -> None:
    text = composed(report(*sound_lines()).model_copy(update={"verdict": verdict})).text

    assert text.split("\n")[:2] == [f"{verdict.value}: s3://manifests/my.manifest", says]


def test_compose_is_brief_about_a_sound_manifest() -> None:
    notification = composed(report(*sound_lines(), files={}))

    assert notification.subject == "Manifest VALID: my.manifest"
    assert "findings" not in notification.text
    assert " x " not in notification.text
    assert "more rules" not in notification.text
    assert notification.rules == ()


def test_compose_says_so_where_only_the_lines_were_judged() -> None:
    text = composed(report(*sound_lines(), policy=Policy(check_images=False))).text

    assert "0 images checked, 0 missing, 34 unchecked (only the lines were judged)" in text


def test_compose_says_which_rules_were_changed() -> None:
    policy = Policy(severities={"line-blank": None, "label-several": Severity.ERROR})

    text = composed(report(*sound_lines(), policy=policy)).text

    assert "\nRules changed: label-several error, line-blank off\n" in text
    assert "Rules changed" not in composed(report(*sound_lines())).text


def test_compose_names_a_local_manifest_by_its_path() -> None:
    notification = composed(report(b"", what=ManifestObject(None, "/data/my.manifest")))

    assert notification.manifest == "/data/my.manifest"
    assert (notification.bucket, notification.key) == ("-", "/data/my.manifest")
    assert "Version -, etag -" in notification.text
    assert "1 x manifest-empty (error)\n" in notification.text


def test_compose_shows_the_three_gravest_rules_the_most_frequent_first() -> None:
    findings = [
        found("w", Severity.WARNING, 1),
        found("u", Severity.UNCHECKED),
        found("rare", Severity.ERROR, 9),
        found("often", Severity.ERROR, 3),
        found("often", Severity.ERROR, 2),
        found("mixed", Severity.WARNING, 7),
        found("mixed", Severity.ERROR, 8),
    ]
    totals = {"w": 90, "u": 80, "rare": 1, "often": 3, "mixed": 2, "unlisted": 1_000}

    text = composed(report(*sound_lines()).model_copy(update={"findings": findings, "totals": totals})).text

    assert [row for row in text.split("\n") if " x " in row] == [
        "3 x often (error), lines 2, 3 …",
        "2 x mixed (error), lines 7, 8",
        "1 x rare (error), line 9",
    ]
    assert "\nAnd 1,170 findings of 3 more rules.\n" in text


def test_compose_shows_a_rule_of_which_the_report_lists_nothing() -> None:
    text = composed(report(*sound_lines()).model_copy(update={"findings": [], "totals": {"w": 1_234}})).text

    assert "\n1,234 x w\n" in text


@pytest.mark.parametrize(
    ("findings", "total", "shown"),
    [
        ([found("r", Severity.ERROR)], 1, "1 x r (error)"),
        ([found("r", Severity.ERROR, 4), found("r", Severity.ERROR, 4)], 2, "2 x r (error), line 4 …"),
        ([found("r", Severity.ERROR, 5, [5, 6, 7, 8])], 40, "40 x r (error), lines 5, 6, 7 …"),
        ([found("r", Severity.ERROR, n) for n in (3, 1, 2)], 3, "3 x r (error), lines 1, 2, 3"),
    ],
)
def test_compose_names_the_first_lines(findings: list[ReportFinding], total: int, shown: str) -> None:
    of = report(*sound_lines()).model_copy(update={"findings": findings, "totals": {"r": total}})

    assert f"\n{shown}\n" in composed(of).text


def test_compose_names_the_files_that_there_are() -> None:
    names = ["accepted.manifest", "findings.jsonl", "report.html", "other"]
    files = {name: ReportFile(key="k", size=1, sha256="s") for name in names}

    rows = composed(report(*sound_lines(), files=files)).text.split("\n")

    folder = "s3://reports/manifests/my.manifest/1/"
    start = rows.index(f"Report:         {folder}report.json")
    assert rows[start + 1 : start + 5] == [
        f"To look at:     {folder}run-1/report.html",
        f"All findings:   {folder}run-1/findings.jsonl",
        f"Accepted lines: {folder}run-1/accepted.manifest",
        f"In the console: {CONSOLE_PAGE}manifests%2Fmy.manifest%2F1%2Frun-1%2Freport.html",
    ]


@pytest.mark.parametrize(
    ("partition", "region", "url"),
    [
        ("aws", "us-east-1", "https://s3.console.aws.amazon.com/s3/object/b?region=us-east-1&prefix=a%2B%C3%A9%20%26"),
        ("aws-cn", "cn-north-1", "https://console.amazonaws.cn/s3/object/b?region=cn-north-1&prefix=a%2B%C3%A9%20%26"),
        (
            "aws-us-gov",
            "us-gov-west-1",
            "https://console.amazonaws-us-gov.com/s3/object/b?region=us-gov-west-1&prefix=a%2B%C3%A9%20%26",
        ),
        ("aws-iso", "us-iso-east-1", None),
    ],
)
def test_console_is_that_of_the_partition(partition: str, region: str, url: str | None) -> None:
    assert Console(partition, region).url("b", "a+é &") == url


def test_compose_leaves_out_a_console_that_it_does_not_know() -> None:
    assert "console" not in composed(report(*sound_lines()), Console("aws-iso", "us-iso-east-1")).text


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize(
    "key",
    [
        "k",
        "k" * 75,
        "k" * 76,
        "k" * 81,
        "k" * 82,
        "k" * 1_024,
        "한" * 341,
        "a\nb\r\u2028\x00",
        "train set+v2/é (3).manifest",
    ],
    ids=range(9),
)
def test_subject_and_text_message_are_what_sns_takes(verdict: Verdict, key: str) -> None:
    sound = report(*sound_lines())
    changed = sound.model_copy(update={"verdict": verdict, "manifest": sound.manifest.model_copy(update={"key": key})})

    notification = composed(changed)

    assert len(notification.subject) <= SUBJECT_CHARACTERS < 100
    assert len(notification.brief) <= SMS_CHARACTERS
    for text in (notification.subject, notification.brief):
        assert text.isascii()
        assert text.isprintable()
        assert text.startswith(f"Manifest {verdict.value}: ")
    assert notification.brief.endswith(". 0 of 34 lines invalid.")


def test_subject_shows_the_end_of_a_long_key() -> None:
    sound = report(*sound_lines(), what=ManifestObject("b", "folder/" * 50 + "last.manifest"))

    subject = composed(sound).subject

    assert len(subject) == SUBJECT_CHARACTERS
    assert subject.startswith("Manifest VALID: ...")
    assert subject.endswith("/folder/last.manifest")


@pytest.mark.parametrize("character", ["😀", "\x01", '"'])
def test_message_fits_into_what_sns_takes(character: str) -> None:
    key = character * (1_024 // len(character.encode()))
    sound = report(*sound_lines(), what=ManifestObject("b" * 63, key))
    worst = ReportFinding(
        rule="r" * 60,
        severity=Severity.ERROR,
        line=10**9,
        field=None,
        value="😀" * 200,
        message="😀" * 2_000,
        fix="😀" * 2_000,
    )
    totals = {f"{'r' * 60}-{n}": 10**9 for n in range(100)} | {worst.rule: 100}
    names = ["accepted.manifest", "findings.jsonl", "report.html"]
    files = {name: ReportFile(key="k", size=1, sha256="s") for name in names}
    updates = {"findings": [worst] * 100, "totals": totals, "files": files}

    notification = compose(
        sound.model_copy(update=updates), ReportPlace("r" * 63, character * (900 // len(character.encode()))), CONSOLE
    )

    attributes = notification.rules_json + notification.manifest + notification.key + notification.bucket
    assert len(notification.message.encode()) <= MESSAGE_BYTES
    assert len((notification.message + attributes + "INVALID").encode()) <= 256 * 1024
    assert notification.text.count("😀…") == 2


def test_compose_escapes_what_a_key_could_forge() -> None:
    place = ReportPlace("reports", "manifests/a\nVALID: b.manifest/1/")
    notification = compose(report(*sound_lines(), b"{"), place, CONSOLE)

    assert [text for text in notification.text.splitlines() if text.startswith("VALID")] == []
    assert r"Report:         s3://reports/manifests/a\nVALID: b.manifest/1/report.json" in notification.text
