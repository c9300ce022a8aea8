"""Logs that name the manifest on every line, and metrics as the alarms know them."""

import json
import re
import warnings
from collections.abc import Callable

import pytest

from core.errors import RetryableError
from handlers import observability
from tests.integration.conftest import Configure
from tests.integration.world import AT_MANIFESTS, IMAGES, MANIFESTS, Inbox, Json, World, good, good_keys
from tests.template.cloudformation import deploy

Printed = Callable[[], list[Json]]

COUNTS = [
    "ManifestsAccepted",
    "ManifestsRejected",
    "ManifestsIncomplete",
    "LinesRead",
    "ImagesChecked",
    "ImagesMissing",
    "ErrorsFound",
    "WarningsFound",
    "UncheckedFound",
]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """What the function printed since the last look; every line is JSON."""

    def read() -> list[Json]:
        out, err = capsys.readouterr()
        assert err == ""
        return [json.loads(line) for line in out.splitlines()]

    return read


def metrics(lines: list[Json]) -> list[Json]:
    return [line for line in lines if "_aws" in line]


def logs(lines: list[Json]) -> list[Json]:
    return [line for line in lines if "_aws" not in line]


def values(metric: Json) -> dict[str, float]:
    return {name: metric[name][0] for name in COUNTS}


def test_metrics_are_those_that_alarms_and_documents_name(
    world: World, printed: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observability._metrics.provider, "service", "my-stack")
    world.judge(world.drop())

    (metric,) = metrics(printed())

    (directive,) = metric["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "ManifestGate"
    assert directive["Dimensions"] == [["service"]]
    assert metric["service"] == "my-stack"
    units = {told["Name"]: told["Unit"] for told in directive["Metrics"]}
    assert units == dict.fromkeys(COUNTS, "Count") | {"JudgementDuration": "Milliseconds"}
    assert tuple(units) == observability.METRICS


@pytest.mark.parametrize(
    ("there", "body", "expected"),
    [
        (30, good(), [1, 0, 0, 30, 30, 0, 0, 0, 0]),
        (28, good(), [0, 1, 0, 30, 30, 2, 2, 2, 0]),
        (0, b"{\n", [0, 1, 0, 1, 0, 0, 1, 0, 0]),
        (0, b"", [0, 1, 0, 0, 0, 0, 1, 0, 0]),
    ],
)
def test_metrics_of_a_judgement(world: World, printed: Printed, there: int, body: bytes, expected: list[int]) -> None:
    world.put_images(good_keys(there))
    world.judge(world.drop(body))

    (metric,) = metrics(printed())
    assert list(values(metric).values()) == expected
    assert metric["JudgementDuration"][0] > 0


def test_metrics_of_an_incomplete_judgement(world: World, printed: Printed) -> None:
    event = world.drop()
    world.wire.fail("ListObjectsV2", 503, "SlowDown", where=IMAGES)
    with pytest.raises(RetryableError):
        world.invoke(event)

    (metric,) = metrics(printed())
    assert list(values(metric).values()) == [0, 0, 1, 30, 0, 0, 0, 0, 1]


def test_findings_are_measured_though_the_report_lists_some_only(
    world: World, configure: Configure, printed: Printed
) -> None:
    configure(MAX_FINDINGS="1")
    report = world.judge(world.drop(b"{\n{\n\n{\n"))

    (metric,) = metrics(printed())
    assert len(report["findings"]) == 1
    assert (metric["ErrorsFound"], metric["WarningsFound"]) == ([3.0], [1.0])


def test_each_judgement_is_measured_once(world: World, inbox: Inbox, printed: Printed) -> None:
    records = [world.drop(b"{\n", key=f"{name}.manifest")["Records"][0] for name in "ab"]
    world.wire.fail("Publish", 503, "Unavailable", times=5)
    with pytest.raises(RetryableError):
        world.invoke({"Records": records})
    assert [values(metric)["ManifestsRejected"] for metric in metrics(printed())] == [1, 1]

    world.invoke({"Records": records})

    assert metrics(printed()) == []
    assert len(inbox.messages()) == 2


@pytest.mark.parametrize(
    "event",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent"},
        {"Records": []},
        {"Records": [{"eventName": "ObjectRemoved:Delete", "s3": {}}]},
        {"source": "aws.s3", "detail-type": "Object Deleted", "detail": {}},
    ],
)
def test_ignored_event_emits_no_metrics_and_no_warnings(world: World, printed: Printed, event: Json) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        assert world.invoke(event) == {"manifests": []}

    assert metrics(printed()) == []
    assert warned == []


def test_superseded_manifest_emits_no_metrics(world: World, printed: Printed) -> None:
    event = world.drop(b"{\n")
    event["Records"][0]["s3"]["object"]["eTag"] = "0" * 32
    world.invoke(event)

    lines = printed()
    assert metrics(lines) == []
    assert any("replaced or deleted since" in line["message"] for line in logs(lines))


def test_every_line_of_the_log_names_its_manifest_and_no_other(world: World, inbox: Inbox, printed: Printed) -> None:
    events = [world.drop(b"{\n", key=f"{name}.manifest") for name in "abc"]
    objects = [event["Records"][0]["s3"]["object"] for event in events]
    world.wire.fail("GetObject", 403, "AccessDenied", where="b.manifest")
    records = [events[0]["Records"][0], {"what": "ever"}, events[1]["Records"][0], {}, events[2]["Records"][0]]
    records[3] = {"eventName": "ObjectRemoved:Delete", "s3": {}}
    with pytest.raises(Exception, match="2 records"):
        world.invoke({"Records": records}, request="the-request")

    lines = logs(printed())

    assert {line["function_request_id"] for line in lines} == {"the-request"}
    told: dict[str, list[str]] = {}
    for line in lines:
        told.setdefault(line.get("manifest", ""), []).append(line["message"])
    assert told == {
        f"s3://{MANIFESTS}/a.manifest": ["Judged", "Published"],
        "": ["Unreadable record", "Ignored"],
        f"s3://{MANIFESTS}/b.manifest": ["Not judged to the end"],
        f"s3://{MANIFESTS}/c.manifest": ["Judged", "Published"],
    }
    identities = {(line["manifest"], line["version"], line["etag"]) for line in lines if "manifest" in line}
    assert identities == {(f"s3://{MANIFESTS}/{each['key']}", each["versionId"], each["eTag"]) for each in objects}
    assert len(inbox.messages()) == 2


def test_log_of_one_invocation_does_not_reach_the_next(world: World, printed: Printed) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("GetObject", 403, "AccessDenied")
    with pytest.raises(Exception, match="was denied"):
        world.invoke(event)
    printed()

    world.invoke({"Service": "Amazon S3", "Event": "s3:TestEvent"})

    (line,) = printed()
    assert line["message"] == "Ignored"
    assert "manifest" not in line


def test_error_is_logged_with_its_fix(world: World, printed: Printed) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("GetObject", 403, "AccessDenied", where=AT_MANIFESTS)
    with pytest.raises(Exception, match="was denied"):
        world.invoke(event)

    (line,) = printed()
    assert line["level"] == "ERROR"
    assert "Grant s3:GetObject" in line["reason"]


def test_log_has_what_the_dashboard_asks_for(world: World, printed: Printed) -> None:
    world.judge(world.drop(b"{\n"))
    world.wire.fail("GetObject", 403, "AccessDenied", where=AT_MANIFESTS)
    with pytest.raises(Exception, match="was denied"):
        world.invoke(world.drop(b"{\n"))
    lines = logs(printed())

    asked = []
    for widget in json.loads(deploy().resources["OperationsDashboard"]["Properties"]["DashboardBody"])["widgets"]:
        if widget["type"] == "log":
            name, value, fields = re.findall(
                r"filter (\w+) = '(\w+)'.*?\| fields (.*?) \| sort", widget["properties"]["query"]
            )[0]
            (found,) = (line for line in lines if line[name] == value)
            asked.append(set(re.findall(r"(?<![@.])\b\w+\b(?![.(])", fields)) & found.keys())
    assert asked == [{"verdict", "manifest", "report"}, {"manifest", "reason"}]


def test_log_tells_the_cost(world: World, printed: Printed) -> None:
    world.put_images()
    report = world.judge(world.drop())

    judged = next(line for line in logs(printed()) if line["message"] == "Judged")
    assert judged["requests"] == report["requests"]
    assert judged["report"] == f"s3://verdicts/{world.report_keys()[0]}"
