"""Ask Seerr for single requests that its lists do not mention: finished long ago, or deleted."""

from collections.abc import Collection
from dataclasses import dataclass

from ..clients.errors import BadAnswer, Forbidden, Refused
from ..clients.seerr import SeerrClient, SeerrRequest

MAX_SINGLE_READS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Singles:
    """What was answered about some requests.

    `is_whole` is False when any of them stayed unknown; `is_behind` when one has never been read.
    """

    found: tuple[SeerrRequest, ...]
    gone: frozenset[int]
    is_whole: bool
    is_behind: bool


class SingleReader:
    """Read a few requests per cycle, those that waited longest first."""

    def __init__(self, client: SeerrClient) -> None:
        """Initialize with the client."""
        self._client = client
        self._read: dict[int, None] = {}  # what was read, longest ago first

    def forget_all(self) -> None:
        """Let everything be read again."""
        self._read.clear()

    def forget(self, request_id: int) -> None:
        """Let a request be read first: something was said about it."""
        self._read.pop(request_id, None)

    async def read(self, ids: Collection[int]) -> Singles:
        """Return what Seerr says about requests, as far as this cycle's turn goes."""
        self._read = {key: None for key in self._read if key in ids}
        unread = sorted(key for key in ids if key not in self._read)
        turn = [*unread, *self._read][:MAX_SINGLE_READS]
        found: list[SeerrRequest] = []
        gone: set[int] = set()
        for key in turn:
            # Marked before the answer: a push that comes in meanwhile asks for another read.
            self._read.pop(key, None)
            self._read[key] = None
            try:
                request = await self._client.request(key)
            except BadAnswer, Forbidden, Refused:
                continue  # one that cannot be read keeps the others from nothing
            if request is None:
                gone.add(key)
            else:
                found.append(request)
        return Singles(
            found=tuple(found),
            gone=frozenset(gone),
            is_whole=len(found) + len(gone) == len(ids),
            is_behind=len(unread) > MAX_SINGLE_READS,
        )
