"""Read posters: pictures only, by what is in them, and never more than two MiB."""

from collections.abc import Mapping
from dataclasses import dataclass
import re
from typing import Final, Protocol

import aiohttp
from yarl import URL

from .answer import Answer
from .base import BaseClient, Query, Sink
from .errors import BadAddress, BadAnswer

PICTURE_LIMIT: Final = 2 * 1024 * 1024  # bytes
PUBLIC_HOSTS: Final = frozenset({"image.tmdb.org", "artworks.thetvdb.com"})
_TIMEOUT: Final = 10.0
_ACCEPT: Final = {"Accept": "image/jpeg, image/png, image/webp"}
# An SVG is a page that can hold scripts, so it is no picture here.
_TYPES: Final = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp"})
_WEBP = re.compile(rb"RIFF.{4}WEBP", re.DOTALL)
# Nothing that could be written in two ways, and nothing that is not a picture's name.
_PUBLIC_PATH = re.compile(r"(/[a-z0-9_-][a-z0-9._-]*){1,12}\.(?:jpe?g|png|webp)", re.IGNORECASE)
_TMDB_PATH = re.compile(r"/t/p/\w+(/[\w-]+\.\w+)", re.ASCII)
_TMDB_WIDTHS: Final = (92, 185, 342, 500, 780)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture; `content_type` is told by its first bytes, not by who sent it."""

    data: bytes
    content_type: str


class Ask(Protocol):
    """How a client makes a call (`BaseClient._request`)."""

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Query | None,
        headers: Mapping[str, str],
        timeout: float,
        sink: Sink,
    ) -> Answer:
        """Make one call."""


def picture_type(data: bytes) -> str | None:
    """Return the type that the first bytes tell; None for everything but pictures."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return "image/webp" if _WEBP.match(data) else None


async def read_picture(ask: Ask, path: str, query: Query | None = None) -> Picture:
    """Get a picture by a client's own way of asking; BadAnswer when it is none, or too large."""
    body = bytearray()

    async def take(chunk: bytes) -> None:
        # Here, so that the rest of a large answer is never read.
        if len(body) + len(chunk) > PICTURE_LIMIT:
            raise BadAnswer("the picture is too large")
        body.extend(chunk)

    answer = await ask("GET", path, query=query, headers=_ACCEPT, timeout=_TIMEOUT, sink=take)
    named = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    data = bytes(body)
    found = picture_type(data) if named in _TYPES else None
    if found is None:
        raise BadAnswer("the answer is not a picture")
    return Picture(data=data, content_type=found)


def public_address(text: str | None) -> URL | None:
    """Return the address of a picture on one of the two public picture hosts; None for others."""
    if not text:
        return None
    try:
        url = URL(text)
        extras = url.user is not None or url.explicit_port is not None or bool(url.raw_query_string)
        is_public = url.scheme == "https" and url.host in PUBLIC_HOSTS and not extras
        return url if is_public and _PUBLIC_PATH.fullmatch(url.raw_path) else None
    except ValueError:
        return None


class PublicPictures:
    """The two public picture hosts: no key is sent, no redirect followed, TLS always verified.

    The verified certificate is also what keeps a name that was made to lead into the household's
    network from being read: nobody there can show one for these hosts.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Initialize with a session."""
        self._hosts = {host: _PublicHost(session, f"https://{host}") for host in PUBLIC_HOSTS}

    async def picture(self, address: str, width: int) -> Picture:
        """Return a picture, not much wider than `width` where the host has it in sizes."""
        url = public_address(address)
        if url is None or url.host is None:
            raise BadAddress("this is not a public picture")
        return await self._hosts[url.host].picture(url.raw_path, width)


class _PublicHost(BaseClient):
    """One public picture host, which is told nothing but what is asked for."""

    async def picture(self, path: str, width: int) -> Picture:
        """Return the picture at a path."""
        sized = _TMDB_PATH.fullmatch(path)
        if sized is not None:
            fitting = next((w for w in _TMDB_WIDTHS if w >= width), _TMDB_WIDTHS[-1])
            path = f"/t/p/w{fitting}{sized[1]}"
        return await read_picture(self._request, path.removeprefix("/"))
