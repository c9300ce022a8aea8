"""One test or more for every row of the outcomes table in the design, in its order."""

import pytest

from core.errors import AccessDeniedError, NoSuchBucketError, PermanentError, RetryableError
from core.report import Report
from tests.builders import manifest
from tests.integration.conftest import Configure
from tests.integration.world import (
    AT_MANIFESTS,
    IMAGES,
    MANIFESTS,
    MINUTE,
    REPORTS,
    Inbox,
    World,
    good,
    good_keys,
    image,
    rules,
)

WARNED = manifest(image("images/00000.png"))
"""A manifest that is valid, but too small a dataset."""


def test_valid(world: World, inbox: Inbox) -> None:
    world.put_images()
    answer = world.invoke(world.drop(), request="r")

    (manifest,) = answer["manifests"]
    assert manifest == {
        "bucket": MANIFESTS,
        "key": "train/my.manifest",
        "verdict": "VALID",
        "findings": 0,
        "report": f"s3://{REPORTS}/{world.report_keys()[0]}",
        "outcome": "judged",
    }
    report = world.read_report(manifest["report"])
    assert report["verdict"] == "VALID"
    assert report["accepted"] == "all"
    assert report["files"].keys() == {"report.html"}
    assert world.read(world.report_keys()[0]) == Report.model_validate(report).to_json().encode()
    assert set(world.outputs()) == {*world.report_keys(), report["files"]["report.html"]["key"]}
    assert inbox.messages() == []


@pytest.mark.parametrize(
    ("notify_on", "body", "told"),
    [
        ("failures", good(), False),
        ("failures", WARNED, False),
        ("failures", b"{\n", True),
        ("warnings", good(), False),
        ("warnings", WARNED, True),
        ("warnings", b"{\n", True),
        ("all", good(), True),
        ("all", WARNED, True),
        ("all", b"{\n", True),
    ],
)
def test_who_is_told(world: World, configure: Configure, inbox: Inbox, notify_on: str, body: bytes, told: bool) -> None:  # noqa: FBT001
    configure(NOTIFY_ON=notify_on)
    world.put_images()

    verdict = world.judge(world.drop(body))["verdict"]

    assert verdict == ("INVALID" if body == b"{\n" else "VALID")
    assert inbox.verdicts() == [verdict] * told
    assert len(world.receipts()) == told


def test_bad_data(world: World, inbox: Inbox) -> None:
    world.put_images(good_keys()[1:])
    report = world.judge(world.drop(good() + b"{\n"))

    assert report["verdict"] == "INVALID"
    named = [(finding["rule"], finding["line"]) for finding in report["findings"] if finding["line"]]
    assert named == [("image-not-found", 1), ("line-invalid-json", 31)]
    (message,) = inbox.messages()
    assert message["Subject"] == "Manifest INVALID: train/my.manifest"


def test_same_event_again_costs_one_look(world: World) -> None:
    world.put_images()
    event = world.drop()
    first = world.judge(event)
    world.wire.calls.clear()

    answer = world.invoke(event)

    assert world.wire.operations() == {"HeadObject": 1}
    assert answer["manifests"][0] | {"report": ""} == {
        "bucket": MANIFESTS,
        "key": "train/my.manifest",
        "verdict": "VALID",
        "findings": 0,
        "report": "",
        "outcome": "kept",
    }
    assert world.read_report() == first


def test_report_carries_what_the_next_look_needs(world: World, inbox: Inbox) -> None:
    event = world.drop(b"{\n")
    report = world.judge(event, request="the-request")

    head = world.s3.head_object(Bucket=REPORTS, Key=world.report_keys()[0])
    assert head["Metadata"] == {
        "verdict": "INVALID",
        "findings": str(sum(report["totals"].values())),
        "run": "the-request-1",
        "sequencer": event["Records"][0]["s3"]["object"]["sequencer"],
        "throttled": "false",
        "notify": "true",
    }
    assert head["ContentType"] == "application/json"
    assert len(inbox.messages()) == 1


def test_same_event_again_is_not_published_again(world: World, inbox: Inbox) -> None:
    event = world.drop(b"{\n")
    first = world.judge(event)
    assert len(inbox.messages()) == 1

    answer = world.invoke(event)

    assert answer["manifests"][0]["outcome"] == "kept"
    assert answer["manifests"][0]["verdict"] == "INVALID"
    assert world.read_report() == first
    assert inbox.messages() == []


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("00AA11", "00AB"), ("00AA", "00AB11"), ("0A", "0A01"), ("9", "A"), ("00aa", "00AB")],
)
def test_older_event_after_a_newer_one(
    world: World, configure: Configure, inbox: Inbox, earlier: str, later: str
) -> None:
    configure(NOTIFY_ON="all")
    put = world.s3.put_object(Bucket=MANIFESTS, Key="my.manifest", Body=b"{\n")
    newest = world.judge(world.event("my.manifest", put, later))
    assert len(inbox.messages()) == 1

    answer = world.invoke(world.event("my.manifest", put, earlier))

    assert answer["manifests"][0]["outcome"] == "kept"
    assert world.read_report() == newest
    assert world.read_report()["manifest"]["sequencer"] == later
    assert inbox.messages() == []


@pytest.mark.parametrize(("earlier", "later"), [("00AA11", "00AB"), ("0A", "0A01"), ("00aa", "00AB")])
def test_newer_event_after_an_older_one(world: World, inbox: Inbox, earlier: str, later: str) -> None:
    put = world.s3.put_object(Bucket=MANIFESTS, Key="my.manifest", Body=b"{\n")
    world.judge(world.event("my.manifest", put, earlier))

    report = world.judge(world.event("my.manifest", put, later))

    assert report["manifest"]["sequencer"] == later
    assert len(inbox.messages()) == 2


def test_same_event_after_throttling_with_another_verdict(world: World, configure: Configure, inbox: Inbox) -> None:
    configure(NOTIFY_ON="all")
    world.put_images()
    event = world.drop()
    world.wire.fail("ListObjectsV2", 503, "SlowDown", where=IMAGES)
    with pytest.raises(RetryableError):
        world.invoke(event)
    world.wire.mend()

    report = world.judge(event)

    assert report["verdict"] == "VALID"
    assert report["statistics"]["images"]["checked"] == 30
    assert inbox.verdicts() == ["INCOMPLETE", "VALID"]


@pytest.mark.parametrize("attempts", [2, 3, 6])
def test_same_event_again_and_again_throttled_is_told_once(world: World, inbox: Inbox, attempts: int) -> None:
    event = world.drop()
    world.wire.fail("ListObjectsV2", 503, "SlowDown", where=IMAGES)

    for attempt in range(attempts):
        with pytest.raises(RetryableError):
            world.invoke(event, request="the-same" if attempt < 3 else f"other-{attempt}")

    assert len(inbox.messages()) == 1
    report = world.read_report()
    assert report["verdict"] == "INCOMPLETE"
    runs = {key.split("/")[-2] for key in world.outputs() if key.endswith("findings.jsonl")}
    assert len(runs) == attempts
    assert len({receipt["message"]["id"] for receipt in world.receipts()}) == 1


def test_all_clear_is_told_though_only_failures_are(world: World, inbox: Inbox) -> None:
    world.put_images()
    event = world.drop()
    world.wire.fail("ListObjectsV2", 503, "SlowDown", where=IMAGES)
    for _ in range(2):
        with pytest.raises(RetryableError):
            world.invoke(event)
    world.wire.mend()
    world.wire.fail("Publish", 503, "Unavailable")
    with pytest.raises(RetryableError, match="Publishing"):
        world.invoke(event)
    world.wire.mend()

    assert world.invoke(event)["manifests"][0]["outcome"] == "kept"
    assert inbox.verdicts() == ["INCOMPLETE", "VALID"]
    world.invoke(event)
    assert inbox.verdicts() == []


def test_throttled_verdict_that_stays_invalid_is_told_once(world: World, inbox: Inbox) -> None:
    world.put_images()
    event = world.drop(good() + b"{\n")
    world.wire.fail("ListObjectsV2", 503, "SlowDown", where=IMAGES)
    with pytest.raises(RetryableError, match="INVALID until a retry looks again"):
        world.invoke(event)
    world.wire.mend()

    report = world.judge(event)

    assert rules(report) == {"line-invalid-json"}
    assert len(inbox.messages()) == 1


def test_same_bytes_dropped_again_after_the_images_were_added(world: World, inbox: Inbox) -> None:
    world.version(MANIFESTS, "Suspended")
    first = world.invoke(world.drop())["manifests"][0]
    world.put_images()

    second = world.invoke(world.drop())["manifests"][0]

    assert (first["verdict"], second["verdict"]) == ("INVALID", "VALID")
    assert (first["outcome"], second["outcome"]) == ("judged", "judged")
    assert first["report"] == second["report"]
    assert world.read_report()["verdict"] == "VALID"
    assert inbox.verdicts() == ["INVALID"]


def test_same_bytes_dropped_again_and_still_bad_are_told_again(world: World, inbox: Inbox) -> None:
    world.version(MANIFESTS, "Suspended")
    world.judge(world.drop(b"{\n"))
    world.judge(world.drop(b"{\n"))

    assert len(world.report_keys()) == 1
    assert len(inbox.messages()) == 2


def test_direct_call(world: World, inbox: Inbox) -> None:
    world.drop(b"{\n")
    event = {"bucket": MANIFESTS, "key": "train/my.manifest"}

    first, second = world.judge(event), world.judge(event)

    assert first["run"] != second["run"]
    assert world.read_report()["run"] == second["run"]
    assert second["manifest"]["version"] is not None
    assert second["manifest"]["sequencer"] is None
    assert len(inbox.messages()) == 2


def test_direct_call_of_a_version(world: World) -> None:
    version = world.drop(b"{\n")["Records"][0]["s3"]["object"]["versionId"]
    world.drop(good())

    report = world.judge({"bucket": MANIFESTS, "key": "train/my.manifest", "version_id": version})

    assert report["manifest"]["version"] == version
    assert rules(report) >= {"line-invalid-json"}


def test_direct_call_after_an_event_keeps_the_order_of_events(world: World) -> None:
    event = world.drop(b"{\n")
    world.judge(event)
    world.judge({"bucket": MANIFESTS, "key": "train/my.manifest"})

    assert world.invoke(event)["manifests"][0]["outcome"] == "kept"


def test_direct_call_that_is_retried_is_told_once(world: World, inbox: Inbox) -> None:
    world.drop()
    world.wire.fail("ListObjectsV2", 503, "SlowDown", where=IMAGES)
    for _ in range(3):
        with pytest.raises(RetryableError):
            world.invoke({"bucket": MANIFESTS, "key": "train/my.manifest"}, request="the-same")

    assert len(inbox.messages()) == 1


@pytest.mark.parametrize("version", [None, "3sL4kqtJlcpXroDTDmJrmSpXd3dIbrHY"])
def test_direct_call_of_nothing(world: World, version: str | None) -> None:
    world.drop()
    call = {"bucket": MANIFESTS, "key": "other.manifest" if version is None else "train/my.manifest"}

    with pytest.raises(PermanentError, match=rf"There is no s3://{MANIFESTS}/.*{version or 'manifest'}"):
        world.invoke(call | ({"version_id": version} if version else {}))
    assert world.outputs() == []


@pytest.mark.parametrize("versioned", ["Enabled", "Suspended"])
def test_replaced_since_the_event(world: World, inbox: Inbox, versioned: str) -> None:
    world.version(MANIFESTS, versioned)
    old = world.drop(b"{\n")
    world.drop(good())

    (manifest,) = world.invoke(old)["manifests"]

    # A version that was replaced can still be read; in a bucket without versions it is gone.
    if versioned == "Enabled":
        assert (manifest["outcome"], manifest["verdict"]) == ("judged", "INVALID")
    else:
        assert manifest | {"bucket": "", "key": ""} == {
            "bucket": "",
            "key": "",
            "verdict": None,
            "findings": None,
            "report": None,
            "outcome": "superseded",
        }
        assert world.outputs() == []
        assert inbox.messages() == []


@pytest.mark.parametrize("versioned", ["Enabled", "Suspended"])
def test_deleted_since_the_event(world: World, inbox: Inbox, versioned: str) -> None:
    world.version(MANIFESTS, versioned)
    event = world.drop(b"{\n")
    version = event["Records"][0]["s3"]["object"].get("versionId")
    world.s3.delete_object(Bucket=MANIFESTS, Key="train/my.manifest", **({"VersionId": version} if version else {}))

    assert world.invoke(event)["manifests"][0]["outcome"] == "superseded"
    assert world.outputs() == []
    assert inbox.messages() == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "NoSuchKey"), (404, "NoSuchVersion"), (405, "MethodNotAllowed"), (412, "PreconditionFailed")],
)
def test_every_way_to_say_that_it_is_gone(world: World, status: int, code: str) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("GetObject", status, code, where=AT_MANIFESTS)

    assert world.invoke(event)["manifests"][0]["outcome"] == "superseded"
    assert world.outputs() == []


def test_deleted_by_a_marker_since_the_event(world: World) -> None:
    world.s3.put_object(Bucket=MANIFESTS, Key="train/my.manifest", Body=b"{\n")
    marker = world.s3.delete_object(Bucket=MANIFESTS, Key="train/my.manifest")
    event = world.event("train/my.manifest", {"ETag": '"d41d8cd98f00b204e9800998ecf8427e"'} | marker)

    assert world.invoke(event)["manifests"][0]["outcome"] == "superseded"
    assert world.outputs() == []


@pytest.mark.parametrize("versioned", ["Enabled", "Suspended"])
def test_gone_between_first_and_second_read(world: World, inbox: Inbox, versioned: str) -> None:
    world.version(MANIFESTS, versioned)
    world.put_images()
    event = world.drop(good() + b"{\n")
    version = event["Records"][0]["s3"]["object"].get("versionId")

    def happening() -> None:
        if versioned == "Enabled":
            world.s3.delete_object(Bucket=MANIFESTS, Key="train/my.manifest", VersionId=version)
        else:
            world.s3.put_object(Bucket=MANIFESTS, Key="train/my.manifest", Body=b"other")

    world.wire.before("ListObjectsV2", happening, where=IMAGES)

    assert world.invoke(event)["manifests"][0]["outcome"] == "superseded"
    assert world.report_keys() == []
    assert inbox.messages() == []


def test_out_of_time_before_the_first_line(world: World, inbox: Inbox) -> None:
    world.put_images()
    clock = iter([15 * MINUTE])

    report = world.judge(world.drop(), remaining=lambda: next(clock, 1_000))

    assert report["verdict"] == "INCOMPLETE"
    assert rules(report) == {"manifest-not-fully-read"}
    assert report["manifest"]["sha256"] is None
    assert report["accepted"] == "none"
    assert inbox.verdicts() == ["INCOMPLETE"]


def test_out_of_time_while_reading(world: World, inbox: Inbox) -> None:
    lines = [image(key) | {"note": "x" * 60_000} for key in good_keys()]
    clock = iter([15 * MINUTE] * 2)

    report = world.judge(world.drop(manifest(*lines)), remaining=lambda: next(clock, 1_000))

    assert report["verdict"] == "INCOMPLETE"
    assert rules(report) == {"manifest-not-fully-read", "images-unchecked", "line-too-long"}
    assert report["manifest"]["sha256"] is None
    assert report["accepted"] == "none"
    assert 0 < report["statistics"]["lines"]["total"] < 30
    assert report["statistics"]["lines"]["unchecked"] == report["statistics"]["lines"]["total"]
    assert len(inbox.messages()) == 1


def test_out_of_time_while_checking_images(world: World, inbox: Inbox) -> None:
    world.put_images()
    clock = [15 * MINUTE]
    world.wire.before("HeadBucket", lambda: clock.__setitem__(0, 1_000))

    report = world.judge(world.drop(), remaining=lambda: clock[0])

    assert report["verdict"] == "INCOMPLETE"
    assert rules(report) == {"images-unchecked"}
    assert "time ran out" in report["findings"][0]["message"]
    assert report["statistics"]["images"]["unchecked"] == 30
    assert report["statistics"]["lines"]["unchecked"] == 30
    assert len(inbox.messages()) == 1


def test_out_of_time_before_the_second_read(world: World) -> None:
    world.put_images()
    clock = [15 * MINUTE]
    event = world.drop(good() + b"{\n")
    world.wire.before("ListObjectsV2", lambda: clock.__setitem__(0, 1_000), where=IMAGES)

    report = world.judge(event, remaining=lambda: clock[0])

    assert report["verdict"] == "INVALID"
    assert report["accepted"] == "some"
    assert set(report["files"]) == {"findings.jsonl"}


@pytest.mark.parametrize(("left", "page"), [(22_500, True), (22_499, False)])
def test_a_page_is_written_out_of_time_but_not_at_the_last_moment(world: World, left: int, page: bool) -> None:  # noqa: FBT001
    world.put_images()
    clock = iter([15 * MINUTE])

    report = world.judge(world.drop(), remaining=lambda: next(clock, left))

    assert report["verdict"] == "INCOMPLETE"
    assert ("report.html" in report["files"]) == page


def test_out_of_time_before_the_second_record(world: World, inbox: Inbox) -> None:
    records = [world.drop(b"{\n", key=f"{name}.manifest")["Records"][0] for name in "ab"]
    clock = [15 * MINUTE]
    world.wire.before("Publish", lambda: clock.__setitem__(0, 1_000))

    with pytest.raises(RetryableError, match=r"No time was left for s3://drop-here/b\.manifest"):
        world.invoke({"Records": records}, remaining=lambda: clock[0])

    assert len(world.report_keys()) == 1
    answer = world.invoke({"Records": records})
    assert [manifest["outcome"] for manifest in answer["manifests"]] == ["kept", "judged"]
    assert inbox.verdicts() == ["INVALID", "INVALID"]


@pytest.mark.parametrize(("timeout", "reserve"), [(30_000, 6_000), (900_000, 45_000), (5_000, 2_000)])
def test_time_that_is_kept_for_writing(world: World, timeout: int, reserve: int) -> None:
    world.put_images()
    event = world.drop()
    for left, verdict in [(reserve, "VALID"), (reserve - 1, "INCOMPLETE")]:
        clock = iter([timeout])
        report = world.judge(
            {"bucket": MANIFESTS, "key": "train/my.manifest"},
            remaining=lambda left=left, clock=clock: next(clock, left),
        )
        assert report["verdict"] == verdict
    assert event


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [("ListObjectsV2", 503, "SlowDown"), ("ListObjectsV2", 500, "InternalError"), ("HeadObject", 503, "")],
)
def test_throttled_while_checking_images(world: World, inbox: Inbox, operation: str, status: int, code: str) -> None:
    keys = good_keys(30 if operation == "ListObjectsV2" else 5)
    world.put_images(keys)
    event = world.drop(good(keys))
    world.wire.fail(operation, status, code, where=IMAGES)

    with pytest.raises(RetryableError, match=r"throttled the look at images of s3://drop-here/train/my.manifest"):
        world.invoke(event)

    report = world.read_report()
    assert report["verdict"] == "INCOMPLETE"
    assert "images-unchecked" in rules(report)
    assert report["requests"][operation] >= 5
    assert len(inbox.messages()) == 1
    world.wire.mend()
    assert world.judge(event)["verdict"] == "VALID"
    # Whoever was told that it is INCOMPLETE is told that this is over.
    assert inbox.verdicts() == ["VALID"]


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [("GetObject", 503, "SlowDown"), ("GetObject", 500, "InternalError"), ("HeadObject", 503, "")],
)
def test_throttled_on_the_manifest_or_the_report_there(
    world: World, inbox: Inbox, operation: str, status: int, code: str
) -> None:
    event = world.drop(b"{\n")
    world.wire.fail(operation, status, code)

    with pytest.raises(RetryableError, match="failed for now"):
        world.invoke(event)

    assert world.wire.count(operation) == 5
    assert [world.outputs(), inbox.messages()] == [[], []]
    world.wire.mend()
    assert world.judge(event)["verdict"] == "INVALID"
    assert len(inbox.messages()) == 1


@pytest.mark.parametrize("name", ["findings.jsonl", "accepted.manifest", "report.json"])
def test_throttled_on_writing(world: World, inbox: Inbox, name: str) -> None:
    world.put_images()
    event = world.drop(good() + b"{\n")
    world.wire.fail("PutObject", 503, "SlowDown", where=name)

    with pytest.raises(RetryableError, match=f"Writing s3://{REPORTS}/.*{name}"):
        world.invoke(event)

    assert world.report_keys() == []
    assert inbox.messages() == []
    world.wire.mend()
    assert world.judge(event)["verdict"] == "INVALID"
    assert len(inbox.messages()) == 1


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (503, "Unavailable", RetryableError),
        (400, "Throttled", RetryableError),
        (403, "AuthorizationError", AccessDeniedError),
        (404, "NotFound", PermanentError),
    ],
)
def test_topic_fails_after_the_commit(
    world: World, inbox: Inbox, status: int, code: str, error: type[Exception]
) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("Publish", status, code)
    with pytest.raises(error, match=f"Publishing to {inbox.topic}"):
        world.invoke(event)
    first = world.read_report()
    assert world.receipts() == []
    world.wire.mend()
    world.wire.calls.clear()

    (manifest,) = world.invoke(event)["manifests"]

    assert (manifest["outcome"], manifest["verdict"]) == ("kept", "INVALID")
    assert world.wire.operations(MANIFESTS) == {}
    assert world.read_report() == first
    (message,) = inbox.messages()
    assert first["run"] in message["Message"]
    assert [receipt["message"]["id"] for receipt in world.receipts()] == [message["MessageId"]]
    world.invoke(event)
    assert inbox.messages() == []


def test_receipt_fails_after_publishing(world: World, inbox: Inbox) -> None:
    event = world.drop(b"{\n")
    world.wire.fail("PutObject", 503, "SlowDown", where="notification.json")
    with pytest.raises(RetryableError, match=r"notification\.json"):
        world.invoke(event)
    world.wire.mend()

    assert world.invoke(event)["manifests"][0]["outcome"] == "kept"
    # Nobody can tell whether the first message went out, so that it is told again rather than never.
    assert len(inbox.messages()) == 2
    assert len(world.receipts()) == 1


def test_receipt_that_cannot_be_read_is_not_taken_for_none(world: World, inbox: Inbox) -> None:
    event = world.drop(b"{\n")
    world.judge(event)
    world.wire.fail("GetObject", 503, "SlowDown", where="notification.json")

    with pytest.raises(RetryableError, match=r"notification\.json"):
        world.invoke(event)
    assert len(inbox.messages()) == 1


def test_access_denied_on_the_manifest(world: World, inbox: Inbox) -> None:
    event = world.drop()
    world.wire.fail("GetObject", 403, "AccessDenied", where=AT_MANIFESTS)

    with pytest.raises(AccessDeniedError, match="Grant s3:GetObject and s3:GetObjectVersion on arn:aws:s3:::drop-here"):
        world.invoke(event)
    assert [world.outputs(), inbox.messages()] == [[], []]


@pytest.mark.parametrize(
    ("operation", "code", "permission"),
    [("HeadObject", "", "s3:GetObject"), ("PutObject", "AccessDenied", "s3:PutObject")],
)
def test_access_denied_on_the_reports_bucket(
    world: World, inbox: Inbox, operation: str, code: str, permission: str
) -> None:
    event = world.drop(b"{\n")
    world.wire.fail(operation, 403, code, where=REPORTS)

    with pytest.raises(AccessDeniedError, match=f"Grant {permission}.* on arn:aws:s3:::verdicts/"):
        world.invoke(event)
    assert [world.outputs(), inbox.messages()] == [[], []]


@pytest.mark.parametrize("body", [good(), b"{\n"])
def test_no_such_reports_bucket(world: World, configure: Configure, inbox: Inbox, body: bytes) -> None:
    configure(REPORTS_BUCKET="no-such-bucket")
    world.put_images()

    with pytest.raises(NoSuchBucketError, match=r"'no-such-bucket' does not exist. Create it, or correct"):
        world.invoke(world.drop(body))
    assert inbox.messages() == []


def test_no_such_manifest_bucket(world: World) -> None:
    with pytest.raises(NoSuchBucketError, match="bucket 'nowhere-at-all' does not exist"):
        world.invoke({"bucket": "nowhere-at-all", "key": "my.manifest"})


def test_bad_settings(world: World, configure: Configure) -> None:
    event = world.drop(b"{\n")
    configure(REPORTS_BUCKET="", MAX_FINDINGS="many", NOTIFY_ON="never")

    with pytest.raises(PermanentError) as refused:
        world.invoke(event)

    assert "REPORTS_BUCKET is not set" in str(refused.value)
    assert "MAX_FINDINGS='many': Input should be a valid integer" in str(refused.value)
    assert "NOTIFY_ON='never': Input should be 'failures', 'warnings' or 'all'" in str(refused.value)
    assert world.wire.calls == []


def test_settings_that_would_make_the_gate_judge_its_own_outputs(world: World, configure: Configure) -> None:
    event = world.drop(b"{\n")
    configure(REPORTS_BUCKET=MANIFESTS, REPORTS_PREFIX="train/reports/", MANIFESTS_PREFIX="train/")

    with pytest.raises(PermanentError, match="overlap in one bucket"):
        world.invoke(event)
    assert world.wire.calls == []


def test_reports_beside_the_manifests_in_one_bucket(world: World, configure: Configure) -> None:
    configure(REPORTS_BUCKET=MANIFESTS, REPORTS_PREFIX="reports/", MANIFESTS_PREFIX="train/")
    (answer,) = world.invoke(world.drop(b"{\n"))["manifests"]

    assert answer["report"].startswith(f"s3://{MANIFESTS}/reports/{MANIFESTS}/train/my.manifest/")
    for listed in world.s3.list_objects_v2(Bucket=MANIFESTS, Prefix="reports/")["Contents"]:
        assert world.invoke(world.event(listed["Key"], listed)) == {"manifests": []}


def test_access_denied_on_the_images(world: World, inbox: Inbox) -> None:
    world.put_images()
    event = world.drop()
    for operation in ("HeadBucket", "ListObjectsV2", "HeadObject"):
        world.wire.fail(operation, 403, "AccessDenied", where=f"{IMAGES}/")

    report = world.judge(event)

    assert report["verdict"] == "INCOMPLETE"
    (finding,) = report["findings"]
    assert finding["rule"] == "image-access-denied"
    assert finding["count"] == 30
    assert "s3:ListBucket on arn:aws:s3:::parts and s3:GetObject on arn:aws:s3:::parts/*" in finding["fix"]
    assert len(inbox.messages()) == 1


def test_images_that_may_be_looked_at_but_not_listed(world: World) -> None:
    world.put_images(good_keys()[1:])
    event = world.drop()
    world.wire.fail("ListObjectsV2", 403, "AccessDenied", where=IMAGES)

    report = world.judge(event)

    assert report["totals"]["image-not-found"] == 1
    assert report["statistics"]["images"] == {
        "bucket": IMAGES,
        "checked": 30,
        "missing": 1,
        "unchecked": 0,
        "inspected": 0,
    }


def test_one_record_of_several_fails(world: World, inbox: Inbox) -> None:
    events = [world.drop(b"{\n", key=f"{name}.manifest") for name in "abc"]
    records = [record for event in events for record in event["Records"]]
    world.wire.fail("GetObject", 403, "AccessDenied", where="b.manifest")

    with pytest.raises(AccessDeniedError, match=r"b\.manifest"):
        world.invoke({"Records": records})

    assert [world.read_report(key)["manifest"]["key"] for key in world.report_keys()] == ["a.manifest", "c.manifest"]
    assert len(inbox.messages()) == 2
    world.wire.mend()
    world.wire.calls.clear()
    answer = world.invoke({"Records": records})
    assert [manifest["outcome"] for manifest in answer["manifests"]] == ["kept", "judged", "kept"]
    assert len(inbox.messages()) == 1


def test_records_that_fail_in_different_ways(world: World) -> None:
    events = [world.drop(b"{\n", key=f"{name}.manifest") for name in "ab"]
    records = [record for event in events for record in event["Records"]]
    world.wire.fail("GetObject", 403, "AccessDenied", where="a.manifest")
    world.wire.fail("GetObject", 503, "SlowDown", where="b.manifest")

    with pytest.raises(RetryableError, match=r"2 records: .*a\.manifest.* \| .*b\.manifest"):
        world.invoke({"Records": records})


def test_records_that_no_retry_helps(world: World) -> None:
    with pytest.raises(PermanentError, match="2 records: This is no record") as refused:
        world.invoke({"Records": [{}, "text"]})
    assert not isinstance(refused.value, RetryableError)


def test_unreadable_record_does_not_hide_the_others(world: World) -> None:
    record = world.drop(b"{\n")["Records"][0]

    with pytest.raises(PermanentError, match="This is no record that the gate knows"):
        world.invoke({"Records": [{"what": "ever"}, record]})

    assert len(world.report_keys()) == 1


def test_test_event(world: World) -> None:
    assert world.invoke({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": MANIFESTS}) == {"manifests": []}
    assert world.wire.calls == []


def test_own_outputs(world: World, configure: Configure) -> None:
    configure(REPORTS_PREFIX="gate/")
    event = world.drop(b"{\n", key="gate/drop-here/x/accepted.manifest")
    event["Records"][0]["s3"]["bucket"]["name"] = REPORTS

    assert world.invoke(event) == {"manifests": []}
    assert world.wire.calls == []


@pytest.mark.parametrize(
    ("key", "judged"),
    [
        ("in/my.jsonl", True),
        ("in/deep/er.jsonl", True),
        ("in/my.manifest", False),
        ("out/my.jsonl", False),
        ("in/my.jsonl.txt", False),
        ("IN/my.jsonl", False),
    ],
)
def test_prefix_and_suffix(world: World, configure: Configure, key: str, judged: bool) -> None:  # noqa: FBT001
    configure(MANIFESTS_PREFIX="in/", MANIFESTS_SUFFIX=".jsonl")
    event = world.drop(b"{\n", key=key)

    assert len(world.invoke(event)["manifests"]) == judged
    assert len(world.report_keys()) == judged


def test_other_events_of_s3_are_ignored(world: World) -> None:
    event = world.drop(b"{\n")
    event["Records"][0]["eventName"] = "ObjectRemoved:Delete"

    assert world.invoke(event) == {"manifests": []}
    assert world.outputs() == []
