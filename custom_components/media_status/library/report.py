"""Write down where services disagree, each with the fix we offer or the place to look."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from homeassistant.util import dt as dt_util

from ..journal_library import LibraryRows, SourceState
from ..journal_library_report import Episode, Finding, read_episodes, read_paths, save_report
from ..lifecycle.codec import encode_time
from ..lifecycle.library import Source
from ..lifecycle.model import ItemKey, JsonObject, JsonValue, MediaType, Service, Stage
from ..lifecycle.request import Request
from .backfill import Known
from .checks import Checks, Drift, House
from .index import Group, Library, TitleEntry

if TYPE_CHECKING:
    from ..hub import Hub

MOST_OF_A_KIND: Final = 5000
_MOST_EPISODES: Final = 20
_MOST_IN_A_FILE: Final = 100
_BREATH: Final = 100  # titles between two looks at what else is to be done
# What can be tried again for a request that waits.
_RETRIED: Final = frozenset({"missing_in_library", "episodes_missing_in_library"})


async def make_report(
    hub: Hub,
    library: Library,
    states: Mapping[str, SourceState],
    disagreeing: Iterable[Known],
) -> None:
    """Compare everything, and store what was found; raise JournalError."""
    connections = {key: coordinator.kind for key, coordinator in hub.connections.items()}
    house = House(states, connections)
    checks = Checks(library, house, hub.tracker.options.variants)
    findings: list[Finding] = []
    counts: Counter[str] = Counter()

    def add(finding: Finding) -> None:
        counts[finding.code] += 1
        if counts[finding.code] <= MOST_OF_A_KIND:
            findings.append(finding)

    waiting = _waiting(hub.tracker.requests.values())
    async for drift in _drifts(hub.journal.library, library, house, checks):
        add(Finding(code=drift.code, details=_details(drift, waiting)))
    for known in disagreeing:
        add(Finding(code="request_differs", details=_request_details(known)))
    summary: JsonObject = {
        "counts": dict(sorted(counts.items())),
        "titles": len(library.groups),
        "unknown": list[JsonValue](house.unknown()),
        "sources": [_source_json(state) for state in states.values()],
    }
    await save_report(hub.journal.library, dt_util.utcnow(), summary, findings)


async def _drifts(
    rows: LibraryRows, library: Library, house: House, checks: Checks
) -> AsyncIterator[Drift]:
    for index, group in enumerate(library.groups):
        for drift in checks.of(group):
            yield drift
        if group.joined.media_type is MediaType.SERIES:
            drift_of_episodes = await _episodes(rows, house, checks, group)
            if drift_of_episodes is not None:
                yield drift_of_episodes
        if index % _BREATH == 0:
            await asyncio.sleep(0)
    for drift in checks.loose():
        yield drift


async def _episodes(rows: LibraryRows, house: House, checks: Checks, group: Group) -> Drift | None:
    """Find the episodes that Sonarr has and Jellyfin does not show."""
    held = [entry for entry in group.of(Service.SONARR) if entry.is_there]
    shown = [entry for entry in checks.everywhere(group, Service.JELLYFIN) if entry.count]
    if not held or not shown or not house.are_known(Service.JELLYFIN):
        return None
    by_file = any(entry.shoko is not None for entry in shown)
    if by_file and house.of(Service.SHOKO) and not house.are_known(Service.SHOKO):
        return None
    there = _There(by_file_only=by_file)
    for entry in shown:
        there.add(await _read(rows, house, entry))
    for key in house.of(Service.SHOKO):
        state = house.states.get(key)
        if there.shoko_files and state is not None:
            there.files |= await read_paths(rows, state.number, there.shoko_files)
    missing: set[ItemKey] = set()
    for entry in held:
        missing |= {
            episode.item
            for episode in await _read(rows, house, entry)
            if episode.item is not None
            and episode.is_there
            and not episode.is_unclear
            and not there.has(episode)
        }
    if not missing or there.is_unclear:
        return None
    labels: list[JsonValue] = [item.label for item in sorted(missing)[:_MOST_EPISODES]]
    return Drift(
        code="episodes_missing_in_library",
        group=group,
        sources=tuple(entry.source for entry in (*held, *shown)),
        look=shown[0].source.connection_id,
        values={"count": len(missing), "episodes": labels},
        doubts=house.doubts(Service.JELLYFIN),
    )


async def _read(rows: LibraryRows, house: House, entry: TitleEntry) -> list[Episode]:
    state = house.states[entry.source.connection_id]
    return await read_episodes(rows, state.number, state.round, entry.source.own_id)


class _There:
    """What Jellyfin shows of a series, under all its names."""

    def __init__(self, *, by_file_only: bool) -> None:
        """Initialize; AniDB's numbers, which Shoko's series have, are not Sonarr's."""
        self.files: set[str] = set()
        self.shoko_files: set[str] = set()
        self.is_unclear = False
        self._by_file_only = by_file_only
        self._items: set[ItemKey] = set()
        self._tvdb: set[int] = set()

    def add(self, episodes: Iterable[Episode]) -> None:
        """Take in what a series of Jellyfin's has."""
        for episode in episodes:
            self.is_unclear |= episode.is_unclear
            if not episode.is_there:
                continue
            if episode.item is not None:
                season, number = episode.item
                last = min(max(number, episode.number_end or 0), number + _MOST_IN_A_FILE)
                self._items |= {ItemKey(season, one) for one in range(number, last + 1)}
            self.shoko_files.update(episode.shoko_files)
            if episode.file is not None:
                self.files.add(episode.file)
            if episode.tvdb is not None:
                self._tvdb.add(episode.tvdb)

    def has(self, episode: Episode) -> bool:
        """Return whether an episode of Sonarr's is shown."""
        if episode.file in self.files or episode.tvdb in self._tvdb:
            return True
        return not self._by_file_only and episode.item in self._items


def _waiting(requests: Iterable[Request]) -> dict[tuple[str, str], str]:
    """Return the open requests that wait for Jellyfin, by the managers' ids of their titles."""
    return {
        (key, own_id): request.id
        for request in requests
        for key, own_id in request.service_ids.items()
        if request.stage in (Stage.SYNCING_LIBRARY, Stage.PARTIALLY_AVAILABLE)
    }


def _details(drift: Drift, waiting: Mapping[tuple[str, str], str]) -> JsonObject:
    """Return a disagreement as JSON, with its fix."""
    found = [
        waiting[source.connection_id, source.own_id]
        for source in drift.sources
        if (source.connection_id, source.own_id) in waiting
    ]
    fix: JsonObject = {"kind": "look", "connection_id": drift.look}
    if drift.code in _RETRIED and found:
        fix = {"kind": "retry", "request_id": found[0], "connection_id": drift.look}
    elif drift.doubts:
        fix = {"kind": "sync", "connection_id": drift.look}
    return {
        **_title(drift.group),
        "sources": [_source(source) for source in drift.sources],
        "values": drift.values,
        "fix": fix,
        "is_certain": not drift.doubts,
    }


def _title(group: Group | None) -> JsonObject:
    if group is None:
        return {"title": None, "year": None, "media_type": None, "ids": {}}
    ids = group.joined.ids
    return {
        "title": group.title,
        "year": group.year,
        "media_type": group.joined.media_type.value,
        "ids": {"tmdb": ids.tmdb, "tvdb": ids.tvdb, "imdb": ids.imdb},
    }


def _source(source: Source) -> JsonObject:
    return {"connection_id": source.connection_id, "own_id": source.own_id}


def _request_details(known: Known) -> JsonObject:
    """Return on which names a request and the library do not agree."""
    group = known.group
    keys = set() if group is None else {entry.source.connection_id for entry in group.entries}
    differing: list[JsonValue] = [
        {"name": one.name, "known": one.known, "found": one.found} for one in known.differences
    ]
    look = next((one.name for one in known.differences if one.name in keys), None)
    return {
        **_title(group),
        "title": known.request.name,
        "request_id": known.request.id,
        "sources": [_source(entry.source) for entry in (group.entries if group else ())],
        "values": {"differences": differing},
        "fix": {"kind": "look", "connection_id": look},
        "is_certain": True,
    }


def _source_json(state: SourceState) -> JsonObject:
    return {
        "connection_id": state.connection_id,
        "complete_at": None if state.complete_at is None else encode_time(state.complete_at),
        "error": state.error,
        "dropped": state.dropped,
        "problems": list(state.problems),
    }
