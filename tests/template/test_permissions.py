from typing import Any

import pytest

from tests.template.cloudformation import ACCOUNT, TOPICS, Stack, deploy, deployments

MANIFESTS = f"arn:aws:s3:::manifest-gate-manifests-{ACCOUNT}-eu-central-1"
REPORTS = f"arn:aws:s3:::manifest-gate-reports-{ACCOUNT}-eu-central-1"
OURS = {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}

# What the function calls, and nothing else: Sid, actions, resources, condition.
STATEMENTS: dict[str, tuple[set[str], set[str], dict[str, Any] | None]] = {
    "ReadManifests": ({"s3:GetObject", "s3:GetObjectVersion"}, {f"{MANIFESTS}/*.manifest"}, OURS),
    "ListManifests": ({"s3:ListBucket"}, {MANIFESTS}, OURS),
    "WriteReports": ({"s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"}, {f"{REPORTS}/*"}, OURS),
    "ListReports": ({"s3:ListBucket"}, {REPORTS}, OURS),
    "ReadImages": ({"s3:GetObject"}, {f"{MANIFESTS}/*"}, None),
    "ListImages": ({"s3:ListBucket"}, {MANIFESTS}, None),
    "SendFailures": ({"sqs:SendMessage"}, {"FailureQueue.Arn"}, None),
    "WriteLogs": ({"logs:CreateLogStream", "logs:PutLogEvents"}, {"ValidateManifestLogGroup.Arn"}, None),
    "WriteTraces": ({"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, {"*"}, None),
}
TAGGING = {
    "s3:GetObjectTagging",
    "s3:PutObjectTagging",
    "s3:GetObjectVersionTagging",
    "s3:PutObjectVersionTagging",
}
WITHOUT_RESOURCES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
"""Actions that know no resources, so that `*` is all that can be said."""


def listed(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def granted(stack: Stack) -> dict[str, tuple[set[str], set[str], dict[str, Any] | None]]:
    return {
        sid: (listed(statement["Action"]), listed(statement["Resource"]), statement.get("Condition"))
        for sid, statement in stack.statements().items()
    }


def test_the_function_may_do_what_it_does_and_no_more() -> None:
    assert granted(deploy()) == STATEMENTS


@pytest.mark.parametrize(
    ("parameters", "changes"),
    [
        (
            {"ExistingManifestBucket": "mine", "ManifestsPrefix": "in/", "ManifestsSuffix": ".jsonl"},
            {
                "ReadManifests": (STATEMENTS["ReadManifests"][0], {"arn:aws:s3:::mine/in/*.jsonl"}, OURS),
                "ListManifests": ({"s3:ListBucket"}, {"arn:aws:s3:::mine"}, OURS),
                "ReadImages": ({"s3:GetObject"}, {"arn:aws:s3:::mine/*"}, None),
                "ListImages": ({"s3:ListBucket"}, {"arn:aws:s3:::mine"}, None),
            },
        ),
        (
            {"ReportsBucketName": "theirs", "ReportsPrefix": "gate/"},
            {
                "WriteReports": (STATEMENTS["WriteReports"][0], {"arn:aws:s3:::theirs/gate/*"}, OURS),
                "ListReports": ({"s3:ListBucket"}, {"arn:aws:s3:::theirs"}, OURS),
            },
        ),
        (
            {"ImagesBucket": "one"},
            {
                "ReadImages": ({"s3:GetObject"}, {"arn:aws:s3:::one/*"}, None),
                "ListImages": ({"s3:ListBucket"}, {"arn:aws:s3:::one"}, None),
            },
        ),
        (
            {"ImagesBucketArns": "arn:aws:s3:::one"},
            {
                "ReadImages": ({"s3:GetObject"}, {"arn:aws:s3:::one/*"}, None),
                "ListImages": ({"s3:ListBucket"}, {"arn:aws:s3:::one"}, None),
            },
        ),
        (
            {"ImagesBucket": "two", "ImagesBucketArns": "arn:aws:s3:::one,arn:aws-cn:s3:::two,arn:aws:s3:::three"},
            {
                "ReadImages": (
                    {"s3:GetObject"},
                    {"arn:aws:s3:::one/*", "arn:aws-cn:s3:::two/*", "arn:aws:s3:::three/*"},
                    None,
                ),
                "ListImages": (
                    {"s3:ListBucket"},
                    {"arn:aws:s3:::one", "arn:aws-cn:s3:::two", "arn:aws:s3:::three"},
                    None,
                ),
            },
        ),
        ({"TagManifests": "true"}, {"TagManifests": (TAGGING, {f"{MANIFESTS}/*.manifest"}, OURS)}),
        (
            {"TagManifests": "true", "ExistingManifestBucket": "mine", "ManifestsPrefix": "in/"},
            {
                "ReadManifests": (STATEMENTS["ReadManifests"][0], {"arn:aws:s3:::mine/in/*.manifest"}, OURS),
                "ListManifests": ({"s3:ListBucket"}, {"arn:aws:s3:::mine"}, OURS),
                "ReadImages": ({"s3:GetObject"}, {"arn:aws:s3:::mine/*"}, None),
                "ListImages": ({"s3:ListBucket"}, {"arn:aws:s3:::mine"}, None),
                "TagManifests": (TAGGING, {"arn:aws:s3:::mine/in/*.manifest"}, OURS),
            },
        ),
        (
            {"JudgedEventBus": "training"},
            {
                "SendEvents": (
                    {"events:PutEvents"},
                    {f"arn:aws:events:eu-central-1:{ACCOUNT}:event-bus/training"},
                    None,
                )
            },
        ),
        (
            {"FailureEmail": "a@example.com"},
            {"PublishVerdicts": ({"sns:Publish"}, {f"{TOPICS}:FailureTopic"}, None)},
        ),
        (
            {"FailureTopicArn": "arn:aws:sns:eu-central-1:999988887777:theirs"},
            {"PublishVerdicts": ({"sns:Publish"}, {"arn:aws:sns:eu-central-1:999988887777:theirs"}, None)},
        ),
        (
            {"KmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/k"},
            {
                "UseKey": (
                    {"kms:Decrypt", "kms:GenerateDataKey"},
                    {"arn:aws:kms:eu-central-1:111122223333:key/k"},
                    {
                        "StringEquals": {
                            "kms:ViaService": ["s3.eu-central-1.amazonaws.com", "sns.eu-central-1.amazonaws.com"]
                        }
                    },
                )
            },
        ),
    ],
    ids="+".join,
)
def test_permissions_follow_the_parameters(parameters: dict[str, str], changes: dict[str, Any]) -> None:
    assert granted(deploy(**parameters)) == STATEMENTS | changes


def test_no_statement_is_wider_than_it_can_be() -> None:
    for parameters in deployments():
        for actions, resources, _ in granted(deploy(**parameters)).values():
            assert not any("*" in action for action in actions)
            assert "*" not in resources or actions <= WITHOUT_RESOURCES


def test_the_role_is_for_lambda_alone_and_has_no_other_policy() -> None:
    role = deploy().resources["ValidateManifestRole"]["Properties"]

    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Sid"]
    assert (trust["Principal"], trust["Action"]) == ({"Service": "lambda.amazonaws.com"}, "sts:AssumeRole")
    assert "ManagedPolicyArns" not in role
    assert list(deploy().of_type("AWS::IAM::Role")) == ["ValidateManifestRole"]


def test_the_created_bucket_alone_invokes_the_function() -> None:
    (permission,) = deploy().of_type("AWS::Lambda::Permission").values()

    assert permission == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "ValidateManifestFunction",
        "Principal": "s3.amazonaws.com",
        "SourceAccount": ACCOUNT,
        "SourceArn": MANIFESTS,
    }


def test_the_rule_alone_invokes_the_function_for_an_existing_bucket() -> None:
    stack = deploy(ExistingManifestBucket="mine")

    (permission,) = stack.of_type("AWS::Lambda::Permission").values()
    assert permission == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": "ValidateManifestFunction",
        "Principal": "events.amazonaws.com",
        "SourceArn": "ManifestDroppedRule.Arn",
    }
    (policy,) = stack.of_type("AWS::SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement == {
        "Sid": "SentByRule",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "UndeliveredEventsQueue.Arn",
        "Condition": {"ArnEquals": {"aws:SourceArn": "ManifestDroppedRule.Arn"}},
    }


def test_every_bucket_refuses_what_is_not_encrypted_on_its_way() -> None:
    stack = deploy()
    policies = stack.of_type("AWS::S3::BucketPolicy").values()

    assert {policy["Bucket"] for policy in policies} == {
        bucket["BucketName"] for bucket in stack.of_type("AWS::S3::Bucket").values()
    }
    for policy in policies:
        arn = f"arn:aws:s3:::{policy['Bucket']}"
        assert policy["PolicyDocument"]["Statement"] == [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ]
