import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import image_start
from core.image_start import Flaw, Size, look_inside
from tests.pictures import LFS_POINTER, S3_ERROR, SVG, WEB_PAGE, picture

VGA = Size(640, 480)
NOISE = random.Random(7).randbytes(5_000)  # noqa: S311 - no secret


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(picture("PNG"), id="PNG"),
        pytest.param(picture("PNG", mode="L"), id="PNG, grey"),
        pytest.param(picture("PNG", mode="I;16"), id="PNG, 16 bits"),
        pytest.param(picture("PNG", mode="RGBA"), id="PNG, transparent"),
        pytest.param(picture("PNG", mode="P"), id="PNG, palette"),
        pytest.param(picture("PNG", icc_profile=NOISE), id="PNG, colour profile"),
        pytest.param(picture("JPEG"), id="JPEG"),
        pytest.param(picture("JPEG", mode="L"), id="JPEG, grey"),
        pytest.param(picture("JPEG", mode="CMYK"), id="JPEG, CMYK"),
        pytest.param(picture("JPEG", progressive=True), id="JPEG, progressive"),
        pytest.param(picture("JPEG", exif=b"Exif\0\0" + bytes(60_000)), id="JPEG, EXIF"),
        pytest.param(picture("JPEG", comment=b"\xff\xc0\0\x11\x08\0\x01\0\x01\x03"), id="JPEG, a header in a comment"),
        pytest.param(picture("MPO"), id="JPEG, as phones write several in one"),
        pytest.param(picture("PNG")[:26], id="PNG, nothing after its size"),
    ],
)
def test_width_and_height_are_told_by_real_images(content: bytes) -> None:
    assert look_inside(content) == VGA


def test_an_image_may_have_one_pixel() -> None:
    assert look_inside(picture("PNG", width=1, height=1)) == Size(1, 1)


def test_width_and_height_are_those_stored_however_exif_turns_the_image() -> None:
    turned = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"

    assert look_inside(picture("JPEG", exif=turned)) == VGA


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (picture("AVIF"), "avif"),
        (picture("BMP"), "bmp"),
        (bytes(128) + b"DICM\x02\0", "dicom"),
        (picture("GIF"), "gif"),
        (b"GIF87a" + bytes(20), "gif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "heic"),
        (b"\0\0\0\x18ftyphevc\0\0\0\0", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0", "heif"),
        (picture("JPEG2000"), "jpeg2000"),
        (picture("JPEG2000", no_jp2=True), "jpeg2000"),
        (b"\xff\x0a\xfa\x1f", "jpegxl"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "jpegxl"),
        (picture("PPM"), "netpbm"),
        (b"P2\n# plain\n2 2\n", "netpbm"),
        (b"8BPS\0\x01" + bytes(20), "photoshop"),
        (SVG, "svg"),
        (b"\xef\xbb\xbf\n <SVG width='1'>", "svg"),
        (picture("TIFF"), "tiff"),
        (b"MM\0*" + bytes(20), "tiff"),
        (picture("WEBP"), "webp"),
        (picture("WEBP", lossless=True), "webp"),
    ],
)
def test_other_formats_are_told_by_their_first_bytes(content: bytes, name: str) -> None:
    assert look_inside(content) == name


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (b"", Flaw.EMPTY),
        (WEB_PAGE, Flaw.HTML),
        (b"<!-- made by hand --><HTML>", Flaw.HTML),
        (S3_ERROR, Flaw.XML),
        (b"<htmlish>", Flaw.XML),
        (b' {"message": "Forbidden"}', Flaw.JSON),
        (b"[]", Flaw.JSON),
        (LFS_POINTER, Flaw.GIT_LFS),
        (b"not found", Flaw.TEXT),
        (b"BMW 320d.png\n", Flaw.TEXT),
        (b"P2 is no picture", Flaw.TEXT),
        (b"\n", Flaw.TEXT),
        (NOISE, Flaw.UNKNOWN),
        (b"\xff\xd8", Flaw.UNKNOWN),
        (b"{\0\0\0", Flaw.UNKNOWN),
        (b"\0\0\0\x18ftypisom\0\0\0\0", Flaw.UNKNOWN),
        (picture("PNG")[:25], Flaw.BROKEN_PNG),
        (picture("PNG")[:8] + bytes(100), Flaw.BROKEN_PNG),
        (picture("PNG")[:16] + bytes(4) + picture("PNG")[20:], Flaw.BROKEN_PNG),
        (picture("JPEG")[:20], Flaw.BROKEN_JPEG),
        (picture("JPEG")[:100], Flaw.BROKEN_JPEG),
        (b"\xff\xd8\xff" + NOISE, Flaw.BROKEN_JPEG),
        (b"\xff\xd8\xff\xc0\0\x11\x08\0\0\x02\x80\x03" + bytes(9), Flaw.BROKEN_JPEG),
    ],
)
def test_what_is_no_image_is_told_apart(content: bytes, flaw: Flaw) -> None:
    assert look_inside(content) is flaw


def test_every_format_has_a_title() -> None:
    assert set(image_start.TITLES) == {*image_start._IMAGE.groupindex, "svg"}


def test_a_start_cut_off_anywhere_is_an_image_of_its_size_or_none() -> None:
    for whole, flaws in (
        (picture("PNG"), {Flaw.EMPTY, Flaw.UNKNOWN, Flaw.BROKEN_PNG}),
        (picture("JPEG", progressive=True), {Flaw.EMPTY, Flaw.UNKNOWN, Flaw.BROKEN_JPEG}),
    ):
        assert {look_inside(whole[:size]) for size in range(len(whole))} == {VGA, *flaws}


SIGNATURES = [
    b"",
    b"\x89PNG\r\n\x1a\n",
    picture("PNG")[:16],
    b"\xff\xd8\xff",
    b"\xff\xd8\xff\xc0",
    b"<",
    b"\0\0\0\x18ftyp",
]


@given(signature=st.sampled_from(SIGNATURES), rest=st.binary(max_size=100))
def test_no_bytes_are_an_exception(signature: bytes, rest: bytes) -> None:
    seen = look_inside(signature + rest)

    assert min(seen) > 0 if isinstance(seen, Size) else seen in {*Flaw, *image_start.TITLES}


def test_the_library_is_loaded_only_where_an_image_is_opened() -> None:
    source = Path(image_start.__file__).parents[1]
    script = (
        "import json, sys; from core.image_start import look_inside; before = 'imagesize' in sys.modules;"
        " look_inside(bytes.fromhex(sys.argv[1])); print(json.dumps([before, 'imagesize' in sys.modules]))"
    )

    run = subprocess.run(
        [sys.executable, "-c", script, picture().hex()],
        env=os.environ | {"PYTHONPATH": str(source)},
        check=True,
        capture_output=True,
    )

    assert json.loads(run.stdout) == [False, True]
