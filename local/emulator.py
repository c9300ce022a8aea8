"""The embedded AWS: ministack on a free port of 127.0.0.1, with policies enforced."""

import os
import socket
import tempfile
import urllib.request
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from local import ROOT, LocalError
from local.process import Process

REGION = "us-east-1"
ACCOUNT = "000000000000"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": REGION,
}
"""What a client needs besides the address: the root user of the emulator's one account."""

Client = Any  # boto3 makes its clients at run time

MAX_LINKS = 50_000  # to one file; ext4 allows 65,000


class Emulator:
    """The embedded AWS, as a context. Everything it holds is gone on leaving.

    Args:
        objects: Buckets and keys to start with, each object 100 bytes. Faster than puts: 200,000 take half a minute.
        address: Where to listen, as in 127.0.0.1:4566. By default a free port of 127.0.0.1.

    Attributes:
        endpoint_url: Its address.
        folder: A temporary folder, for whatever has to lie beside it.
    """

    endpoint_url: str
    folder: Path

    def __init__(self, objects: Mapping[str, Iterable[str]] | None = None, address: str = "") -> None:
        self._objects = objects
        self._address = address
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as cleanup:
            self.folder = Path(cleanup.enter_context(tempfile.TemporaryDirectory(prefix="manifest-gate-")))
            host, _, port = (self._address or f"127.0.0.1:{free_port()}").partition(":")
            self.endpoint_url = f"http://{host}:{port}"
            environment = clean_environment() | {
                "BIND_HOST": host,
                "GATEWAY_PORT": port,
                "AWS_ENDPOINT_URL": self.endpoint_url,  # which functions are to call
                "TMPDIR": str(self.folder),
                "AUTH": "true",
                "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",
            }
            if self._objects is not None:
                data = self.folder / "s3"
                lay_objects(data / ACCOUNT, self._objects)
                environment |= {"S3_PERSIST": "1", "S3_DATA_DIR": str(data)}
            process = cleanup.enter_context(
                Process([program()], environment=environment, log=self.folder / "emulator.log")
            )
            process.wait_until(self._ready)
            self._cleanup = cleanup.pop_all()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._cleanup.__exit__(error_type, error, traceback)

    def client(self, service: str) -> Client:
        """Returns a boto3 client of the emulator's root user."""
        return boto3.client(
            service,  # type: ignore[call-overload]
            endpoint_url=self.endpoint_url,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            region_name=REGION,
            config=Config(max_pool_connections=16),
        )

    def _ready(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.endpoint_url}/_ministack/ready", timeout=1).close()  # noqa: S310
        except OSError:  # not listening, or 503: not yet
            return False
        return True


def program() -> Path:
    """Finds ministack.

    Raises:
        LocalError: It is not installed.
    """
    home = Path(os.environ.get("EMULATOR_HOME", ROOT / ".emulator"))
    if not (found := home / "bin" / "ministack").exists():
        raise LocalError(f"{found} does not exist. `make setup` installs it.")
    return found


def free_port() -> int:
    """Finds a port of 127.0.0.1 that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def clean_environment() -> dict[str, str]:
    """Returns our environment without what would lead a program to somebody's real AWS account."""
    foreign = ("AWS_", "MINISTACK_", "LAMBDA_", "PYTHON", "POWERTOOLS_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)} | {
        "AWS_EC2_METADATA_DISABLED": "true",
        "no_proxy": f"{os.environ.get('no_proxy', '')},127.0.0.1,localhost",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def forget_real_accounts() -> None:
    """Lets nothing in this process find the way to somebody's real AWS account."""
    environment = clean_environment()
    os.environ.clear()
    os.environ.update(environment)


def lay_objects(account: Path, objects: Mapping[str, Iterable[str]]) -> None:
    """Lays objects where the emulator looks for its own at its start: links to a few files."""
    count = 0
    for bucket, keys in objects.items():
        for key in keys:
            if count % MAX_LINKS == 0:
                source = account.parent / f"object-{count}"
                source.parent.mkdir(parents=True, exist_ok=True)
                source.write_bytes(b"\x89PNG\r\n\x1a\n".ljust(100, b"\0"))
            target = account / bucket / key
            target.parent.mkdir(parents=True, exist_ok=True)
            target.hardlink_to(source)
            count += 1
