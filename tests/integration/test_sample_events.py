"""Every sample in events/ through the handler, with the objects in place that it tells of."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.s3.models import s3_backends

from local.manifests import good
from tests.integration.conftest import Configure
from tests.integration.world import ACCOUNT, REPORTS, Json, World

EVENTS = Path(__file__).parents[2] / "events"
SAMPLES = sorted(path.name for path in EVENTS.glob("*.json") if not path.name.startswith("env"))
BUCKET = json.loads((EVENTS / "env.local.json").read_text())["ValidateManifestFunction"]["MANIFESTS_BUCKET"]

GOOD, BAD, ODD = "train/good.manifest", "train/bad.manifest", "train set+v2/é (3).manifest"
ETAG = "f67412438e3215f20ebe8763f739a4dd"
ODD_VERSION = "L4kqtJlcpXroDTDmpUMLUo7mHzpNQ2Sx"


def judged(key: str, version: str, verdict: str = "VALID", findings: int = 0) -> Json:
    return {
        "bucket": BUCKET,
        "key": key,
        "verdict": verdict,
        "findings": findings,
        "report": f"s3://{REPORTS}/{BUCKET}/{key}/{version}/report.json",
        "outcome": "judged",
    }


# A key outside what the consumer takes is a finding of its own.
ODD_JUDGED = judged(ODD, ODD_VERSION, findings=1)
EXPECTED = {
    "direct.json": [judged(GOOD, ETAG)],
    "eventbridge.json": [ODD_JUDGED],
    "s3-multipart.json": [ODD_JUDGED],
    "s3-put.json": [judged(GOOD, ETAG)],
    "s3-several-records.json": [
        judged(GOOD, "3sL4kqtJlcpXroDTDmJrmSpXd3dIbrHY"),
        judged(BAD, "096fKKXTRTtl3on89fVO.nfljtsv6qko", "INVALID", 1),
    ],
    "s3-test-event.json": [],
    "sns.json": [judged(GOOD, ETAG)],
    "sqs-sns.json": [judged(GOOD, ETAG)],
    "sqs.json": [judged(GOOD, ETAG)],
}


def objects(event: Any) -> Iterator[Json]:  # noqa: ANN401
    """The objects that an event tells of, wherever they stand in it, with their keys as they are."""
    if isinstance(event, list):
        for each in event:
            yield from objects(each)
    elif isinstance(event, str) and event.startswith("{"):
        yield from objects(json.loads(event))
    elif isinstance(event, dict):
        if "eTag" in event:
            yield {"etag": event["eTag"], "version": event.get("versionId"), "size": event["size"]}
        elif "etag" in event:
            yield {"etag": event["etag"], "version": event.get("version-id"), "size": event["size"]}
        yield from objects(list(event.values()))


def lay(key: str, body: bytes, etag: str, version: str | None) -> None:
    """Puts an object that has a given etag and version."""
    laid = s3_backends[ACCOUNT]["aws"].put_object(BUCKET, key, body, etag=etag)
    laid._version_id = version


def test_every_sample_is_expected_to_come_to_something() -> None:
    assert sorted(EXPECTED) == SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(world: World, configure: Configure, name: str) -> None:
    configure(MANIFESTS_BUCKET=BUCKET)
    world.s3.create_bucket(Bucket=BUCKET)
    event = json.loads((EVENTS / name).read_text())
    sample = good(BUCKET)
    world.put_images(sample.images, bucket=BUCKET)
    told = list(objects(event)) or [{"etag": ETAG, "version": None}]
    bodies = {GOOD: sample.body, BAD: sample.body + b"not a manifest\n", ODD: sample.body}
    for expected, each in zip(EXPECTED[name], told, strict=False):
        lay(expected["key"], bodies[expected["key"]], each["etag"], each["version"])

    assert world.invoke(event) == {"manifests": EXPECTED[name]}


@pytest.mark.parametrize("name", [name for name in SAMPLES if EXPECTED[name] and ETAG in str(EXPECTED[name])])
def test_sample_of_the_good_manifest_tells_of_the_one_that_make_local_lays(name: str) -> None:
    body = good(BUCKET).body

    assert hashlib.md5(body).hexdigest() == ETAG  # noqa: S324
    for told in objects(json.loads((EVENTS / name).read_text())):
        assert told == {"etag": ETAG, "version": None, "size": len(body)}


def test_samples_are_of_every_kind() -> None:
    texts = {name: (EVENTS / name).read_text() for name in SAMPLES}

    assert "train+set%2Bv2/%C3%A9+%283%29.manifest" in texts["s3-multipart.json"]
    assert "ObjectCreated:CompleteMultipartUpload" in texts["s3-multipart.json"]
    assert ODD in texts["eventbridge.json"]
    assert len(json.loads(texts["s3-several-records.json"])["Records"]) == 2
    for name in ("sqs.json", "sqs-sns.json"):
        (record,) = json.loads(texts[name])["Records"]
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()  # noqa: S324
