"""Find where services disagree on a title. Only what was read to its end counts as absent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..journal_library import SourceState
from ..lifecycle.library import Source
from ..lifecycle.model import JsonObject, JsonValue, MediaType, Service
from .index import Group, Library, TitleEntry

MANAGER = {MediaType.MOVIE: Service.RADARR, MediaType.SERIES: Service.SONARR}
_AVAILABLE = frozenset({"available", "partially_available"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One disagreement: what it is about, who says so, and where to look first."""

    code: str
    group: Group | None
    sources: tuple[Source, ...] = ()
    look: str | None = None  # the connection where it can be put right
    values: JsonObject = field(default_factory=dict)
    doubts: frozenset[str] = frozenset()  # connections that listed something unreadable


class House:
    """Which connections there are, and of which of them all is known."""

    def __init__(
        self, states: Mapping[str, SourceState], connections: Mapping[str, Service]
    ) -> None:
        """Initialize with how far each connection was read."""
        self.states = states
        self._connections = connections

    def of(self, *kinds: Service) -> list[str]:
        """Return the connections of some kinds."""
        return [key for key, kind in self._connections.items() if kind in kinds]

    def is_known(self, key: str) -> bool:
        """Return whether the last read of a connection came to its end."""
        state = self.states.get(key)
        return state is not None and state.complete_at is not None and state.error is None

    def are_known(self, *kinds: Service) -> bool:
        """Return whether there are connections of these kinds, and all of them are known."""
        found = self.of(*kinds)
        return bool(found) and all(map(self.is_known, found))

    def unknown(self) -> list[str]:
        """Return the connections of which not all is known."""
        readable = (key for key, kind in self._connections.items() if kind in _READ)
        return [key for key in readable if not self.is_known(key)]

    def doubts(self, *kinds: Service) -> frozenset[str]:
        """Return which of these connections listed something that could not be read."""
        states = (self.states.get(key) for key in self.of(*kinds))
        return frozenset(state.connection_id for state in states if state and state.dropped)


_READ = frozenset(Service) - {Service.QBITTORRENT, Service.HOME_ASSISTANT}


class Checks:
    """Compare what the services say of each title."""

    def __init__(self, library: Library, house: House, variants: Mapping[str, bool | None]) -> None:
        """Initialize; `variants` says which managers serve 4K only, or only the others."""
        self._library = library
        self._house = house
        self._variants = variants

    def of(self, group: Group) -> Iterator[Drift]:
        """Yield what the services disagree on, episodes aside."""
        yield from self._conflicts(group)
        yield from self._in_library(group)
        yield from self._in_managers(group)
        yield from self._in_seerr(group)
        yield from self._duplicates(group)

    def loose(self) -> Iterator[Drift]:
        """Yield the files that Shoko could not match."""
        for file in self._library.loose:
            if self._house.is_known(file.connection_id):
                yield Drift(
                    code="shoko_unmatched",
                    group=None,
                    sources=(Source(file.connection_id, Service.SHOKO, file.own_id),),
                    look=file.connection_id,
                    values={
                        "file": (file.title or (file.path or "").rsplit("/", 1)[-1]),
                        "path": file.path,
                    },
                )

    def everywhere(self, group: Group, service: Service) -> list[TitleEntry]:
        """Return what a kind of service has of a title and of those that share files with it."""
        return [entry for one in self._library.cluster(group) for entry in one.of(service)]

    def _conflicts(self, group: Group) -> Iterator[Drift]:
        for name in group.joined.conflicts:
            said = [entry for entry in group.entries if getattr(entry.ids, name)]
            said_by: list[JsonValue] = [
                {"connection_id": one.source.connection_id, "value": str(getattr(one.ids, name))}
                for one in said
            ]
            yield Drift(
                code="id_conflict",
                group=group,
                sources=_sources(said),
                look=said[0].source.connection_id,
                values={"provider": name, "said": said_by},
            )

    def _in_library(self, group: Group) -> Iterator[Drift]:
        """Find what a manager has a file of and Jellyfin does not show."""
        held = [entry for entry in group.of(MANAGER[group.joined.media_type]) if entry.is_there]
        shown = self.everywhere(group, Service.JELLYFIN)
        if not held or any(entry.count or entry.is_unclear for entry in shown):
            return
        if not self._house.are_known(Service.JELLYFIN):
            return
        yield Drift(
            code="missing_in_library",
            group=group,
            sources=_sources(held),
            look=self._house.of(Service.JELLYFIN)[0],
            values={"count": sum(entry.count for entry in held)},
            doubts=self._house.doubts(Service.JELLYFIN),
        )

    def _in_managers(self, group: Group) -> Iterator[Drift]:
        """Find what Jellyfin plays and no manager knows."""
        kind = MANAGER[group.joined.media_type]
        shown = [entry for entry in group.of(Service.JELLYFIN) if entry.is_there]
        # An anime film is a film for one and a special of a series for another.
        known = [entry for service in MANAGER.values() for entry in self.everywhere(group, service)]
        if not shown or known or not self._house.are_known(kind):
            return
        yield Drift(
            code="unknown_to_managers",
            group=group,
            sources=_sources(shown),
            look=self._house.of(kind)[0],
            doubts=self._house.doubts(kind),
        )

    def _in_seerr(self, group: Group) -> Iterator[Drift]:
        """Find what Seerr believes to be there and nobody has, and the reverse."""
        kind = MANAGER[group.joined.media_type]
        for key in self._house.of(Service.SEERR):
            if not self._house.is_known(key):
                continue
            mine = [entry for entry in group.of(Service.SEERR) if entry.source.connection_id == key]
            if any(entry.is_unclear for entry in mine):
                continue
            is_believed = any(map(_is_available, mine))
            if is_believed and self._house.are_known(kind) and self._is_nowhere(group):
                yield Drift(
                    code="seerr_wrong",
                    group=group,
                    sources=_sources(mine),
                    look=key,
                    doubts=self._house.doubts(kind, Service.JELLYFIN),
                )
            shown = [entry for entry in group.of(Service.JELLYFIN) if entry.is_there]
            can_know = group.joined.ids.tmdb or group.joined.ids.tvdb
            if shown and not is_believed and can_know:
                yield Drift(
                    code="seerr_behind",
                    group=group,
                    sources=_sources([*shown, *mine]),
                    look=key,
                    values={"status": mine[0].details.get("status", "unknown") if mine else "none"},
                    doubts=self._house.doubts(Service.SEERR),
                )

    def _is_nowhere(self, group: Group) -> bool:
        """Return whether neither a manager nor Jellyfin has anything of a title."""
        if self._house.of(Service.JELLYFIN) and not self._house.are_known(Service.JELLYFIN):
            return False
        return not any(
            entry.count or entry.is_unclear
            for one in self._library.cluster(group)
            for entry in one.entries
            if entry.source.service is not Service.SEERR
        )

    def _duplicates(self, group: Group) -> Iterator[Drift]:
        """Find what is there twice, other than in 4K and in HD."""
        for service in (MANAGER[group.joined.media_type], Service.JELLYFIN):
            by_variant: dict[bool | None, list[TitleEntry]] = {}
            for entry in group.of(service):
                if entry.is_there:
                    variant = self._variants.get(entry.source.connection_id)
                    by_variant.setdefault(variant, []).append(entry)
            for found in by_variant.values():
                if len(found) > (1 if service is not Service.JELLYFIN else self._copies(found)):
                    yield Drift(
                        code="duplicate",
                        group=group,
                        sources=_sources(found),
                        look=found[-1].source.connection_id,
                        values={"count": len(found)},
                    )

    def _copies(self, shown: Iterable[TitleEntry]) -> int:
        """Return how many items of a title are as it should be: one in each server, and in 4K."""
        servers = len({entry.source.connection_id for entry in shown})
        return servers * (2 if any(self._variants.values()) else 1)


def _is_available(entry: TitleEntry) -> bool:
    return bool(_AVAILABLE & {entry.details.get("status"), entry.details.get("status_4k")})


def _sources(entries: Iterable[TitleEntry]) -> tuple[Source, ...]:
    return tuple(entry.source for entry in entries)
