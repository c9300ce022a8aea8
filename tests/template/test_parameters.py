import re
from typing import Any

import pytest

from tests.template.cloudformation import broken_rules, translated

PARAMETERS: dict[str, dict[str, Any]] = translated()["Parameters"]

ACCEPTED = {
    "ExistingManifestBucket": ["", "my-manifests", "a.b-c", "x" * 63],
    "ManifestsPrefix": ["", "in/", "a/b-c_d.e/"],
    "ManifestsSuffix": [".manifest", ".jsonl", "/output.manifest"],
    "ImagesBucket": ["", "my-images"],
    "ImagesBucketArns": [
        "",
        "arn:aws:s3:::my-images",
        "arn:aws-cn:s3:::one,arn:aws-us-gov:s3:::two,arn:aws:s3:::three",
    ],
    "ReportsBucketName": ["", "my-reports"],
    "ReportsPrefix": ["", "reports/", "a/b=c/"],
    "LabelAttribute": ["", "anomaly-label", "my_label.2"],
    "IgnoreRules": ["", "line-blank", "line-blank,label-several, source-ref-suspicious"],
    "RuleSeverities": ["", "line-blank=error", "line-blank=off,label-several=error, source-ref-duplicate=warning"],
    "FailureEmail": ["", "quality@example.com"],
    "FailureTopicArn": ["", "arn:aws:sns:eu-central-1:111122223333:verdicts"],
    "JudgedEventBus": ["", "default", "training/bus-1_a.b"],
    "OperationsEmail": ["", "first.last+alarms@mail.example.com"],
    "OperationsTopicArn": ["", "arn:aws-cn:sns:cn-north-1:111122223333:alarms"],
    "ReservedConcurrency": ["", "1", "1000"],
    "KmsKeyArn": ["", "arn:aws:kms:eu-central-1:111122223333:key/mrk-0a1b2c3d"],
}
REFUSED = {
    "ExistingManifestBucket": ["ab", "My-Manifests", "arn:aws:s3:::my-manifests", "x" * 64, "-a-", "s3://mine"],
    "ManifestsPrefix": ["a b/", "a*", "a+b/", "é/", "/in/"],
    "ManifestsSuffix": ["", "*.manifest", ".manifest ", "(1).manifest"],
    "ImagesBucket": ["arn:aws:s3:::my-images", "Mine"],
    "ImagesBucketArns": ["my-images", "arn:aws:s3:::one, arn:aws:s3:::two", "arn:aws:s3:::one/*", "arn:aws:s3:::one,"],
    "ReportsBucketName": ["My-Reports", "ab"],
    "ReportsPrefix": ["reports", "/reports/", "a//b/", "a b/"],
    "LabelAttribute": ["-label", "a b", "x" * 128],
    "IgnoreRules": ["line_blank", "Line-Blank", "line-blank;label-several", "line-blank,", "line-blank=off"],
    "RuleSeverities": ["line-blank", "line-blank=fatal", "line-blank=unchecked", "line-blank:error", "line-blank=off,"],
    "FailureEmail": ["quality", "a@b", "a@example.com,b@example.com ", "a b@example.com"],
    "FailureTopicArn": ["verdicts", "arn:aws:sns:eu-central-1:111122223333:verdicts.fifo"],
    "JudgedEventBus": ["arn:aws:events:eu-central-1:111122223333:event-bus/default", "a b", "b" * 257],
    "OperationsEmail": ["operations"],
    "OperationsTopicArn": ["arn:aws:sqs:eu-central-1:111122223333:alarms"],
    "ReservedConcurrency": ["0", "-1", "two", "01"],
    "KmsKeyArn": ["alias/mine", "arn:aws:kms:eu-central-1:111122223333:alias/mine"],
}
TOPIC = "arn:aws:sns:eu-central-1:111122223333:topic"


def accepts(name: str, value: str) -> bool:
    return re.fullmatch(PARAMETERS[name]["AllowedPattern"], value) is not None


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS.items(), ids=PARAMETERS)
def test_every_parameter_is_described_bounded_and_optional(name: str, parameter: dict[str, Any]) -> None:
    assert parameter["Description"]
    assert parameter["ConstraintDescription"].startswith(("must ", "may "))
    if "AllowedPattern" in parameter:
        assert accepts(name, parameter["Default"])
    elif "AllowedValues" in parameter:
        assert parameter["Default"] in parameter["AllowedValues"]
    else:
        assert parameter["Type"] == "Number"
        assert parameter["MinValue"] <= parameter["Default"] <= parameter["MaxValue"]


def test_every_pattern_has_examples() -> None:
    with_pattern = {name for name, parameter in PARAMETERS.items() if "AllowedPattern" in parameter}

    assert with_pattern == ACCEPTED.keys() == REFUSED.keys()


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in ACCEPTED for value in ACCEPTED[name]])
def test_patterns_accept_what_is_right(name: str, value: str) -> None:
    assert accepts(name, value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in REFUSED for value in REFUSED[name]])
def test_patterns_refuse_what_is_wrong(name: str, value: str) -> None:
    assert not accepts(name, value)


def test_the_console_shows_every_parameter_once_in_a_group() -> None:
    groups = translated()["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    shown = [name for group in groups for name in group["Parameters"]]

    assert sorted(shown) == sorted(PARAMETERS)
    assert shown == list(PARAMETERS)  # in the order in which they are declared
    assert all(group["Label"]["default"] for group in groups)


@pytest.mark.parametrize(
    ("parameters", "refusal"),
    [
        ({"ExistingManifestBucket": "one", "ReportsBucketName": "one"}, "ReportsBucketName must differ"),
        ({"FailureEmail": "a@example.com", "FailureTopicArn": TOPIC}, "FailureEmail or FailureTopicArn, not both"),
        (
            {"OperationsEmail": "a@example.com", "OperationsTopicArn": TOPIC},
            "OperationsEmail or OperationsTopicArn, not both",
        ),
    ],
)
def test_rules_refuse_parameters_that_contradict_each_other(parameters: dict[str, str], refusal: str) -> None:
    (description,) = broken_rules(**parameters)

    assert refusal in description


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"ExistingManifestBucket": "one", "ReportsBucketName": "other"},
        {"ExistingManifestBucket": "one"},
        {"ReportsBucketName": "one"},
        {"FailureEmail": "a@example.com", "OperationsTopicArn": TOPIC},
        {"FailureTopicArn": TOPIC, "OperationsTopicArn": TOPIC},
    ],
)
def test_rules_let_through_what_is_right(parameters: dict[str, str]) -> None:
    assert broken_rules(**parameters) == []
