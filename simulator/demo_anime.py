"""Play anime: through Shoko and Shokofin, with everything that goes wrong there."""

import asyncio
from typing import Final

from .demo_check import Plot
from .demo_play import Performance
from .model import Title
from .scenario import Pace, Story
from .seerr_state import SeerrRequest
from .server import DEFAULT
from .shoko_import import AnimePace

_SERVICES: Final = (*DEFAULT[:-1], "shoko", DEFAULT[-1])
_BYTES_PER_SECOND: Final = 800_000_000.0
_EXPECTED: Final = ("downloading", "anime_matching", "syncing_library", "available")
# Episodes come one after the other: of the whole, the one that is furthest behind is shown.
_AIRING: Final = ("downloading", "anime_matching", "available")


async def _anime(stage: Performance) -> None:
    sim = stage.sim
    sim.qbittorrent.rate = _BYTES_PER_SECOND
    anime = AnimePace(detect=1, hash=0.7, match=0.4, image=1, create=1, tmdb=2, appear=4)
    sim.stories.pace = Pace(search=3, grab=2, check=2, queue=3, scan=4, anime=anime)
    sim.shoko.importer.pace = anime
    await _all_well(stage)
    await _without_shoko(stage)
    await _without_notices(stage)


async def _all_well(stage: Performance) -> None:
    """Play what Shoko matches by itself, and a file that only a person can match."""
    world, stories = stage.sim.world, stage.sim.stories.anime
    film = world.add_anime_film(
        title="Paper Fireworks", romaji="Kami no Hanabi", year=2022, tmdb=9_300_001
    )
    series = world.add_anime_series(
        title="The Letter House", year=2018, tmdb=9_300_002, tvdb=9_400_002, seasons={0: 1, 1: 4}
    )
    special = world.add_anime_film(
        title="Letter House Memories",
        romaji="Tegami no Ie: Kaisou",
        year=2021,
        tmdb=9_300_003,
        filed_under=series,
    )
    pack = world.add_anime_series(
        title="Thirteen Winters", year=2020, tmdb=9_300_004, tvdb=9_400_004, seasons={1: 13}
    )
    airing = world.add_anime_series(
        title="Tides of Glass",
        year=2026,
        tmdb=9_300_005,
        tvdb=9_400_005,
        seasons={1: 5},
        unaired=2,
    )
    unknown = world.add_anime_film(title="A Fox in Snow", year=2019, tmdb=9_300_006)
    by_hand = stories.linked_by_hand(await _wish(stage, unknown))
    await asyncio.gather(
        stage.play(film.title, stories.film(await _wish(stage, film)), _EXPECTED),
        stage.play(special.title, stories.film(await _wish(stage, special)), _EXPECTED),
        stage.play(pack.title, stories.pack(await _wish(stage, pack)), _EXPECTED),
        stage.play(airing.title, stories.airing(await _wish(stage, airing)), _AIRING),
        _linked_by_hand(stage, unknown, by_hand),
    )


async def _linked_by_hand(stage: Performance, title: Title, story: Story) -> None:
    """Play until somebody is needed, see that Home Assistant says so, then play on."""
    await story.play(until="unmatched")
    await stage.watcher.until_stuck(title.title)
    if not await _has_issue(stage, "shoko_unmatched"):
        stage.problems.append(f"{title.title}: no repair tells of the file")
    await stage.play(title.title, story, _EXPECTED)
    if await _has_issue(stage, "shoko_unmatched"):
        stage.problems.append(f"{title.title}: the repair is still there")


async def _without_shoko(stage: Performance) -> None:
    """Play a film that is imported while Shoko is down."""
    film = stage.sim.world.add_anime_film(title="Harbour Lights", year=2023, tmdb=9_300_007)
    stage.say("-- from here on Shoko is down, until this film has been imported for a while")
    story = stage.sim.stories.anime.shoko_down(await _wish(stage, film), pause=20)
    await stage.play(film.title, story, _EXPECTED)


async def _without_notices(stage: Performance) -> None:
    """Play a film of which nobody tells Jellyfin: it has to be asked to look."""
    film = stage.sim.world.add_anime_film(title="Seven Umbrellas", year=2017, tmdb=9_300_008)
    stage.say("-- from here on Shokofin does not listen to Shoko")
    story = stage.sim.stories.anime.signalr_off(await _wish(stage, film), refresh=False)
    await stage.play(film.title, story, _EXPECTED)
    if not stage.sim.jellyfin.item_refreshes:
        stage.problems.append("Jellyfin was never asked to look for the file")
    if stage.sim.jellyfin.refreshes:
        stage.problems.append("Jellyfin was asked to look through everything")


async def _wish(stage: Performance, title: Title) -> SeerrRequest:
    return await stage.sim.seerr.request(title, user="alice")


async def _has_issue(stage: Performance, key: str) -> bool:
    answer = await stage.client.command("repairs/list_issues")
    issues = answer.get("issues") if isinstance(answer, dict) else None
    return any(issue.get("translation_key") == key for issue in issues or ())


ANIME: Final = Plot(
    scenes=_anime,
    services=_SERVICES,
    limit=400.0,
    options={"poll_active_seconds": 30, "poll_idle_seconds": 60, "nudge_after_minutes": 1},
    tolerated=("Error fetching Shoko data: Shoko did not answer",),
)
