import json
from datetime import UTC, datetime

import pytest

from core.finding import Severity, Verdict
from core.manifest import ManifestObject
from core.notification import MESSAGE_BYTES, SUBJECT_CHARACTERS, Notification, compose
from core.policy import Policy
from core.report import Report, ReportFile, ReportFinding, build_report, list_findings
from tests.builders import Line, line, manifest, sound_lines
from tests.fakes import MANIFEST, judge

URI = "s3://reports/manifests/my.manifest/1/report.json"
FILES = {"findings.jsonl": ReportFile(key="k", size=3, sha256="s")}


def report(
    *lines: Line, policy: Policy | None = None, what: ManifestObject = MANIFEST, files: dict[str, ReportFile] = FILES
) -> Report:
    judgement = judge(manifest(*lines), policy, manifest=what).judgement
    when = datetime(2026, 1, 2, tzinfo=UTC)
    return build_report(
        judgement, list_findings(judgement), run="run-1", looked_at=when, seconds=1, requests={}, files=files
    )


def composed(*lines: Line, what: ManifestObject = MANIFEST) -> Notification:
    return compose(report(*lines, what=what), URI)


def test_compose_tells_the_verdict_the_counts_the_findings_and_where_the_report_lies() -> None:
    notification = composed(*sound_lines(), b"{", b"", line("s3: //images/1.png"))

    assert notification == Notification(
        subject="Manifest INVALID: my.manifest",
        message="\n".join(
            [
                "INVALID: s3://manifests/my.manifest",
                "version 1, etag e",
                "",
                "37 lines: 34 valid, 2 invalid, 0 unchecked, 1 blank",
                "34 images checked, 0 missing, 0 unchecked",
                "",
                "Findings by rule:",
                "        1  line-blank",
                "        1  line-invalid-json",
                "        1  source-ref-malformed",
                "",
                "The first of them:",
                "  line 35: error line-invalid-json: Column 2: the line ends before its JSON is complete.",
                "    value: {",
                "    fix: Write the whole object on one line; was it cut off?",
                "  line 37: error source-ref-malformed: The source-ref has a space within s3://.",
                "    value: s3: //images/1.png",
                "    fix: Write s3://images/1.png",
                "  line 36: warning line-blank: The line is blank.",
                "    fix: Remove the line.",
                "",
                f"Report: {URI}",
                "All findings: s3://reports/manifests/my.manifest/1/run-1/findings.jsonl",
                "",
            ]
        ),
        verdict=Verdict.INVALID,
        rules=("line-blank", "line-invalid-json", "source-ref-malformed"),
        manifest="s3://manifests/my.manifest",
    )
    assert json.loads(notification.rules_json) == ["line-blank", "line-invalid-json", "source-ref-malformed"]


def test_compose_is_brief_about_a_sound_manifest() -> None:
    notification = compose(report(*sound_lines(), files={}), URI)

    assert notification.subject == "Manifest VALID: my.manifest"
    assert "Findings" not in notification.message
    assert "findings" not in notification.message
    assert "The first of them" not in notification.message
    assert notification.rules == ()


def test_compose_says_so_where_only_the_lines_were_judged() -> None:
    message = compose(report(*sound_lines(), policy=Policy(check_images=False)), URI).message

    assert "0 images checked, 0 missing, 34 unchecked (only the lines were judged)" in message


def test_compose_says_which_rules_were_changed() -> None:
    policy = Policy(severities={"line-blank": None, "label-several": Severity.ERROR})

    message = compose(report(*sound_lines(), policy=policy), URI).message

    assert "\nRules changed: label-several error, line-blank off\n" in message
    assert "Rules changed" not in compose(report(*sound_lines()), URI).message


def test_compose_names_a_local_manifest_by_its_path() -> None:
    notification = composed(b"", what=ManifestObject(None, "/data/my.manifest"))

    assert notification.manifest == "/data/my.manifest"
    assert "version -, etag -" in notification.message
    assert "  manifest: error manifest-empty: " in notification.message


def test_compose_lists_the_gravest_of_many_findings_and_the_most_frequent_rules() -> None:
    many = report(*sound_lines())
    findings = [
        ReportFinding(rule="w", severity=Severity.WARNING, line=n, field=None, value=None, message=f"w{n}", fix="f")
        for n in range(1, 20)
    ]
    findings += [
        ReportFinding(rule="u", severity=Severity.UNCHECKED, line=None, field=None, value=None, message="u", fix="f"),
        ReportFinding(rule="e", severity=Severity.ERROR, line=9, field=None, value="v", message="e", fix="f"),
    ]
    totals = {f"rule-{n}": n for n in range(1, 31)}

    message = compose(many.model_copy(update={"findings": findings, "totals": totals}), URI).message

    told = [row for row in message.split("\n") if row.startswith(("  line", "  manifest"))]
    assert told[:3] == ["  line 9: error e: e", "  manifest: unchecked u: u", "  line 1: warning w: w1"]
    assert len(told) == 10
    rules = [row.split()[1] for row in message.split("\n") if " rule-" in row]
    assert rules == [f"rule-{n}" for n in range(30, 10, -1)]


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
def test_subject_is_what_sns_takes(verdict: Verdict, key: str) -> None:
    sound = report(*sound_lines())
    changed = sound.model_copy(update={"verdict": verdict, "manifest": sound.manifest.model_copy(update={"key": key})})

    subject = compose(changed, URI).subject

    assert len(subject) <= SUBJECT_CHARACTERS < 100
    assert subject.isascii()
    assert subject.isprintable()
    assert subject.startswith(f"Manifest {verdict.value}: ")


def test_subject_shows_the_end_of_a_long_key() -> None:
    sound = report(*sound_lines(), what=ManifestObject("b", "folder/" * 50 + "last.manifest"))

    subject = compose(sound, URI).subject

    assert len(subject) == SUBJECT_CHARACTERS
    assert subject.startswith("Manifest VALID: ...")
    assert subject.endswith("/folder/last.manifest")


def test_message_fits_into_what_sns_takes() -> None:
    sound = report(*sound_lines(), what=ManifestObject("b" * 63, "😀" * 256))
    worst = ReportFinding(
        rule="r" * 60,
        severity=Severity.ERROR,
        line=10**9,
        field=None,
        value="😀" * 200,
        message="😀" * 2_000,
        fix="😀" * 2_000,
    )
    totals = {f"{'r' * 60}-{n}": 10**9 for n in range(100)}

    notification = compose(
        sound.model_copy(update={"findings": [worst] * 100, "totals": totals}), "s3://" + "u" * 1_100
    )

    attributes = notification.rules_json + notification.manifest + notification.verdict
    assert len(notification.message.encode()) <= MESSAGE_BYTES
    assert len((notification.message + attributes).encode()) <= 256 * 1024
    assert notification.message.count("😀…") >= 20


def test_compose_escapes_what_a_key_could_forge() -> None:
    key = "a\nVALID: b.manifest"
    notification = compose(report(*sound_lines(), b"{"), f"s3://reports/manifests/{key}/1/report.json")

    assert [text for text in notification.message.splitlines() if text.startswith("VALID")] == []
    assert r"Report: s3://reports/manifests/a\nVALID: b.manifest/1/report.json" in notification.message
