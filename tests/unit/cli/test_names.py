import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from cli.names import expand
from core.errors import GateError

KEYS = [
    "a/.hidden.manifest",
    "a/1.manifest",
    "a/2.manifest",
    "a/3.txt",
    "a/b/",
    "a/b/4.manifest",
    "a/b/c/5.manifest",
    "a/x1.manifest",
    "a/x[1].manifest",
    "이미지/😀.manifest",
]


class Bucket:
    """Objects by name, and what was asked of them."""

    def __init__(self, keys: Sequence[str] = KEYS) -> None:
        self._keys = keys
        self.prefixes: list[str] = []

    def exists(self, bucket: str, key: str) -> bool:
        return bucket == "bucket" and key in self._keys

    def keys(self, bucket: str, prefix: str) -> Iterable[str]:
        self.prefixes.append(prefix)
        return [key for key in self._keys if bucket == "bucket" and key.startswith(prefix)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The same names as in the bucket, on disk."""
    monkeypatch.chdir(tmp_path)
    for key in KEYS:
        path = Path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        if key.endswith("/"):
            path.mkdir()
        else:
            path.touch()
    return tmp_path


def expanded(*names: str, bucket: Bucket | None = None) -> tuple[list[str], list[str]]:
    """The manifests that are meant, and what was said of the others."""
    told: list[str] = []

    def complain(name: str, error: GateError) -> None:
        assert name in names
        told.append(str(error))

    return expand(names, bucket or Bucket(), complain), told


MATCHES = {
    "a/?.manifest": ["a/1.manifest", "a/2.manifest"],
    "a/[12].manifest": ["a/1.manifest", "a/2.manifest"],
    "a/[!1].manifest": ["a/2.manifest"],
    "a/x?1?.manifest": ["a/x[1].manifest"],
    "a/b/*": ["a/b/4.manifest"],
    "a/*/*.manifest": ["a/b/4.manifest"],
    "a/**/[45].manifest": ["a/b/4.manifest", "a/b/c/5.manifest"],
    "**/2.manifest": ["a/2.manifest"],
    "a/**/**/5.manifest": ["a/b/c/5.manifest"],
    "a/b/**": ["a/b/4.manifest", "a/b/c/5.manifest"],
    "이미지/*.manifest": ["이미지/😀.manifest"],
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("pattern", "matches"), MATCHES.items())
def test_a_pattern_matches_alike_on_disk_and_in_s3(pattern: str, matches: list[str]) -> None:
    assert expanded(pattern) == (matches, [])
    assert expanded(f"s3://bucket/{pattern}") == ([f"s3://bucket/{key}" for key in matches], [])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["a/x[1].manifest", "s3://bucket/a/x[1].manifest"])
def test_a_name_that_looks_like_a_pattern_is_meant_first(name: str) -> None:
    bucket = Bucket()

    assert expanded(name, bucket=bucket) == ([name], [])
    assert bucket.prefixes == []


@pytest.mark.usefixtures("folder")
def test_where_no_such_name_is_it_is_a_pattern() -> None:
    Path("a/x[1].manifest").unlink()

    assert expanded("a/x[1].manifest") == (["a/x1.manifest"], [])


def test_only_what_can_match_is_listed() -> None:
    bucket = Bucket()

    expanded("s3://bucket/a/b/[0-9]*", bucket=bucket)

    assert bucket.prefixes == ["a/b/"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nothing*", "Nothing matches 'nothing*'."),
        ("a/[b]", "Nothing matches 'a/[b]'."),  # a folder
        ("s3://bucket/nothing/*", "Nothing matches 's3://bucket/nothing/*'."),
        ("s3://bucket/*", "Nothing matches 's3://bucket/*'."),
        ("s3://b*/key", "write s3://BUCKET/KEY"),
    ],
)
def test_a_pattern_that_comes_to_nothing_hides_no_other(name: str, told: str) -> None:
    names, (said,) = expanded(name, "a/1.manifest")

    assert names == ["a/1.manifest"]
    assert told in said


@pytest.mark.usefixtures("folder")
def test_a_manifest_that_is_named_twice_is_judged_once() -> None:
    Path("a/link.manifest").symlink_to("1.manifest")
    names = ["a/1.manifest", "./a/1.manifest", os.path.realpath("a/1.manifest"), "a/[1].manifest", "a/link.manifest"]

    assert expanded(*names, "-", "-", "s3://bucket/a", "s3://bucket/a") == (["a/1.manifest", "-", "s3://bucket/a"], [])


def test_a_name_that_a_pattern_finds_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-").touch()
    Path("s3:/bucket").mkdir(parents=True)
    Path("s3:/bucket/key").touch()

    assert expanded("?") == (["./-"], [])
    assert expanded("?3:/*/*")[0] == ["./s3:/bucket/key"]


def test_names_without_patterns_are_taken_as_they_are() -> None:
    bucket = Bucket()

    assert expanded("", "missing", "s3://bucket/key", bucket=bucket) == (["", "missing", "s3://bucket/key"], [])
    assert bucket.prefixes == []
