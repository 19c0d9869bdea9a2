"""Fill a household at random: what people asked for, where it lies, and what brought it."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from custom_components.media_status.lifecycle.model import MOVIE, ItemKey
from simulator import Simulator, Title
from simulator.arr_state import Entry, EpisodeEntry, MediaFile, MovieEntry, file_in_pack
from simulator.holdings import hold_collection, hold_film
from simulator.qbt_torrents import Torrent
from simulator.radarr import Radarr
from simulator.seerr_state import RequestStatus, SeerrRefusedError
from simulator.sonarr import Sonarr

from ..convergence.dice import Dice

type Arr = Radarr | Sonarr

_GIGABYTE = 1_000_000_000
_USERS = ("alice", "bob", "owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """One item that a torrent brought, in the twin's own words."""

    arr: str
    title: Title
    item: ItemKey


@dataclass(slots=True)
class Truth:
    """What the twin cannot tell any more once it is gone."""

    torrents: dict[str, Torrent] = field(default_factory=dict)
    brought: dict[str, set[Brought]] = field(default_factory=dict)  # by torrent


class Estate:
    """The household's titles and torrents."""

    def __init__(self, sim: Simulator, dice: Dice) -> None:
        """Know nothing yet."""
        self._sim = sim
        self._dice = dice
        self.truth = Truth()
        self.titles: list[Title] = []

    async def fill(self) -> None:
        """Let people ask, programs fetch, and everything be ready to watch."""
        dice, sim = self._dice, self._sim
        films = [self._film(number) for number in range(2 + dice.below(3))]
        series = [self._series(number) for number in range(1 + dice.below(3))]
        if sim.has("shoko"):
            films += [self._anime_film(number) for number in range(dice.below(2))]
            series += [self._anime(number) for number in range(1 + dice.below(2))]
        self.titles = [*films, *series]
        for title in self.titles:
            await self._ask(title)
        if len(films) > 2 and dice.chance(40):
            pair, films = films[:2], films[2:]
            if not any(sim.world.anidb.knows(film) for film in pair):
                hold_collection(sim, pair)
        for film in films:
            self._hold_film(film)
        for one in series:
            self._hold_series(one)
        for torrent in list(sim.qbittorrent.torrents.values()):
            self._treat(torrent)
        self._seed_in_place()
        self.learn()

    def learn(self) -> None:
        """Note which torrent brought what: histories go with their titles."""
        truth = self.truth
        truth.torrents |= self._sim.qbittorrent.torrents
        for arr in arrs(self._sim):
            for row in arr.history:
                if row.download_id and row.event in {"grabbed", "downloadFolderImported"}:
                    item = MOVIE if row.episode is None else key_of(row.episode)
                    found = Brought(arr=arr.name, title=row.entry.title, item=item)
                    truth.brought.setdefault(row.download_id.lower(), set()).add(found)

    # -- titles --------------------------------------------------------------------------------

    def _film(self, number: int) -> Title:
        # The numbers of films and series are the same ones: they are different spaces.
        return self._sim.world.add_title_movie(title=f"Film {number}", year=2020, tmdb=700 + number)

    def _series(self, number: int) -> Title:
        seasons = {0: 2} if self._dice.chance(40) else {}
        seasons |= {one: 2 + self._dice.below(2) for one in range(1, 2 + self._dice.below(3))}
        return self._sim.world.add_title_series(
            title=f"Series {number}",
            year=2019,
            tmdb=700 + number,
            tvdb=700 + number,
            seasons=seasons,
            unaired=self._dice.below(2) if self._dice.chance(25) else 0,
        )

    def _anime(self, number: int) -> Title:
        return self._sim.world.add_anime_series(
            title=f"Anime {number}",
            year=2018,
            tmdb=750 + number,
            tvdb=750 + number,
            seasons={1: 2 + self._dice.below(2), 2: 2},
        )

    def _anime_film(self, number: int) -> Title:
        return self._sim.world.add_anime_film(
            title=f"Anime Film {number}", year=2017, tmdb=760 + number
        )

    # -- requests ------------------------------------------------------------------------------

    async def _ask(self, title: Title) -> None:
        """Let nobody, one or two people ask for a title, in one variant or both."""
        dice = self._dice
        if dice.chance(15):
            return  # only the owner's own
        seasons = sorted(number for number in title.season_counts if number)
        parts: list[list[int] | None] = [None]
        if len(seasons) > 1 and dice.chance(50):
            parts = [seasons[:1], seasons[1:]] if dice.chance(60) else [dice.some(seasons)]
        for part in parts:
            await self._request(title, part, is_4k=False)
        if len(self._sim.seerr.servers(title)) > 1 and dice.chance(40):
            await self._request(title, parts[-1], is_4k=True)

    async def _request(self, title: Title, seasons: list[int] | None, *, is_4k: bool) -> None:
        if self._sim.seerr.server_index(title, is_4k=is_4k) is None:
            return
        try:
            row = await self._sim.seerr.request(
                title, user=self._dice.one(_USERS), seasons=seasons, is_4k=is_4k
            )
        except SeerrRefusedError:
            return
        if row.status is RequestStatus.PENDING:
            await self._sim.seerr.approve(row)

    # -- files ---------------------------------------------------------------------------------

    def _hold_film(self, title: Title) -> None:
        """Let a film lie where it was asked for, or where its owner put it."""
        dice, sim = self._dice, self._sim
        own = [radarr for radarr in sim.all_of(Radarr) if radarr.find(title)]
        for radarr in own or [dice.one(sim.all_of(Radarr))]:
            hold_film(
                sim,
                title,
                radarr=radarr,
                linked=dice.chance(70),
                seeding=dice.chance(80),
                extras=dice.below(3),
                size=(2 + dice.below(8)) * _GIGABYTE,
            )

    def _hold_series(self, title: Title) -> None:
        dice, sim = self._dice, self._sim
        own = [sonarr for sonarr in sim.all_of(Sonarr) if sonarr.find(title)]
        for sonarr in own or [dice.one(sim.all_of(Sonarr))]:
            if title.season_counts.get(0) and dice.chance(70):
                sonarr.add(title, seasons=[0])
            if sonarr.find(title) is None:
                sonarr.add(title)
            sonarr.hard_links = dice.chance(70)
            for group in self._groups(sonarr, title):
                self._fetch(sonarr, title, group)
            sonarr.hard_links = True

    def _groups(self, sonarr: Sonarr, title: Title) -> list[list[EpisodeEntry]]:
        """Return which episodes come together: all, a season, two in one file, or each alone."""
        entry, dice = sonarr.find(title), self._dice
        assert entry is not None
        there = [
            item for item in entry.episodes if item.monitored and self._sim.world.aired(item.info)
        ]
        if dice.chance(20):
            return [there] if there else []
        groups: list[list[EpisodeEntry]] = []
        for number in sorted({item.info.season for item in there}):
            season = [item for item in there if item.info.season == number]
            if dice.chance(55):
                groups.append(season)
            elif dice.chance(40):
                groups += [season[:2], *([item] for item in season[2:])]
            else:
                groups += [[item] for item in season]
        return groups

    def _fetch(self, sonarr: Sonarr, title: Title, group: list[EpisodeEntry]) -> None:
        """Grab, complete and import: a pack, or one file that may hold two episodes."""
        entry, dice = sonarr.find(title), self._dice
        assert entry is not None
        quality = "WEBDL-2160p" if sonarr.is_4k else "WEBDL-1080p"
        size = (1 + dice.below(3)) * _GIGABYTE
        release = sonarr.make_release(title, group, quality, size * len(group))
        release.kind = "singleEpisode"
        if len(group) == 2 and group[0].info.season == group[1].info.season and dice.chance(60):
            release.kind = "multiEpisode"
        elif len(group) > 1:
            release.kind = "seasonPack"
            release.files = tuple((file_in_pack(item.info), size) for item in group)
        download = sonarr.grab(entry, group, client=self._sim.qbittorrent, release=release)
        sonarr.complete(download)
        for file in sonarr.import_download(download):
            for language in ("en", "de")[: dice.below(3)]:
                stem = file.path.rpartition(".")[0]
                file.extras.append(self._sim.world.lay(f"{stem}.{language}.srt"))

    # -- torrents ------------------------------------------------------------------------------

    def _treat(self, torrent: Torrent) -> None:
        """Make a torrent private, seeded, seeded twice, or gone."""
        dice, client = self._dice, self._sim.qbittorrent
        if dice.chance(35):
            torrent.private, torrent.trackers = True, ("https://tracker.example/announce",)
            torrent.ratio = dice.one((0.1, 0.9, 2.5))
            torrent.ratio_limit = dice.one((1.0, 2.0, -1.0, -2.0))
        if dice.chance(20):
            client.cross_seed(torrent, linked=dice.chance(50))
        elif dice.chance(8):
            client.remove(torrent.id, delete_data=dice.chance(70))

    def _seed_in_place(self) -> None:
        """Let a torrent seed a file where it lies in the library, as some people do."""
        paths = sorted(self._sim.world.disk)
        if not paths or not self._dice.chance(12):
            return
        folder, _, name = self._dice.one(paths).rpartition("/")
        found = self._sim.world.volume.stat(f"{folder}/{name}")
        assert found is not None
        client = self._sim.qbittorrent
        torrent = client.add_torrent(
            self._sim.world.new_hash(),
            name,
            found.size,
            files=[(name, found.size)],
            save_path=folder,
        )
        client.finish(torrent.id)


def arrs(sim: Simulator) -> list[Arr]:
    """Return all instances of Radarr and Sonarr."""
    return [*sim.all_of(Radarr), *sim.all_of(Sonarr)]


def key_of(episode: EpisodeEntry) -> ItemKey:
    """Return an episode in our words."""
    return ItemKey(episode.info.season, episode.info.number)


def items_with_file(entry: Entry) -> frozenset[ItemKey]:
    """Return what a Radarr or Sonarr has files of, of one title."""
    if isinstance(entry, MovieEntry):
        return frozenset({MOVIE} if entry.file is not None else ())
    return frozenset(key_of(item) for item in entry.episodes if item.file is not None)


def paths_of(torrent: Torrent) -> set[str]:
    """Return where a torrent's files lie."""
    return {f"{torrent.save_path}/{name}" for name, _ in torrent.files}


def files_of(entry: Entry) -> list[MediaFile]:
    """Return the files of a title."""
    if isinstance(entry, MovieEntry):
        return [entry.file] if entry.file is not None else []
    return list({item.file.id: item.file for item in entry.episodes if item.file}.values())


def extras_of(sim: Simulator, paths: Iterable[str]) -> frozenset[str]:
    """Return the subtitles that Radarr and Sonarr keep with some files."""
    wanted = set(paths)
    return frozenset(
        extra
        for arr in arrs(sim)
        for entry in arr.entries.values()
        for file in files_of(entry)
        if file.path in wanted
        for extra in file.extras
    )
