"""Text, tables and pages, as they come out of a pipe or go to a file."""

import errno
import io
import json
import os
import sys
import threading
from pathlib import Path

import pytest

from cli import sources
from cli.main import main
from cli.text import findings_text
from core.finding import Severity
from core.report import Report, ReportExcerpt, ReportFinding
from tests.builders import manifest
from tests.integration.conftest import Files
from tests.integration.world import MANIFESTS, World, good, image

ROOT = Path(__file__).parents[2]
BAD = good() + b"{,\n"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int) -> str:
    capsys.readouterr()
    assert main(["check", "--no-images", *arguments]) == status
    return capsys.readouterr().out


def test_a_fault_stands_in_its_line(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, file(BAD), status=1) == (
        "my.manifest:31:2: error: Column 2: a key without quotes. [line-invalid-json]\n"
        "  31 | {,\n"
        "     |  ^\n"
        "     = fix: Write keys in double quotes.\n"
        "\n"
        "  line-invalid-json          1\n"
        "INVALID  my.manifest  (lookout-for-vision, lines)\n"
        "  31 lines: 30 valid, 1 invalid, 0 unchecked, 0 blank\n"
        "  images were not looked for\n"
    )


def test_a_missing_field_has_no_caret(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    finding, quoted, fix, *_ = printed(capsys, file(good() + b'{"a": 1}\n'), status=1).splitlines()

    assert finding == "my.manifest:31:1: error: The line has no label. [label-unannotated]"
    assert quoted == '  31 | {"a": 1}'
    assert fix.startswith("     = fix: ")


def test_where_nothing_is_marked_the_value_and_its_place_are_named() -> None:
    excerpt = ReportExcerpt(column=1, before="", marked="", after="{}")
    finding = ReportFinding(
        rule="some-rule", severity=Severity.ERROR, line=3, field="a.b", value="12", message="Odd.", fix="Mend.",
        excerpt=excerpt,
    )  # fmt: skip
    report = Report.model_validate_json((ROOT / "docs/example-report.json").read_bytes())

    text = findings_text(report.model_copy(update={"findings": [finding]}))

    assert text.splitlines() == [
        "s3://factory-manifests/train/example.manifest:3:1: error: Odd. [some-rule]",
        "  3 | {}",
        "    = at: a.b",
        "    = found: 12",
        "    = fix: Mend.",
    ]


def test_a_finding_about_the_whole_quotes_no_line(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    finding, fix, *_ = printed(capsys, file(b""), status=1).splitlines()

    assert finding == "my.manifest: error: The manifest is empty. [manifest-empty]"
    assert fix.startswith("  = fix: ")


def test_a_blank_line_is_not_quoted(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    finding, fix, *_ = printed(capsys, file(good() + b"\n"), status=0).splitlines()

    assert finding == "my.manifest:31:1: warning: The line is blank. [line-blank]"
    assert fix == "  = fix: Remove the line."


def test_quiet_leaves_findings_alone(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "-q", file(), status=0) == ""
    told = printed(capsys, "--quiet", file(BAD), file(BAD, "also.manifest"), status=1)

    assert told.splitlines()[-1] == "     = fix: Write keys in double quotes."
    assert told.count("\n\n") == 1


def test_several_end_with_a_table(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file(BAD)
    file(name="also.manifest")

    told = printed(capsys, "my.manifest", "missing.manifest", "*.manifest", "nothing*", status=1)

    assert told.endswith(
        "\n"
        "            lines  invalid  missing\n"
        "INVALID        31        1        -  my.manifest\n"
        "VALID          30        0        -  also.manifest\n"
        "not judged                           nothing*\n"
        "not judged                           missing.manifest\n"
        "4 manifests: 1 VALID, 1 INVALID, 2 not judged\n"
    )


def test_one_that_is_named_twice_has_no_table(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    told = printed(capsys, file(), "./my.manifest", "my.*", status=0)

    assert told.startswith("VALID  my.manifest  ")
    assert told.count("\n") == 3


def test_a_table_counts_missing_images(world: World, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    world.put_images(f"images/{number:05}.png" for number in range(30) if number != 6)
    file()
    world.drop()

    assert main(["check", "my.manifest", f"s3://{MANIFESTS}/train/*.manifest"]) == 1

    assert capsys.readouterr().out.endswith(
        "\n"
        "         lines  invalid  missing\n"
        "INVALID     30        1        1  my.manifest\n"
        f"INVALID     30        1        1  s3://{MANIFESTS}/train/my.manifest\n"
        "2 manifests: 2 INVALID\n"
    )


@pytest.mark.usefixtures("world")
def test_a_pattern_in_a_bucket_that_is_not_there_is_told(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--no-images", "s3://no-such-bucket/*", file()]) == 2

    told = capsys.readouterr()
    assert "VALID  my.manifest" in told.out
    assert "bucket 'no-such-bucket' does not exist" in told.err


def test_train_and_test_can_be_patterns(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file(name="train.manifest")
    file(good(f"test/{number}.png" for number in range(30)), name="test.manifest")

    assert "VALID  test.manifest" in printed(capsys, "tr*.manifest", "--test", "te*.manifest", status=0)
    assert main(["check", "tr*.manifest", "--test", "*.manifest"]) == 2
    assert "one test manifest, not 2" in capsys.readouterr().err
    assert main(["check", "tr*.manifest", "--test", "nothing*"]) == 2
    assert "Nothing matches 'nothing*'." in capsys.readouterr().err


def test_a_page_holds_all_reports(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file(BAD)
    file(name="<b>&.manifest")

    assert (
        printed(capsys, "--format", "html", "--output", "report.html", "my.manifest", "<b>&.manifest", status=1) == ""
    )

    page = Path("report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert page.count("my.manifest") > 1
    assert "&lt;b&gt;&amp;.manifest" in page
    assert "<b>&" not in page
    assert "line-invalid-json" in page


def test_a_page_tells_what_could_not_be_judged(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    page = printed(capsys, "--format", "html", file(), "<b>.manifest", "nothing*", status=2)

    assert "<title>1 of 3 manifests VALID - Manifest Gate</title>" in page
    assert "<h1>3 manifests: 1 VALID, 2 not judged</h1>" in page
    assert "&lt;b&gt;.manifest&#39; cannot be read: No such file or directory." in page
    assert "Nothing matches &#39;nothing*&#39;." in page


def test_a_page_of_nothing_that_could_be_judged_says_so(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file()

    page = printed(capsys, "--format", "html", "missing.manifest", status=2)

    assert "<title>0 of 1 manifest VALID - Manifest Gate</title>" in page
    assert "<h1>1 manifest: 1 not judged</h1>" in page
    assert "cannot be read: No such file or directory." in page


def test_a_pattern_that_is_given_twice_is_told_once(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file()

    assert main(["check", "--no-images", "nothing*", "nothing*"]) == 2

    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "manifest-gate: Nothing matches 'nothing*'.\n")


def test_a_pipe_is_read_once_and_quoted_all_the_same(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file()
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=[BAD])
    writer.start()

    told = printed(capsys, "pipe", status=1)
    writer.join()

    assert told.startswith("pipe:31:2: error: ")
    assert "\n  31 | {,\n     |  ^\n" in told


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_pipe_that_cannot_be_kept_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> object:
        return Path("/dev/full").open("wb", buffering=0)

    monkeypatch.setattr(sources.tempfile, "TemporaryFile", full)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD)))

    assert main(["check", "--no-images", "-"]) == 2

    assert "a copy of '-' cannot be written: No space left on device." in capsys.readouterr().err


def test_a_machine_without_a_temporary_folder_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> object:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(sources.tempfile, "TemporaryFile", none)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD)))

    assert main(["check", "--no-images", "-"]) == 2

    assert "a copy of '-' cannot be written: No usable temporary directory found." in capsys.readouterr().err


def test_json_quotes_the_line_as_a_stored_report_does(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    report = json.loads(printed(capsys, "--format", "json", file(BAD), status=1))

    assert report["findings"][0]["excerpt"] == {"column": 2, "before": "{", "marked": ",", "after": ""}


def test_what_a_line_holds_is_shown_and_not_obeyed(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, file(good() + manifest(image("1.png", "[red]\x1b[31m\u202e"))), status=0)

    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text
