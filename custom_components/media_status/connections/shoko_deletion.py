"""Say which files Shoko knows, drop a record once its file has gone, and look whether it has."""

import asyncio
from collections.abc import Mapping

from ..clients.errors import BadAnswer, ClientError, Forbidden, NotFound
from ..clients.guard import Permit
from ..clients.readers import as_id
from ..clients.shoko import ShokoClient, ShokoFile
from ..lifecycle.deletion import HeldRecord, Holdings, Inspection, Step, Verb
from ..lifecycle.deletion_job import Sight
from .base import Census, TargetChanged
from .shoko_round import path_suffix
from .shoko_words import best_of, file_name, likeness

_CALLS_AT_ONCE = 4
_MOST_NAMESAKES = 50


class StillThere(ClientError):
    """Shoko still reaches a file whose record would go; nothing was done."""


class RecordDeletion:
    """Deletion in one Shoko: of records only, and only of files that are gone already.

    Shoko looks at the disk whenever it is asked about a file, so no scan is needed in between, and
    a rescan would only bother AniDB.
    """

    def __init__(self, client: ShokoClient) -> None:
        """Initialize with the client."""
        self._client = client

    async def inspect(self, inspection: Inspection) -> Holdings:
        """Return Shoko's records of the files that Radarr and Sonarr have of the targets."""
        paths = sorted({file.path for title in inspection.titles for file in title.files})
        if not paths:
            return Holdings()
        folders = await self._folders()
        gate = asyncio.Semaphore(_CALLS_AT_ONCE)

        async def ask(path: str) -> ShokoFile | None:
            async with gate:
                return await self._at(path, folders)

        files = await asyncio.gather(*map(ask, paths))
        found = [(path, file) for path, file in zip(paths, files, strict=True) if file is not None]
        # Of paths that end alike (HD and 4K) the likest one is the file's; it comes last.
        found.sort(key=lambda pair: _likeness(pair[0], pair[1], folders))
        return Holdings(
            records=tuple({file.id: _held(file, path) for path, file in found}.values())
        )

    async def _folders(self) -> dict[int, str]:
        try:
            return {folder.id: folder.path for folder in await self._client.folders()}
        except Forbidden:
            return {}  # paths below the folders are enough nearly always

    async def _at(self, path: str, folders: Mapping[int, str]) -> ShokoFile | None:
        """Return the file at a path; raise BadAnswer when it cannot be told which one it is."""
        suffix = path_suffix(path)
        if suffix is None:
            return None
        dropped = self._client.dropped
        hits = await self._client.files_by_path(suffix, _MOST_NAMESAKES)
        file, is_clear = best_of(path, hits, dict(folders))
        if not is_clear or len(hits) >= _MOST_NAMESAKES or self._client.dropped != dropped:
            raise BadAnswer("it is not certain which of Shoko's files this is")
        return file

    async def remove(self, step: Step, permit: Permit) -> None:
        """Drop the record of a file that is gone; in a rehearsal it may still be there."""
        if step.verb is not Verb.REMOVE_RECORD:
            raise TargetChanged("Shoko has nothing but records to drop")
        number = _number(step)
        file = await self._client.file(number)
        if file is None:
            raise NotFound("not found")
        if file.locations:
            folders = await self._folders()
            if not _likeness(step.expects.get("path", ""), file, folders):
                raise TargetChanged("the record is of another file by now")
        if not permit.dry_run and any(place.is_accessible for place in file.locations):
            raise StillThere("Shoko still sees the file")
        await self._client.delete_file_record(permit, number)

    async def look(self, step: Step) -> Sight:
        """Return whether Shoko has the file no more: no record, or none that it can reach."""
        state = await self._client.file_state(_number(step))
        return Sight.PRESENT if state.reachable else Sight.GONE

    async def census(self) -> Census:
        """Return how many files Shoko has."""
        return Census(size=await self._client.file_count())


def _likeness(path: str, file: ShokoFile, folders: Mapping[int, str]) -> int:
    """Return how surely a file lies at a path; 0 when it lies elsewhere."""
    return max(
        (likeness(path, place, folders.get(place.folder or 0)) for place in file.locations),
        default=0,
    )


def _held(file: ShokoFile, path: str) -> HeldRecord:
    return HeldRecord(
        file_id=str(file.id),
        path=path,
        name=file_name(path),
        is_accessible=any(place.is_accessible for place in file.locations),
    )


def _number(step: Step) -> int:
    number = as_id(step.target)
    if number is None:
        raise TargetChanged("not one of Shoko's files")
    return number
