"""The machine that measures, in words."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

_GIB: Final = 1024**3


def machine() -> str:
    """Processor, cores, memory, system, Python, and how busy the machine was."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {platform.system()}, "
        f"Python {platform.python_version()}; load of the last 1, 5 and 15 minutes: {load}"
    )


def _processor() -> str:
    """The processor's own name where the system tells it, else its architecture."""
    about = Path("/proc/cpuinfo")
    named = re.search(r"^model name\s*: (.+)$", about.read_text(), re.MULTILINE) if about.exists() else None
    return named[1] if named else platform.machine()


def package(name: str) -> str:
    """A package and its version; its name alone where it is not installed."""
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return name


def program(name: str) -> str:
    """A program and its version; its name alone where there is none."""
    if (path := shutil.which(name)) is None:
        return name
    told = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"[0-9][0-9.]*", told)
    return f"{name} {found[0]}" if found else name
