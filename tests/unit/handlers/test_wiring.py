from collections.abc import Iterator

import pytest

from core.errors import PermanentError
from handlers.wiring import gate


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.setenv("REPORTS_BUCKET", "reports")
    for name in ("TAG_MANIFESTS", "JUDGED_EVENT_BUS", "TOPIC_ARN"):
        monkeypatch.delenv(name, raising=False)
    gate.cache_clear()
    yield
    gate.cache_clear()


def test_gate_is_put_together_once() -> None:
    assert gate() is gate()
    assert gate().settings.reports_bucket == "reports"


def test_nothing_follows_a_report_unless_it_is_asked_for() -> None:
    follow_ups = gate().follow_ups

    assert (follow_ups.tags, follow_ups.bus, follow_ups.topic) == (None, None, None)


@pytest.mark.parametrize(
    ("variable", "value", "name"),
    [
        ("TAG_MANIFESTS", "true", "tags"),
        ("JUDGED_EVENT_BUS", "default", "bus"),
        ("TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:failures", "topic"),
    ],
)
def test_each_follow_up_is_there_where_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, name: str
) -> None:
    monkeypatch.setenv(variable, value)

    follow_ups = gate().follow_ups

    assert [each for each in ("tags", "bus", "topic") if getattr(follow_ups, each) is not None] == [name]


def test_gate_is_tried_again_after_bad_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTS_BUCKET", "")
    with pytest.raises(PermanentError):
        gate()
    monkeypatch.setenv("REPORTS_BUCKET", "other")

    assert gate().settings.reports_bucket == "other"
