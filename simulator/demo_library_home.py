"""A household for the demonstration of the library: three requests, and eight disagreements."""

from dataclasses import dataclass, field
from typing import Final

from .anime import FILM_FOLDER
from .demo_library_report import Expected
from .holdings import hold_film, hold_series
from .jellyfin_items import Item
from .model import Title
from .past import age, know_shelf
from .seerr_state import MediaStatus
from .server import DEFAULT, Simulator
from .shoko_import import AnimePace

FIRST: Final = "seerr"
SECOND_RADARR: Final = "films2"
LATER: Final = ("radarr", SECOND_RADARR, "sonarr", "qbittorrent", "shoko", "jellyfin")
SERVICES: Final = (*DEFAULT, "shoko", f"radarr:{SECOND_RADARR}")
FOX: Final = "A Fox in Fog"
_GHOST: Final = "The Empty Chair"
_MOST_PIECES: Final = 2**20


@dataclass(slots=True, kw_only=True)
class Home:
    """The services, who asked for what, and on what they disagree."""

    sim: Simulator
    film: Title
    series: Title
    waiting: Title
    expected: list[Expected] = field(default_factory=list)

    @property
    def finished(self) -> tuple[Title, Title]:
        """Return what is there when Home Assistant gets to know the other services."""
        return self.film, self.series

    async def fill(self) -> None:
        """Let what was asked for arrive, and Jellyfin and Seerr notice it."""
        hold_film(self.sim, self.film)
        hold_series(self.sim, self.series)
        await self.sim.jellyfin.scan()
        await self.sim.seerr.scan_arrs()
        await self.sim.seerr.scan()
        await self.sim.settle()

    def disagree(self) -> None:
        """Let the services disagree in every way there is, each time on another title."""
        films = [title for title in self.sim.world.library if title.kind == "movie"]
        first, second = (title for title in self.sim.world.library if title.kind == "tv")
        self._twice(films[0])
        self._lost(films[1])
        self._orphaned(films[2])
        self._incomplete(first)
        self._overlooked(second)
        self._believed()
        self._unmatched()

    def _item(self, title: Title, kind: str) -> Item:
        return next(item for item in self.sim.jellyfin.library.of(title) if item.type == kind)

    def _twice(self, title: Title) -> None:
        """Let two Radarrs have a film, and Jellyfin have a wrong IMDb id for it."""
        second = self.sim.all_of(type(self.sim.radarr))[1]
        others = [entry for entry in second.entries.values() if entry.title is not title]
        second.delete_many(others, files=False)
        item = self._item(title, "Movie")
        item.given_ids = item.provider_ids | {"Imdb": "tt9999999"}
        self._expect("duplicate", title)
        self._expect("id_conflict", title)

    def _lost(self, title: Title) -> None:
        """Let Jellyfin not show a film that Radarr has."""
        self.sim.jellyfin.library.disown(self._item(title, "Movie"))
        self._expect("missing_in_library", title)

    def _orphaned(self, title: Title) -> None:
        """Let Radarr have forgotten a film whose file is still there."""
        entry = self.sim.radarr.find(title)
        if entry is not None:
            self.sim.radarr.delete(entry, files=False)
        self._expect("unknown_to_managers", title)

    def _incomplete(self, title: Title) -> None:
        """Let Jellyfin lack an episode that Sonarr has."""
        self.sim.jellyfin.library.wake()
        self.sim.jellyfin.library.disown(self._item(title, "Episode"))
        self._expect("episodes_missing_in_library", title)

    def _overlooked(self, title: Title) -> None:
        """Let Seerr not have noticed that a series is there."""
        self.sim.seerr.media[title.kind, title.tmdb].standard.status = MediaStatus.PROCESSING
        self._expect("seerr_behind", title)

    def _believed(self) -> None:
        """Let Seerr believe in a film that nobody has."""
        ghost = self.sim.world.add_title_movie(title=_GHOST, year=2011, tmdb=9_800_009)
        self.sim.seerr.believe(ghost)
        self._expect("seerr_wrong", ghost)

    def _unmatched(self) -> None:
        """Let a file lie in Shoko's folder that AniDB does not know."""
        film = self.sim.world.add_anime_film(title=FOX, year=2019, tmdb=9_800_008)
        self.sim.shoko.unmatched(FOX)
        path = f"{FILM_FOLDER}/{film.folder}/{FOX}.mkv"
        self.sim.world.put_file(path, film, (), size=_MOST_PIECES, quality="WEBDL-1080p")
        self.expected.append(Expected(code="shoko_unmatched", title="", names=FOX))

    def _expect(self, code: str, title: Title) -> None:
        # Seerr knows a title by its number only, and lists no name.
        name = "" if title.title == _GHOST else title.title
        self.expected.append(Expected(code=code, title=name, tmdb=title.tmdb))


async def make_home(sim: Simulator) -> Home:
    """Return a household with a full shelf, in which three things were asked for."""
    sim.shoko.importer.pace = AnimePace(detect=0.1, hash=0.1, match=0.1, image=0.1, create=0.1)
    age(sim)
    know_shelf(sim)
    world = sim.world
    home = Home(
        sim=sim,
        film=world.add_title_movie(title="The Glass Orchard", year=2022, tmdb=9_800_001),
        series=world.add_title_series(
            title="Winter Machine", year=2020, tmdb=9_800_002, tvdb=9_810_002, seasons={1: 4, 2: 3}
        ),
        waiting=world.add_title_movie(title="Letters to the Sea", year=2023, tmdb=9_800_003),
    )
    for title in (home.film, home.series, home.waiting):
        await sim.seerr.request(title, user="alice")
    await sim.settle()
    return home
