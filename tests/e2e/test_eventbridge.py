"""Manifests that go to a bucket which was there before, through EventBridge."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator import Emulator
from local.manifests import good
from tests.e2e.deployment import IMAGES, Deployment, deployed

EXISTING = "bucket-of-old"


@pytest.fixture(scope="module")
def watching(emulator: Emulator, artifact: Path) -> Iterator[Deployment]:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=EXISTING)
    s3.put_bucket_versioning(Bucket=EXISTING, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=EXISTING, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    parameters = {
        "ExistingManifestBucket": EXISTING,
        "ManifestsPrefix": "incoming/",
        "ImagesBucketArns": f"arn:aws:s3:::{IMAGES}",
    }
    with deployed(emulator, artifact, parameters, name="watching") as running:
        yield running


def test_put_into_existing_bucket_yields_report(watching: Deployment) -> None:
    gate, sample = watching.gate, good(IMAGES)
    gate.put_images(IMAGES, sample.images)

    gate.drop("incoming/é +.manifest", sample.body)
    # On AWS the event names the version; here it does not, and the report lies under the etag.
    report = gate.wait_for_report("incoming/é +.manifest", hashlib.md5(sample.body).hexdigest())  # noqa: S324

    assert report["verdict"] == "VALID"
    assert report["manifest"]["key"] == "incoming/é +.manifest"


def test_other_objects_of_existing_bucket_are_not_seen(watching: Deployment) -> None:
    gate = watching.gate
    lines_before = len(watching.printed())

    gate.drop("incoming/notes.txt", b"{\n")
    gate.drop("elsewhere/my.manifest", b"{\n")
    gate.drop("incoming/last.manifest", b"{\n")
    gate.wait_for_report("incoming/last.manifest", hashlib.md5(b"{\n").hexdigest())  # noqa: S324

    printed = str(watching.printed()[lines_before:])
    assert "last.manifest" in printed
    assert "notes.txt" not in printed
    assert "elsewhere" not in printed
