"""Say what Seerr knows of a title, remove exactly one record of it, and look whether it is gone."""

from typing import Literal

from ..clients.errors import BadAnswer, NotFound
from ..clients.guard import Permit
from ..clients.readers import as_id
from ..clients.seerr import MediaInfo, SeerrClient, SeerrRequest
from ..lifecycle.deletion import DeletionTarget, HeldWish, Holdings, Inspection, Step, Verb
from ..lifecycle.deletion_job import Sight
from ..lifecycle.model import MediaType
from .base import TargetChanged

# Of media: pending, processing, partly available, available. Others can be asked for again, or
# are on the blocklist, and shall stay there.
_TAKEN = frozenset({2, 3, 4, 5})
_BLOCKED = 6
_KINDS: dict[str, Literal["movie", "tv"]] = {MediaType.MOVIE: "movie", MediaType.SERIES: "tv"}


class WishDeletion:
    """Deletion in one Seerr: of requests, and of its record of a title when nobody else's."""

    def __init__(self, connection_id: str, client: SeerrClient) -> None:
        """Initialize with the subentry's id and the client."""
        self._connection_id = connection_id
        self._client = client

    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return what Seerr has of the targets, with all requests of anybody for them."""
        wishes: list[HeldWish] = []
        for target in inspection.targets:
            own_id = as_id(target.service_ids.get(self._connection_id))
            info = await self._media(target, own_id)
            if info is not None and _is_something(info):
                own = await self._own(target, own_id, info)
                wishes.append(
                    HeldWish(
                        request_id=target.request_id,
                        media_id=str(info.id),
                        tmdb=info.tmdb_id,
                        requests=tuple(str(request.id) for request in info.requests),
                        own=own,
                    )
                )
        return Holdings(wishes=tuple(wishes))

    async def _media(self, target: DeletionTarget, own_id: int | None) -> MediaInfo | None:
        """Return Seerr's record of a target, by TMDB's number or by the request that was made."""
        kind = _KINDS[target.media_type]
        number = target.ids.tmdb
        if number is None and own_id is not None:
            request = await self._client.request(own_id)
            if request is not None and request.media_type == kind and _agrees(request, target):
                number = request.media.tmdb_id
        return None if number is None else await self._client.media_info(kind, number)

    async def _own(
        self, target: DeletionTarget, own_id: int | None, info: MediaInfo
    ) -> frozenset[str]:
        """Return the target's own requests: the known one, or those for nothing but the target."""
        if own_id is not None:
            return frozenset({str(own_id)} & {str(request.id) for request in info.requests})
        own: set[str] = set()
        for listed in info.requests:
            if listed.is_4k is target.is_4k:
                request = await self._client.request(listed.id)
                if request is not None and _asks_only_for(request, target):
                    own.add(str(listed.id))
        return frozenset(own)

    async def remove(self, step: Step, permit: Permit) -> None:
        """Remove one request, or the record of a title that nobody asks for any more."""
        number = _number(step)
        if step.verb is Verb.REMOVE_REQUEST:
            await self._check_request(step, number)
            await self._client.delete_request(permit, number)
        elif step.verb is Verb.REMOVE_MEDIA:
            info = await self._record(step)
            if info is None or info.id != number:
                raise NotFound("not found")
            if info.requests and not permit.dry_run:  # in a rehearsal ours are still there
                raise TargetChanged("somebody asks for the title by now")
            await self._client.delete_media(permit, number)
        else:
            raise TargetChanged("Seerr has nothing but requests and records")

    async def _check_request(self, step: Step, number: int) -> None:
        request = await self._client.request(number)
        if request is None:
            raise NotFound("not found")
        media = request.media
        own = {"media": str(media.id), "tmdb": str(media.tmdb_id)}
        if "media" not in step.expects or any(
            step.expects.get(name, value) != value for name, value in own.items()
        ):
            raise TargetChanged("the request is for something else by now")

    async def look(self, step: Step) -> Sight:
        """Return whether a request is gone, or the title's record, so that it can be asked for.

        A record of another number was made since: by a new request, or because it is there again.
        """
        number = _number(step)
        if step.verb is Verb.REMOVE_REQUEST:
            request = await self._client.request(number)
            return Sight.GONE if request is None else Sight.PRESENT
        info = await self._record(step)
        if info is None or info.id != number:
            return Sight.GONE
        # The blocklist keeps its record on purpose.
        is_kept = _BLOCKED in {info.status, info.status_4k} and not _is_something(info)
        return Sight.GONE if is_kept else Sight.PRESENT

    async def _record(self, step: Step) -> MediaInfo | None:
        """Return the record of the title that a step means."""
        kind, tmdb = _KINDS.get(step.expects.get("type", "")), as_id(step.expects.get("tmdb"))
        if kind is None or tmdb is None:
            raise BadAnswer("it is not known which title the record is of")
        return await self._client.media_info(kind, tmdb)


def _is_something(info: MediaInfo) -> bool:
    """Return whether there is anything that keeps a title from being asked for."""
    return bool(info.requests) or not _TAKEN.isdisjoint({info.status, info.status_4k})


def _agrees(request: SeerrRequest, target: DeletionTarget) -> bool:
    """Return whether no number tells a request's title from the target."""
    known = {"tvdb": request.media.tvdb_id, "imdb": request.media.imdb_id}
    own = dict(target.ids.pairs())
    return all(own.get(name, str(value)) == str(value) for name, value in known.items() if value)


def _asks_only_for(request: SeerrRequest, target: DeletionTarget) -> bool:
    """Return whether a request is for the target or a part of it."""
    if request.media_type != _KINDS[target.media_type]:
        return False
    if target.media_type is MediaType.MOVIE:
        return True
    return bool(request.seasons) and request.seasons <= {item.season for item in target.items}


def _number(step: Step) -> int:
    number = as_id(step.target)
    if number is None:
        raise TargetChanged("not one of Seerr's numbers")
    return number
