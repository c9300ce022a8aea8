import pytest

from core.consumers import CONSUMERS, Role
from core.image_facts import SAMPLE_IMAGES
from core.outcome import NotifyOn
from core.policy import Inspect
from handlers.settings import Settings, read_settings
from tests.template.cloudformation import ACCOUNT, deploy, translated
from tests.template.test_parameters import ACCEPTED

BY_LAMBDA = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE"}
SETTINGS = {field.alias for field in Settings.model_fields.values()} - BY_LAMBDA
OF_LIBRARIES = {
    "POWERTOOLS_SERVICE_NAME",
    "POWERTOOLS_LOG_LEVEL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_SNS",
    "AWS_ENDPOINT_URL_EVENTBRIDGE",
}


def test_the_environment_holds_every_setting_and_nothing_unknown() -> None:
    assert deploy().environment().keys() == SETTINGS | OF_LIBRARIES


def test_a_default_of_the_template_is_the_default_of_the_settings() -> None:
    named = {
        "REPORTS_BUCKET": f"manifest-gate-reports-{ACCOUNT}-eu-central-1",
        "MANIFESTS_BUCKET": f"manifest-gate-manifests-{ACCOUNT}-eu-central-1",
        "BUCKET_OWNER": ACCOUNT,
    }

    assert read_settings(deploy().environment()) == read_settings(named)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in ACCEPTED for value in ACCEPTED[name]])
def test_what_the_template_accepts_the_settings_accept(name: str, value: str) -> None:
    environment = deploy(**{name: value}).environment()

    settings = read_settings(environment)
    assert settings.reports_bucket == environment["REPORTS_BUCKET"]
    assert settings.manifests_bucket == environment["MANIFESTS_BUCKET"]


@pytest.mark.parametrize("bound", ["MinValue", "MaxValue"])
@pytest.mark.parametrize("name", ["MaxFindingsPerRule", "MaxFindings"])
def test_a_number_at_its_bound_is_accepted(name: str, bound: str) -> None:
    value = translated()["Parameters"][name][bound]

    read_settings(deploy(**{name: str(value)}).environment())


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("Consumer", [*CONSUMERS]),
        ("DatasetRole", ["", *Role]),
        ("InspectImages", [*Inspect]),
        ("NotifyOn", [*NotifyOn]),
    ],
)
def test_choices_are_those_of_the_program(name: str, values: list[str]) -> None:
    assert translated()["Parameters"][name]["AllowedValues"] == values


def test_the_images_that_a_sample_opens_are_counted_rightly() -> None:
    assert f"up to {SAMPLE_IMAGES} spread" in translated()["Parameters"]["InspectImages"]["Description"]


def test_nothing_points_the_deployed_function_away_from_aws() -> None:
    environment = deploy().environment()

    assert {environment[name] for name in OF_LIBRARIES if name.startswith("AWS_ENDPOINT_URL_")} == {""}
