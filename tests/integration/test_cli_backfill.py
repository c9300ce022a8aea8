import threading

import pytest

from cli.in_parallel import in_parallel
from cli.main import main
from tests.integration.conftest import Configure
from tests.integration.stack import Deployed, deploy
from tests.integration.world import MANIFESTS, REPORTS, World

ALL = f"s3://{MANIFESTS}/"


@pytest.fixture
def deployed(world: World) -> Deployed:
    return deploy(world)


def keys(deployed: Deployed) -> list[str]:
    return [event["key"] for event in deployed.events]


def backfill(*arguments: str) -> int:
    """One at a time: what the function prints meanwhile is kept apart from what the command prints."""
    return main(["backfill", *arguments, "--concurrency", "1"])


def test_every_manifest_under_the_prefix_is_judged(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put_images()
    old = world.drop(b"", key="old/a + b.manifest")
    versions = [world.drop(key=key) for key in ("old/a + b.manifest", "old/deep/b.manifest")]
    world.drop(b"{\n", key="new/c.manifest")
    world.drop(b"{\n", key="old/notes.txt")

    assert backfill(f"s3://{MANIFESTS}/old/") == 0

    printed = capsys.readouterr()
    assert printed.out == (
        f"VALID       s3://{MANIFESTS}/old/a + b.manifest  judged, 1 finding\n"  # a warning of its key
        f"VALID       s3://{MANIFESTS}/old/deep/b.manifest  judged, 0 findings\n"
    )
    assert printed.err == "2 judged\n"
    assert [event["version_id"] for event in deployed.events] == [
        event["Records"][0]["s3"]["object"]["versionId"] for event in versions
    ]
    assert old["Records"][0]["s3"]["object"]["versionId"] not in str(world.report_keys())
    assert len(world.report_keys()) == 2


def test_an_invalid_manifest_exits_1(world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    world.put_images()
    world.drop()
    world.drop(b"{\n", key="bad.manifest")

    assert backfill(ALL) == 1

    assert capsys.readouterr().err == "2 judged\n"
    assert sorted(keys(deployed)) == ["bad.manifest", "train/my.manifest"]


def test_what_has_a_report_is_left_out_and_counts_all_the_same(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    world.put_images()
    world.judge(world.drop(b"{\n", key="judged.manifest"))
    world.drop(key="new.manifest")
    capsys.readouterr()

    assert backfill(ALL) == 1

    printed = capsys.readouterr()
    assert printed.out == (
        f"INVALID     s3://{MANIFESTS}/judged.manifest  kept, 1 finding\n"
        f"VALID       s3://{MANIFESTS}/new.manifest  judged, 0 findings\n"
    )
    assert printed.err == "1 kept, 1 judged\n"
    assert keys(deployed) == ["new.manifest"]


def test_what_has_a_report_is_judged_anew_where_that_is_asked_for(world: World, deployed: Deployed) -> None:
    world.judge(world.drop(b"{\n", key="judged.manifest"))

    assert backfill(ALL, "--again") == 1

    assert keys(deployed) == ["judged.manifest"]


def test_an_incomplete_report_is_no_reason_to_leave_a_manifest_out(world: World, deployed: Deployed) -> None:
    event = world.drop()
    for operation in ("HeadBucket", "ListObjectsV2"):
        world.wire.fail(operation, 403, "AccessDenied", where="parts")
    world.wire.fail("HeadObject", 403, where="parts/")
    assert world.judge(event)["verdict"] == "INCOMPLETE"
    assert backfill(ALL) == 2

    del world.wire.traps[1:]
    world.put_images()
    assert backfill(ALL) == 0
    assert backfill(ALL) == 0

    assert keys(deployed) == ["train/my.manifest"] * 2


def test_one_that_fails_is_named_and_hides_no_other(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("a.manifest", "b.manifest"):
        world.drop(b"{\n", key=key)
    world.wire.fail("GetObject", 403, "AccessDenied", where="a.manifest")

    assert backfill(ALL) == 1

    printed = capsys.readouterr()
    assert f"s3://{MANIFESTS}/a.manifest: Reading s3://{MANIFESTS}/a.manifest" in printed.err
    assert "1 failed" in printed.err
    assert "1 judged" in printed.err
    assert len(deployed.events) == 2

    world.wire.traps.pop()
    assert backfill(f"s3://{MANIFESTS}/a") == 1
    assert capsys.readouterr().err == "1 judged\n"


def test_only_failures_exit_2(world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    assert deployed
    world.drop()
    world.wire.fail("HeadObject", 403)

    assert backfill(ALL) == 2

    assert capsys.readouterr().err.endswith("1 failed\n")


def test_again_tags_what_was_judged_before_tags_and_replaces_forged_ones(
    world: World, deployed: Deployed, configure: Configure
) -> None:
    def tags() -> list[str]:
        return [tag["Value"] for tag in world.s3.get_object_tagging(Bucket=MANIFESTS, Key="old.manifest")["TagSet"]]

    world.judge(world.drop(b"{\n", key="old.manifest", Tagging="manifest-gate-verdict=VALID"))
    configure(TAG_MANIFESTS="true")

    assert backfill(ALL) == 1
    assert tags() == ["VALID"]
    assert deployed.events == []

    assert backfill(ALL, "--again") == 1
    assert sorted(tags()) == sorted(["INVALID", world.read_report()["run"]])


def test_one_that_is_deleted_meanwhile_is_passed_over(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("a.manifest", "b.manifest"):
        world.drop(b"{\n", key=key)
    world.wire.before("HeadObject", lambda: world.s3.delete_object(Bucket=MANIFESTS, Key="a.manifest"), where="a.")

    assert backfill(ALL) == 1

    assert capsys.readouterr().err == "1 gone, 1 judged\n"
    assert keys(deployed) == ["b.manifest"]


def test_a_bucket_without_versions_is_judged_too(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    world.version(MANIFESTS, "Suspended")
    world.drop(b"{\n")

    assert backfill(ALL) == 1
    assert backfill(ALL) == 1

    assert deployed.events == [{"bucket": MANIFESTS, "key": "train/my.manifest"}]
    assert capsys.readouterr().err == "1 judged\n1 kept\n"


@pytest.mark.parametrize(
    ("asked", "judged"),
    [
        ("", ["in/a.jsonl", "in/b/c.jsonl"]),
        ("i", ["in/a.jsonl", "in/b/c.jsonl"]),
        ("in/b", ["in/b/c.jsonl"]),
    ],
)
def test_only_keys_that_the_gate_sees_are_judged(world: World, asked: str, judged: list[str]) -> None:
    deployed = deploy(world, ManifestsPrefix="in/", ManifestsSuffix=".jsonl", ReportsPrefix="to/")
    for key in ("a.jsonl", "in/a.jsonl", "in/a.manifest", "in/b/c.jsonl", "inn/a.jsonl"):
        world.drop(b"{\n", key=key)

    assert backfill(f"s3://{MANIFESTS}/{asked}") == 1

    assert keys(deployed) == judged


def test_reports_are_looked_for_under_their_prefix(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REPORTS_PREFIX", "to/")
    deploy(world, ReportsPrefix="to/")
    world.drop(b"{\n")

    assert backfill(ALL) == 1
    assert backfill(ALL) == 1

    assert capsys.readouterr().err == "1 judged\n1 kept\n"
    assert world.report_keys()[0].startswith(f"to/{MANIFESTS}/train/my.manifest/")


@pytest.mark.parametrize(
    ("location", "told"),
    [
        (MANIFESTS, "write s3://BUCKET/PREFIX"),
        ("s3://", "write s3://BUCKET/PREFIX"),
        (f"s3://{REPORTS}/", f"reads manifests of bucket '{MANIFESTS}' only, not of '{REPORTS}'"),
        (f"s3://{MANIFESTS}/out/", "reads manifests under 'in/' only, not under 'out/'"),
        (f"s3://{MANIFESTS}/in/nothing", f"no key is s3://{MANIFESTS}/in/nothing*.manifest"),
    ],
)
def test_a_place_without_manifests_is_told(
    world: World, location: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(world, ManifestsPrefix="in/")

    assert backfill(location) == 2

    assert told in capsys.readouterr().err


def test_a_bucket_that_cannot_be_listed_is_told(
    world: World, deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deployed
    world.wire.fail("ListObjectsV2", 403, "AccessDenied")

    assert backfill(ALL) == 2

    assert f"Grant s3:ListBucket on arn:aws:s3:::{MANIFESTS}" in capsys.readouterr().err


def test_more_than_a_page_is_listed(world: World, deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "2")
    for number in range(5):
        world.drop(b"{\n", key=f"old/{number}.manifest")

    assert backfill(f"s3://{MANIFESTS}/old/") == 1

    assert len(deployed.events) == 5
    pages = [call for call in world.wire.calls if call.query.get("prefix") == ["old/"]]
    assert len(pages) == 3


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("number", ["0", "33", "many"])
def test_concurrency_is_bounded(number: str) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["backfill", ALL, "--concurrency", number])

    assert stop.value.code == 2


def test_as_many_run_at_a_time_as_are_asked_for_and_no_more() -> None:
    meet, at_once, most, lock = threading.Barrier(3), 0, 0, threading.Lock()

    def work(item: int) -> int:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        meet.wait(timeout=30)  # three have to be here at the same time
        with lock:
            at_once -= 1
        return item

    assert sorted(in_parallel(work, range(9), 3)) == list(range(9))
    assert most == 3


def test_items_are_taken_only_when_they_can_be_begun() -> None:
    taken = []

    def items() -> object:
        for item in range(10):
            taken.append(item)
            yield item

    results = in_parallel(lambda item: item, items(), 2)  # type: ignore[arg-type, var-annotated]

    next(results)
    assert len(taken) == 2


def test_ctrl_c_begins_no_more_and_waits_for_what_is_under_way(capsys: pytest.CaptureFixture[str]) -> None:
    begun, finished, release = [], [], threading.Event()

    def work(item: int) -> None:
        begun.append(item)
        release.wait(timeout=30)
        finished.append(item)

    def items() -> object:
        yield 1
        threading.Timer(0.1, release.set).start()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(in_parallel(work, items(), 2))  # type: ignore[arg-type]

    assert begun == finished == [1]
    assert capsys.readouterr().err == "ending; waiting for 1 that are being judged\n"
