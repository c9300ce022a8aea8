import codecs
import io
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cli import check, judging, sources
from cli.main import main
from core.consumers import CONSUMERS
from core.validate import validate
from tests.builders import manifest
from tests.integration.conftest import Files
from tests.integration.world import MANIFESTS, World, good, image

BAD = b"{,\n"
SOME = BAD + good() + b"[1]\r\n" + manifest(image("last.png")).removesuffix(b"\n")
KEPT = good() + manifest(image("last.png")).removesuffix(b"\n")
OUT = "accepted.manifest"


def accept(*arguments: str, status: int, capsys: pytest.CaptureFixture[str]) -> str:
    """What standard error says."""
    capsys.readouterr()
    assert main(["check", "--no-images", "--write-accepted", OUT, *arguments]) == status
    assert not list(Path().glob("*.part"))
    return capsys.readouterr().err


@pytest.fixture
def happening(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Lets something happen after a manifest was judged and before it is read again."""

    def let(happen: Callable[[], object]) -> None:
        def validated(*arguments: object, **options: object) -> object:
            judgement = validate(*arguments, **options)
            happen()
            return judgement

        monkeypatch.setattr(judging, "validate", validated)

    return let


def test_accepted_lines_are_copied_byte_for_byte(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    told = accept(file(SOME), status=1, capsys=capsys)

    assert Path(OUT).read_bytes() == KEPT
    assert told == (
        "manifest-gate: 31 of 33 lines are accepted, and written to 'accepted.manifest'; "
        "their images were not looked for.\n"
    )


def test_all_lines_are_copied_where_all_are_accepted(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    told = accept(file(codecs.BOM_UTF8 + good() + b"\n"), status=0, capsys=capsys)

    assert Path(OUT).read_bytes() == good()
    assert "30 of 31 lines are accepted" in told


def test_with_images_only_what_exists_is_accepted(
    world: World, file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put_images(f"images/{number:05}.png" for number in range(30) if number != 6)
    lines = good().splitlines(keepends=True)

    assert main(["check", "--write-accepted", OUT, file()]) == 1

    assert Path(OUT).read_bytes() == b"".join(lines[:6] + lines[7:])
    assert capsys.readouterr().err.endswith(": 29 of 30 lines are accepted, and written to 'accepted.manifest'.\n")


def test_what_is_unchecked_is_not_accepted(world: World, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    for operation in ("HeadBucket", "ListObjectsV2", "HeadObject"):
        world.wire.fail(operation, 403, "AccessDenied")

    assert main(["check", "--write-accepted", OUT, file()]) == 2

    assert not Path(OUT).exists()
    assert capsys.readouterr().err == "manifest-gate: No line is accepted: 'accepted.manifest' was not written.\n"


def test_where_no_line_is_accepted_an_older_file_stays_and_is_called_so(
    file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(OUT).write_bytes(b"older")

    told = accept(file(BAD), status=1, capsys=capsys)

    assert Path(OUT).read_bytes() == b"older"
    assert "was not written. What stands there is older." in told


def test_quiet_says_nothing_of_it(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert accept("--quiet", file(SOME), status=1, capsys=capsys) == ""
    assert Path(OUT).read_bytes() == KEPT


def test_a_manifest_that_was_not_read_to_its_end_is_called_so(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file()
    consumer = replace(CONSUMERS["lookout-for-vision"], manifest_bytes=len(SOME) - 10)
    monkeypatch.setattr(check, "CONSUMERS", {consumer.name: consumer})
    monkeypatch.setattr(sources, "_CHUNK_BYTES", 1_000)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SOME)))

    told = accept("-", status=1, capsys=capsys)

    copied = Path(OUT).read_bytes()
    assert "; the manifest was not read to its end.\n" in told
    assert good().startswith(copied)
    assert copied.endswith(b"}\n")


def test_standard_input_is_copied(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(SOME)))

    accept("-", status=1, capsys=capsys)

    assert Path(OUT).read_bytes() == KEPT


def test_an_object_is_copied(world: World, file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    file()
    world.drop(SOME)

    accept(f"s3://{MANIFESTS}/train/my.manifest", status=1, capsys=capsys)

    assert Path(OUT).read_bytes() == KEPT


def test_what_stands_there_is_replaced_with_its_links(file: Files, capsys: pytest.CaptureFixture[str]) -> None:
    Path("real").write_bytes(b"older")
    Path(OUT).symlink_to("real")

    accept(file(SOME), status=1, capsys=capsys)

    assert Path(OUT).is_symlink()
    assert Path("real").read_bytes() == KEPT


def longer(path: str) -> None:
    """Adds to a file."""
    Path(path).write_bytes(Path(path).read_bytes() + b"\n")


def later(path: str) -> None:
    """Makes a file look as if it was written later."""
    status = Path(path).stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


@pytest.mark.parametrize("accepting", [[], ["--write-accepted", OUT]], ids=["quoted", "copied"])
@pytest.mark.parametrize("change", [longer, later])
def test_a_file_that_changes_meanwhile_is_not_judged(
    accepting: list[str],
    change: Callable[[str], object],
    file: Files,
    happening: Callable[[Callable[[], object]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = file(SOME)
    happening(lambda: change(name))

    assert main(["check", "--no-images", *accepting, name]) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "manifest-gate: 'my.manifest' changed while it was judged; judge it again.\n"
    assert not Path(OUT).exists()


def test_other_bytes_of_the_same_time_are_not_copied(
    file: Files, happening: Callable[[Callable[[], object]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    name = file(SOME)
    before = Path(name).stat()

    def swap() -> None:
        Path(name).write_bytes(SOME.replace(b"images/00001", b"images/99999"))
        os.utime(name, ns=(before.st_atime_ns, before.st_mtime_ns))

    happening(swap)

    assert "changed while it was judged" in accept(name, status=2, capsys=capsys)
    assert not Path(OUT).exists()


def test_an_object_that_is_replaced_meanwhile_is_not_copied(
    world: World,
    file: Files,
    happening: Callable[[Callable[[], object]], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    file()
    world.version(MANIFESTS, "Suspended")
    world.drop(SOME)
    happening(lambda: world.drop(good()))

    told = accept(f"s3://{MANIFESTS}/train/my.manifest", status=2, capsys=capsys)

    assert "was replaced while it was judged; judge it again." in told
    assert not Path(OUT).exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["my.manifest", "also.manifest", "--write-accepted", OUT], "takes one manifest; run the command for each"),
        (["my.manifest", "--test", "also.manifest", "--write-accepted", OUT], "takes one manifest"),
        (["my.manifest", "nothing*", "--write-accepted", OUT], "takes one manifest"),
        (["my.manifest", "--write-accepted", "my.manifest"], "is a manifest and would be overwritten"),
        (["my.manifest", "--write-accepted", "./link"], "is a manifest and would be overwritten"),
        (["my.manifest", "--write-accepted", "-"], "needs the name of a file"),
        (["my.manifest", "--write-accepted", ""], "--write-accepted has an empty name; is a variable not set?"),
        (["my.manifest", "--write-accepted", "."], "'.' is no file"),
        (["my.manifest", "--write-accepted", os.devnull], "is no file"),
        (["my.manifest", "--write-accepted", "no/such"], "'no/such' cannot be written: No such file or directory."),
        (["my.manifest", "--write-accepted", "x", "--output", "./x"], "--output and --write-accepted are both './x'"),
        (["my.manifest", "--findings", "x", "--output", "x"], "--output and --findings are both 'x'"),
    ],
)
def test_it_writes_over_nothing_and_says_what_it_takes(
    arguments: list[str], told: str, file: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    file()
    file(name="also.manifest")
    Path("link").symlink_to("my.manifest")
    before = sorted(Path().iterdir())

    assert main(["check", "--no-images", *arguments]) == 2

    assert told in capsys.readouterr().err
    assert sorted(Path().iterdir()) == before
    assert Path("my.manifest").read_bytes() == good()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_copy_is_whole_or_not_there(
    file: Files, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Path.open

    def full(path: Path, mode: str = "r", **options: object) -> object:
        if mode == "xb":
            usual(path, mode).close()
            return usual(Path("/dev/full"), "wb")
        return usual(path, mode, **options)

    monkeypatch.setattr(Path, "open", full)
    Path(OUT).write_bytes(b"older")

    assert "'accepted.manifest' cannot be written: No space left on device." in accept(
        file(SOME), status=2, capsys=capsys
    )
    assert Path(OUT).read_bytes() == b"older"
