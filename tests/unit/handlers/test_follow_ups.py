from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aws.s3_reports import S3Reports
from aws.s3_tags import S3Tags
from core.errors import RetryableError
from core.finding import Verdict
from core.layout import ReportPlace
from core.outcome import Standing
from core.report import build_report, list_findings
from handlers.follow_ups import FollowUps
from tests.builders import manifest, sound_lines
from tests.fakes import judge

PLACE = ReportPlace("reports", "folder/")
WHEN = datetime(2026, 1, 2, tzinfo=UTC)
SOUND = judge(manifest(*sound_lines())).judgement
REPORT = build_report(SOUND, list_findings(SOUND), run="run-1", looked_at=WHEN, seconds=1, requests={}, files={})


def follow_ups(standings: Iterator[Standing | None], put: list[str]) -> FollowUps:
    def tag(_manifest: object, verdict: Verdict, run: str) -> bool:
        put.append(f"{verdict} {run}")
        return True

    class Upload:
        def __enter__(self) -> Any:  # noqa: ANN401
            return SimpleNamespace(write=lambda _data: None)

        def __exit__(self, *_: object) -> None: ...

    reports = SimpleNamespace(
        standing=lambda _place: next(standings), read_file=lambda *_: None, upload=lambda *_: Upload()
    )
    return FollowUps(cast("S3Reports", reports), tags=cast("S3Tags", SimpleNamespace(put=tag)))


@pytest.mark.parametrize(
    ("standings", "put"),
    [
        ([Standing("e", Verdict.VALID, 0, "run-1")], ["VALID run-1"]),
        ([None], ["VALID run-1"]),
        (
            [Standing("e", Verdict.INVALID, 0, "run-2"), Standing("e", Verdict.INVALID, 0, "run-2")],
            ["VALID run-1", "INVALID run-2"],
        ),
    ],
)
def test_tags_follow_the_report_that_is_there(standings: list[Standing | None], put: list[str]) -> None:
    done: list[str] = []

    follow_ups(iter(standings), done).do(PLACE, Standing("e", Verdict.VALID, 0, "run-1"), lambda: REPORT)

    assert done == put


def test_tags_are_left_to_a_retry_where_reports_keep_changing() -> None:
    done: list[str] = []
    changing = (Standing("e", Verdict.VALID, 0, f"other-{number}") for number in count())

    with pytest.raises(RetryableError, match=r"Others keep writing s3://reports/folder/report\.json"):
        follow_ups(changing, done).do(PLACE, Standing("e", Verdict.VALID, 0, "run-1"), lambda: REPORT)

    assert len(done) == 5


def test_nothing_follows_a_report_that_was_replaced() -> None:
    done: list[str] = []

    follow_ups(iter([]), done).do(PLACE, Standing("e", Verdict.VALID, 0, "run-1"), lambda: None)

    assert done == []
