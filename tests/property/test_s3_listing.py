"""Pages are read as they were written, by an independent writer, in whatever way servers write them."""

from unittest.mock import patch
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

from hypothesis import event, given
from hypothesis import strategies as st

from aws import s3_listing
from aws.s3_listing import read_page
from core.ports import Found, Page

CLASSES = ["STANDARD", "STANDARD_IA", "GLACIER", "GLACIER_IR", "DEEP_ARCHIVE", "INTELLIGENT_TIERING"]
# Whatever UTF-8 can write; where the server encodes keys, this includes what XML cannot say.
KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20) | st.text("%+ 2BFaé&<>;\n/.", min_size=1)
OBJECTS = st.lists(
    st.tuples(KEYS, st.integers(0, 5 * 1024**4), st.sampled_from(CLASSES), st.sampled_from(["", "true", "false"])),
    unique_by=lambda described: described[0],
    max_size=12,
)


def restore(ongoing: str) -> str:
    expiry = "<RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate>" if ongoing == "false" else ""
    return (
        f"<RestoreStatus><IsRestoreInProgress>{ongoing}</IsRestoreInProgress>{expiry}</RestoreStatus>"
        if ongoing
        else ""
    )


@given(
    objects=OBJECTS,
    last=st.booleans(),
    plus=st.booleans(),
    turn=st.integers(0, 4),
    counted=st.booleans(),
)
def test_pages_are_read_as_they_were_written(
    objects: list[tuple[str, int, str, str]],
    last: bool,  # noqa: FBT001
    plus: bool,  # noqa: FBT001
    turn: int,
    counted: bool,  # noqa: FBT001
) -> None:
    entries, expected = [], []
    for key, size, storage, ongoing in objects:
        written = quote_plus(key, safe="/") if plus else quote(key)
        parts = [
            f"<Key>{escape(written)}</Key>",
            "<LastModified>2026-10-12T17:50:30.000Z</LastModified>",
            "<ETag>&quot;0&quot;</ETag>",
            f"<Size>{size}</Size>",
            f"<StorageClass>{storage}</StorageClass>{restore(ongoing)}",
        ]
        entries.append(f"<Contents>{''.join(parts[turn:] + parts[:turn])}</Contents>")
        archived = storage in ("GLACIER", "DEEP_ARCHIVE") and ongoing != "false"
        expected.append((key, Found(size, archived=archived)))
    count = f"<KeyCount>{len(objects)}</KeyCount>" if counted else ""
    body = (
        f"<ListBucketResult>{count}<EncodingType>url</EncodingType><IsTruncated>{str(not last).lower()}</IsTruncated>"
        f"{''.join(entries)}</ListBucketResult>"
    ).encode()

    assert read_page(body, "") == Page(expected, last)

    quick = s3_listing._read_quickly(body, "")
    event(f"read quickly: {quick is not None}")
    assert (quick is not None) == (turn == 0 or not objects)
    with patch.object(s3_listing, "_read_quickly", lambda _body, _after: None):
        assert read_page(body, "") == Page(expected, last)


@given(OBJECTS, st.floats(0, 1, exclude_max=True))
def test_a_page_cut_anywhere_is_never_read(objects: list[tuple[str, int, str, str]], share: float) -> None:
    entries = "".join(
        f"<Contents><Key>{quote(key)}</Key><LastModified>x</LastModified><ETag>x</ETag><Size>{size}</Size>"
        f"<StorageClass>{storage}</StorageClass>{restore(ongoing)}</Contents>"
        for key, size, storage, ongoing in objects
    )
    body = (
        f"<ListBucketResult><KeyCount>{len(objects)}</KeyCount><EncodingType>url</EncodingType>"
        f"<IsTruncated>false</IsTruncated>{entries}</ListBucketResult>"
    ).encode()

    try:
        read_page(body[: int(len(body) * share)], "")
    except s3_listing.NoListingError:
        return
    raise AssertionError("a part was taken for the whole")
