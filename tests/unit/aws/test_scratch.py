"""The temporary folder as scratch space. What does not fit is simulated: nothing is filled."""

import errno
import os
from pathlib import Path

import pytest

from aws import scratch
from aws.scratch import TemporaryFile
from core.errors import NoRoomError, PermanentError
from core.shelf import Shelf

PIECES = [b"one", b"", b"three" * 10_000, bytes(range(256))]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_what_was_written_is_read_again_in_any_order() -> None:
    with TemporaryFile() as file:
        numbers = [file.write(piece) for piece in PIECES]
        more = file.write(b"more")

        for _ in range(2):
            assert [file.read(number) for number in reversed(numbers)] == PIECES[::-1]
        assert file.read(more) == b"more"


def test_it_is_the_shelfs_scratch_space() -> None:
    with TemporaryFile() as file:
        shelf = Shelf(0, file)
        slots = [shelf.put(piece) for piece in PIECES]

        assert [shelf.get(slot) for slot in slots] == PIECES


def test_nothing_is_left_behind_and_nothing_made_in_vain(tmp_path: Path) -> None:
    before = descriptors()
    with TemporaryFile() as file:
        assert descriptors() == before
        file.write(b"data")
        file.write(b"more")
        assert descriptors() == before + 1
        assert list(tmp_path.iterdir()) == []  # the file has no name

    assert descriptors() == before


def test_nothing_is_left_behind_by_a_judgement_that_fails() -> None:
    before = descriptors()

    with pytest.raises(PermanentError), TemporaryFile() as file:
        fail_after(file.write(b"data"))

    assert descriptors() == before


def fail_after(_number: int) -> None:
    raise PermanentError("The reports bucket does not exist.")


@pytest.mark.parametrize("fault", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_folder_is_told_with_what_to_do(fault: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(_descriptor: int, _data: bytes) -> int:
        raise OSError(fault, os.strerror(fault))

    with TemporaryFile() as file:
        number = file.write(b"before")
        monkeypatch.setattr(scratch.os, "write", write)
        with pytest.raises(NoRoomError, match=r"EphemeralStorageMegabytes.*or split the manifest") as told:
            file.write(b"data")
        assert str(told.value).startswith(f"{tmp_path} is full.")
        assert file.read(number) == b"before"


def test_a_piece_of_which_only_a_part_was_written_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryFile() as file:
        monkeypatch.setattr(scratch.os, "write", lambda _descriptor, data: len(data) - 1)
        with pytest.raises(NoRoomError, match="EphemeralStorageMegabytes"):
            file.write(b"data")


def test_any_other_fault_of_the_folder_has_to_be_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with TemporaryFile() as file:
        number = file.write(b"before")
        monkeypatch.setattr(scratch.os, "write", fail)
        monkeypatch.setattr(scratch.os, "pread", fail)
        with pytest.raises(PermanentError, match="cannot be written: Input/output error") as written:
            file.write(b"data")
        with pytest.raises(PermanentError, match="cannot be read: Input/output error") as read:
            file.read(number)
    assert (type(written.value), type(read.value)) == (PermanentError, PermanentError)
    assert str(written.value).startswith(str(tmp_path))


def test_a_folder_that_is_not_there_has_to_be_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))

    with TemporaryFile() as file, pytest.raises(PermanentError, match="cannot be written: No such file or directory"):
        file.write(b"data")
