"""A file with no newline does not fill the memory."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local import LocalError
from local.runtime import MemoryCgroup, Runtime
from tests.e2e.deployment import Deployment

MEGABYTE = 1_000_000


@pytest.fixture
def cgroup(deployment: Deployment) -> Iterator[MemoryCgroup]:
    with ExitStack() as stack:
        try:
            made = stack.enter_context(MemoryCgroup(deployment.function.memory * 1024 * 1024))
        except LocalError as error:
            pytest.skip(str(error))
        yield made


def test_line_of_300_megabytes_takes_less_than_200(
    deployment: Deployment, artifact: Path, cgroup: MemoryCgroup, tmp_path: Path
) -> None:
    gate = deployment.gate
    log = tmp_path / "log"
    with (
        Runtime(artifact, deployment.function, log=log, cgroup=cgroup) as runtime,
        deployment.answered_by(runtime),
    ):
        version = gate.drop("no-newline.manifest", b"a" * 300 * MEGABYTE)
        report = gate.wait_for_report("no-newline.manifest", version, seconds=60)

        assert "no-newline.manifest" in log.read_text(encoding="utf-8")
        assert report["verdict"] == "INVALID"
        assert report["totals"]["line-unreadable"] == 1
        assert report["statistics"]["lines"]["total"] == 1
        assert 30 * MEGABYTE < cgroup.peak < 200 * MEGABYTE
