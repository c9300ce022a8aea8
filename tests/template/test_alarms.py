import re

import pytest

from tests.template.cloudformation import TOPICS, Stack, deploy, translated

EXISTING = {"ExistingManifestBucket": "my-manifests"}

# Logical id: the metric, the dimension and its value. AWS's own names are from its documentation; ours are
# compared with what the function emits in test_alarms_match_metrics.py.
FUNCTION = ("FunctionName", "ValidateManifestFunction")
SERVICE = ("service", "manifest-gate")
ALARMS = {
    "ErrorsAlarm": ("AWS/Lambda", "Errors", *FUNCTION),
    "ThrottlesAlarm": ("AWS/Lambda", "Throttles", *FUNCTION),
    "DurationAlarm": ("AWS/Lambda", "Duration", *FUNCTION),
    "EventsDroppedAlarm": ("AWS/Lambda", "AsyncEventsDropped", *FUNCTION),
    "FailureDestinationAlarm": ("AWS/Lambda", "DestinationDeliveryFailures", *FUNCTION),
    "FailureQueueAlarm": (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "QueueName",
        "FailureQueue.QueueName",
    ),
    "ManifestsRejectedAlarm": ("ManifestGate", "ManifestsRejected", *SERVICE),
    "ManifestsIncompleteAlarm": ("ManifestGate", "ManifestsIncomplete", *SERVICE),
}
ALARMS_OF_AN_EXISTING_BUCKET = {
    "UndeliveredEventsAlarm": (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "QueueName",
        "UndeliveredEventsQueue.QueueName",
    ),
    "RuleFailuresAlarm": ("AWS/Events", "FailedInvocations", "RuleName", "ManifestDroppedRule"),
}


def watched(stack: Stack) -> dict[str, tuple[str, str, str, str]]:
    found = {}
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        (dimension,) = alarm["Dimensions"]
        found[name] = (alarm["Namespace"], alarm["MetricName"], dimension["Name"], dimension["Value"])
    return found


def test_alarms_watch_everything_that_can_go_wrong() -> None:
    assert watched(deploy()) == ALARMS


def test_alarms_watch_the_way_through_eventbridge_when_it_is_used() -> None:
    assert watched(deploy(**EXISTING)) == ALARMS | ALARMS_OF_AN_EXISTING_BUCKET


@pytest.mark.parametrize("name", [*ALARMS, *ALARMS_OF_AN_EXISTING_BUCKET])
def test_every_alarm_says_what_to_do_and_what_silence_means(name: str) -> None:
    alarm = deploy(**EXISTING).resources[name]["Properties"]

    assert alarm["TreatMissingData"] == "notBreaching"
    assert 150 < len(alarm["AlarmDescription"]) < 1024 - 300  # names of the real resources are longer
    assert re.search(r"\b(mend|mends|raise|drop|look|see|work through)\b", alarm["AlarmDescription"], re.IGNORECASE)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_a_single_event_raises_every_alarm_but_those_on_time_and_throttles() -> None:
    alarms = deploy(**EXISTING).of_type("AWS::CloudWatch::Alarm")

    once = {
        name
        for name, alarm in alarms.items()
        if (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, 1)
        and alarm["Statistic"] == ("Maximum" if alarm["Namespace"] == "AWS/SQS" else "Sum")
    }
    assert alarms.keys() - once == {"DurationAlarm", "ThrottlesAlarm"}


def test_throttles_matter_when_they_last() -> None:
    alarm = deploy().resources["ThrottlesAlarm"]["Properties"]

    assert alarm["Period"] * alarm["EvaluationPeriods"] == 15 * 60


@pytest.mark.parametrize("timeout", translated()["Parameters"]["TimeoutSeconds"]["AllowedValues"])
def test_a_run_is_long_at_four_fifths_of_the_timeout(timeout: int) -> None:
    stack = deploy(TimeoutSeconds=str(timeout))
    alarm = stack.resources["DurationAlarm"]["Properties"]

    assert alarm["Threshold"] == timeout * 1000 * 0.8
    assert alarm["Statistic"] == "Maximum"
    assert f"80 % of the {timeout} s" in alarm["AlarmDescription"]


@pytest.mark.parametrize(
    ("parameters", "actions"),
    [
        ({}, None),
        ({"OperationsEmail": "operations@example.com"}, [f"{TOPICS}:OperationsTopic"]),
        (
            {"OperationsTopicArn": f"{TOPICS}:alarms"},
            [f"{TOPICS}:alarms"],
        ),
    ],
    ids=["nobody", "address", "topic"],
)
def test_every_alarm_goes_to_the_operations_topic(parameters: dict[str, str], actions: list[str] | None) -> None:
    for alarm in deploy(**EXISTING, **parameters).of_type("AWS::CloudWatch::Alarm").values():
        assert alarm.get("AlarmActions") == actions
