import re
from pathlib import Path

import pytest

from cli.main import main
from tests.builders import manifest
from tests.integration.conftest import Files
from tests.integration.world import IMAGES, MANIFESTS, World, good, image

BAD = good() + b"{,\n" + manifest(image("1.png", "dent")) + b"[1]\n{,\n"
COMMAND = re.compile(r"::(?P<name>error|warning|notice) (?P<properties>[^:]*)::(?P<message>[^\r\n]*)")


def annotated(
    capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 1
) -> list[tuple[str, dict[str, str], str]]:
    """The annotations that GitHub would make of the output, which holds nothing else."""
    capsys.readouterr()
    assert main(["check", "--format", "github", *arguments]) == status
    found = []
    for line in capsys.readouterr().out.splitlines():
        command = COMMAND.fullmatch(line)
        assert command, line
        told = dict(each.split("=", 1) for each in command["properties"].split(","))
        properties = {name: read(text) for name, text in told.items()}
        found.append((command["name"], properties, read(command["message"])))
    return found


def read(text: str) -> str:
    """What GitHub's runner makes of its escapes."""
    for escape, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escape, character)
    return text


def test_each_finding_annotates_its_line(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    first, *_ = annotated(capsys, "--no-images", file(BAD))

    assert first == (
        "error",
        {"file": "my.manifest", "line": "31", "col": "2", "endColumn": "3", "title": "line-invalid-json"},
        "Column 2: a key without quotes.\nFound: {,\nFix: Write keys in double quotes.",
    )


def test_the_gravest_come_first_and_one_of_each_rule_before_a_second(
    file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    told = annotated(capsys, "--no-images", file(BAD))

    assert [(name, properties["title"], properties.get("line")) for name, properties, _ in told] == [
        ("error", "line-invalid-json", "31"),
        ("error", "line-not-an-object", "33"),
        ("error", "line-invalid-json", "34"),
        ("warning", "class-name-unknown", "32"),
        ("notice", "Manifest Gate: INVALID", None),
    ]


def test_a_notice_says_what_it_comes_to(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    name = file()

    [(kind, properties, message)] = annotated(capsys, "--no-images", name, status=0)

    assert (kind, properties) == ("notice", {"title": "Manifest Gate: VALID"})
    assert message == ("my.manifest: 30 lines: 30 valid, 0 invalid, 0 unchecked, 0 blank; images were not looked for")
    assert annotated(capsys, "--no-images", "--quiet", name, status=0) == []


def test_what_is_unchecked_is_an_error_as_it_fails_the_step(
    world: World, file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    for operation in ("HeadBucket", "ListObjectsV2", "HeadObject"):
        world.wire.fail(operation, 403, "AccessDenied")

    (kind, properties, _), *_ = annotated(capsys, file(), status=2)

    assert (kind, properties["title"]) == ("error", "image-access-denied")


def test_what_could_not_be_judged_is_an_error(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    told = annotated(capsys, "--no-images", "missing.manifest", "nothing*", file(), status=2)

    assert [(kind, message) for kind, _, message in told[:2]] == [
        ("error", "Nothing matches 'nothing*'."),
        ("error", "'missing.manifest' cannot be read: No such file or directory."),
    ]


@pytest.mark.parametrize("name", ["a,b: %25 c.manifest", "::error::x.manifest", "100%0A.manifest"])
def test_names_and_values_are_escaped(name: str, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file(good() + manifest(image("1%0A::error::.png", "a,b:c%0A")), name)

    (_, properties, message), *_ = annotated(capsys, "--no-images", "--", name, status=0)

    assert properties["file"] == name
    assert properties["title"] == "class-name-unknown"
    assert "Found: a,b:c%0A\n" in message


def test_files_are_named_from_the_workspace(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    file(BAD, "data/my.manifest")
    monkeypatch.chdir("data")

    def named(workspace: Path) -> str:
        monkeypatch.setenv("GITHUB_WORKSPACE", str(workspace))
        return annotated(capsys, "--no-images", "my.manifest")[0][1]["file"]

    assert named(tmp_path) == "data/my.manifest"
    assert named(tmp_path / "elsewhere") == "my.manifest"


def test_an_object_is_no_file_of_the_repository(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.drop(BAD)

    (_, properties, message), *_ = annotated(capsys, "--no-images", f"s3://{MANIFESTS}/train/my.manifest")

    assert properties == {"title": "line-invalid-json"}
    assert message.startswith(f"s3://{MANIFESTS}/train/my.manifest:31: Column 2: ")


def test_a_finding_about_the_whole_has_no_line(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    (_, properties, _), *_ = annotated(capsys, "--no-images", file(b""))

    assert properties == {"file": "my.manifest", "title": "manifest-empty"}


def test_a_summary_is_added_to_the_page_of_the_run(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = Path("summary.md")
    summary.write_text("of an earlier step\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))

    annotated(capsys, "--no-images", file(BAD), file(name="a|b<i>*x*.manifest"), "missing.manifest")

    assert summary.read_text(encoding="utf-8") == (
        "of an earlier step\n"
        "### Manifest Gate\n"
        "\n"
        "| | manifest | lines | invalid | images missing |\n"
        "|---|---|--:|--:|--:|\n"
        "| ❌ INVALID | my&#46;manifest | 34 | 3 | - |\n"
        "| ✅ VALID | a&#124;b&#60;i&#62;&#42;x&#42;&#46;manifest | 30 | 0 | - |\n"
        "| ⚠️ not judged | missing&#46;manifest |  |  |  |\n"
        "\n"
        "| rule | findings |\n"
        "|---|--:|\n"
        "| line-invalid-json | 2 |\n"
        "| class-name-unknown | 1 |\n"
        "| line-not-an-object | 1 |\n"
        "\n"
    )


def test_a_summary_of_many_names_some(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")

    annotated(capsys, "--no-images", file(), *(f"{number}.manifest" for number in range(502)), status=2)

    text = Path("summary.md").read_text(encoding="utf-8")
    assert text.count("manifest |") == 501  # with the heading
    assert "\n3 more manifests are not listed.\n" in text
    assert "rule" not in text


def test_a_summary_that_cannot_be_written_is_told(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/folder")

    assert main(["check", "--no-images", "--format", "github", file()]) == 2

    assert "GITHUB_STEP_SUMMARY 'no/such/folder' cannot be written: " in capsys.readouterr().err


def test_images_that_are_missing_are_counted(
    world: World, file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    world.put_images(["images/00000.png"])

    (_, properties, message), *_ = annotated(capsys, file())

    assert properties["title"] == "image-not-found"
    assert f"\nFound: s3://{IMAGES}/images/00001.png\n" in message
    assert "| ❌ INVALID | my&#46;manifest | 30 | 29 | 29 |\n" in Path("summary.md").read_text(encoding="utf-8")
