import codecs
import gzip
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import jsonschema
import pytest

from cli.main import main
from core.examples import plus
from tests.builders import manifest
from tests.integration.conftest import Files
from tests.integration.world import IMAGES, MANIFESTS, Json, World, good, image

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("manifest-gate")
SCHEMA = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/report.schema.json").read_text(encoding="utf-8")))
HOSTILE = "\x1b[31m \x07 \x9b1m \u202egnp.exe \U0001f600 \u200b"
OTHER_KEYS = [f"test/{number:05}.png" for number in range(30)]
SHARED = image("images/00000.png")
MASK = '"anomaly-mask-ref": "s3://parts/masks/1.png"'
OF_THE_RUN = ("run", "looked_at", "seconds", "requests", "files")


@pytest.fixture
def no_aws(monkeypatch: pytest.MonkeyPatch, socket_disabled: None) -> None:  # noqa: ARG001
    """No account, no settings, no network."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def reports(capsys: pytest.CaptureFixture[str]) -> Callable[..., list[Json]]:
    """Runs the command, which must end as told, and reads the reports that it prints, each by the schema."""

    def run(*arguments: str, status: int) -> list[Json]:
        capsys.readouterr()
        assert main(["check", "--format", "json", *arguments]) == status
        printed = capsys.readouterr()
        assert printable(printed.out)
        assert printed.err == ""
        return [valid_report(each) for each in documents(printed.out)]

    return run


def documents(printed: str) -> Iterator[Json]:
    """All JSON texts, one after the other."""
    while printed.strip():
        document, end = json.JSONDecoder().raw_decode(printed)
        yield document
        printed = printed[end:].lstrip()


def valid_report(report: Json) -> Json:
    SCHEMA.validate(report)
    return report


def printable(printed: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in printed)


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What argparse says of arguments."""
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


def complaint(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that the command says when it could not judge."""
    assert main(["check", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("manifest-gate: ")
    assert told.err.count("\n") == 1
    return told.err


# Local files


@pytest.mark.usefixtures("no_aws")
def test_no_images_needs_neither_account_nor_network(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-somebody-else")

    assert main(["check", "--no-images", file()]) == 0

    printed = capsys.readouterr()
    assert "VALID  my.manifest  (lookout-for-vision, lines)\n" in printed.out
    assert "30 lines: 30 valid, 0 invalid, 0 unchecked, 0 blank" in printed.out
    assert "images were not looked for" in printed.out
    assert printed.err == ""


@pytest.mark.usefixtures("no_aws")
def test_without_credentials_images_cannot_be_judged_but_lines_could(
    file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    told = complaint([file()], capsys)

    assert "credentials" in told
    assert "--no-images" in told


@pytest.mark.usefixtures("no_aws")
def test_without_credentials_an_object_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    told = complaint([f"s3://{MANIFESTS}/my.manifest"], capsys)

    assert "credentials" in told
    assert "--no-images" not in told


@pytest.mark.usefixtures("no_aws")
def test_a_profile_that_does_not_exist_is_named(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-somebody-else")

    told = complaint([file()], capsys)

    assert "of-somebody-else" in told
    assert "--no-images" in told


def test_images_of_a_local_file_are_looked_up(world: World, file: Files, reports: Callable[..., list[Json]]) -> None:
    world.put_images()

    (report,) = reports(file(), status=0)

    assert report["scope"] == "lines+images"
    assert report["manifest"]["bucket"] is None
    assert report["manifest"]["key"] == "my.manifest"
    assert report["statistics"]["images"] == {
        "bucket": IMAGES,
        "checked": 30,
        "missing": 0,
        "unchecked": 0,
        "inspected": 0,
    }
    assert report["requests"]["ListObjectsV2"] == 1


def test_a_missing_image_is_named_with_its_line(world: World, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    world.put_images(f"images/{number:05}.png" for number in range(30) if number != 6)

    assert main(["check", file()]) == 1

    printed = capsys.readouterr().out
    assert "my.manifest:7:16: error: The image does not exist. [image-not-found]\n" in printed
    assert f'  7 | {{"source-ref": "s3://{IMAGES}/images/00006.png", ' in printed
    assert "30 images checked, 1 missing, 0 unchecked, none opened\n" in printed
    assert "masks" not in printed
    assert "rules changed" not in printed


def test_images_that_may_not_be_looked_at_are_a_finding(
    world: World, file: Files, reports: Callable[..., list[Json]]
) -> None:
    for operation in ("HeadBucket", "ListObjectsV2", "HeadObject"):
        world.wire.fail(operation, 403, "AccessDenied")

    (report,) = reports(file(), status=2)

    assert report["verdict"] == "INCOMPLETE"
    assert "image-access-denied" in report["totals"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("missing.manifest", "'missing.manifest' cannot be read: No such file or directory."),
        (".", "'.' is a folder. Name manifests, for example './*.manifest'."),
        ("", "empty name"),
        ("s3://bucket-alone", "write s3://BUCKET/KEY"),
        ("s3: //bucket/my.manifest", "has a space within s3://"),
        ("S3://bucket/my.manifest", "upper case"),
        ("s3://bucket/\udcff.manifest", "is not UTF-8"),
        ("s3://bucket/" + "\udcff" * 300, "is not UTF-8"),
    ],
)
def test_what_cannot_be_read_is_named(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in complaint(["--no-images", name], capsys)


def test_a_file_without_permission_is_named(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    if os.geteuid() == 0:
        name = "/proc/self/mem"  # which nobody reads from its start
        if not Path(name).exists():
            pytest.skip("root reads every file, and there is no /proc")
    else:
        name = file()
        Path(name).chmod(0)

    assert f"'{name}' cannot be read: " in complaint(["--no-images", name], capsys)


def test_standard_input_is_judged(reports: Callable[..., list[Json]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(good())))

    (report,) = reports("--no-images", "-", status=0)

    assert report["manifest"]["key"] == "-"
    assert report["statistics"]["lines"]["total"] == 30


# Objects


def test_an_object_is_judged_as_the_function_judges_it(world: World, reports: Callable[..., list[Json]]) -> None:
    world.put_images()
    theirs = world.judge(world.drop(good() + b"{}\n"))

    (ours,) = reports(f"s3://{MANIFESTS}/train/my.manifest", status=1)

    assert list(ours) == list(theirs)
    for report in (ours, theirs):
        for field in OF_THE_RUN:
            del report[field]
        del report["manifest"]["sequencer"]
    assert ours == theirs


def test_an_objects_key_is_taken_as_it_is(world: World, reports: Callable[..., list[Json]]) -> None:
    key = "train set+v2/é %20 (3)//\u200b.manifest"
    world.drop(key=key)

    (report,) = reports("--no-images", f"s3://{MANIFESTS}/{key}", status=0)

    assert report["manifest"]["key"] == key


def test_nothing_is_written_to_s3(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.drop()

    assert main(["check", f"s3://{MANIFESTS}/train/my.manifest"]) == 1

    assert "image-not-found" in capsys.readouterr().out
    assert {call.method for call in world.wire.calls} == {"GET", "HEAD"}
    assert world.outputs() == []


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        (f"s3://{MANIFESTS}/missing.manifest", f"There is no s3://{MANIFESTS}/missing.manifest."),
        ("s3://no-such-bucket/my.manifest", "bucket 'no-such-bucket' does not exist"),
    ],
)
def test_a_missing_object_is_named(name: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in complaint([name], capsys)


def test_a_denied_object_tells_what_to_grant(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.drop()
    world.wire.fail("GetObject", 403, "AccessDenied")

    assert "Grant s3:GetObject" in complaint([f"s3://{MANIFESTS}/train/my.manifest"], capsys)


@pytest.mark.usefixtures("world")
def test_an_endpoint_that_is_no_url_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "localhost" in complaint(["--endpoint-url", "localhost", f"s3://{MANIFESTS}/my.manifest"], capsys)


# Several


def test_each_of_several_has_a_line_of_json(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    names = [file(), file(b"", "empty.manifest"), file(name="also.manifest")]

    assert main(["check", "--no-images", "--format", "json", *names]) == 1

    lines = capsys.readouterr().out.splitlines()
    told = [valid_report(json.loads(each)) for each in lines]
    assert [report["manifest"]["key"] for report in told] == names
    assert [report["verdict"] for report in told] == ["VALID", "INVALID", "VALID"]


def test_each_of_several_has_a_summary(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    names = [file(), file(b"", "empty.manifest")]

    assert main(["check", "--no-images", *names]) == 1

    printed = capsys.readouterr().out
    assert "\nVALID  my.manifest" in f"\n{printed}"
    assert "\nINVALID  empty.manifest" in printed


@pytest.mark.parametrize("output", ["text", "json"])
def test_one_that_cannot_be_read_does_not_hide_the_others(
    output: str, file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["missing.manifest", file(), ".", file(name="also.manifest")]

    assert main(["check", "--no-images", "--format", output, *names]) == 2

    printed = capsys.readouterr()
    assert printed.out.count("also.manifest") == (2 if output == "text" else 1)  # the second time in the table
    assert printed.out.count("my.manifest") == (2 if output == "text" else 1)
    assert printed.err.count("manifest-gate: ") == 2
    assert "missing.manifest" in printed.err


def test_an_object_that_cannot_be_read_does_not_hide_a_file(
    world: World, file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put_images()
    name = file()

    assert main(["check", "s3://no-such-bucket/my.manifest", name]) == 2

    printed = capsys.readouterr()
    assert f"VALID  {name}" in printed.out
    assert "no-such-bucket" in printed.err


@pytest.mark.parametrize(
    ("names", "status"),
    [
        (["good"], 0),
        (["good", "good"], 0),
        (["bad"], 1),
        (["good", "bad"], 1),
        (["bad", "good"], 1),
        (["missing"], 2),
        (["missing", "good"], 2),
        (["good", "missing"], 2),
        (["bad", "missing"], 1),
        (["missing", "good", "bad"], 1),
    ],
)
def test_the_exit_status_is_that_of_the_worst(
    names: list[str], status: int, file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    file(name="good")
    file(b"bad", "bad")

    assert main(["check", "--no-images", *names]) == status

    assert "Traceback" not in capsys.readouterr().err


# Options


def test_the_images_bucket_can_be_named(file: Files, reports: Callable[..., list[Json]]) -> None:
    name = file()

    reports("--no-images", "--images-bucket", IMAGES, name, status=0)
    (report,) = reports("--no-images", "--images-bucket", "another", name, status=1)

    assert report["totals"] == {"source-ref-other-bucket": 30}
    assert report["statistics"]["images"]["bucket"] == "another"


def test_the_role_can_be_named(file: Files, reports: Callable[..., list[Json]]) -> None:
    name = file(manifest(*(image(f"{number}.png") for number in range(10))))

    (single,) = reports("--no-images", "--role", "single", name, status=1)
    (train,) = reports("--no-images", "--role", "train", name, status=0)

    assert set(single["totals"]) == {"dataset-too-few-normal", "dataset-too-few-anomaly"}
    assert train["consumer"]["role"] == "train"


def test_the_label_can_be_named(file: Files, reports: Callable[..., list[Json]]) -> None:
    name = file()

    (report,) = reports("--no-images", "--label-attribute", "quality", name, status=1)
    (usual,) = reports("--no-images", "--label-attribute", "", name, status=0)

    assert report["consumer"]["label_attribute"] == "quality"
    assert report["totals"]["label-unannotated"] == 30
    assert usual["consumer"]["label_attribute"] is None


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "COMMAND"),
        (["judge"], "invalid choice: 'judge'"),
        (["check"], "are required: PATH|s3://BUCKET/KEY"),
        (["check", "x", "--consumer", "somebody"], "'somebody' (choose from 'lookout-for-vision'"),
        (["check", "x", "--role", "validation"], "'validation' (choose from 'single', 'train', 'test')"),
        (["check", "x", "--format", "xml"], "'xml' (choose from 'text', 'json'"),
        (["check", "x", "--images-bucket", "s3://parts"], "'s3://parts' is not the name of a bucket"),
        (["check", "x", "--images-bucket", "parts/images"], "'parts/images' is not the name of a bucket"),
        (["check", "x", "--images-bucket", "\udcff"], "is not the name of a bucket"),
        (["check", "x", "--label-attribute", "\udcff"], "is not UTF-8"),
        (["check", "x", "--label-attribute", "my-label-metadata"], "write it without -metadata"),
        (["check", "x", "--label-attribute", "source-ref"], "is not the key of a label"),
        (["check", "x", "--ignore-rules", "line-blnk"], "--ignore-rules: there is no rule 'line-blnk' (did you mean "),
        (["check", "x", "--ignore-rules", "no-such,also-not"], "'no-such'; there is no rule 'also-not'"),
        (["check", "x", "--ignore-rules", "line-invalid-json"], "can be neither ignored nor changed"),
        (["check", "x", "--ignore-rules", "\udcff"], r"there is no rule '\udcff'"),
        (["check", "x", "--rule-severities", "line-blank"], "write line-blank= and one of error, warning, off"),
        (["check", "x", "--rule-severities", "line-blank=unchecked"], "write line-blank= and one of error, warning"),
        (["check", "x", "--rule-severities", "image-not-found=off"], "can be neither ignored nor changed"),
        (["check", "x", "--inspect-images", "some"], "'some' (choose from 'none', 'sample', 'all')"),
        (["check", "x", "--\x1b[31mno"], r"unrecognized arguments: --\x1b[31mno"),
    ],
)
def test_usage_errors_are_explained(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed = refused(arguments, capsys)

    assert told in printed
    assert printed.startswith("usage: manifest-gate")
    assert printable(printed)


def test_the_consumer_can_be_named(file: Files, reports: Callable[..., list[Json]]) -> None:
    name = file(manifest(image("1.png", "dent"), image("2.png", "scratch")))

    (usual,) = reports("--no-images", name, status=1)
    (theirs,) = reports("--no-images", "--consumer", "rekognition-custom-labels", name, status=0)

    assert usual["totals"]["class-name-unknown"] == 2
    assert theirs["consumer"]["name"] == "rekognition-custom-labels"
    assert theirs["totals"] == {}


def test_rules_can_be_ignored(file: Files, reports: Callable[..., list[Json]]) -> None:
    name = file(good() + b"\n" + manifest(image("1.png", "dent"), image("a//b.png")))

    (usual,) = reports("--no-images", name, status=0)
    (told,) = reports(
        "--no-images", "--ignore-rules", "line-blank, class-name-unknown", "--ignore-rules", "source-ref-suspicious",
        name, status=0,
    )  # fmt: skip

    assert set(usual["totals"]) == {"line-blank", "class-name-unknown", "source-ref-suspicious"}
    assert usual["consumer"]["rule_severities"] == {}
    assert told["totals"] == {}
    assert told["consumer"]["rule_severities"] == dict.fromkeys(usual["totals"], "off")


def test_severities_of_rules_can_be_changed(
    file: Files, reports: Callable[..., list[Json]], capsys: pytest.CaptureFixture[str]
) -> None:
    name = file(good() + b"\n")
    graver = ["--rule-severities", "line-blank=error,label-several=off", "--rule-severities", "job-name-invalid=error"]

    (report,) = reports("--no-images", *graver, name, status=1)
    assert main(["check", "--no-images", *graver, name]) == 1

    assert report["findings"][0]["severity"] == "error"
    assert report["consumer"]["rule_severities"] == {
        "job-name-invalid": "error",
        "label-several": "off",
        "line-blank": "error",
    }
    told = capsys.readouterr().out
    assert "\n  rules changed: job-name-invalid error, label-several off, line-blank error\n" in told


def test_images_can_be_opened(world: World, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    world.put_images()  # which hold no images

    assert main(["check", "--inspect-images", "all", file()]) == 1

    printed = capsys.readouterr().out
    assert "30 images checked, 0 missing, 0 unchecked, 30 opened\n" in printed
    assert "image-unreadable" in printed


def test_masks_are_counted(world: World, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    world.put_images()
    first, *others = good().splitlines(keepends=True)

    assert main(["check", file(plus(MASK, first.decode().rstrip()).encode() + b"\n" + b"".join(others))]) == 1

    printed = capsys.readouterr().out
    assert "\n  1 masks named, 1 missing, 0 unchecked\n" in printed


# A train and a test manifest


def test_a_train_and_a_test_manifest_are_judged_together(file: Files, reports: Callable[..., list[Json]]) -> None:
    train, test = file(name="train.manifest"), file(good(OTHER_KEYS) + manifest(SHARED), "test.manifest")

    first, second = reports("--no-images", train, "--test", test, status=1)

    assert [report["manifest"]["key"] for report in (first, second)] == [train, test]
    assert [report["consumer"]["role"] for report in (first, second)] == ["train", "test"]
    assert [report["verdict"] for report in (first, second)] == ["VALID", "INVALID"]
    assert second["totals"] == {"dataset-train-test-overlap": 1}
    assert [finding["line"] for finding in second["findings"]] == [31]


def test_a_train_and_a_test_manifest_apart_are_valid(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    train, test = file(name="train.manifest"), file(good(OTHER_KEYS), "test.manifest")

    assert main(["check", "--no-images", train, "--test", test]) == 0

    printed = capsys.readouterr()
    assert "VALID  train.manifest  (lookout-for-vision, train, lines)\n" in printed.out
    assert "VALID  test.manifest  (lookout-for-vision, test, lines)\n" in printed.out
    assert printed.err == ""


@pytest.mark.parametrize(
    ("train", "test", "status", "told"),
    [
        ("missing", "good", 2, ["VALID  good"]),
        ("good", "missing", 2, ["VALID  good"]),
        ("bad", "missing", 1, ["INVALID  bad"]),
        ("bad", "good", 1, ["INVALID  bad", "VALID  good"]),
        ("good", "bad", 1, ["VALID  good", "INVALID  bad"]),
    ],
)
def test_one_of_train_and_test_does_not_hide_the_other(
    train: str, test: str, status: int, told: list[str], file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    file(name="good")
    file(b"bad", "bad")

    assert main(["check", "--no-images", train, "--test", test]) == status

    printed = capsys.readouterr()
    verdicts = [line.partition("  (")[0] for line in printed.out.splitlines() if "  (lookout-for-vision, " in line]
    assert verdicts == told
    assert printed.err.count("'missing' cannot be read") == (train, test).count("missing")
    assert (f"{test!r} is therefore judged alone." in printed.err) == (train == "missing")


def test_a_test_manifest_is_never_overwritten(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    test = file(name="test.manifest")

    told = complaint(["--no-images", "--output", test, file(), "--test", test], capsys)

    assert "is a manifest and would be overwritten" in told
    assert Path(test).read_bytes() == good()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["a", "b", "--test", "c"], "--test takes one train manifest, not 2; write: manifest-gate check TRAIN --test"),
        (["a", "--test", "b", "--role", "train"], "leave out --role"),
        (["-", "--test", "-"], "Train and test are both '-'; name two manifests."),
        (["a", "--no-images", "--inspect-images", "sample"], "--no-images does not look at them; leave out one."),
        (
            ["a", "--ignore-rules", "line-blank", "--rule-severities", "line-blank=error"],
            "--ignore-rules and --rule-severities: 'line-blank' is asked for in two ways; ask for one.",
        ),
        (
            ["a", "--rule-severities", "line-blank=error", "--rule-severities", "line-blank=warning"],
            "'line-blank' is asked for in two ways",
        ),
    ],
)
def test_options_that_contradict_each_other_are_named(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in complaint(arguments, capsys)


def test_output_goes_to_a_file(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    name = file()

    assert main(["check", "--no-images", "--format", "json", "--output", "report.json", name]) == 0

    assert capsys.readouterr().out == ""
    assert valid_report(json.loads(Path("report.json").read_bytes()))["verdict"] == "VALID"


def test_every_finding_goes_to_a_file_where_one_is_asked_for(file: Files, reports: Callable[..., list[Json]]) -> None:
    name = file(b"{\n" * 120)

    (report,) = reports("--no-images", "--findings", "all.jsonl", name, status=1)

    every = [json.loads(line) for line in Path("all.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [finding["line"] for finding in every] == list(range(1, 121))
    assert len(every) == sum(report["totals"].values())


def test_findings_of_several_manifests_name_theirs(file: Files, reports: Callable[..., list[Json]]) -> None:
    train, test = file(b"[1]\n[2]\n", "train.manifest"), file(b"{\n", "test.manifest")

    reports("--no-images", "--findings", "all.jsonl", train, "--test", test, status=1)

    every = [json.loads(line) for line in Path("all.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(finding["manifest"], finding["line"]) for finding in every if finding["line"]] == [
        (train, 1),
        (train, 2),
        (test, 1),
    ]


@pytest.mark.parametrize(
    ("outputs", "told"),
    [
        (["--findings", ""], "--findings has an empty name; is a variable not set?"),
        (["--output", ""], "--output has an empty name; is a variable not set?"),
        (["--findings", "-"], "--findings and --output both go to standard output; name a file for one."),
        (["--findings", "-", "--output", "-"], "--findings and --output both go to standard output"),
    ],
)
def test_outputs_have_names_and_do_not_mix(
    outputs: list[str], told: str, file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told in complaint(["--no-images", *outputs, file()], capsys)


def test_findings_alone_go_to_standard_output(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--no-images", "--findings", "-", "--output", "report.txt", file(good() + b"{")]) == 1

    assert json.loads(capsys.readouterr().out)["rule"] == "line-invalid-json"
    assert "line-invalid-json" in Path("report.txt").read_text(encoding="utf-8")


def test_findings_never_overwrite_a_manifest(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    name = file()

    assert main(["check", "--no-images", "--findings", name, name]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert Path(name).read_bytes() == good()


def test_a_dash_is_standard_output(file: Files, reports: Callable[..., list[Json]]) -> None:
    (report,) = reports("--no-images", "--output", "-", file(), status=0)

    assert report["verdict"] == "VALID"
    assert not Path("-").exists()


@pytest.mark.parametrize("output", ["no-such-folder/report.json", "."])
def test_output_that_cannot_be_written_is_named(output: str, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"'{output}' cannot be written: " in complaint(["--no-images", "--output", output, file()], capsys)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_is_named(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    told = complaint(["--no-images", "--output", "/dev/full", file()], capsys)

    assert "'/dev/full' cannot be written: No space left on device." in told


@pytest.mark.parametrize("output", ["my.manifest", "./my.manifest", "link"])
def test_a_manifest_is_never_overwritten(output: str, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    name = file()
    Path("link").symlink_to(name)

    told = complaint(["--no-images", "--output", output, "missing.manifest", name], capsys)

    assert "is a manifest and would be overwritten" in told
    assert Path(name).read_bytes() == good()


# Bad input


def in_line(*pieces: str) -> bytes:
    """A good line of which something is replaced; the pieces are what was, and what is."""
    return manifest(image("odd.png")).decode().replace(*pieces).encode()


NESTED = 100_000
OBJECTS = [json.loads(each) for each in good().splitlines()]

SOUND = {
    "byte order mark": (codecs.BOM_UTF8 + good(), {"manifest-byte-order-mark"}),
    "CRLF": (good().replace(b"\n", b"\r\n"), set()),
    "no last newline": (good().removesuffix(b"\n"), set()),
    "blank lines between": (good().replace(b"\n", b"\n\n"), {"line-blank"}),
    "a key with a space": (good() + manifest(image("a b.png")), set()),
    "a key with a plus": (good() + manifest(image("a+b.png")), set()),
    "a key in Hangul": (good() + manifest(image("이미지.png")), set()),
    "a key of emoji": (good() + manifest(image("\U0001f600.png")), set()),
    "a key with %20": (good() + manifest(image("a%20b.png")), {"source-ref-suspicious"}),
    "a key with U+200B": (good() + manifest(image("a\u200bb.png")), {"source-ref-suspicious"}),
    "a key with //": (good() + manifest(image("a//b.png")), {"source-ref-suspicious"}),
    "a hostile key": (good() + manifest(image(f"{HOSTILE}.png")), {"source-ref-suspicious"}),
}

NO_MANIFESTS = {
    "empty": (b"", {"manifest-empty"}),
    "blank only": (b"\n \r\n\t\n", {"manifest-empty", "line-blank"}),
    "a byte order mark alone": (codecs.BOM_UTF8, {"manifest-byte-order-mark", "manifest-empty"}),
    "UTF-16": (good().decode().encode("utf-16"), {"manifest-not-utf8"}),
    "UTF-16 without byte order mark": (good().decode().encode("utf-16-be"), {"manifest-not-utf8"}),
    "gzip": (gzip.compress(good()), {"manifest-not-utf8"}),
    "an array": (json.dumps(OBJECTS).encode(), {"manifest-not-json-lines"}),
    "an array over lines": (json.dumps(OBJECTS, indent=2).encode(), {"manifest-not-json-lines"}),
    "an array of lines": (b"[\n" + good().replace(b"\n", b",\n") + b"]\n", {"manifest-not-json-lines"}),
    "pretty-printed": ("\n".join(json.dumps(each, indent=4) for each in OBJECTS).encode(), {"manifest-not-json-lines"}),
    "CSV": (b"source-ref,label\ns3://parts/1.png,normal\ns3://parts/2.png,anomaly\n", {"manifest-not-json-lines"}),
}

BAD_LINES = {
    "Latin-1": (in_line("odd", "é").decode().encode("latin-1"), {"line-not-utf8"}),
    "a surrogate in UTF-8": (b'{"a": "\xed\xa0\x80"}\n', {"line-not-utf8"}),
    "s3: //": (in_line("s3://", "s3: //"), {"source-ref-malformed"}),
    "a long line": (b'{"a": "' + b"x" * 3 * 1024**2, {"line-unreadable"}),
    "brackets": (b"[" * NESTED, {"line-invalid-json", "line-too-long"}),
    "nested brackets": (b'{"a":' + b"[" * NESTED + b"]" * NESTED + b"}", {"line-json-unsupported", "line-too-long"}),
    "nested braces": (b'{"a":' * NESTED + b"1" + b"}" * NESTED, {"line-json-unsupported", "line-too-long"}),
    "NaN": (in_line('"confidence": 1', '"confidence": NaN'), {"line-invalid-json"}),
    "duplicate keys": (in_line('"anomaly-label": 0', '"anomaly-label": 0, "anomaly-label": 1'), {"line-duplicate-key"}),
    "an escaped surrogate": (in_line("odd", r"\ud800"), {"line-json-unsupported"}),
    "a control character": (b'{"a": "\x1b[31m"}', {"line-invalid-json"}),
    "NUL bytes": (b"\0" * 1_000, {"line-invalid-json"}),
    "a number": (b"42", {"line-not-an-object"}),
    "a hostile key": (f'{{"{HOSTILE[5:]}": 1}}'.encode(), {"line-invalid-json"}),
    "a hostile value": (json.dumps({"source-ref": HOSTILE}).encode(), {"source-ref-malformed", "label-unannotated"}),
}


@pytest.mark.parametrize(("content", "rules"), SOUND.values(), ids=SOUND)
def test_what_is_odd_but_sound_is_valid(
    content: bytes, rules: set[str], file: Files, reports: Callable[..., list[Json]]
) -> None:
    (report,) = reports("--no-images", file(content), status=0)

    assert set(report["totals"]) == rules


@pytest.mark.parametrize(("content", "rules"), NO_MANIFESTS.values(), ids=NO_MANIFESTS)
def test_what_is_no_manifest_is_invalid(
    content: bytes, rules: set[str], file: Files, reports: Callable[..., list[Json]]
) -> None:
    (report,) = reports("--no-images", file(content), status=1)

    assert set(report["totals"]) == rules
    assert report["statistics"]["lines"]["valid"] == 0


@pytest.mark.parametrize(("content", "rules"), BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_line_is_named_and_the_others_judged(
    content: bytes, rules: set[str], file: Files, reports: Callable[..., list[Json]]
) -> None:
    (report,) = reports("--no-images", file(good() + content), status=1)

    assert set(report["totals"]) == rules
    assert {finding["line"] for finding in report["findings"]} == {31}
    assert all(finding["fix"] for finding in report["findings"])
    assert report["statistics"]["lines"]["valid"] == 30


def test_no_content_commands_the_terminal(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    kinds = SOUND | NO_MANIFESTS | BAD_LINES
    names = [file(content, f"{number}.manifest") for number, (content, _) in enumerate(kinds.values())]

    assert main(["check", "--no-images", *names]) == 1

    printed = capsys.readouterr()
    assert all(f"VALID  {name}  " in printed.out for name in names)
    assert printable(printed.out)
    assert printed.err == ""


# Names of files

NAMES = [
    "a b+%20.manifest",
    "이미지 \U0001f600.manifest",
    "-x.manifest",
    f"{HOSTILE}\n.manifest",
    "\udcff\udc9b é.manifest",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("output", ["text", "json"])
def test_no_name_commands_the_terminal(name: str, output: str, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["check", "--no-images", "--format", output, "--"]
    file(name=name)

    assert main([*options, name]) == 0
    assert main([*options, f"missing {name}"]) == 2

    printed = capsys.readouterr()
    assert printable(printed.out)
    assert printable(printed.err)
    assert "missing " in printed.err


@pytest.mark.parametrize("name", NAMES)
def test_a_report_tells_the_name_of_the_file(name: str, file: Files, reports: Callable[..., list[Json]]) -> None:
    file(name=name)

    (report,) = reports("--no-images", "--", name, status=0)

    assert report["manifest"]["key"] == name.replace("\udcff\udc9b", r"\xff\x9b")


def test_an_objects_key_does_not_command_the_terminal(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    uri = f"s3://{MANIFESTS}/{HOSTILE}.manifest"
    world.drop(key=f"{HOSTILE}.manifest")

    assert main(["check", "--no-images", uri]) == 0
    assert main(["check", "--no-images", uri + "2"]) == 2

    printed = capsys.readouterr()
    assert printable(printed.out)
    assert printable(printed.err)
    assert r"\x1b[31m" in printed.out
    assert r"\x1b[31m" in printed.err


# The real command


def command(*arguments: str | bytes, env: dict[str, str], content: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [COMMAND, "check", "--no-images", *arguments], env=env, input=content, capture_output=True, check=False
    )


def test_the_command_judges_files_without_aws(file: Files, bare: dict[str, str]) -> None:
    run = command(file(), file(b"", "empty.manifest"), "missing.manifest", env=bare | {"AWS_PROFILE": "nobody"})

    assert run.returncode == 1
    assert b"VALID  my.manifest" in run.stdout
    assert b"INVALID  empty.manifest" in run.stdout
    assert run.stderr == b"manifest-gate: 'missing.manifest' cannot be read: No such file or directory.\n"


@pytest.mark.parametrize(
    "locale",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_no_locale_makes_the_output_fail(locale: dict[str, str], file: Files, bare: dict[str, str]) -> None:
    name = os.fsencode(file(good() + manifest(image("이.txt")), "\udcff é \x1b.manifest"))

    run = command(name, b"missing " + name, env=bare | locale)

    assert run.returncode == 2
    assert "이" in run.stdout.decode()
    assert printable(run.stdout.decode())
    assert printable(run.stderr.decode())
    assert run.stderr.startswith(b"manifest-gate: 'missing ")
    assert run.stderr.count(b"\n") == 1


def test_the_command_reads_standard_input(bare: dict[str, str]) -> None:
    run = command("-", env=bare, content=good())

    assert run.returncode == 0
    assert run.stdout.startswith(b"VALID  -  ")


def test_a_reader_that_left_is_no_fault(file: Files, bare: dict[str, str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    arguments = [COMMAND, "check", "--no-images", file()]
    run = subprocess.run(arguments, env=bare, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)

    assert run.returncode == 2
    assert run.stderr == b""


@pytest.mark.parametrize("name", ["my.manifest", "missing.manifest"])
def test_closed_streams_leave_the_exit_status(name: str, file: Files, bare: dict[str, str]) -> None:
    file()

    run = subprocess.run(
        ["sh", "-c", '"$0" check --no-images "$1" >&- 2>&-', COMMAND, name], env=bare, check=False, capture_output=True
    )

    assert run.returncode == (0 if name == "my.manifest" else 2)
    assert run.stdout + run.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize("arguments", [["check", "--no-images", "my.manifest"], ["--version"]])
def test_a_full_standard_output_is_told(arguments: list[str], file: Files, bare: dict[str, str]) -> None:
    file()

    with Path("/dev/full").open("wb") as full:
        run = subprocess.run([COMMAND, *arguments], env=bare, stdout=full, stderr=subprocess.PIPE, check=False)

    assert run.returncode == 2
    assert run.stderr == b"manifest-gate: standard output cannot be written: No space left on device.\n"


def test_an_interrupted_command_ends_quietly(file: Files, bare: dict[str, str]) -> None:
    arguments = [COMMAND, "check", "--no-images", "--format", "json", file(), "-"]
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # a child inherits it only if it is ignored
    try:
        with subprocess.Popen(
            arguments, env=bare, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout
            first = process.stdout.readline()  # now it waits for standard input
            process.send_signal(signal.SIGINT)
            rest, told = process.communicate()
    finally:
        signal.signal(signal.SIGINT, usual)

    assert valid_report(json.loads(first))["verdict"] == "VALID"
    assert process.returncode == 130
    assert rest == b""
    assert told == b"manifest-gate: interrupted\n"
