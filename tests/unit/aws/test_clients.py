import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from aws.clients import (
    RequestCounter,
    http_session,
    lambda_client,
    owned_by,
    s3_client,
    sns_client,
    sqs_client,
    stack_outputs,
    stack_values,
)
from core.errors import PermanentError


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


def test_request_counter_counts_by_operation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client, counter = s3_client(), RequestCounter()
        client.create_bucket(Bucket="mine")
        counter.watch(client)
        before = counter.snapshot()
        client.put_object(Bucket="mine", Key="k", Body=b"")
        client.head_object(Bucket="mine", Key="k")
        client.head_object(Bucket="mine", Key="k")

    assert before == {}
    assert counter.snapshot() == {"PutObject": 1, "HeadObject": 2}


def test_s3_client_needs_no_region() -> None:
    assert s3_client().meta.service_model.service_name == "s3"


def test_s3_client_takes_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    assert s3_client("http://127.0.0.1:9").meta.endpoint_url == "http://127.0.0.1:9"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:8")
    assert s3_client().meta.endpoint_url == "http://127.0.0.1:8"
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "")
    assert "amazonaws.com" in s3_client().meta.endpoint_url


def test_s3_client_refuses_an_endpoint_that_is_no_url() -> None:
    with pytest.raises(PermanentError, match="Connecting to S3 is not possible: Invalid endpoint: nowhere"):
        s3_client("nowhere")


def test_s3_client_refuses_a_profile_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")

    with pytest.raises(PermanentError, match=r"Connecting to S3 is not possible: .*\(nobody\) could not be found"):
        s3_client()


def test_sns_client_refuses_to_guess_the_region() -> None:
    with pytest.raises(PermanentError, match="Connecting to SNS is not possible: You must specify a region"):
        sns_client()


@pytest.fixture
def cloudformation(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    client = boto3.client("cloudformation", region_name="us-east-1")
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    with Stubber(client) as stubber:
        yield stubber
    stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({}, {}),
        ({"Outputs": [{"OutputKey": "Where", "OutputValue": "here"}]}, {"Where": "here"}),
    ],
)
def test_stack_outputs(cloudformation: Stubber, outputs: dict[str, Any], expected: dict[str, str]) -> None:
    stack = {"StackName": "mine", "StackStatus": "CREATE_COMPLETE", "CreationTime": datetime.now(UTC)} | outputs
    cloudformation.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "mine"})

    assert stack_outputs("mine") == expected


def test_stack_outputs_of_no_stack(cloudformation: Stubber) -> None:
    message = "Stack with id mine does not exist"
    cloudformation.add_client_error("describe_stacks", "ValidationError", message, http_status_code=400)

    with pytest.raises(PermanentError, match=rf"Asking stack 'mine' for its outputs was refused \(.*{message}\)"):
        stack_outputs("mine")


def test_stack_values_are_parameters_and_over_them_outputs(cloudformation: Stubber) -> None:
    stack = {
        "StackName": "mine",
        "StackStatus": "CREATE_COMPLETE",
        "CreationTime": datetime.now(UTC),
        "Parameters": [
            {"ParameterKey": "Name", "ParameterValue": ""},
            {"ParameterKey": "Suffix", "ParameterValue": ".manifest"},
        ],
        "Outputs": [{"OutputKey": "Name", "OutputValue": "made-up"}],
    }
    cloudformation.add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "mine"})

    assert stack_values("mine") == {"Name": "made-up", "Suffix": ".manifest"}


@pytest.mark.parametrize(("connect", "service"), [(lambda_client, "Lambda"), (sqs_client, "SQS")])
def test_other_clients_refuse_to_guess_the_region(connect: Callable[[], object], service: str) -> None:
    with pytest.raises(PermanentError, match=f"Connecting to {service} is not possible: You must specify a region"):
        connect()


def test_lambda_client_waits_for_the_longest_run_and_repeats_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")

    config = lambda_client().meta.config

    assert config.read_timeout > 900
    assert config.tcp_keepalive
    assert config.retries["total_max_attempts"] == 1


def test_owned_by() -> None:
    assert owned_by("123456789012") == {"ExpectedBucketOwner": "123456789012"}
    assert owned_by(None) == owned_by("") == {}


def test_http_session_keeps_to_the_proxies_certificates_and_time_outs_that_boto3_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr("aws.clients.URLLib3Session", lambda **settings: made.update(settings))
    monkeypatch.setenv("AWS_CA_BUNDLE", "/etc/mine.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "")

    http_session(s3_client())

    assert made["verify"] == "/etc/mine.pem"
    assert made["proxies"]["https"] == "http://proxy.test:3128"
    assert made["timeout"] == (5, 30)


def test_http_session_trusts_who_is_trusted_anyway(monkeypatch: pytest.MonkeyPatch) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr("aws.clients.URLLib3Session", lambda **settings: made.update(settings))
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)

    http_session(s3_client())

    assert made["verify"] is True
