"""An AWS on this machine, for the demo, `make local` and the end-to-end tests."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The project's folder."""


class LocalError(Exception):
    """Something on this machine is not as it should be; the message says what to do."""
