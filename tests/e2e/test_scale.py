"""How many requests the images of large datasets take, counted on the way."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.emulator import Emulator
from local.gate import Report
from local.manifests import line, text
from tests.e2e.deployment import IMAGES, LAKE, Deployment, deployed

DATASET = [f"set/{number:05}.png" for number in range(16_000)]


@pytest.fixture(scope="module")
def large_deployment(artifact: Path) -> Iterator[Deployment]:
    objects = {
        IMAGES: DATASET,
        LAKE: (f"lake/{number:06}.png" for number in range(200_000)),
    }
    with Emulator(objects) as emulator, deployed(emulator, artifact) as running:
        yield running


def test_16_000_images_take_20_lists(large_deployment: Deployment) -> None:
    body = text(line(IMAGES, key, anomaly=number % 2 == 1) for number, key in enumerate(DATASET))

    report, requests = judge(large_deployment, "complete.manifest", body)

    assert report["verdict"] == "VALID"
    assert report["statistics"]["images"]["checked"] == 16_000
    assert requests["HEAD object"] <= 3  # of the manifest and the report
    assert 16 <= requests["GET bucket"] <= 20


def test_one_missing_image_among_16_000_is_named(large_deployment: Deployment) -> None:
    keys = [*DATASET[:9_000], "set/08999-missing.png", *DATASET[9_001:]]
    body = text(line(IMAGES, key, anomaly=number % 2 == 1) for number, key in enumerate(keys))

    report, requests = judge(large_deployment, "one-missing.manifest", body)

    assert [(found["rule"], found["line"]) for found in report["findings"]] == [("image-not-found", 9_001)]
    assert requests["GET bucket"] <= 20


def test_200_images_among_200_000_take_230_requests(large_deployment: Deployment) -> None:
    keys = [f"lake/{number:06}.png" for number in range(0, 200_000, 1_000)]
    body = text(line(LAKE, key, anomaly=number % 2 == 1) for number, key in enumerate(keys))

    report, requests = judge(large_deployment, "scattered.manifest", body)

    assert report["verdict"] == "VALID"
    assert report["statistics"]["images"]["checked"] == 200
    assert 200 < requests.total() <= 230


def judge(deployment: Deployment, key: str, body: bytes) -> tuple[Report, Counter[str]]:
    """Gives the report, and the requests that the function made for it."""
    deployment.s3.requests.clear()
    version = deployment.gate.drop(key, body)
    report = deployment.gate.wait_for_report(key, version, seconds=60)
    return report, deployment.s3.requests.copy()
