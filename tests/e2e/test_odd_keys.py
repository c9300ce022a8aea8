"""Keys of every legal kind, as an S3 that is not ours takes, lists and shows them."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from aws.clients import RequestCounter
from aws.s3_images import S3Images
from core.existence import check_images, ranges_of
from local.emulator import Client, Emulator

BUCKET = "odd-keys"
NAMES = [
    *["a b", "a  b", " a", "a ", "a+b", "+", "100%", "a%20b", "a%2Bb", "%", "%%", "%zz", "a%00b"],
    *["부품/사진.png", "é", "e\u0301", "\uac00", "\u1100\u1161", "🦊", "👩‍👩‍👧", "a\u200bb", "\ufeffa"],
    *["/a", "a//b", "//", "a/./b", "a/../b", "../z", "..", ".", "./a", "a/", "/"],
    *[
        "\x01",
        "a\tb",
        "a\nb",
        "a\rb",
        "a\r\nb",
        "a\x7f",
        "\ue000",
        "\uffff",
        "\ufffe",
        "\U0010ffff",
        "\u2028",
        "\u0085",
    ],
    *["\"a'", "a?b#c&d=e", "<a>&amp;</a>", "]]>", "a\\b", "a|b{c}^`~", "(é) [3]*!", "a;b,c:d@e$f", "k" * 1_024],
]


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Iterator[Client]:
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    for number, name in enumerate(NAMES):
        client.put_object(Bucket=BUCKET, Key=name, Body=b"x" * number)
    yield client
    for name in NAMES:
        client.delete_object(Bucket=BUCKET, Key=name)
    client.delete_bucket(Bucket=BUCKET)


def is_there(client: Client, key: str) -> bool:
    try:
        client.head_object(Bucket=BUCKET, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        return False
    return True


@pytest.mark.parametrize(("every", "operation"), [(1, "ListObjectsV2"), (12, "HeadObject")])
def test_the_search_answers_as_a_look_at_each_key_does(client: Client, every: int, operation: str) -> None:
    # Of each name also what a program would make of it that decodes, encodes, trims or normalises too much.
    others = {each for name in NAMES if len(name) < 100 for each in (f"{name}x", name.strip(), name.replace(" ", "+"))}
    counter = RequestCounter()
    counter.watch(client)
    others |= {name.replace("+", " ") for name in NAMES} | {name.replace("%20", " ") for name in NAMES}
    for start in range(every):
        wanted = sorted({*NAMES, *others} - {""})[start::every]

        before = counter.snapshot()
        ranges = ranges_of(wanted)
        found = check_images(BUCKET, ranges, S3Images(client), largest=None, out_of_time=lambda: False)

        assert set(counter.snapshot() - before) == {operation}
        assert found.checked == len(wanted)
        assert found.missing == [key for key in wanted if not is_there(client, key)]
