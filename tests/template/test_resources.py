import re
from typing import Any

import pytest

from tests.template.cloudformation import ACCOUNT, TOPICS, deploy

EXISTING = {"ExistingManifestBucket": "my-manifests"}
STATEFUL = {"AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Logs::LogGroup"}


def wildcard_matches(pattern: str, key: str) -> bool:
    """EventBridge's wildcard: `*` is any text, everything else is itself."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), key, re.DOTALL) is not None


def notification(**parameters: str) -> dict[str, Any]:
    bucket = deploy(**parameters).resources["ManifestsBucket"]["Properties"]
    (configuration,) = bucket["NotificationConfiguration"]["LambdaConfigurations"]
    return configuration


def test_the_created_bucket_tells_of_every_way_to_create_a_manifest() -> None:
    assert notification(ManifestsPrefix="in/", ManifestsSuffix=".jsonl") == {
        "Event": "s3:ObjectCreated:*",
        "Function": "ValidateManifestFunction.Arn",
        "Filter": {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".jsonl"}]}},
    }


def test_only_keys_that_end_in_manifest_are_seen_unless_asked_otherwise() -> None:
    rules = notification()["Filter"]["S3Key"]["Rules"]

    assert rules == [{"Name": "prefix", "Value": ""}, {"Name": "suffix", "Value": ".manifest"}]


def test_an_existing_bucket_comes_through_a_rule_with_a_queue_of_its_own() -> None:
    stack = deploy(**EXISTING)
    rule = stack.resources["ManifestDroppedRule"]["Properties"]

    assert "ManifestsBucket" not in stack.resources
    assert rule["EventPattern"] == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": ["my-manifests"]}, "object": {"key": [{"wildcard": "*.manifest"}]}},
    }
    (target,) = rule["Targets"]
    assert target["Arn"] == "ValidateManifestFunction.Arn"
    assert target["DeadLetterConfig"] == {"Arn": "UndeliveredEventsQueue.Arn"}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 21600}


@pytest.mark.parametrize(
    ("key", "seen"),
    [
        ("in/a.manifest", True),
        ("in/b/c d.manifest", True),
        ("in/a.txt", False),
        ("a.manifest", False),
        ("x/in/a.manifest", False),
        ("in/a.manifest.bak", False),
        ("in/aXmanifest", False),
    ],
)
def test_prefix_and_suffix_must_both_match(key: str, seen: bool) -> None:  # noqa: FBT001
    rule = deploy(**EXISTING, ManifestsPrefix="in/").resources["ManifestDroppedRule"]["Properties"]
    (pattern,) = rule["EventPattern"]["detail"]["object"]["key"]

    assert wildcard_matches(pattern["wildcard"], key) is seen


def test_what_fails_every_attempt_goes_into_the_failure_queue() -> None:
    (config,) = deploy().of_type("AWS::Lambda::EventInvokeConfig").values()

    assert config["FunctionName"] == "ValidateManifestFunction"
    assert config["MaximumRetryAttempts"] == 2
    assert config["MaximumEventAgeInSeconds"] == 21600
    assert config["DestinationConfig"] == {"OnFailure": {"Destination": "FailureQueue.Arn"}}


def test_the_function_runs_as_designed() -> None:
    function = deploy().resources["ValidateManifestFunction"]["Properties"]

    assert function["Handler"] == "handlers.validate_manifest.lambda_handler"
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert (function["MemorySize"], function["Timeout"]) == ("1024", "900")
    assert function["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "ValidateManifestLogGroup"}
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert "ReservedConcurrentExecutions" not in function


def test_concurrency_is_reserved_on_request() -> None:
    function = deploy(ReservedConcurrency="3").resources["ValidateManifestFunction"]["Properties"]

    assert function["ReservedConcurrentExecutions"] == "3"


def test_logs_are_kept_for_as_long_as_asked() -> None:
    (group,) = deploy(LogRetentionDays="7").of_type("AWS::Logs::LogGroup").values()

    assert group == {"LogGroupName": "/aws/lambda/manifest-gate", "RetentionInDays": "7"}


def test_whatever_holds_data_says_what_becomes_of_it() -> None:
    resources = deploy(**EXISTING).resources | deploy().resources

    policies = {
        name: (resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy"))
        for name, resource in resources.items()
        if resource["Type"] in STATEFUL
    }
    assert policies == {
        "ManifestsBucket": ("RetainExceptOnCreate", "Retain"),
        "ReportsBucket": ("RetainExceptOnCreate", "Retain"),
        "FailureQueue": ("Delete", "Retain"),
        "UndeliveredEventsQueue": ("Delete", "Retain"),
        "ValidateManifestLogGroup": ("Delete", "Retain"),
    }


@pytest.mark.parametrize("name", ["ManifestsBucket", "ReportsBucket"])
def test_buckets_are_versioned_private_and_encrypted(name: str) -> None:
    bucket = deploy().resources[name]["Properties"]

    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@pytest.mark.parametrize("name", ["ManifestsBucket", "ReportsBucket"])
def test_buckets_are_encrypted_with_the_given_key(name: str) -> None:
    key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/k"
    (rule,) = deploy(KmsKeyArn=key).resources[name]["Properties"]["BucketEncryption"][
        "ServerSideEncryptionConfiguration"
    ]

    assert rule == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
    }


@pytest.mark.parametrize("name", ["ManifestsBucket", "ReportsBucket"])
def test_bucket_names_fit_a_stack_name_of_25_characters(name: str) -> None:
    bucket = deploy().resources[name]["Properties"]["BucketName"]

    longest = bucket.replace("manifest-gate-", "x" * 25 + "-", 1).replace("eu-central-1", "ap-southeast-1")
    assert len(longest) <= 63


def test_reports_go_after_the_time_that_was_asked_for() -> None:
    bucket = deploy(ReportRetentionDays="90", ReplacedReportRetentionDays="5").resources["ReportsBucket"]

    rules = {rule.pop("Id"): rule for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]}
    assert rules == {
        "RemoveReports": {
            "Status": "Enabled",
            "ExpirationInDays": "90",
            "NoncurrentVersionExpiration": {"NoncurrentDays": "5"},
        },
        "RemoveLeftovers": {
            "Status": "Enabled",
            "ExpiredObjectDeleteMarker": True,
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    }


def test_manifests_are_never_removed_only_unfinished_uploads() -> None:
    bucket = deploy().resources["ManifestsBucket"]["Properties"]

    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule.keys() == {"Id", "Status", "AbortIncompleteMultipartUpload"}


def test_queues_are_encrypted_and_keep_what_failed_as_long_as_they_can() -> None:
    queues = deploy(**EXISTING).of_type("AWS::SQS::Queue")

    assert queues.keys() == {"FailureQueue", "UndeliveredEventsQueue"}
    for queue in queues.values():
        assert queue == {"MessageRetentionPeriod": 14 * 24 * 3600, "SqsManagedSseEnabled": True}


def test_there_is_no_topic_unless_asked_for() -> None:
    stack = deploy()

    assert stack.of_type("AWS::SNS::Topic") == {}
    assert stack.environment()["TOPIC_ARN"] == ""
    assert not {"VerdictsTopicArn", "AlarmsTopicArn"} & stack.outputs.keys()


def test_an_address_gets_a_topic() -> None:
    stack = deploy(FailureEmail="quality@example.com", OperationsEmail="operations@example.com")

    topics = stack.of_type("AWS::SNS::Topic")
    assert {name: topic["Subscription"] for name, topic in topics.items()} == {
        "FailureTopic": [{"Protocol": "email", "Endpoint": "quality@example.com"}],
        "OperationsTopic": [{"Protocol": "email", "Endpoint": "operations@example.com"}],
    }
    assert stack.environment()["TOPIC_ARN"] == stack.outputs["VerdictsTopicArn"] == f"{TOPICS}:FailureTopic"
    assert stack.outputs["AlarmsTopicArn"] == f"{TOPICS}:OperationsTopic"
    assert "KmsMasterKeyId" not in topics["OperationsTopic"]  # CloudWatch may not use alias/aws/sns


def test_an_existing_topic_is_used_as_it_is() -> None:
    arn = f"{TOPICS}:mine"
    stack = deploy(FailureTopicArn=arn)

    assert stack.of_type("AWS::SNS::Topic") == {}
    assert stack.environment()["TOPIC_ARN"] == stack.outputs["VerdictsTopicArn"] == arn


def test_the_drop_command_drops_where_manifests_are_seen() -> None:
    assert deploy(**EXISTING, ManifestsPrefix="in/").outputs["DropCommand"] == (
        "aws s3 cp my.manifest s3://my-manifests/in/"
    )
    assert deploy().outputs["DropCommand"].endswith(f"s3://manifest-gate-manifests-{ACCOUNT}-eu-central-1/")


def test_the_prefix_of_reports_is_an_output_where_there_is_one() -> None:
    assert deploy(ReportsPrefix="verdicts/").outputs["ReportsPrefix"] == "verdicts/"
    assert "ReportsPrefix" not in deploy().outputs
