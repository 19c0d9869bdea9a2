"""Filling a household: titles that are there, seeded, shared, packed, linked or copied.

Everything goes the usual way (grab, complete, import), so history, queue, disk and torrents agree.
`await settled(sim)` afterwards lets Shoko match, Jellyfin show and Seerr notice it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .arr_state import (
    EpisodeEntry,
    MediaFile,
    MovieEntry,
    SeriesEntry,
    file_in_pack,
    movie_file_name,
)
from .downloads import Release
from .model import Title
from .qbt_torrents import Torrent
from .radarr import Radarr
from .sonarr import Sonarr

if TYPE_CHECKING:
    from .server import Simulator

_GIGABYTE = 1_000_000_000


@dataclass(slots=True, kw_only=True, eq=False)
class Held[E: MovieEntry | SeriesEntry]:
    """A title that is there, with the torrents it came from."""

    entry: E
    files: list[MediaFile] = field(default_factory=list)
    torrents: list[Torrent] = field(default_factory=list)


def hold_film(
    sim: Simulator,
    title: Title,
    *,
    radarr: Radarr | None = None,
    linked: bool = True,
    seeding: bool = True,
    extras: int = 0,
    size: int = 4 * _GIGABYTE,
) -> Held[MovieEntry]:
    """Let a Radarr have a film; its file is a hard link of the torrent's, or a copy."""
    radarr = radarr or sim.radarr
    entry = radarr.add(title)
    quality = "WEBDL-2160p" if radarr.is_4k else "WEBDL-1080p"
    download = radarr.grab(entry, client=sim.qbittorrent, quality=quality, size=size)
    radarr.complete(download)
    before, radarr.hard_links = radarr.hard_links, linked
    file = radarr.import_download(download)
    radarr.hard_links = before
    held = Held(entry=entry, files=[file], torrents=[_torrent(sim, str(download.client_id))])
    _add_extras(sim, file, extras)
    if not seeding:
        _end_seeding(sim, held)
    return held


def hold_series(
    sim: Simulator,
    title: Title,
    *,
    sonarr: Sonarr | None = None,
    packs: Sequence[Sequence[int]] | None = None,
    linked: bool = True,
    seeding: bool = True,
    extras: int = 0,
    size: int = _GIGABYTE,
) -> Held[SeriesEntry]:
    """Let a Sonarr have a series: one torrent for each group of seasons in `packs`.

    By default every season is a pack; `()` gives every episode a torrent of its own.
    """
    sonarr = sonarr or sim.sonarr
    entry = sonarr.add(title)
    aired = [item for item in entry.episodes if sim.world.aired(item.info) and item.monitored]
    groups = [[item] for item in aired]
    if packs is None:
        packs = [[number] for number in sorted({item.info.season for item in aired})]
    if packs:
        groups = [[i for i in aired if i.info.season in seasons] for seasons in packs]
    held = Held(entry=entry)
    before, sonarr.hard_links = sonarr.hard_links, linked
    for group in filter(None, groups):
        _fetch(sim, sonarr, held, group, size)
    sonarr.hard_links = before
    for file in held.files:
        _add_extras(sim, file, extras)
    if not seeding:
        _end_seeding(sim, held)
    return held


def _fetch(
    sim: Simulator, sonarr: Sonarr, held: Held[SeriesEntry], group: list[EpisodeEntry], size: int
) -> None:
    release = sonarr.make_release(held.entry.title, group, "WEBDL-1080p", size * len(group))
    if len(group) > 1:
        release.kind = "seasonPack"
        release.files = tuple((file_in_pack(item.info), size) for item in group)
    download = sonarr.grab(held.entry, group, client=sim.qbittorrent, release=release)
    sonarr.complete(download)
    held.files += sonarr.import_download(download)
    held.torrents.append(_torrent(sim, str(download.client_id)))


def hold_collection(
    sim: Simulator, titles: Iterable[Title], *, name: str = "Trilogy", size: int = 4 * _GIGABYTE
) -> list[Held[MovieEntry]]:
    """Let Radarr have several films out of one torrent."""
    radarr, client = sim.radarr, sim.qbittorrent
    entries = [radarr.add(title) for title in titles]
    names = [movie_file_name(entry.title, "WEBDL-1080p", "FLUX") for entry in entries]
    release = Release(title=name, quality="WEBDL-1080p", size=size * len(entries))
    release.files = tuple((text, size) for text in names)
    number = client.add(release, sim.world.new_hash(), radarr.category) or ""
    torrent = _torrent(sim, number)
    client.finish(number)
    result = []
    for entry, text in zip(entries, names, strict=True):
        download = radarr.follow(entry, client=client, release=release, client_id=number)
        source = f"{torrent.content_path}/{text}"
        file = radarr.import_file(entry, download=download, source=source)
        radarr.drop(download)
        result.append(Held(entry=entry, files=[file], torrents=[torrent]))
    return result


async def settled(sim: Simulator, *, patience: float = 600) -> None:
    """Let Shoko be done with what is new, Jellyfin show it, and Seerr notice it."""
    if sim.has("shoko"):
        await sim.advance(sim.shoko.importer.pace.detect + 1)
        waited = 0.0
        while sim.shoko.importer.jobs and waited < patience:
            await sim.advance(10)
            waited += 10
        pace = sim.shoko.importer.pace
        await sim.advance(pace.image + pace.create + pace.tmdb + pace.appear)
    if sim.has("jellyfin"):
        await sim.jellyfin.scan()
    if sim.has("seerr"):
        await sim.seerr.scan_arrs()
        await sim.seerr.scan()
    await sim.settle(held=False)


def _torrent(sim: Simulator, number: str) -> Torrent:
    return sim.qbittorrent.torrents[number.lower()]


def _add_extras(sim: Simulator, file: MediaFile, count: int) -> None:
    stem = file.path.rpartition(".")[0]
    for language in ("en", "de", "fr", "ja")[:count]:
        file.extras.append(sim.world.lay(f"{stem}.{language}.srt"))


def _end_seeding[E: MovieEntry | SeriesEntry](sim: Simulator, held: Held[E]) -> None:
    for torrent in held.torrents:
        sim.qbittorrent.remove(torrent.id, delete_data=True)
    held.torrents.clear()
