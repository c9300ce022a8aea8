"""Makes an image for `sam local invoke` where AWS's own cannot be pulled: Debian, with Lambda's Python runtime.

The interface emulator is not in it: SAM puts its own on top.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from local import ROOT, LocalError
from local.process import leave_in_order_when_told_to
from local.runtime import ARCHITECTURE
from local.screen import console, heading, show, step
from tools.build_artifact import LAMBDA_PLATFORMS, LAMBDA_PYTHON, UV

# A name for this version of Python alone: of each name SAM keeps one image of its own, and takes it
# for every runtime.
REPOSITORY = f"local/lambda-python{LAMBDA_PYTHON.replace('.', '')}"
IMAGE = f"{REPOSITORY}:latest"

DEBIAN = "trixie"  # its python3 is a LAMBDA_PYTHON

BOOTSTRAP = """\
#!/bin/sh
export PYTHONPATH=/var/runtime
exec python3 -m awslambdaric "$_HANDLER"
"""
"""What the interface emulator starts, in the function's folder."""


def main() -> int:
    """Makes the image and says how to use it; returns the exit status."""
    leave_in_order_when_told_to()
    try:
        with tempfile.TemporaryDirectory(prefix="manifest-gate-") as folder:
            make_image(Path(folder))
    except LocalError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    heading("Now run the function in it:")
    show(f'make sam-invoke SAM_ARGS="--skip-pull-image --invoke-image {IMAGE}"')
    return 0


def make_image(folder: Path) -> None:
    """Makes the image by way of an empty folder.

    Raises:
        LocalError: A program is missing, or failed.
    """
    system, runtime = folder / "system.tar", folder / "runtime"
    run("docker", "version")  # before the long part
    with step(f"Installing Debian {DEBIAN} with its Python"):
        run("mmdebstrap", "--variant=essential", "--include=python3,libstdc++6", DEBIAN, system, *mirror())
    with step("Adding Lambda's runtime"):
        install_runtime(runtime)
        with tarfile.open(system, "a") as archive:
            archive.add(runtime, "var/runtime")
    with step(f"Importing {IMAGE}"):
        if old := run("docker", "image", "ls", "--quiet", REPOSITORY).split():
            run("docker", "image", "rm", "--force", *set(old))  # or SAM would go on using what it made of it
        run("docker", "import", system, IMAGE)


def install_runtime(target: Path) -> None:
    """Installs what stands in Lambda's /var/runtime.

    Raises:
        LocalError: A package is not to be had, or not the one whose hash is known.
    """
    run(
        *(UV, "pip", "install", "--quiet", "--target", target),
        *("--python-version", LAMBDA_PYTHON, "--python-platform", LAMBDA_PLATFORMS[ARCHITECTURE]),
        *("--only-binary", ":all:", "--no-deps", "--require-hashes"),
        *("--requirements", ROOT / "requirements" / "lambda.txt"),
    )
    bootstrap = target / "bootstrap"
    bootstrap.write_text(BOOTSTRAP, encoding="utf-8")
    bootstrap.chmod(0o755)


def mirror() -> list[str]:
    """Finds the mirror that this machine has its own Debian packages from; none, if it is no Debian."""
    if shutil.which("apt-get") is None:
        return []
    found = run("apt-get", "indextargets", "--format", "$(SITE)", "Identifier: Packages", "Label: Debian")
    return found.split()[:1]


def run(*command: str | Path) -> str:
    """Runs a program and returns what it wrote.

    Raises:
        LocalError: It is missing, or failed.
    """
    program = command[0]
    if shutil.which(program) is None:
        raise LocalError(f"There is no {program} on this machine: this needs mmdebstrap and Docker.")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LocalError(f"{program} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
