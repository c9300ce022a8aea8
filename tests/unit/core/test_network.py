import socket

import pytest


def test_unit_tests_have_no_network() -> None:
    with pytest.raises((RuntimeError, UserWarning), match="tried to use socket"):
        socket.socket()
