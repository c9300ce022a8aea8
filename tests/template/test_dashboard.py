import itertools
import json
import re
from typing import Any

import pytest

from handlers.observability import DIMENSIONS, METRICS, NAMESPACE
from tests.template.cloudformation import Stack, deploy, translated

EXISTING = {"ExistingManifestBucket": "my-manifests"}
EVERY_WAY = pytest.mark.parametrize("parameters", [{}, EXISTING], ids=["created", "existing"])
# What AWS publishes about a function and a queue, from its documentation.
OF_FUNCTIONS = {
    "AsyncEventAge",
    "AsyncEventsDropped",
    "ConcurrentExecutions",
    "DestinationDeliveryFailures",
    "Duration",
    "Errors",
    "Throttles",
}
OF_QUEUES = {"ApproximateAgeOfOldestMessage", "ApproximateNumberOfMessagesVisible"}
# Okabe and Ito: told apart with any kind of colour vision.
COLOURS = {"#0072B2", "#56B4E9", "#D55E00", "#999999", "#000000"}


def body(stack: Stack) -> dict[str, Any]:
    dashboard = json.loads(stack.resources["OperationsDashboard"]["Properties"]["DashboardBody"])
    assert "${" not in json.dumps(dashboard)
    return dashboard


def widgets(stack: Stack, kind: str | None = None) -> list[dict[str, Any]]:
    return [widget for widget in body(stack)["widgets"] if kind in (None, widget["type"])]


def graphs(stack: Stack) -> list[dict[str, Any]]:
    return [widget["properties"] for widget in widgets(stack, "metric")]


def published(stack: Stack) -> set[tuple[str, ...]]:
    """Every metric that the function emits, and every one that AWS publishes about the stack."""
    own = {(NAMESPACE, name, *DIMENSIONS, stack.environment()["POWERTOOLS_SERVICE_NAME"]) for name in METRICS}
    function = {("AWS/Lambda", name, "FunctionName", "ValidateManifestFunction") for name in OF_FUNCTIONS}
    queues = {
        ("AWS/SQS", name, "QueueName", f"{queue}.QueueName")
        for name in OF_QUEUES
        for queue in stack.of_type("AWS::SQS::Queue")
    }
    rules = {("AWS/Events", "FailedInvocations", "RuleName", rule) for rule in stack.of_type("AWS::Events::Rule")}
    return own | function | queues | rules


def drawn(stack: Stack) -> set[tuple[str, ...]]:
    return {tuple(metric[:4]) for graph in graphs(stack) for metric in graph["metrics"] if len(metric) > 1}


@EVERY_WAY
def test_every_metric_is_one_that_is_published(parameters: dict[str, str]) -> None:
    stack = deploy(**parameters)
    shown = drawn(stack)

    assert shown <= published(stack)
    assert {name for namespace, name, *_ in shown if namespace == NAMESPACE} == set(METRICS)
    assert {name for namespace, name, *_ in shown if namespace == "AWS/Lambda"} == OF_FUNCTIONS


@EVERY_WAY
def test_what_an_alarm_watches_is_drawn(parameters: dict[str, str]) -> None:
    stack = deploy(**parameters)

    for alarm in stack.of_type("AWS::CloudWatch::Alarm").values():
        (dimension,) = alarm["Dimensions"]
        assert (alarm["Namespace"], alarm["MetricName"], dimension["Name"], dimension["Value"]) in drawn(stack)


@EVERY_WAY
def test_every_alarm_is_shown(parameters: dict[str, str]) -> None:
    stack = deploy(**parameters)
    (shown,) = widgets(stack, "alarm")

    alarms = shown["properties"]["alarms"]
    assert sorted(alarms) == sorted(f"{name}.Arn" for name in stack.of_type("AWS::CloudWatch::Alarm"))


@EVERY_WAY
def test_widgets_lie_within_the_grid_and_apart(parameters: dict[str, str]) -> None:
    cells = [
        set(
            itertools.product(
                range(widget["x"], widget["x"] + widget["width"]), range(widget["y"], widget["y"] + widget["height"])
            )
        )
        for widget in widgets(deploy(**parameters))
    ]

    assert all(0 <= x < 24 for cell in cells for x, _ in cell)
    assert sum(map(len, cells)) == len(set().union(*cells))
    assert len(set().union(*cells)) == 24 * (1 + max(y for cell in cells for _, y in cell)), "there is a gap"


def test_every_graph_begins_at_nothing_and_names_what_it_draws() -> None:
    for graph in graphs(deploy()):
        series = [metric[-1] for metric in graph["metrics"] if metric[-1].get("visible", True)]
        axes = graph["yAxis"]
        assert graph["region"] == "eu-central-1"
        assert graph["period"] == 300
        assert {"left"} <= {each.get("yAxis", "left") for each in series} == axes.keys()
        assert all(axis["min"] == 0 and axis["label"] for axis in axes.values())
        assert all("stat" in graph or "stat" in each for each in series)
        assert len({each["label"] for each in series}) == len(series)


@EVERY_WAY
def test_colours_can_be_told_apart(parameters: dict[str, str]) -> None:
    for graph in graphs(deploy(**parameters)):
        colours = [metric[-1]["color"] for metric in graph["metrics"] if metric[-1].get("visible", True)]
        assert len(set(colours)) == len(colours)
        assert set(colours) <= COLOURS


def test_verdicts_are_stacked_and_drawn_where_few_manifests_come() -> None:
    (verdicts,) = (graph for graph in graphs(deploy()) if graph["title"].endswith("Verdicts"))

    assert verdicts["stacked"] is True
    expressions = {each[0]["label"]: each[0]["expression"] for each in verdicts["metrics"] if len(each) == 1}
    metrics = {each[1]: each[-1]["id"] for each in verdicts["metrics"] if len(each) > 1}
    assert expressions == {
        "VALID": f"FILL({metrics['ManifestsAccepted']}, 0)",
        "INVALID": f"FILL({metrics['ManifestsRejected']}, 0)",
        "INCOMPLETE": f"FILL({metrics['ManifestsIncomplete']}, 0)",
    }


@pytest.mark.parametrize("timeout", translated()["Parameters"]["TimeoutSeconds"]["AllowedValues"])
def test_a_line_shows_where_the_alarm_on_duration_rings(timeout: int) -> None:
    stack = deploy(TimeoutSeconds=str(timeout))
    (duration,) = (graph for graph in graphs(stack) if graph["title"].endswith("Duration"))

    (line,) = duration["annotations"]["horizontal"]
    assert line["value"] == stack.resources["DurationAlarm"]["Properties"]["Threshold"]


def test_the_text_names_every_numbered_graph_and_what_to_run() -> None:
    stack = deploy(ManifestsPrefix="in/")
    (text,) = (widget["properties"]["markdown"] for widget in widgets(stack, "text"))

    numbered = [match[0] for graph in graphs(stack) if (match := re.match(r"\d+", graph["title"]))]
    assert numbered == [str(number) for number in range(1, len(graphs(stack)) + 1)]
    told = re.findall(r"\d+", " ".join(re.findall(r"\*\*([\d, ]+)\*\*", text)))
    assert told == numbered
    assert "`manifest-gate redrive --stack manifest-gate`" in text
    assert "`in/*.manifest`" in text
    assert stack.outputs["ReportsBucketName"] in text


def test_logs_are_read_from_the_functions_own_group() -> None:
    queries = [widget["properties"]["query"] for widget in widgets(deploy(), "log")]

    assert len(queries) == 2
    assert all(query.startswith("SOURCE 'ValidateManifestLogGroup' | filter ") for query in queries)


@pytest.mark.parametrize(
    ("partition", "console"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
    ],
)
def test_an_output_leads_to_the_dashboard(partition: str, console: str) -> None:
    stack = deploy(**{"AWS::Partition": partition, "AWS::Region": "some-region-1"})

    assert stack.resources["OperationsDashboard"]["Properties"]["DashboardName"] == "manifest-gate-some-region-1"
    assert stack.outputs["DashboardUrl"] == (
        f"https://some-region-1.{console}/cloudwatch/home?region=some-region-1#dashboards/dashboard/OperationsDashboard"
    )


def test_there_is_no_dashboard_where_none_is_wanted() -> None:
    stack = deploy(Dashboard="false")

    assert not stack.of_type("AWS::CloudWatch::Dashboard")
    assert "DashboardUrl" not in stack.outputs
