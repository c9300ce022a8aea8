"""Builds the function's folder: its packages, its code, nothing that does not run, compiled.

By default for Lambda (Python 3.13 on arm64, from any machine); `--interpreter` builds for a Python
of this machine instead, as the embedded AWS needs it.
"""

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from tools.find_python import find_python

PROJECT = Path(__file__).resolve().parent.parent
UV = PROJECT / ".boot/bin/uv"

LAMBDA_PYTHON = "3.13"
# Amazon Linux 2023, which the runtime runs on, has glibc 2.34.
LAMBDA_PLATFORMS = {"arm64": "aarch64-manylinux_2_34", "x86_64": "x86_64-manylinux_2_34"}

OUR_PACKAGES = ("core", "aws", "handlers")
SERVICES = ("events", "s3", "sns", "sts")
NEVER_RUN = (
    ".lock",
    "bin",
    "*.dist-info/RECORD",  # would no longer be true; the rest names versions and licences
    "boto3/data",  # of boto3.resource
    "boto3/examples",
    "aws_lambda_powertools/**/*.css",  # of web pages that Powertools could serve
    "aws_lambda_powertools/**/*.js",
    "**/*.c",
    "**/*.pyi",
    "**/py.typed",
)


def build(artifact: Path, *, architecture: str, interpreter: Path | None) -> None:
    """Builds into `artifact`, which must be new or empty."""
    artifact.mkdir(parents=True, exist_ok=True)
    if any(artifact.iterdir()):
        sys.exit(f"{artifact} is not empty: name a new folder")

    if interpreter is None:
        python = find_python(LAMBDA_PYTHON)
        target = [f"--python-version={LAMBDA_PYTHON}"]
        target += [f"--python-platform={LAMBDA_PLATFORMS[architecture]}"]
        target += [f"--python={sys.executable}"]
    else:
        python = interpreter
        target = [f"--python={interpreter}"]
    _install_packages(artifact, target)
    for package in OUR_PACKAGES:
        shutil.copytree(
            PROJECT / "src" / package,
            artifact / package,
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    _trim(artifact)
    if python is None:
        print(f"No Python {LAMBDA_PYTHON} here: nothing is compiled, cold starts will be slower.")
    else:
        _compile(artifact, python)


def _install_packages(artifact: Path, target: list[str]) -> None:
    command: list[str | Path] = [UV, "pip", "install", "--quiet", "--target", artifact, *target]
    command += ["--no-deps", "--only-binary", ":all:"]
    command += ["--require-hashes", "-r", PROJECT / "requirements/runtime.txt"]
    # What was installed once needs no network again.
    if subprocess.run([*command, "--offline"], check=False, capture_output=True).returncode:
        subprocess.run(command, check=True)


def _trim(artifact: Path) -> None:
    unneeded = [path for pattern in NEVER_RUN for path in artifact.glob(pattern)]
    unneeded += [path for path in artifact.glob("botocore/data/*/") if path.is_dir() and path.name not in SERVICES]
    for path in unneeded:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _compile(artifact: Path, python: Path) -> None:
    # A deployed package is read-only, so what is not compiled here is compiled at every cold start.
    # Unchecked: the times of the files change on the way into Lambda.
    command: list[str | Path] = [python, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", artifact.resolve(), "-p", "/var/task", artifact.resolve()]
    subprocess.run(command, check=True)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("artifact", type=Path)
    parser.add_argument("--architecture", choices=LAMBDA_PLATFORMS, default="arm64")
    parser.add_argument("--interpreter", type=Path, help="build for this Python instead")
    arguments = parser.parse_args()
    build(
        arguments.artifact,
        architecture=arguments.architecture,
        interpreter=arguments.interpreter,
    )


if __name__ == "__main__":
    main()
