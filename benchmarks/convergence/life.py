"""Let random things happen to titles: everything that people, managers, clients and disks do."""

from collections.abc import Iterator
from contextlib import suppress
from functools import partial

from simulator import Episode, Simulator, Title, UsenetClient
from simulator.arr_state import Download, EpisodeEntry, MovieEntry, SeriesEntry
from simulator.radarr import Radarr
from simulator.seerr_state import RequestStatus, SeerrRefusedError
from simulator.sonarr import Sonarr

from .anime import AnimeLife
from .dice import Dice
from .verb import Verb


class Life:
    """The titles of one schedule, and what can happen to them."""

    def __init__(self, sim: Simulator, dice: Dice) -> None:
        """Let the metadata services know a few titles."""
        self._sim = sim
        self._dice = dice
        self._usenet = UsenetClient(sim.clock, rate=40_000_000)
        self._blackhole = UsenetClient(sim.clock, blackhole=True)
        self._anime = AnimeLife(sim, dice) if sim.has("shoko") else None
        self.titles: list[Title] = []
        more = dice.below(6) if dice.chance(15) else 0
        for number in range(1, 3 + dice.below(3) + more):
            self.titles.append(self._title(number))

    def _title(self, number: int) -> Title:
        world, dice = self._sim.world, self._dice
        if self._anime is not None and dice.chance(60):
            return self._anime.title(number, self.titles)
        if dice.chance(50):
            return world.add_title_movie(title=f"Film {number}", year=2020, tmdb=7000 + number)
        return world.add_title_series(
            title=f"Series {number}",
            year=2020,
            tmdb=8000 + number,
            tvdb=9000 + number,
            seasons={1: 2, 2: 2},
            unaired=dice.below(3) if dice.chance(40) else 0,
        )

    def verbs(self) -> list[Verb]:
        """Return everything that can happen now, as often as it is likely."""
        found = [*self._seerr_verbs(), *self._library_verbs()]
        for radarr in self._sim.all_of(Radarr):
            found += self._radarr_verbs(radarr)
        for sonarr in self._sim.all_of(Sonarr):
            found += self._sonarr_verbs(sonarr)
        if self._anime is not None:
            found += self._anime.verbs(self.titles)
        return [verb for verb in found for _ in range(verb.weight)]

    # -- people --------------------------------------------------------------------------------

    def _seerr_verbs(self) -> Iterator[Verb]:
        seerr = self._sim.seerr
        for title in self.titles:
            yield Verb(name=f"request {title.title}", deed=partial(self._ask, title), weight=3)
        for row in seerr.requests.values():
            name = f"{row.title.title} ({'4K' if row.is_4k else 'HD'} request {row.id})"
            if row.status is RequestStatus.PENDING:
                yield Verb(name=f"approve {name}", deed=partial(seerr.approve, row), weight=5)
                yield Verb(name=f"decline {name}", deed=partial(seerr.decline, row))
            if row.status is RequestStatus.DECLINED:
                yield Verb(name=f"approve after all {name}", deed=partial(seerr.approve, row))
            if row.status is RequestStatus.FAILED:
                yield Verb(name=f"retry {name}", deed=partial(seerr.retry, row), weight=3)
            yield Verb(
                name=f"delete {name}", deed=partial(seerr.delete_request, row), loses=row.title
            )
        yield Verb(name="Seerr looks into Jellyfin", deed=seerr.scan, weight=2)

    async def _ask(self, title: Title) -> None:
        dice, is_series = self._dice, title.kind == "tv"
        has_4k = len(self._sim.seerr.servers(title)) > 1
        with suppress(SeerrRefusedError):  # asked for already
            await self._sim.seerr.request(
                title,
                user="bob" if dice.chance(40) else "alice",
                seasons=dice.some(sorted(title.season_counts)) if is_series else None,
                is_4k=has_4k and dice.chance(40),
            )

    # -- managers ------------------------------------------------------------------------------

    def _radarr_verbs(self, radarr: Radarr) -> Iterator[Verb]:
        if not radarr.running:
            return  # a program that is not there does nothing
        for title in self.titles:
            if title.kind == "movie" and radarr.find(title) is None:
                yield Verb(
                    name=f"add {title.title} to {radarr.name} by hand",
                    deed=partial(radarr.add, title),
                )
        for film in list(radarr.entries.values()):
            if film.title in self.titles:
                yield from self._film_verbs(radarr, film)
        for download in list(radarr.downloads):
            yield from self._download_verbs(radarr, download)

    def _film_verbs(self, radarr: Radarr, film: MovieEntry) -> Iterator[Verb]:
        name = f"{film.title.title} in {radarr.name}"
        quality = _quality(radarr)
        own = [download for download in radarr.downloads if download.entry is film]
        if len(own) < 2 and self._sim.qbittorrent.running:
            yield Verb(
                name=f"grab {name}",
                deed=lambda: radarr.grab(film, client=self._client(), quality=quality),
                weight=1 if own or film.file else 6,
            )
        if film.file is None:
            if not radarr.is_4k:  # in the simulator its name would be the same in both folders
                yield Verb(name=f"find the file of {name}", deed=lambda: radarr.find_existing(film))
            yield Verb(
                name=f"import {name} by hand",
                deed=lambda: radarr.import_file(film, quality=quality),
                weight=4 if self._sim.world.anidb.knows(film.title) else 1,
            )
        else:
            yield Verb(
                name=f"delete the file of {name}",
                deed=lambda: radarr.delete_file(film),
                loses=film.title,
            )
        yield Verb(
            name=f"delete {name}", deed=lambda: self._delete_film(radarr, film), loses=film.title
        )

    def _delete_film(self, radarr: Radarr, film: MovieEntry) -> None:
        for download in [found for found in radarr.downloads if found.entry is film]:
            radarr.drop(download, delete_data=True)
        radarr.delete(film, files=True)

    def _client(self) -> UsenetClient | None:
        """Return a usenet client, one that gives no ids, or None for the torrent client."""
        return self._dice.one((None, None, None, None, self._usenet, self._blackhole))

    def _sonarr_verbs(self, sonarr: Sonarr) -> Iterator[Verb]:
        if not sonarr.running:
            return
        for title in self.titles:
            if title.kind == "tv" and sonarr.find(title) is None:
                yield Verb(
                    name=f"add {title.title} to {sonarr.name} by hand",
                    deed=partial(self._add_series, sonarr, title),
                )
        for series in list(sonarr.entries.values()):
            if series.title in self.titles:
                yield from self._series_verbs(sonarr, series)
        for download in list(sonarr.downloads):
            yield from self._download_verbs(sonarr, download)

    def _add_series(self, sonarr: Sonarr, title: Title) -> None:
        sonarr.add(title, seasons=self._dice.some((1, 2)))

    def _series_verbs(self, sonarr: Sonarr, series: SeriesEntry) -> Iterator[Verb]:
        name = f"{series.title.title} in {sonarr.name}"
        aired = [item for item in series.episodes if self._aired(item.info)]
        missing = [item for item in aired if item.monitored and item.file is None]
        there = [item for item in aired if item.file is not None]
        own = [download for download in sonarr.downloads if download.entry is series]
        quality = _quality(sonarr)
        if (missing or there) and len(own) < 4 and self._sim.qbittorrent.running:
            yield Verb(
                name=f"grab episodes of {name}",
                deed=lambda: self._grab_episodes(sonarr, series, missing or there),
                weight=6 if missing and not own else 2,
            )
        if missing:
            if not sonarr.is_4k:
                yield Verb(
                    name=f"find files of {name}",
                    deed=lambda: sonarr.find_existing(self._dice.some(missing)),
                )
            yield Verb(
                name=f"import episodes of {name} by hand",
                deed=lambda: sonarr.import_by_hand(self._dice.some(missing), quality=quality),
                weight=4 if self._sim.world.anidb.knows(series.title) else 1,
            )
        if there:
            yield Verb(
                name=f"delete a file of {name}",
                deed=lambda: sonarr.delete_file(self._dice.one(there)),
                loses=series.title,
            )
        yield Verb(
            name=f"delete {name}",
            deed=lambda: self._delete_series(sonarr, series),
            loses=series.title,
        )

    def _aired(self, episode: Episode) -> bool:
        return self._sim.world.aired(episode)

    def _grab_episodes(
        self, sonarr: Sonarr, series: SeriesEntry, items: list[EpisodeEntry]
    ) -> None:
        """Grab a pack of a season, or one episode."""
        first = self._dice.one(items)
        pack = [item for item in items if item.info.season == first.info.season]
        chosen = pack if self._dice.chance(50) else [first]
        sonarr.grab(series, chosen, client=self._client(), quality=_quality(sonarr))

    def _delete_series(self, sonarr: Sonarr, series: SeriesEntry) -> None:
        for download in [found for found in sonarr.downloads if found.entry is series]:
            sonarr.drop(download, delete_data=True)
        sonarr.delete(series, files=True)

    # -- downloads -----------------------------------------------------------------------------

    def _download_verbs(self, arr: Radarr | Sonarr, download: Download) -> Iterator[Verb]:
        name = f"{download.release.title} in {arr.name}"
        torrent = (download.client_id or "").lower()
        is_blackhole = download.client_id is None
        if download.listed and (is_blackhole or not download.view().size_left):
            yield Verb(name=f"import {name}", deed=lambda: self._import(arr, download), weight=8)
            yield Verb(name=f"block the import of {name}", deed=lambda: arr.block(download))
        elif download.listed:
            yield Verb(name=f"complete {name}", deed=lambda: arr.complete(download), weight=3)
        yield Verb(name=f"fail {name}", deed=lambda: arr.fail(download, "no seeds"), weight=2)
        client = self._sim.qbittorrent
        if torrent in client.torrents and client.running:
            yield Verb(name=f"stall {name}", deed=lambda: client.stall(torrent))
            yield Verb(name=f"pause {name}", deed=lambda: client.pause(torrent))
            yield Verb(name=f"resume {name}", deed=lambda: client.resume(torrent))
            yield Verb(
                name=f"remove the torrent of {name}",
                deed=lambda: client.remove(torrent, delete_data=True),
            )

    def _import(self, arr: Radarr | Sonarr, download: Download) -> None:
        if isinstance(arr, Radarr):
            arr.import_download(download)
            return
        left = [item for item in download.episodes if item not in download.imported]
        arr.import_download(download, episodes=self._dice.some(left))

    # -- the library ---------------------------------------------------------------------------

    def _library_verbs(self) -> Iterator[Verb]:
        yield Verb(name="Jellyfin scans", deed=self._sim.jellyfin.scan, weight=5)


def _quality(arr: Radarr | Sonarr) -> str:
    return "WEBDL-2160p" if arr.is_4k else "WEBDL-1080p"
