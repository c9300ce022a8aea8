import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from moto import mock_aws

from handlers.observability import logger
from handlers.settings import Settings
from handlers.wiring import gate
from tests.integration.world import MANIFESTS, REPORTS, Inbox, World, good, wired

Configure = Callable[..., None]
Files = Callable[..., str]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function's own variables, and nothing of whoever runs the tests."""
    settings = {str(field.alias) for field in Settings.model_fields.values()}
    for name in os.environ:
        if name in settings or name.startswith(("AWS_", "BOTO_", "GITHUB_")) or name == "FORCE_COLOR":
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("REPORTS_BUCKET", REPORTS)
    monkeypatch.setenv("MANIFESTS_BUCKET", MANIFESTS)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore does not wait between attempts."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log goes to what is standard output at the time, as in a process of its own."""

    def write(text: str) -> None:
        sys.stdout.write(text)

    for handler in logger.handlers:
        monkeypatch.setattr(handler, "stream", SimpleNamespace(write=write, flush=lambda: None))


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Changes the function's settings, as a new deployment does."""

    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        gate.cache_clear()

    return change


@pytest.fixture
def world(environment: None, socket_disabled: None) -> Iterator[World]:  # noqa: ARG001
    """An AWS whose manifest bucket is versioned, and the function in a cold state."""
    with mock_aws(config={"core": {"reset_boto3_session": False}}), wired() as wire:
        gate.cache_clear()
        yield World(wire)
    gate.cache_clear()


@pytest.fixture
def inbox(world: World, configure: Configure) -> Inbox:  # noqa: ARG001
    """Hears of failures."""
    inbox = Inbox()
    configure(TOPIC_ARN=inbox.topic)
    return inbox


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    """Writes a manifest into the folder that the command runs in, and gives its name."""
    monkeypatch.chdir(tmp_path)

    def write(content: bytes | None = None, name: str = "my.manifest") -> str:
        Path(name).write_bytes(good() if content is None else content)
        return name

    return write


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody without AWS."""
    return {"HOME": str(tmp_path), "PATH": os.defpath}
