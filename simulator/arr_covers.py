"""The posters that Radarr and Sonarr have downloaded: drawn here, a different one for each title.

Radarr's MediaCoverController: sizes that do not exist are answered with the full picture, and the
type goes by the name of the file, whatever is in it (here a PNG that is called a JPEG).
"""

from collections.abc import Callable
from hashlib import sha256
from itertools import pairwise
import re
import struct
import zlib

from aiohttp import web

from .service import json_response

_NAME = re.compile(r"poster(?:-(\d+))?\.jpg")
_HEIGHTS = (250, 500)
_FULL = 750


def cover_routes(titles: Callable[[int], str | None]) -> list[web.RouteDef]:
    """Return the route of pictures; `titles` names what has an id here."""

    async def cover(request: web.Request) -> web.Response:
        title = titles(int(request.match_info["id"]))
        name = _NAME.fullmatch(request.match_info["name"])
        if title is None or name is None:
            return json_response({"message": "NotFound"}, 404)
        height = int(name[1] or _FULL)
        body = draw(title, height if height in _HEIGHTS else _FULL)
        return web.Response(body=body, content_type="image/jpeg")

    return [web.get(r"/api/v3/MediaCover/{id:\d+}/{name}", cover)]


def draw(title: str, height: int) -> bytes:
    """Return a PNG: hills under an evening sky in the colours of a title."""
    dice = sha256(title.encode()).digest()
    width = height * 2 // 3
    sky, low = (dice[0], dice[1] // 2, dice[2]), (dice[3], dice[4] // 3, 40)
    dark = bytes(shade // 3 for shade in low)
    edge = [int(height * (0.55 + dice[5 + peak] / 800)) for peak in range(5)]
    ridge = [
        left + (right - left) * step * 4 // width
        for left, right in pairwise(edge)
        for step in range(width // 4 + 1)
    ]
    rows = bytearray()
    for y in range(height):
        sun = bytes(a + (b - a) * y // height for a, b in zip(sky, low, strict=True))
        rows.append(0)  # no filter
        rows += b"".join(dark if y > ridge[x] else sun for x in range(width))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(rows), 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
