"""The built artifact under Lambda's real runtime: the interface emulator and awslambdaric.

The embedded AWS runs a function with its own Python and its own loop; this replaces both.
"""

import http.client
import json
import os
import platform
import subprocess
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local import ROOT, LocalError
from local.emulator import REGION, Emulator, clean_environment, free_port
from local.process import Process
from local.stack import FUNCTION, Stack

INVOCATIONS = "/2015-03-31/functions/function/invocations"
ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
PROXY = "MINISTACK_LAMBDA_PROXY_URL"


@dataclass(frozen=True)
class Function:
    """A deployed function, as its runtime has to know it.

    Attributes:
        name: Its name.
        handler: Module and function.
        memory: In MiB.
        timeout: In seconds.
        log_format: `JSON` or `Text`.
        variables: Its own environment.
        credentials: What Lambda adds to that, so that it acts as its role.
    """

    name: str
    handler: str
    memory: int
    timeout: int
    log_format: str
    variables: dict[str, str]
    credentials: dict[str, str]

    @classmethod
    def of(cls, emulator: Emulator, stack: Stack) -> Self:
        """Reads a stack's function from the embedded AWS."""
        found = emulator.client("lambda").get_function_configuration(FunctionName=stack.resources[FUNCTION])
        role = emulator.client("sts").assume_role(RoleArn=found["Role"], RoleSessionName=found["FunctionName"][:64])
        return cls(
            name=found["FunctionName"],
            handler=found["Handler"],
            memory=found["MemorySize"],
            timeout=found["Timeout"],
            log_format=found["LoggingConfig"]["LogFormat"],
            variables=found["Environment"]["Variables"],
            credentials={
                "AWS_ENDPOINT_URL": emulator.endpoint_url,
                "AWS_ACCESS_KEY_ID": role["Credentials"]["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": role["Credentials"]["SecretAccessKey"],
                "AWS_SESSION_TOKEN": role["Credentials"]["SessionToken"],
            },
        )

    def answer_by(self, shim: "Shim", emulator: Emulator) -> None:
        """Lets the embedded AWS send its invocations to a shim."""
        emulator.client("lambda").update_function_configuration(
            FunctionName=self.name, Environment={"Variables": self.variables | {PROXY: shim.url}}
        )


class Runtime:
    """A running Lambda environment, as a context. It takes one call at a time, as Lambda's do.

    Args:
        artifact: The built function's folder, which is also the working directory.
        function: What was deployed.
        log: Where what it prints goes.
        cgroup: Where its memory is counted. Nothing else holds it to its limit.
    """

    def __init__(
        self,
        artifact: Path,
        function: "Function",
        *,
        log: Path,
        cgroup: "MemoryCgroup | None" = None,
    ) -> None:
        self._port = free_port()
        self._turn = threading.Lock()
        self._timeout = function.timeout
        variables = clean_environment() | {
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_LAMBDA_LOG_FORMAT": function.log_format,
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(function.timeout),
            "LAMBDA_TASK_ROOT": str(artifact),
            "PYTHONDONTWRITEBYTECODE": "1",
            **function.variables,
            **function.credentials,
        }
        command: list[str | Path] = [
            *(cgroup.enter_command if cgroup else []),
            interface_emulator(),
            "--log-level",
            "info",
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{self._port}",
            "--runtime-api-address",
            f"127.0.0.1:{free_port()}",
            lambda_python(),
            "-m",
            "awslambdaric",
            function.handler,
        ]
        self.process = Process(command, environment=variables, log=log, folder=artifact)

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            cleanup.enter_context(self.process)
            self.process.wait_until(self._listens)
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cleanup.__exit__(error_type, error, traceback)

    def invoke(self, event: object) -> Any:  # noqa: ANN401 - whatever the handler returns
        """Sends an event and returns the answer, an error's description included.

        Raises:
            LocalError: What came back is no JSON: the function crashed or ran out of time.
        """
        answer = self.forward(json.dumps(event).encode())
        try:
            return json.loads(answer)
        except ValueError as error:
            raise LocalError(answer.decode("utf-8", "replace")) from error

    def forward(self, event: bytes) -> bytes:
        """Sends an event as it is and returns the answer as it is."""
        with self._turn:  # a second call at the same time would crash it
            connection = http.client.HTTPConnection("127.0.0.1", self._port, self._timeout + 10)
            try:
                connection.request("POST", INVOCATIONS, event)
                return connection.getresponse().read()
            finally:
                connection.close()

    def _listens(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, 1)
        try:
            connection.connect()
        except ConnectionRefusedError:
            return False
        finally:
            connection.close()
        return True


class Shim(ThreadingHTTPServer):
    """What the embedded AWS calls instead of its own Lambda.

    The interface emulator answers 200 whatever happened; the embedded AWS takes only an error
    status for a failure, and then tries again as Lambda does.

    Attributes:
        runtime: What answers; may be replaced.
        url: Where it listens: a free port of 127.0.0.1.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        shim = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = self.rfile.read(int(self.headers["Content-Length"]))
                answer = shim.runtime.forward(event)
                error = description_of_error(answer)
                answer = error or answer
                self.send_response(500 if error else 200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """The runtime's own log tells enough."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}{INVOCATIONS}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


def description_of_error(answer: bytes) -> bytes | None:
    """Returns what an answer says of an error, its type first; None if the function did its work.

    The embedded AWS keeps the first 512 bytes of it.
    """
    try:
        value = json.loads(answer)
    except ValueError:  # "Task timed out after 60.00 seconds"
        return answer
    if not isinstance(value, dict) or "errorType" not in value:
        return None
    return f"{value['errorType']}: {value['errorMessage']}".encode()


def interface_emulator() -> Path:
    """Finds aws-lambda-rie, which the SAM command line brings.

    Raises:
        LocalError: It is not installed.
    """
    home = ROOT / ".sam"
    name = f"aws-lambda-rie-{ARCHITECTURE}"
    for found in home.glob(f"lib/python3*/site-packages/samcli/local/rapid/{name}"):
        return found
    raise LocalError(f"There is no {name} in {home}. `make setup` installs it.")


def lambda_python() -> Path:
    """Finds the environment with Lambda's Python and awslambdaric.

    Raises:
        LocalError: It is not installed, or not of Lambda's Python.
    """
    home = ROOT / ".lambda"
    if not (python := home / "bin" / "python").exists():
        raise LocalError(f"{home} does not exist. `make setup` installs it.")
    version = subprocess.run(
        [python, "-c", "import sys; print('python%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    if version != "python3.13":
        raise LocalError(
            f"There is no python3.13 on this machine ({home} has {version})."
            " Install it, remove that folder and run `make setup`."
        )
    return python


class MemoryCgroup:
    """A cgroup in which the memory of a process and of its children is counted, as a context.

    Args:
        limit: In bytes.
    """

    ROOT = Path("/sys/fs/cgroup")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._version_2 = (self.ROOT / "cgroup.controllers").exists()
        parent = self.ROOT if self._version_2 else self.ROOT / "memory"
        self._folder = parent / f"manifest-gate-{os.getpid()}"

    def __enter__(self) -> Self:
        """Makes it.

        Raises:
            LocalError: This machine does not let us.
        """
        limit = "memory.max" if self._version_2 else "memory.limit_in_bytes"
        try:
            if self._version_2:
                (self._folder.parent / "cgroup.subtree_control").write_text("+memory")
            self._folder.mkdir()
            (self._folder / limit).write_text(str(self._limit))
        except OSError as error:
            raise LocalError(f"No memory cgroup can be made on this machine: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.rmdir()

    @property
    def enter_command(self) -> list[str | Path]:
        """What has to stand before a command so that it runs inside."""
        procs = self._folder / "cgroup.procs"
        return ["sh", "-c", f'echo $$ >{procs} && exec "$@"', "sh"]

    @property
    def peak(self) -> int:
        """The most bytes that were in use at once, page cache included."""
        name = "memory.peak" if self._version_2 else "memory.max_usage_in_bytes"
        return int((self._folder / name).read_text())
