"""This machine's Chromium, cut off from every network: for the tests of the report's page and its benchmark."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from local import LocalError

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str:
    """Returns the path of this machine's Chromium.

    Raises:
        LocalError: There is none.
    """
    for program in (os.environ.get("CHROMIUM", ""), *_PROGRAMS):
        if path := shutil.which(program):
            return path
    raise LocalError("There is no Chromium. Install it (apt-get install chromium), or name one in CHROMIUM.")


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window, for which no name leads to an address.

    Raises:
        LocalError: There is no Chromium.
    """
    path = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=path,
            args=["--host-resolver-rules=MAP * ~NOTFOUND"],
            chromium_sandbox=os.geteuid() != 0,  # it refuses to sandbox for root
        )
        try:
            yield running
        finally:
            running.close()
