"""The built artifact holds all that runs, and nothing else."""

import os
import re
import shutil
from dataclasses import replace
from importlib.metadata import files
from pathlib import Path

import pytest

from local import ROOT
from local.manifests import good
from local.runtime import Runtime
from tests.e2e.deployment import IMAGES, Deployment

OURS = {"core", "aws", "handlers"}
REQUIREMENTS = re.findall(
    r"^([a-z0-9-]+)==",
    (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8"),
    re.MULTILINE,
)


def modules(distribution: str) -> set[str]:
    """The top-level modules and packages of a distribution, as it is installed for the tests."""
    found = files(distribution)
    assert found
    names = {path.parts[0] for path in found}
    return {name for name in names if name != ".." and not name.endswith((".dist-info", "__pycache__"))}


def test_artifact_holds_the_requirements_and_our_code(artifact: Path) -> None:
    held = {path.name for path in artifact.iterdir() if not path.name.endswith(".dist-info")}
    wanted = OURS.union(*(modules(name) for name in REQUIREMENTS))

    assert held - {"__pycache__"} == wanted


def test_artifact_holds_no_tests_stubs_or_scripts(artifact: Path) -> None:
    never_run = [
        path
        for path in artifact.rglob("*")
        if path.suffix in {".pyi", ".c", ".h", ".md"} or path.name in {"tests", "bin", "RECORD"}
    ]
    services = {path.name for path in (artifact / "botocore" / "data").iterdir() if path.is_dir()}

    assert never_run == []
    assert services == {"events", "s3", "sns", "sts"}


def test_artifact_is_compiled(artifact: Path) -> None:
    sources = {path.relative_to(artifact) for path in artifact.rglob("*.py")}
    compiled = {
        path.relative_to(artifact).parent.parent / f"{path.name.partition('.')[0]}.py"
        for path in artifact.rglob("__pycache__/*.cpython-313.pyc")
    }

    assert sources == compiled


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_every_requirement_is_needed(deployment: Deployment, artifact: Path, tmp_path: Path, requirement: str) -> None:
    gate, sample = deployment.gate, good(IMAGES)
    gate.put_images(IMAGES, sample.images)
    gate.drop("asked-for.manifest", sample.body)
    incomplete = tmp_path / "artifact"
    shutil.copytree(artifact, incomplete, copy_function=os.link)
    for name in modules(requirement):
        path = incomplete / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    # What opens images is loaded by nothing else.
    opening = deployment.function.variables | {"INSPECT_IMAGES": "all"}
    function = replace(deployment.function, variables=opening)
    with Runtime(incomplete, function, log=tmp_path / "log") as runtime:
        answer = runtime.invoke({"bucket": gate.manifests, "key": "asked-for.manifest"})

    assert answer["errorType"] in {"Runtime.ImportModuleError", "ModuleNotFoundError"}
