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
    monkeypatch.delenv("TOPIC_ARN", raising=False)
    gate.cache_clear()
    yield
    gate.cache_clear()


def test_gate_is_put_together_once() -> None:
    assert gate() is gate()
    assert gate().settings.reports_bucket == "reports"


def test_gate_has_a_topic_only_where_one_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gate().topic is None
    gate.cache_clear()
    monkeypatch.setenv("TOPIC_ARN", "arn:aws:sns:us-east-1:123456789012:failures")
    assert gate().topic is not None


def test_gate_is_tried_again_after_bad_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORTS_BUCKET", "")
    with pytest.raises(PermanentError):
        gate()
    monkeypatch.setenv("REPORTS_BUCKET", "other")

    assert gate().settings.reports_bucket == "other"
