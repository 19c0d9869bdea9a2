"""Let people and programs do things of their own while a deletion is planned or under way."""

from collections.abc import Callable, Iterator
from functools import partial

from simulator import Simulator
from simulator.arr_state import MovieEntry, SeriesEntry
from simulator.radarr import Radarr
from simulator.sonarr import Sonarr

from ..convergence.dice import Dice

type Deed = tuple[str, Callable[[], object]]


class Meddler:
    """Everybody else in the household."""

    def __init__(self, sim: Simulator, dice: Dice) -> None:
        """Do nothing yet."""
        self._sim = sim
        self._dice = dice

    def meddle(self) -> str:
        """Do one thing; return what."""
        deeds = [*self._torrents(), *self._files()]
        if not deeds:
            return "nothing"
        name, deed = self._dice.one(deeds)
        deed()
        return name

    def _torrents(self) -> Iterator[Deed]:
        client, dice = self._sim.qbittorrent, self._dice
        for torrent in list(client.torrents.values()):
            name = f"{torrent.name} ({torrent.id[:8]})"
            if client.content.is_complete(torrent):
                again = partial(client.cross_seed, torrent, linked=dice.chance(50))
                yield f"{name} is seeded a second time", again
            remove = partial(client.remove, torrent.id, delete_data=dice.chance(50))
            yield f"a person removes torrent {name}", remove

    def _files(self) -> Iterator[Deed]:
        for radarr in self._sim.all_of(Radarr):
            for film in list(radarr.entries.values()):
                yield from self._film(radarr, film, f"{film.title.title} in {radarr.name}")
        for sonarr in self._sim.all_of(Sonarr):
            for series in list(sonarr.entries.values()):
                yield from self._series(sonarr, series, f"{series.title.title} in {sonarr.name}")

    def _film(self, radarr: Radarr, film: MovieEntry, name: str) -> Iterator[Deed]:
        yield f"{name} gets another file", lambda: radarr.import_file(film, quality="Bluray-1080p")
        if film.file is not None:
            yield f"a person deletes the file of {name}", lambda: radarr.delete_file(film)
            yield f"{name} is renamed", lambda: radarr.rename(film, "renamed.mkv")
        yield f"a person deletes {name}", lambda: radarr.delete(film, files=self._dice.chance(70))
        yield f"{name} is deleted and added again", lambda: self._again(radarr, film)

    def _again(self, radarr: Radarr, film: MovieEntry) -> None:
        radarr.delete(film, files=False)
        radarr.add(film.title)

    def _series(self, sonarr: Sonarr, series: SeriesEntry, name: str) -> Iterator[Deed]:
        there = [item for item in series.episodes if item.file is not None]
        missing = [
            item
            for item in series.episodes
            if item.file is None and self._sim.world.aired(item.info)
        ]
        if missing:
            item = self._dice.one(missing)
            yield f"an episode of {name} arrives", lambda: sonarr.import_file([item])
        if there:
            one = self._dice.one(there)
            yield f"a person deletes an episode of {name}", lambda: sonarr.delete_file(one)
            yield f"an episode of {name} is renamed", lambda: sonarr.rename(one, "Other/new.mkv")
        yield f"a person deletes {name}", lambda: sonarr.delete(series, files=self._dice.chance(70))
