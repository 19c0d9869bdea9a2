"""Lay out what each service calls the same thing, and say where they do not agree."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from .evidence import Evidence
from .facts import AnimeEpisode, File, Grab, Match, MatchPhase, Playable, Wanted
from .model import MOVIE, ItemKey, MediaType, Stage, Subject
from .request import Request
from .stages import matches


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemIdentity:
    """One item under all its names: as asked for, as a file, for AniDB and Shoko, in Jellyfin."""

    item: ItemKey
    title: str | None = None
    file: File | None = None
    match: Match | None = None
    playable: Playable | None = None

    @property
    def episodes(self) -> tuple[AnimeEpisode, ...]:
        """Return the anime episodes that its file holds."""
        return self.match.episodes if self.match is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Something on which services do not agree: a translatable code with its values."""

    code: str
    values: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityMap:
    """A request's items under all their names."""

    items: tuple[ItemIdentity, ...]
    mismatches: tuple[Mismatch, ...]


def identity_map(request: Request) -> IdentityMap:
    """Return what is what for an open request; of an ended one its facts are not known any more."""
    evidence = Evidence(request.facts.values())
    items = {MOVIE} if request.media_type is MediaType.MOVIE else request.items
    rows = tuple(_identity(request, evidence, item) for item in sorted(items))
    return IdentityMap(items=rows, mismatches=tuple(_mismatches(request, evidence, rows)))


def _identity(request: Request, evidence: Evidence, item: ItemKey) -> ItemIdentity:
    subject = Subject(item=item)
    found = sorted(
        (match for _, match in matches(evidence, subject)),
        key=lambda match: match.phase is not MatchPhase.MATCHED,
    )
    playable = sorted(evidence.about(Playable, subject), key=lambda value: not value.present)
    return ItemIdentity(
        item=item,
        title=request.item_titles.get(item),
        file=next((file for file in evidence.about(File, subject) if file.present), None),
        match=found[0] if found else None,
        playable=playable[0] if playable else None,
    )


def _mismatches(
    request: Request, evidence: Evidence, rows: tuple[ItemIdentity, ...]
) -> Iterator[Mismatch]:
    yield from _of_wishes(request, evidence, rows)
    unmatched = _files(rows, MatchPhase.UNMATCHED)
    if unmatched:
        yield Mismatch(code="unmatched_files", values={"count": len(unmatched)})
    extra = _extra(request, evidence)
    if extra:
        yield Mismatch(code="extra_episodes", values={"count": len(extra)})
    yield from _of_episodes(rows)
    for row in rows:
        if row.playable is not None and row.playable.guess:
            yield Mismatch(code="same_title", values={"name": row.playable.guess})
            return


def _of_wishes(
    request: Request, evidence: Evidence, rows: tuple[ItemIdentity, ...]
) -> Iterator[Mismatch]:
    """Yield where the manager does not look for what was asked."""
    if request.media_type is MediaType.MOVIE:
        return
    known = [row.item for row in rows if evidence.about(Wanted, Subject(item=row.item))]
    monitored = [
        item
        for item in known
        if any(wanted.monitored for wanted in evidence.about(Wanted, Subject(item=item)))
        or request.status.items.get(item) in _DONE
    ]
    if len(monitored) < len(known):
        yield Mismatch(
            code="monitors_fewer", values={"requested": len(known), "monitored": len(monitored)}
        )
    if known:
        for season in sorted(request.seasons - {item.season for item in known}):
            yield Mismatch(code="season_unknown", values={"season": season})


_DONE = frozenset({Stage.ANIME_MATCHING, Stage.SYNCING_LIBRARY, Stage.AVAILABLE})


def _files(rows: tuple[ItemIdentity, ...], phase: MatchPhase) -> set[str]:
    return {
        row.match.file_id or row.match.path or row.item.label
        for row in rows
        if row.match is not None and row.match.phase is phase
    }


def _extra(request: Request, evidence: Evidence) -> set[ItemKey]:
    """Return the episodes that downloads brought although nobody asked for them."""
    if request.media_type is MediaType.MOVIE:
        return set()
    brought = {
        item
        for key in evidence.downloads
        for grab in evidence.about(Grab, Subject(download=key))
        for item in grab.items
    }
    return {item for item in brought if not request.wants(item)}


def _of_episodes(rows: tuple[ItemIdentity, ...]) -> Iterator[Mismatch]:
    """Yield where several files are the same anime episode."""
    files: dict[int, set[str]] = {}
    for row in rows:
        for episode in row.episodes:
            name = (row.match and row.match.file_id) or row.item.label
            files.setdefault(episode.anidb_episode, set()).add(name)
    doubled = [number for number, found in files.items() if len(found) > 1]
    if doubled:
        yield Mismatch(code="same_episode", values={"count": len(doubled)})
