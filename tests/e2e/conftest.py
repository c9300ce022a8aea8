"""One embedded AWS, one artifact and one deployment for all of the end-to-end tests."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import LocalError
from local.emulator import Emulator, forget_real_accounts
from local.runtime import ARCHITECTURE, interface_emulator, lambda_python
from local.stack import build
from tests.e2e.deployment import IMAGES, LAKE, Deployment, deployed


@pytest.fixture(scope="session", autouse=True)
def no_real_account() -> Iterator[None]:
    before = dict(os.environ)
    forget_real_accounts()
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def artifact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `sam build` makes, for this machine's architecture, in a folder that holds nothing else."""
    try:
        lambda_python()
        interface_emulator()
    except LocalError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("built") / "artifact"
    build(folder, architecture=ARCHITECTURE)
    return folder


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator({LAKE: (f"lake/{number:04}.png" for number in range(3_000))}) as running:
        running.client("s3").create_bucket(Bucket=IMAGES)
        yield running


@pytest.fixture(scope="session")
def deployment(emulator: Emulator, artifact: Path) -> Iterator[Deployment]:
    with deployed(emulator, artifact) as running:
        yield running
