"""What the services of a household remember of the years before: requests, torrents, anime.

Nothing here goes the usual way (ask, grab, import), so that 100,000 requests are made in seconds;
the rows are those that the usual way leaves behind.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Final

from .arr_state import SHELF_EPISODE_SIZE, SHELF_MOVIE_SIZE, movie_file_name
from .jellyfin_items import item_id
from .model import Title, User
from .past_anime import match_shelf
from .seerr_state import (
    MediaSeason,
    MediaStatus,
    RequestStatus,
    SeasonRequest,
    SeerrMedia,
    SeerrRequest,
    Side,
)

if TYPE_CHECKING:
    from .server import Simulator

YEARS: Final = timedelta(days=5 * 365)
_SERIES_SHARE: Final = 4  # every fourth open request is for a series
_FIRST_WISH: Final = 8_000_000
_FIRST_WISHED_SERIES: Final = 9_000_000


async def live(sim: Simulator) -> None:
    """Let the services remember what the profile says."""
    age(sim)
    people = [sim.world.add_user(f"person{n}") for n in range(4, sim.world.profile.users + 1)]
    remember_requests(sim, people or list(sim.world.users.values()))
    seed_torrents(sim)
    if sim.has("shoko"):
        match_shelf(sim)
    await wish(sim)
    await sim.settle()


def age(sim: Simulator) -> None:
    """Let the shelf be as old as the first request, so that nothing on it counts as new."""
    sim.world.epoch -= YEARS
    for item in sim.jellyfin.library.items.values():
        item.created, item.saved = item.created - YEARS, item.saved - YEARS
    for film in sim.radarr.entries.values():
        film.added -= YEARS
        if film.file is not None:
            film.file.added -= YEARS
    for series in sim.sonarr.entries.values():
        series.added -= YEARS


def know_shelf(sim: Simulator) -> None:
    """Let Seerr know that everything on the shelf is there, as after its scans."""
    for title, number in _numbers(sim).items():
        _media(sim, title, sim.world.epoch, number)


def _numbers(sim: Simulator) -> dict[Title, int]:
    """Return the numbers that Radarr and Sonarr have given to titles."""
    known = {entry.title: entry.id for entry in sim.radarr.entries.values()}
    return known | {entry.title: entry.id for entry in sim.sonarr.entries.values()}


def remember_requests(sim: Simulator, people: list[User]) -> None:
    """Let Seerr have answered the profile's number of requests, all for what is on the shelf."""
    world, count = sim.world, sim.world.profile.history
    if not world.library:
        return
    asking = cycle(people)
    step = YEARS / max(count, 1)
    shelf = cycle(world.library)
    known = _numbers(sim)
    for number in range(count):
        title, person = next(shelf), next(asking)
        at = world.epoch + step * (number + 0.5)
        media = sim.seerr.media.get((title.kind, title.tmdb)) or _media(
            sim, title, at, known[title]
        )
        row = SeerrRequest(
            id=world.next_id(f"{sim.seerr.name}:request"),
            status=RequestStatus.COMPLETED,
            media=media,
            is_4k=False,
            requested_by=person,
            modified_by=person,
            created=at,
            seasons=list(_asked(sim, title, at)),
        )
        sim.seerr.requests[row.id] = row
        person.requests += 1


def _media(sim: Simulator, title: Title, at: datetime, external_id: int) -> SeerrMedia:
    """Return the row of a title that Seerr knows to be there."""
    world, seerr = sim.world, sim.seerr
    if title.kind == "movie":
        place = f"/data/media/movies/{title.folder}"
        key = item_id("Movie", f"{place}/{movie_file_name(title, 'WEBDL-1080p', 'FLUX')}")
    else:
        key = item_id("Series", f"/data/media/tv/{title.folder}")
    side = Side(
        status=MediaStatus.AVAILABLE,
        service_id=0,
        external_id=external_id,
        slug=title.slug if title.kind == "tv" else str(title.tmdb),
        jellyfin_id=key,
    )
    media = SeerrMedia(
        id=world.next_id(f"{seerr.name}:media"),
        title=title,
        created=at,
        imdb=title.imdb or None,
        added=at,
        last_season_change=at,
        standard=side,
        seasons=[
            MediaSeason(
                id=world.next_id(f"{seerr.name}:media-season"),
                number=season,
                created=at,
                status=MediaStatus.AVAILABLE,
            )
            for season in title.season_counts
        ],
    )
    seerr.media[title.kind, title.tmdb] = media
    return media


def _asked(sim: Simulator, title: Title, at: datetime) -> Iterator[SeasonRequest]:
    for season in title.season_counts:
        yield SeasonRequest(
            id=sim.world.next_id(f"{sim.seerr.name}:season"),
            number=season,
            status=RequestStatus.COMPLETED,
            created=at,
        )


def seed_torrents(sim: Simulator) -> None:
    """Let qBittorrent seed the profile's number of torrents, one for each title of the shelf."""
    world, client = sim.world, sim.qbittorrent
    for number, title in zip(range(world.profile.torrents), cycle(world.library), strict=False):
        is_film = title.kind == "movie"
        torrent = client.add_torrent(
            world.new_hash(),
            f"{title.title}.{title.year}.{number}",
            SHELF_MOVIE_SIZE if is_film else 10 * SHELF_EPISODE_SIZE,
            category="radarr" if is_film else "tv-sonarr",
        )
        client.finish(torrent.id)


async def wish(sim: Simulator) -> None:
    """Let the profile's number of requests be open, with that many rows in the queues."""
    rows, profile = 0, sim.world.profile
    for number in range(1, profile.active + 1):
        if number % _SERIES_SHARE:
            film = sim.world.add_title_movie(
                title=f"Wish {number}", year=2024, tmdb=_FIRST_WISH + number
            )
            await sim.seerr.request(film)
            entry = sim.radarr.find(film)
            if rows < profile.queue and number % 2 and entry is not None:
                sim.radarr.grab(entry)
                rows += 1
        else:
            rows += await _wish_series(sim, number, is_queued=rows < profile.queue)


async def _wish_series(sim: Simulator, number: int, *, is_queued: bool) -> int:
    """Let a series be asked for; return how many rows of the queue that makes."""
    series = sim.world.add_title_series(
        title=f"Wish {number}",
        year=2020,
        tmdb=_FIRST_WISH + number,
        tvdb=_FIRST_WISHED_SERIES + number,
        seasons={1: 10, 2: 10},
    )
    await sim.seerr.request(series)
    entry = sim.sonarr.find(series)
    if not is_queued or entry is None:
        return 0
    wanted = entry.season(1)
    sim.sonarr.grab(entry, wanted)
    return len(wanted)
