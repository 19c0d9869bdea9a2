"""Let random things happen to anime: AniDB knows it or not, Shoko is banned, people link files."""

from collections.abc import Iterator
from functools import partial

from simulator import Simulator, Title
from simulator.shoko_files import ShokoFile

from .dice import Dice
from .verb import Verb

# A simulated Jellyfin whose Shokofin does not listen shows nothing before it scans.
_OFTEN = 80


class AnimeLife:
    """The anime of a household with a Shoko."""

    def __init__(self, sim: Simulator, dice: Dice) -> None:
        """Choose how the household has set up Shoko and Shokofin."""
        self._sim = sim
        self._dice = dice
        self._hidden: set[Title] = set()
        sim.shoko.events.bare_matches = dice.chance(20)
        sim.jellyfin.shokofin.enable(
            signalr=not dice.chance(100 - _OFTEN),
            movie_library=dice.chance(30),
            group_shows=dice.chance(30),
            add_tmdb=dice.chance(50),
            add_tvdb=dice.chance(30),
            add_missing=not dice.chance(30),
        )

    def title(self, number: int, known: list[Title]) -> Title:
        """Let the metadata services and AniDB know an anime."""
        world, dice = self._sim.world, self._dice
        linked = not dice.chance(30)
        if dice.chance(40):
            series = [title for title in known if title.kind == "tv" and world.anidb.knows(title)]
            return world.add_anime_film(
                title=f"Anime Film {number}",
                year=2020,
                tmdb=7500 + number,
                linked=linked,
                filed_under=dice.one(series) if series and dice.chance(40) else None,
            )
        return world.add_anime_series(
            title=f"Anime {number}",
            year=2020,
            tmdb=8500 + number,
            tvdb=9500 + number,
            seasons={1: 2, 2: 2},
            cours={1: (1, 1)} if dice.chance(30) else None,
            unaired=dice.below(3) if dice.chance(40) else 0,
            linked=linked,
        )

    def verbs(self, titles: list[Title]) -> Iterator[Verb]:
        """Yield what can happen between import and library."""
        shoko = self._sim.shoko
        for title in titles:
            if self._sim.world.anidb.knows(title):
                yield self._fame(title)
        if not shoko.is_up:
            return  # a program that is not there does nothing
        if shoko.importer.banned:
            yield Verb(name="AniDB answers Shoko again", deed=shoko.unban, weight=4)
        else:
            yield Verb(name="AniDB bans Shoko", deed=shoko.ban)
        word = "goes on watching" if not shoko.watching else "stops watching"
        yield Verb(name=f"Shoko {word} its folders", deed=self._watch)
        yield Verb(name="Shoko scans", deed=shoko.scan, weight=1 if shoko.watching else 3)
        for file in shoko.files:
            yield from self._file_verbs(file)

    def _fame(self, title: Title) -> Verb:
        if title in self._hidden:
            return Verb(
                name=f"AniDB learns of {title.title}", deed=partial(self._learn, title), weight=3
            )
        return Verb(
            name=f"AniDB does not know {title.title}", deed=partial(self._hide, title), weight=2
        )

    def _hide(self, title: Title) -> None:
        self._hidden.add(title)
        self._sim.shoko.unmatched(title.title)

    def _learn(self, title: Title) -> None:
        """Let AniDB know a title, and Shoko ask again where it works."""
        shoko = self._sim.shoko
        self._hidden.discard(title)
        shoko.matched_again(title.title)
        for file in shoko.files if shoko.is_up else ():
            if file.media.title is title and file.hashed and not file.links:
                shoko.rescan(file)

    def _watch(self) -> None:
        self._sim.shoko.watching = not self._sim.shoko.watching

    def _file_verbs(self, file: ShokoFile) -> Iterator[Verb]:
        shoko, name = self._sim.shoko, f"{file.name} (file {file.id})"
        if not file.hashed or file.busy:
            return
        yield Verb(name=f"look up {name} again", deed=partial(shoko.rescan, file))
        if file.links:
            yield Verb(
                name=f"unlink {name}", deed=partial(shoko.unlink, file), loses=file.media.title
            )
        else:
            yield Verb(name=f"link {name} by hand", deed=partial(shoko.link, file), weight=3)
