import pytest

from core.source_ref import Malformed, SourceRef, is_image_name, parse, suspicions


@pytest.mark.parametrize(
    ("text", "bucket", "key"),
    [
        ("s3://abc/k", "abc", "k"),
        ("s3://a.b-c_D9/x/y.png", "a.b-c_D9", "x/y.png"),
        ("s3://" + "b" * 255 + "/k", "b" * 255, "k"),
        ("s3://abc//k", "abc", "/k"),
        ("s3://abc/%20 +@,()=\u200b한글 ", "abc", "%20 +@,()=\u200b한글 "),
        ("s3://abc/?a=b#c", "abc", "?a=b#c"),
        ("s3://abc/s3://abc/k", "abc", "s3://abc/k"),
        ("s3://abc/" + "k" * 1_024, "abc", "k" * 1_024),
        ("s3://abc/" + "한" * 341 + "k", "abc", "한" * 341 + "k"),
        ("s3://abc/" + "😀" * 256, "abc", "😀" * 256),
    ],
)
def test_parse_reads_a_reference_as_it_is_written(text: str, bucket: str, key: str) -> None:
    assert parse(text) == SourceRef(bucket, key)
    assert str(SourceRef(bucket, key)) == text


@pytest.mark.parametrize(
    ("value", "kind", "mended"),
    [
        (None, "not-a-text", None),
        (1, "not-a-text", None),
        ({"bucket": "abc"}, "not-a-text", None),
        ("", "empty", None),
        (" \t", "empty", None),
        ("\n s3://abc/k ", "leading-space", "s3://abc/k"),
        ("\xa0s3://abc/k", "leading-space", "s3://abc/k"),
        ("s3 ://abc/k", "space-in-scheme", "s3://abc/k"),
        ("s3:// abc/k", "bucket", None),
        ("s3: //abc/k", "space-in-scheme", "s3://abc/k"),
        ("S3: //abc/k", "space-in-scheme", "s3://abc/k"),
        ("S3://abc/k", "upper-case-scheme", "s3://abc/k"),
        ("s3:/abc/k", "slashes", "s3://abc/k"),
        ("s3:abc/k", "slashes", "s3://abc/k"),
        ("s3:abc", "slashes", None),
        ("s3://s3://abc/k", "scheme-twice", "s3://abc/k"),
        ("s3://S3://s3://abc/k", "scheme-twice", "s3://abc/k"),
        ("s3://s3://", "scheme-twice", None),
        ("https://abc.s3.amazonaws.com/a/b.png", "web-address", "s3://abc/a/b.png"),
        ("https://abc.s3-eu-west-1.amazonaws.com/b.png?versionId=1", "web-address", "s3://abc/b.png"),
        ("http://abc.s3.cn-north-1.amazonaws.com.cn/b%2Bc.png", "web-address", "s3://abc/b+c.png"),
        ("https://s3.eu-west-1.amazonaws.com/abc/b.png#top", "web-address", "s3://abc/b.png"),
        ("https://s3.amazonaws.com/ab/b.png", "web-address", None),
        ("https://example.com/abc/b.png", "other-scheme", None),
        ("https://amazonaws.com/abc/b.png", "other-scheme", None),
        ("gs://abc/k", "other-scheme", None),
        ("file:///abc/k", "other-scheme", None),
        ("abc/k", "relative-path", None),
        ("/abc/k", "relative-path", None),
        ("s3//abc/k", "relative-path", None),
        ("s3://ab/k", "bucket", None),
        ("s3://" + "b" * 256 + "/k", "bucket", None),
        ("s3://a b/k", "bucket", None),
        ("s3://ab\u00e9/k", "bucket", None),
        ("s3://abc\n/k", "bucket", None),
        ("s3:///k", "bucket", None),
        ("s3://", "bucket", None),
        ("s3://abc", "no-key", None),
        ("s3://abc/", "no-key", None),
        ("s3://abc/k/", "folder", None),
        ("s3://abc//", "folder", None),
        ("s3://abc/" + "k" * 1_025, "key-too-long", None),
        ("s3://abc/" + "한" * 342, "key-too-long", None),
        ("s3://abc/" + "😀" * 256 + "k", "key-too-long", None),
        ("s3: //abc/" + "k" * 1_025, "space-in-scheme", None),
    ],
    ids=range(45),
)
def test_parse_tells_why_a_value_is_no_reference(value: object, kind: str, mended: str | None) -> None:
    malformed = parse(value)

    assert isinstance(malformed, Malformed)
    assert (malformed.kind, malformed.mended) == (kind, mended)
    assert malformed.message


@pytest.mark.parametrize(
    "text",
    [
        "s3://" * 200_000,
        "S3://" * 200_000 + "abc/k",
        "https://" + "a.s3." * 200_000,
        "https://" + "a.s3.amazonaws." * 60_000,
        "https://abc.s3" + ".a" * 500_000 + "/k",
        "s3:" + " /" * 500_000,
        " " * 1_000_000,
    ],
    ids=range(7),
)
def test_parse_is_quick_on_hostile_text(text: str) -> None:
    """Nothing is timed: quadratic work on a mebibyte would outlast the run's time limit."""
    assert isinstance(parse(text), Malformed)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("a\u200bb", ["U+200B"]),
        ("\u200b\u0085\u2028\u2029\x00\x7f", ["U+0000, U+007F, U+0085, U+200B, U+2028"]),
        ("a\xa0b", ["U+00A0"]),
        ("a\u3000b", ["U+3000"]),
        ("\U000f0000", ["U+F0000"]),
        ("a ", ["a space at the end"]),
        ("/a", ["an empty folder name"]),
        ("a//b", ["an empty folder name"]),
        ("../a", ["a dot folder"]),
        ("a/..", ["a dot folder"]),
        ("a/./b", ["a dot folder"]),
        ("a%2fb", ["the three literal characters %2f"]),
        ("//%00\u200b ", ["U+200B", "a space at the end", "an empty folder", "%00"]),
    ],
)
def test_suspicions_names_all_that_is_seldom_meant(key: str, words: list[str]) -> None:
    found = list(suspicions(SourceRef("abc", key)))

    assert len(found) == len(words)
    assert all(word in suspicion for word, suspicion in zip(words, found, strict=True))


@pytest.mark.parametrize(
    "key", ["a b", "a/b", "...", "a../b", "%", "%2", "%zz", "é", "e\u0301", "한글", "😀", "\u0378", "a+b@c"]
)
def test_suspicions_has_nothing_against_what_is_visible(key: str) -> None:
    assert list(suspicions(SourceRef("a-bucket.of9", key))) == []


@pytest.mark.parametrize("bucket", ["Abc", "a_bc"])
def test_suspicions_names_buckets_of_old(bucket: str) -> None:
    [suspicion] = suspicions(SourceRef(bucket, "k"))

    assert "very old buckets" in suspicion


@pytest.mark.parametrize(
    ("key", "image"),
    [
        ("a.png", True),
        ("a.JPG", True),
        ("a.jPeG", True),
        (".png", True),
        ("a.png.jpg", True),
        ("png", False),
        ("a.png ", False),
        ("a.png/b", False),
        ("a.gif", False),
        ("a.jp", False),
        ("ajpeg", False),
    ],
)
def test_is_image_name_goes_by_the_extension(key: str, *, image: bool) -> None:
    assert is_image_name(key) is image
