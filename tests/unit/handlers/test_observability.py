import logging

from handlers import observability


def test_the_log_is_free_of_what_knows_no_manifest() -> None:
    assert observability.logger.name
    assert not logging.getLogger("botocore.credentials").isEnabledFor(logging.INFO)
    assert logging.getLogger("botocore").isEnabledFor(logging.WARNING)
