import pytest
from pydantic import ValidationError

from core.consumers import CONSUMERS, Role
from core.errors import PermanentError
from core.finding import Severity
from core.outcome import NotifyOn
from core.policy import Inspect
from handlers.settings import Settings, read_settings

LEAST = {"REPORTS_BUCKET": "reports"}
TOPIC = "arn:aws:sns:eu-central-1:123456789012:failures"


def test_read_settings_needs_no_more_than_a_bucket() -> None:
    settings = read_settings(LEAST)

    assert settings == Settings(REPORTS_BUCKET="reports")
    assert settings.manifests_suffix == ".manifest"
    assert settings.notify_on is NotifyOn.FAILURES
    assert settings.allow_manifest_metadata is False
    assert settings.topic_arn is None
    assert (settings.max_findings_per_rule, settings.max_findings) == (100, 1_000)


def test_read_settings_takes_the_empty_for_unset() -> None:
    names = {str(field.alias) for field in Settings.model_fields.values()}

    assert read_settings(dict.fromkeys(names, "") | LEAST) == read_settings(LEAST)


def test_read_settings_ignores_other_variables() -> None:
    assert read_settings({"PATH": "/bin", "reports_bucket": "other", **LEAST}) == read_settings(LEAST)


def test_read_settings_reads_all() -> None:
    settings = read_settings(
        {
            "REPORTS_BUCKET": "reports",
            "REPORTS_PREFIX": "gate/",
            "MANIFESTS_BUCKET": "manifests",
            "MANIFESTS_PREFIX": "in/",
            "MANIFESTS_SUFFIX": ".jsonl",
            "IMAGES_BUCKET": "images",
            "CONSUMER": "lookout-for-vision",
            "DATASET_ROLE": "train",
            "LABEL_ATTRIBUTE": "my-label",
            "IGNORE_RULES": "line-blank, label-several",
            "RULE_SEVERITIES": "source-ref-duplicate=warning",
            "INSPECT_IMAGES": "sample",
            "ALLOW_MANIFEST_METADATA": "true",
            "TOPIC_ARN": TOPIC,
            "NOTIFY_ON": "all",
            "TAG_MANIFESTS": "true",
            "JUDGED_EVENT_BUS": "training",
            "BUCKET_OWNER": "123456789012",
            "MAX_FINDINGS_PER_RULE": "7",
            "MAX_FINDINGS": "70",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        }
    )

    assert settings.model_dump() == {
        "reports_bucket": "reports",
        "reports_prefix": "gate/",
        "manifests_bucket": "manifests",
        "manifests_prefix": "in/",
        "manifests_suffix": ".jsonl",
        "images_bucket": "images",
        "consumer": "lookout-for-vision",
        "dataset_role": Role.TRAIN,
        "label_attribute": "my-label",
        "ignore_rules": "line-blank, label-several",
        "rule_severities": "source-ref-duplicate=warning",
        "inspect_images": Inspect.SAMPLE,
        "allow_manifest_metadata": True,
        "topic_arn": TOPIC,
        "notify_on": NotifyOn.ALL,
        "tag_manifests": True,
        "judged_event_bus": "training",
        "bucket_owner": "123456789012",
        "max_findings_per_rule": 7,
        "max_findings": 70,
        "aws_lambda_function_memory_size": 512,
    }
    assert settings.keys_in_memory == 128 * 1024**2
    policy = settings.policy
    assert (policy.consumer, policy.role) == (CONSUMERS["lookout-for-vision"], Role.TRAIN)
    assert (policy.label_attribute, policy.images_bucket) == ("my-label", "images")
    assert policy.check_images
    assert policy.inspect is Inspect.SAMPLE
    assert policy.severities == {
        "line-blank": None,
        "label-several": None,
        "source-ref-duplicate": Severity.WARNING,
    }


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_every_consumer_can_be_chosen(consumer: str) -> None:
    policy = read_settings(LEAST | {"CONSUMER": consumer}).policy

    assert policy.consumer is CONSUMERS[consumer]
    assert (policy.inspect, policy.severities) == (Inspect.NONE, {})


@pytest.mark.parametrize(
    ("name", "value", "fix"),
    [
        ("REPORTS_BUCKET", "", "REPORTS_BUCKET is not set"),
        ("REPORTS_BUCKET", "arn:aws:s3:::reports", "the name of a bucket (not its ARN)"),
        ("MANIFESTS_BUCKET", "a b", "the name of a bucket (not its ARN)"),
        ("IMAGES_BUCKET", "s3://images", "the name of a bucket (not its ARN)"),
        ("REPORTS_PREFIX", "gate", "end, but do not begin, with a slash"),
        ("REPORTS_PREFIX", "/gate/", "end, but do not begin, with a slash"),
        ("REPORTS_PREFIX", "/", "end, but do not begin, with a slash"),
        ("REPORTS_PREFIX", "g" * 256 + "/", "at most 256 ASCII characters"),
        ("MANIFESTS_PREFIX", "/in", "do not begin with a slash"),
        ("MANIFESTS_PREFIX", "i" * 257, "at most 256 characters"),
        ("CONSUMER", "nobody", "one of lookout-for-vision, rekognition-custom-labels, ground-truth, sage"),
        ("LABEL_ATTRIBUTE", "my-label-metadata", "the key of a label, without -metadata"),
        ("LABEL_ATTRIBUTE", " ", "the key of a label, without -metadata"),
        ("DATASET_ROLE", "exam", "'single', 'train' or 'test'"),
        ("IGNORE_RULES", "line-blnk", "there is no rule 'line-blnk' (did you mean line-blank"),
        ("IGNORE_RULES", "line-blank;label-several", "there is no rule 'line-blank;label-several'"),
        ("IGNORE_RULES", "image-not-found", "'image-not-found' can be neither ignored nor changed"),
        ("RULE_SEVERITIES", "line-blank", "write line-blank= and one of error, warning, off"),
        ("RULE_SEVERITIES", "line-blank=fatal", "write line-blank= and one of error, warning, off"),
        ("RULE_SEVERITIES", "line-invalid-json=warning", "'line-invalid-json' can be neither ignored nor changed"),
        ("INSPECT_IMAGES", "some", "'none', 'sample' or 'all'"),
        ("ALLOW_MANIFEST_METADATA", "perhaps", "a valid boolean"),
        ("TOPIC_ARN", "failures", "the ARN of a standard (not FIFO) topic"),
        ("TOPIC_ARN", f"{TOPIC}.fifo", "the ARN of a standard (not FIFO) topic"),
        ("NOTIFY_ON", "never", "'failures', 'warnings' or 'all'"),
        ("TAG_MANIFESTS", "perhaps", "a valid boolean"),
        ("JUDGED_EVENT_BUS", "arn:aws:events:us-east-1:123456789012:event-bus/b", "an event bus (not its ARN)"),
        ("JUDGED_EVENT_BUS", "b" * 257, "an event bus (not its ARN)"),
        ("BUCKET_OWNER", "1234", "the 12 digits of an account"),
        ("BUCKET_OWNER", "123456789012\n", "the 12 digits of an account"),
        ("MAX_FINDINGS", "many", "a valid integer"),
        ("MAX_FINDINGS", "0", "greater than or equal to 1"),
        ("MAX_FINDINGS", "100001", "less than or equal to 100000"),
        ("MAX_FINDINGS_PER_RULE", "10001", "less than or equal to 10000"),
    ],
)
def test_read_settings_names_the_variable_and_the_fix(name: str, value: str, fix: str) -> None:
    with pytest.raises(PermanentError) as refused:
        read_settings(LEAST | {name: value})

    message = str(refused.value)
    assert message.startswith("The function's settings are wrong: ")
    assert name in message
    assert fix in message
    assert value == "" or repr(value) in message


def test_read_settings_names_all_that_is_wrong() -> None:
    with pytest.raises(PermanentError, match=r"REPORTS_BUCKET is not set; .*NOTIFY_ON='x'.*; .*MAX_FINDINGS='y'"):
        read_settings({"NOTIFY_ON": "x", "MAX_FINDINGS": "y"})


def test_read_settings_names_every_rule_that_is_wrong() -> None:
    with pytest.raises(PermanentError) as refused:
        read_settings(LEAST | {"IGNORE_RULES": "no-such-rule,image-not-found", "RULE_SEVERITIES": "also-none=error"})

    message = str(refused.value)
    assert all(slug in message for slug in ("'no-such-rule'", "'image-not-found'", "'also-none'"))
    assert message.index("IGNORE_RULES") < message.index("RULE_SEVERITIES")


def test_read_settings_refuses_a_rule_that_is_ignored_and_changed() -> None:
    asked = {"IGNORE_RULES": "line-blank", "RULE_SEVERITIES": "line-blank=error"}

    with pytest.raises(
        PermanentError, match="IGNORE_RULES and RULE_SEVERITIES: 'line-blank' is asked for in two ways; leave it in one"
    ):
        read_settings(LEAST | asked)
    settings = read_settings(LEAST | asked | {"RULE_SEVERITIES": "line-blank=off"})
    assert settings.policy.severities == {"line-blank": None}


@pytest.mark.parametrize(
    ("reports", "manifests"),
    [("", ""), ("gate/", ""), ("", "in/"), ("in/gate/", "in/"), ("in/", "in/deep"), ("a/", "a")],
)
def test_read_settings_refuses_overlapping_prefixes_in_one_bucket(reports: str, manifests: str) -> None:
    prefixes = {"REPORTS_PREFIX": reports, "MANIFESTS_PREFIX": manifests}

    with pytest.raises(PermanentError, match="overlap in one bucket: use another bucket for reports, or prefixes of"):
        read_settings(LEAST | prefixes | {"MANIFESTS_BUCKET": "reports"})
    assert read_settings(LEAST | prefixes | {"MANIFESTS_BUCKET": "manifests"})


@pytest.mark.parametrize(("reports", "manifests"), [("gate/", "in/"), ("in/gate/", "in/dropped/"), ("a/", "ab")])
def test_read_settings_takes_one_bucket_with_prefixes_apart(reports: str, manifests: str) -> None:
    prefixes = {"REPORTS_PREFIX": reports, "MANIFESTS_PREFIX": manifests}

    assert read_settings(LEAST | prefixes | {"MANIFESTS_BUCKET": "reports"}).reports_prefix == reports


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        read_settings(LEAST).reports_bucket = "other"


def test_read_settings_bounds_the_prefix_of_reports_in_bytes() -> None:
    assert read_settings(LEAST | {"REPORTS_PREFIX": "a" * 255 + "/"}).reports_prefix

    with pytest.raises(PermanentError, match=r"REPORTS_PREFIX.*at most 256 ASCII characters"):
        read_settings(LEAST | {"REPORTS_PREFIX": "\U0001f600" * 255 + "/"})
