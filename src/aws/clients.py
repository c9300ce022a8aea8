"""boto3 clients, with the time-outs and retries that all adapters share."""

from __future__ import annotations

import os
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypedDict

import boto3
import botocore.session
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from aws.faults import translated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient

Client = Any  # of a service whose types are not installed

CONNECTIONS: Final = 32
"""Requests under way at once."""
_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 5},
    max_pool_connections=CONNECTIONS,
)

_LONGEST_RUN_SECONDS: Final = 900
_CALLS: Final = Config(
    connect_timeout=5,
    read_timeout=_LONGEST_RUN_SECONDS + 60,
    # A call whose answer is lost runs on: to repeat it would be a second run beside it.
    retries={"mode": "standard", "total_max_attempts": 1},
    max_pool_connections=CONNECTIONS,
    # Networks forget connections on which nothing moves for minutes.
    tcp_keepalive=True,
)


class Owner(TypedDict, total=False):
    """A guard against a bucket that changed hands, as requests state it; empty where the owner is not known."""

    ExpectedBucketOwner: str


def owned_by(account: str | None) -> Owner:
    """The guard for an account."""
    return {"ExpectedBucketOwner": account} if account else {}


class RequestCounter:
    """Requests that S3 clients sent, by operation; repeated attempts count."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def watch(self, client: S3Client) -> None:
        """Counts the client's requests from now on."""
        client.meta.events.register("before-send.s3", self._count)

    def _count(self, event_name: str, **_: object) -> None:
        with self._lock:
            self._counts[event_name.rpartition(".")[2]] += 1

    def snapshot(self) -> Counter[str]:
        """The counts so far."""
        with self._lock:
            return self._counts.copy()


def s3_client(endpoint_url: str | None = None) -> S3Client:
    """A client for S3.

    Raises:
        PermanentError: The credentials, profile or endpoint are not usable.
    """
    with translated("Connecting to S3"):
        return boto3.client("s3", endpoint_url=endpoint_url, config=_CONFIG)


def http_session(client: S3Client) -> URLLib3Session:
    """Connections to where a client's go, by the same proxies, certificates and time-outs."""
    config: Any = client.meta.config
    certificates = botocore.session.Session().get_config_variable("ca_bundle")
    settings: dict[str, Any] = {
        "verify": certificates or os.environ.get("REQUESTS_CA_BUNDLE") or True,
        "proxies": config.proxies or get_environ_proxies(client.meta.endpoint_url),
        "proxies_config": config.proxies_config,
        "client_cert": config.client_cert,
        "timeout": (config.connect_timeout, config.read_timeout),
        "max_pool_connections": CONNECTIONS,
    }
    return URLLib3Session(**settings)


def sns_client() -> SNSClient:
    """A client for SNS.

    Raises:
        PermanentError: The credentials, region, profile or endpoint are not usable.
    """
    with translated("Connecting to SNS"):
        return boto3.client("sns", config=_CONFIG)


def lambda_client() -> Client:
    """A client for Lambda, which waits for the longest run, and repeats nothing.

    Raises:
        PermanentError: The credentials, region, profile or endpoint are not usable.
    """
    with translated("Connecting to Lambda"):
        return boto3.client("lambda", config=_CALLS)


def sqs_client() -> Client:
    """A client for SQS.

    Raises:
        PermanentError: The credentials, region, profile or endpoint are not usable.
    """
    with translated("Connecting to SQS"):
        return boto3.client("sqs", config=_CONFIG)


def events_client() -> Client:
    """A client for EventBridge.

    Raises:
        PermanentError: The credentials, region, profile or endpoint are not usable.
    """
    with translated("Connecting to EventBridge"):
        return boto3.client("events", config=_CONFIG)


def stack_outputs(stack: str) -> dict[str, str]:
    """The outputs of a CloudFormation stack, by name.

    Raises:
        GateError: There is no such stack, or it cannot be asked.
    """
    return {output["OutputKey"]: output["OutputValue"] for output in _described(stack).get("Outputs", [])}


def stack_values(stack: str) -> dict[str, str]:
    """The parameters and outputs of a CloudFormation stack, by name; of two with one name, the output.

    Raises:
        GateError: There is no such stack, or it cannot be asked.
    """
    described = _described(stack)
    parameters = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}
    return parameters | {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _described(stack: str) -> dict[str, Any]:
    with translated(f"Asking stack {stack!r} for its outputs", grant="cloudformation:DescribeStacks"):
        described: dict[str, Any] = boto3.client("cloudformation", config=_CONFIG).describe_stacks(StackName=stack)
    found: dict[str, Any] = described["Stacks"][0]
    return found
