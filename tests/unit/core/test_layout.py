import hashlib
from dataclasses import replace

import pytest

from core.layout import MAX_KEY_BYTES, ReportPlace, report_place
from core.manifest import ManifestObject

MANIFEST = ManifestObject("manifests", "train set/my.manifest", "v1", "etag")


def test_report_place_is_told_by_bucket_key_and_version() -> None:
    place = report_place("reports", "gate/", MANIFEST)

    assert place == ReportPlace("reports", "gate/manifests/train set/my.manifest/v1/")
    assert place.report == "gate/manifests/train set/my.manifest/v1/report.json"
    assert place.uri == "s3://reports/gate/manifests/train set/my.manifest/v1/report.json"
    assert place.file("run.2", "findings.jsonl") == "gate/manifests/train set/my.manifest/v1/run.2/findings.jsonl"


@pytest.mark.parametrize("version", [None, "null"])
def test_report_place_goes_by_the_etag_where_no_version_is(version: str | None) -> None:
    assert report_place("reports", "", replace(MANIFEST, version=version)).folder.endswith("/my.manifest/etag/")


@pytest.mark.parametrize("key", ["한" * 341 + "k", "k" * 1_024, "😀" * 256])
def test_report_place_cuts_a_key_that_is_too_long_at_a_character(key: str) -> None:
    place = report_place("reports", "gate/", replace(MANIFEST, key=key))

    kept = place.folder.removeprefix("gate/manifests/").removesuffix("/v1/")
    start, _, digest = kept.rpartition("~")
    assert digest == hashlib.sha256(key.encode()).hexdigest()
    assert key.startswith(start)
    assert 197 <= len(start.encode()) <= 200


def test_report_place_cuts_no_key_that_just_fits() -> None:
    room = MAX_KEY_BYTES - 100 - len("gate/manifests//v1/")

    assert "~" not in report_place("reports", "gate/", replace(MANIFEST, key="k" * room)).folder
    assert "~" in report_place("reports", "gate/", replace(MANIFEST, key="k" * (room + 1))).folder


def test_report_place_tells_long_keys_apart() -> None:
    keys = ["k" * 1_000 + end for end in ("a", "b")]

    assert len({report_place("reports", "", replace(MANIFEST, key=key)).folder for key in keys}) == 2
