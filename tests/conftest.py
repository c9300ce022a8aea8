"""What all tests share: unit and property tests have no network, and property tests end the same way twice."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

_WITHOUT_NETWORK = [Path(__file__).parent / name for name in ("unit", "property")]

# No deadline: on a busy machine a slow example is no fault.
settings.register_profile("local", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in _WITHOUT_NETWORK):
            item.add_marker(pytest.mark.disable_socket)
