"""Cold starts of the built artifact under Lambda's own runtime, with the compiled files that it ships and without."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from bench.document import measured, table
from bench.effort import Effort
from bench.rounds import Spread, speeds
from local import LocalError
from local.emulator import CREDENTIALS, free_port
from local.runtime import ARCHITECTURE, Function, Runtime, interface_emulator, lambda_python
from tools.build_artifact import build

COMPILED: Final = "compiled, as shipped"
SOURCES: Final = "without compiled files"

_EVENT: Final = Path(__file__).parent.parent / "events/s3-test-event.json"
_INIT: Final = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")
_WHOLE: Final = re.compile(r"^REPORT .*\tDuration: ([0-9.]+) ms\t", re.MULTILINE)


def measure(effort: Effort) -> str:
    """Measures, and returns the table; or why that is not possible here."""
    try:
        lambda_python()
        interface_emulator()
    except LocalError as absent:
        return measured(f"Not measured: {absent}")
    with tempfile.TemporaryDirectory(prefix="manifest-gate-") as name:
        folder = Path(name)
        compiled, sources = folder / "compiled", folder / "sources"
        build(compiled, architecture=ARCHITECTURE, interpreter=None)
        shutil.copytree(compiled, sources, ignore=shutil.ignore_patterns("__pycache__"))
        starts: dict[str, Callable[[], tuple[float, float]]] = {
            COMPILED: partial(start, compiled, folder),
            SOURCES: partial(start, sources, folder),
        }
        taken = [{name: cold() for name, cold in starts.items()} for _ in range(effort.starts)]
    inits = {name: [one[name][0] for one in taken] for name in starts}
    answers = {name: [one[name][1] for one in taken] for name in starts}
    speed = speeds(inits, SOURCES)
    rows = ([name, str(Spread.of(inits[name])), str(speed[name]), str(Spread.of(answers[name]))] for name in starts)
    header = ["the artifact", "init, ms", "times as fast", "until the first answer, ms"]
    about = (
        f"{effort.starts} cold starts of each in turn, python3.13 on {ARCHITECTURE}. Init is the runtime's own INIT "
        "REPORT; until the first answer are added the settings and the clients, made at the first event."
    )
    return measured(f"{about}\n\n{table(header, rows)}")


def start(artifact: Path, folder: Path) -> tuple[float, float]:
    """Starts a runtime, sends it one event, and ends it; returns milliseconds of the init and until the answer."""
    log = folder / f"{artifact.name}-{time.monotonic_ns()}.log"
    with Runtime(artifact, _function(), log=log) as runtime:
        runtime.invoke(json.loads(_EVENT.read_text(encoding="utf-8")))
    printed = log.read_text(encoding="utf-8")
    init, whole = _INIT.search(printed), _WHOLE.search(printed)
    if init is None or whole is None:
        raise LocalError(f"The runtime reported no init:\n{printed}")
    return float(init[1]), float(whole[1])


def _function() -> Function:
    """The function with no AWS behind it: the event that it gets asks for nothing."""
    return Function(
        name="manifest-gate",
        handler="handlers.validate_manifest.lambda_handler",
        memory=1_024,
        timeout=60,
        log_format="JSON",
        variables={"REPORTS_BUCKET": "reports", "POWERTOOLS_SERVICE_NAME": "manifest-gate"},
        credentials=CREDENTIALS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"},
    )
