"""A tiny household with Shoko: what it says of files, pushed and surveyed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import override

from custom_components.media_status.lifecycle.facts import (
    Anime,
    AnimeEpisode,
    FactKind,
    File,
    Match,
    MatchPhase,
    Observation,
    Statement,
)
from custom_components.media_status.lifecycle.model import ItemKey, Service, Subject, Via
from custom_components.media_status.lifecycle.request import Changes

from .world import House, World

SHOKO = "shoko-1"


@dataclass
class AnimeWorld(World):
    """A title whose files Shoko looks at; `edition` changes the name of a file."""

    is_flagged: bool = True  # the manager calls it anime
    phases: dict[ItemKey, MatchPhase] = field(default_factory=dict)
    edition: dict[ItemKey, int] = field(default_factory=dict)

    def path(self, item: ItemKey, mount: str = "/data/anime") -> str:
        """Return where a program sees the file of an item."""
        edition = self.edition.get(item, 0)
        return f"{mount}/Title {self.tmdb}/{item.label} v{edition}.mkv"

    def phase(self, item: ItemKey) -> MatchPhase:
        """Return how far Shoko is with the file that an item has now."""
        return self.phases.get(item, MatchPhase.UNSEEN)

    def match(self, item: ItemKey) -> Match:
        """Return what Shoko knows of the file that an item has now."""
        phase = self.phase(item)
        number = 1000 * item.season + item.number
        matched = phase is MatchPhase.MATCHED
        return Match(
            phase=phase,
            path=self.path(item),
            file_id=None if phase is MatchPhase.UNSEEN else str(number),
            name=self.path(item).rpartition("/")[2],
            episodes=(AnimeEpisode(anidb_anime=1, anidb_episode=number),) if matched else (),
        )

    def shoko_pushes(self, when: datetime, item: ItemKey) -> Observation:
        """Return an event about the file of an item, which Shoko sees under another mount."""
        matched = self.phase(item) is MatchPhase.MATCHED
        said = [Statement(value=self.match(item))]
        if matched:
            said.append(Statement(value=Anime(is_anime=True, source="shoko")))
        return Observation(
            connection_id=SHOKO,
            service=Service.SHOKO,
            via=Via.PUSH,
            seen_at=when,
            file_path=self.path(item, "\\anime").replace("/", "\\"),
            statements=tuple(said),
        )

    def shoko_survey(self, when: datetime, house: House) -> Iterator[Observation]:
        """Yield what Shoko says about every file of the title."""
        for request in house.tracker.requests.values():
            if request.ids.tmdb != self.tmdb:
                continue
            is_known = any(self.phase(item) is MatchPhase.MATCHED for item in self.files)
            said = [Statement(value=Anime(is_anime=is_known, source="shoko"))]
            said += [
                Statement(value=self.match(item), subject=Subject(item=item))
                for item in sorted(self.files)
            ]
            yield Observation(
                connection_id=SHOKO,
                service=Service.SHOKO,
                via=Via.SURVEY,
                seen_at=when,
                request_id=request.id,
                statements=tuple(said),
            )

    @override
    def manager_survey(self, when: datetime) -> Iterator[Observation]:
        """Yield all that Radarr/Sonarr shows, with the paths of the files' present editions."""
        for seen in super().manager_survey(when):
            yield self.manager_says(when, Via.SURVEY, *map(self._with_path, seen.statements))
        if self.is_flagged and self.managed:
            hint = Statement(value=Anime(is_anime=True, source="series type"))
            yield self.manager_says(when, Via.SURVEY, hint)

    def _with_path(self, said: Statement) -> Statement:
        value, item = said.value, said.subject.item
        if item is None or not isinstance(value, File) or not value.present:
            return said
        return Statement(value=File(present=True, path=self.path(item)), subject=said.subject)


class AnimeHouse(House):
    """A tracker with worlds of anime around it."""

    @override
    def survey(self, when: datetime) -> Changes:
        """Survey every service, Shoko too."""
        changes = super().survey(when)
        seen = [
            word
            for world in self.worlds
            if isinstance(world, AnimeWorld)
            for word in world.shoko_survey(when, self)
        ]
        none: set[FactKind] = set()
        return changes + self._survey(SHOKO, Service.SHOKO, when, none, seen)
