"""Small pictures of parts, good and scratched: real PNG and JPEG files."""

import io
import random
from functools import cache

from PIL import Image, ImageDraw

SIDE = 96  # pixels; the services want 64 or more


@cache
def picture(number: int, *, anomaly: bool, extension: str) -> bytes:
    """Draws a metal washer, scratched if it is an anomaly, as the bytes of a file.

    Args:
        number: Varies the picture; the same number gives the same picture.
        anomaly: Whether it is scratched.
        extension: `png` or `jpg`.
    """
    chance = random.Random(number)  # noqa: S311 - pictures, not secrets
    image = Image.new("RGB", (SIDE, SIDE), (32, 36, 42))
    draw = ImageDraw.Draw(image)
    grey = chance.randint(140, 200)
    x, y = (SIDE // 2 + chance.randint(-6, 6) for _ in range(2))
    draw.ellipse((x - 36, y - 36, x + 36, y + 36), fill=(grey, grey, grey + 10))
    draw.ellipse((x - 14, y - 14, x + 14, y + 14), fill=(32, 36, 42))
    if anomaly:
        start = (x - chance.randint(20, 34), y - chance.randint(4, 20))
        end = (x + chance.randint(16, 34), y + chance.randint(16, 30))
        draw.line((*start, *end), fill=(90, 30, 24), width=3)
    file = io.BytesIO()
    image.save(file, {"png": "PNG", "jpg": "JPEG"}[extension])
    return file.getvalue()
