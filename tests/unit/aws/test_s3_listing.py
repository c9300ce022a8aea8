import pytest

from aws import s3_listing
from aws.s3_listing import NoListingError
from core.ports import Found, Page

DATE = "<LastModified>2026-10-12T17:50:30.000Z</LastModified>"
ETAG = "<ETag>&quot;fba9dede5f27731c9771645a39863328&quot;</ETag>"
CHECKSUM = "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>"
STANDARD = "<StorageClass>STANDARD</StorageClass>"
EXPIRY = "<RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate>"
OWNER = "<Owner><ID>0</ID><DisplayName>me</DisplayName></Owner>"


def read_page(page: bytes, after: str = "") -> Page:
    return s3_listing.read_page(page, after)


def entry(key: str, size: object = 5, storage: str = STANDARD, more: str = "") -> str:
    return f"<Contents><Key>{key}</Key>{DATE}{ETAG}{CHECKSUM}<Size>{size}</Size>{storage}{more}</Contents>"


def body(*entries: str, truncated: str = "false", count: int | None = None, encoding: str = "url") -> bytes:
    told = len(entries) if count is None else count
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>images</Name><Prefix></Prefix><KeyCount>{told}</KeyCount><MaxKeys>1000</MaxKeys>"
        f"<EncodingType>{encoding}</EncodingType><IsTruncated>{truncated}</IsTruncated>{''.join(entries)}"
        "</ListBucketResult>"
    ).encode()


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page may be left to the parser of XML."""
    monkeypatch.delattr(s3_listing, "_read_xml")


@pytest.mark.usefixtures("quickly")
def test_a_page_as_s3_writes_it_is_read_quickly() -> None:
    page = body(entry("a.png"), entry("set/b.png", 7, "<StorageClass>GLACIER</StorageClass>"), truncated="true")

    assert read_page(page) == Page([("a.png", Found(5)), ("set/b.png", Found(7, archived=True))], last=False)


@pytest.mark.usefixtures("quickly")
def test_a_page_without_objects_is_read_quickly() -> None:
    assert read_page(body()) == Page([], last=True)


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize(
    ("storage", "archived"),
    [("STANDARD", False), ("GLACIER_IR", False), ("INTELLIGENT_TIERING", False), ("GLACIER", True)],
)
@pytest.mark.parametrize(
    ("restore", "restored"),
    [
        ("", False),
        ("<RestoreStatus><IsRestoreInProgress>true</IsRestoreInProgress></RestoreStatus>", False),
        (f"<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>{EXPIRY}</RestoreStatus>", True),
    ],
)
def test_archives_are_told_from_what_is_restored(storage: str, archived: bool, restore: str, restored: bool) -> None:  # noqa: FBT001 - parametrized
    page = read_page(body(entry("k", 5, f"<StorageClass>{storage}</StorageClass>", restore)))

    assert page.objects == [("k", Found(5, archived=archived and not restored))]


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("a+b", "a b"),
        ("a%20b", "a b"),
        ("a%2Bb", "a+b"),
        ("a%2bb", "a+b"),
        ("100%2525", "100%25"),
        ("%EB%B6%80%ED%92%88/%F0%9F%A6%8A", "부품/🦊"),
        ("a%26b%3Cc%3E%22%27", "a&b<c>\"'"),
        ("%00%0A%0D%09%7F", "\0\n\r\t\x7f"),
        ("a//b/./../c", "a//b/./../c"),
        ("%EF%BF%BF%EF%BF%BE", "\uffff\ufffe"),
        ("%E2%80%A8%C2%85", "\u2028\u0085"),
        ("%FFa", "\udcffa"),
    ],
)
@pytest.mark.parametrize("neighbour", ["z", "%C3%A9", "x+y"])
def test_keys_are_decoded_once(written: str, key: str, neighbour: str) -> None:
    [(first, _), _] = read_page(body(entry(written), entry(neighbour))).objects

    assert first == key


def test_keys_that_are_no_utf_8_harm_no_others() -> None:
    page = body(entry("a%20b"), entry("raw")).replace(b"raw", b"x\xff\ny")

    assert [key for key, _ in read_page(page).objects] == ["a b", "x\udcff\ny"]


def test_keys_are_not_decoded_where_the_server_does_not_encode() -> None:
    page = body(entry("a+b%20c&amp;d&#13;"), encoding="")

    assert read_page(page).objects == [("a+b%20c&d\r", Found(5))]


SURPRISES = {
    "order of Ceph": entry("k").replace(STANDARD, "").replace("</Contents>", f"{STANDARD}{OWNER}</Contents>"),
    "order of MinIO": f"<Contents><Key>k</Key>{DATE}{ETAG}<Size>5</Size>{OWNER}{STANDARD}</Contents>",
    "no storage class": f"<Contents><Key>k</Key>{DATE}{ETAG}<Size>5</Size></Contents>",
    "size first": "<Contents><Size>5</Size><Key>k</Key></Contents>",
    "unknown element": entry("k", more="<Colour>red</Colour>"),
    "attribute": entry("k").replace("<Contents>", '<Contents x="1">'),
    "white space": entry("k").replace("><", "> <"),
    "character data": entry("<![CDATA[k]]>"),
    "reference": entry("&#107;"),
    "namespaces": entry("k")
    .replace("<", "<s:")
    .replace("<s:/", "</s:")
    .replace("s:Contents>", 's:Contents xmlns:s="x">', 1),
    "comment": f"{entry('k')}<!-- {entry('gone')} -->",
}


@pytest.mark.parametrize("count", [1, None], ids=["counted", "not counted"])
@pytest.mark.parametrize("written", SURPRISES.values(), ids=SURPRISES)
def test_any_other_way_to_write_an_entry_is_understood(written: str, count: int | None) -> None:
    page = body(written, entry("l"), count=2 if count else None)
    if count is None:
        page = page.replace(b"<KeyCount>2</KeyCount>", b"")

    assert read_page(page) == Page([("k", Found(5)), ("l", Found(5))], last=True)


def test_elements_that_come_after_the_entries_are_seen() -> None:
    page = body(entry("k")).replace(b"<IsTruncated>false</IsTruncated>", b"")

    assert read_page(page.replace(b"</List", b"<IsTruncated>true</IsTruncated></List")) == Page(
        [("k", Found(5))], last=False
    )


@pytest.mark.parametrize("place", [1, 40, 200, 300, 700, -1, -20, -30])
def test_a_page_that_is_cut_off_is_no_page(place: int) -> None:
    with pytest.raises(NoListingError, match="no whole listing"):
        read_page(body(entry("a.png"), entry("b.png"))[:place])


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html><body>Sign in to the hotel's network</body></html>",
        b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message></Error>",
        body(entry("k")).replace(b"<IsTruncated>false</IsTruncated>", b""),
        body(entry("k"), truncated="perhaps"),
        body(entry("k", "many")),
        body(entry("k", "9" * 5_000)),
        body("<Contents><Key>k</Key></Contents>"),
        body("<Contents><Size>5</Size></Contents>"),
        b"\xff\xfe",
    ],
)
def test_what_is_no_listing_is_no_empty_page(answer: bytes) -> None:
    with pytest.raises(NoListingError):
        read_page(answer)


@pytest.mark.parametrize("told", ["a%2Bb%25+c", "a+b% c", "a%2Bb%25%20c"])
@pytest.mark.parametrize("more", ["", "<Colour>red</Colour>"], ids=["quick", "xml"])
def test_a_page_that_follows_another_key_than_was_asked_for_has_strayed(told: str, more: str) -> None:
    page = body(entry("k", more=more)).replace(b"<MaxKeys>", f"<StartAfter>{told}</StartAfter><MaxKeys>".encode())

    for after in {"a+b% c", told}:
        assert read_page(page, after) == Page([("k", Found(5))], last=True)
    for after in ("a", "", "a+b%"):
        assert read_page(page, after) == Page([("k", Found(5))], last=True, strayed=True)
