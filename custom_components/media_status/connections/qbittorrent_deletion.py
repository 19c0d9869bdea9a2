"""Say which torrents a deletion concerns, remove exactly one, and look whether it is gone."""

from collections.abc import Iterable

from ..clients.errors import BadAnswer, NotFound
from ..clients.guard import Permit
from ..clients.qbittorrent import QBittorrentClient, Torrent, TorrentDetails
from ..clients.qbittorrent_details import comparable
from ..lifecycle.deletion import HeldTorrent, Holdings, Inspection, Step, Verb
from ..lifecycle.deletion_job import Sight
from .base import Census, TargetChanged


class TorrentDeletion:
    """Deletion in one qBittorrent.

    Torrents that use each other's files are known by their paths. Hard links, two names of one
    file, cannot be seen from outside; removing one name leaves the other one whole.
    """

    def __init__(self, client: QBittorrentClient) -> None:
        """Initialize with the client."""
        self._client = client

    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return the torrents that brought something of the targets, or hold one of their files.

        The latter are those that were imported where they lie, or seed what was there before.
        """
        wanted = {name.lower() for name in inspection.downloads}
        paths = {comparable(file.path) for title in inspection.titles for file in title.files}
        dropped = self._client.dropped
        in_place: set[str] = set()
        if paths:
            torrents = (await self._client.maindata()).torrents.values()
            in_place = {one.hash for one in torrents if _may_hold(one, paths)}
        found = await self._client.details_of(wanted | in_place)
        self._check_whole(dropped)
        return Holdings(
            torrents=tuple(
                _held(details, paths)
                for details in sorted(found, key=lambda one: one.torrent.hash)
                if details.torrent.ids & wanted or _holds(details, paths)
            )
        )

    async def remove(self, step: Step, permit: Permit) -> None:
        """Remove a torrent, once it is sure that it is the planned one and nobody else's."""
        if step.verb is not Verb.REMOVE_TORRENT:
            raise TargetChanged("qBittorrent has nothing but torrents")
        details = await self._details(step)
        if details is None:
            raise NotFound("not found")
        if details.torrent.name != step.expects.get("name", details.torrent.name):
            raise TargetChanged("the torrent is another one by now")
        planned = step.expects.get("shares_with")
        if step.delete_files and planned is not None:
            if not details.shares_with <= set(planned.split()):
                raise TargetChanged("another torrent uses the same data by now")
        await self._client.delete_torrent(permit, step.target, delete_files=step.delete_files)

    async def look(self, step: Step) -> Sight:
        """Return whether a torrent is gone: it is not in a full list of all torrents."""
        return Sight.GONE if await self._details(step) is None else Sight.PRESENT

    async def _details(self, step: Step) -> TorrentDetails | None:
        dropped = self._client.dropped
        details = await self._client.torrent_details(step.target)
        self._check_whole(dropped)
        return details

    async def census(self) -> Census:
        """Return how many torrents there are."""
        dropped = self._client.dropped
        data = await self._client.maindata()
        self._check_whole(dropped)
        return Census(size=len(data.torrents))

    def _check_whole(self, dropped: int) -> None:
        """Raise when a torrent could not be read: it may be the one that is looked for."""
        if self._client.dropped != dropped:
            raise BadAnswer("some torrents cannot be read")


def _may_hold(torrent: Torrent, paths: Iterable[str]) -> bool:
    """Return whether a path is a torrent's content, or lies in it."""
    content = comparable(torrent.content_path or "")
    return bool(content) and any(
        path == content or path.startswith(f"{content}/") for path in paths
    )


def _holds(details: TorrentDetails, paths: set[str]) -> frozenset[str]:
    """Return at which of the paths a torrent's own files lie exactly."""
    torrent = details.torrent
    root = comparable(torrent.save_path or "")
    own = {f"{root}/{comparable(file.path)}" for file in details.files if root}
    return frozenset(paths & (own | {comparable(torrent.content_path or "")}))


def _held(details: TorrentDetails, paths: set[str]) -> HeldTorrent:
    torrent = details.torrent
    return HeldTorrent(
        torrent_id=torrent.hash,
        names=torrent.ids,
        name=torrent.name,
        size=torrent.size,
        path=torrent.content_path,
        is_private=details.private,
        has_seeded=details.has_seeded,
        shares_with=tuple(sorted(details.shares_with)),
        holds=tuple(sorted(_holds(details, paths))),
    )
