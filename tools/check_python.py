"""Tells in words when this Python cannot set the project up. Runs on whatever Python there is."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the one file that an older Python has to read
    sys.exit(
        "Python 3.11 or newer is needed; "
        + sys.executable
        + " is "
        + sys.version.split()[0]
        + ". Name another one: make PYTHON=python3.13 setup"
    )
try:
    import ensurepip  # noqa: F401 - only whether it is there
except ImportError:
    sys.exit(
        sys.executable
        + " cannot make virtual environments: its ensurepip is missing."
        + " On Debian and Ubuntu: apt-get install python3-venv"
    )
