"""Finds an interpreter of a given version on this machine.

A name on the PATH proves nothing: pyenv puts a `python3.13` there that fails unless that version
is selected. So each candidate is run.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def find_python(version: str) -> Path | None:
    """Returns a CPython of this version, as in "3.13", that really runs; None if there is none."""
    return next((path for path in _candidates(version) if _runs_as(path, version)), None)


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    yield Path(sys.executable)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        if (path := Path(folder, name)).is_file():
            yield path
            yield from _pyenv(Path(folder).parent, version)  # of whose shims this may be one
    yield from _pyenv(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")), version)
    yield from sorted(Path.home().glob(f".local/share/uv/python/cpython-{version}.*/bin/{name}"))


def _pyenv(root: Path, version: str) -> list[Path]:
    return sorted(root.glob(f"versions/{version}.*/bin/python{version}"))


def _runs_as(path: Path, version: str) -> bool:
    code = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"
    try:
        run = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False, timeout=30)
    except OSError:
        return False
    return run.stdout.split() == ["cpython", version]


if __name__ == "__main__":
    found = find_python(sys.argv[1])
    if found is None:
        sys.exit(1)
    print(found)
