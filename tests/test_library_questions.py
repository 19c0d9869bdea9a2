"""What Jellyfin is told about the items that it is asked for."""

from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.media_status.lifecycle.facts import (
    AnimeEpisode,
    File,
    Match,
    MatchPhase,
    Playable,
    Statement,
)
from custom_components.media_status.lifecycle.model import MOVIE, ItemKey, Service, Stage, Subject
from homeassistant.core import HomeAssistant

from .household import (
    FILM_PATH,
    SEVERANCE,
    WITH_SHOKO,
    anime,
    asked,
    imported,
    managed,
    recognized,
    running,
    says,
)

FIRST, SECOND = ItemKey(1, 1), ItemKey(1, 2)
MATCHED = Match(
    phase=MatchPhase.MATCHED,
    path=FILM_PATH,
    file_id="77",
    episodes=(AnimeEpisode(anidb_anime=1, anidb_episode=2),),
)


async def test_the_path_of_what_is_owed_is_told_as_jellyfin_sees_it(
    hass: HomeAssistant, tmp_path: Path, freezer: FrozenDateTimeFactory
) -> None:
    """Not before it is late: until then ids alone decide what is there."""
    options = {"path_prefixes": ["/media => /data"]}
    async with running(hass, tmp_path, options=options) as home:
        jellyfin = home.services[Service.JELLYFIN]
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), imported())
        await home.hear(Service.JELLYFIN)
        assert jellyfin.asked[-1].wanted[0].items[MOVIE].file_path is None
        freezer.tick(timedelta(minutes=6))
        await home.hear(Service.JELLYFIN)
        assert jellyfin.asked[-1].wanted[0].items[MOVIE].file_path == "/data/films/Dune.mkv"
        assert jellyfin.nudged


@pytest.mark.parametrize(
    ("proof", "item_id"), [("shoko file", "f00d"), ("series and episode", None)]
)
async def test_what_was_proven_is_named_until_the_new_file_is_matched(
    hass: HomeAssistant, tmp_path: Path, proof: str, item_id: str | None
) -> None:
    """An upgrade takes nothing away that still plays; a mere number was never proof of anime."""
    async with running(hass, tmp_path, WITH_SHOKO) as home:
        jellyfin = home.services[Service.JELLYFIN]
        await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
        series = anime(SEVERANCE)
        await home.hear(Service.SONARR, managed(SEVERANCE, FIRST, SECOND), series)
        await home.hear(Service.SONARR, imported(SEVERANCE, FIRST))
        await home.hear(Service.SHOKO, recognized(home.request, MATCHED, FIRST))
        there = Playable(present=True, item_id="f00d", proof=proof)
        found = Statement(value=there, subject=Subject(item=FIRST))
        await home.hear(Service.JELLYFIN, says(Service.JELLYFIN, SEVERANCE, found))
        await home.hear(Service.JELLYFIN)
        item = jellyfin.asked[-1].wanted[0].items[FIRST]
        assert (item.stage, item.match, item.item_id) == (Stage.AVAILABLE, MATCHED, None)
        better = File(present=True, path="/media/films/Dune.2160p.mkv")
        upgrade = Statement(value=better, subject=Subject(item=FIRST))
        await home.hear(Service.SONARR, says(Service.SONARR, SEVERANCE, upgrade))
        await home.hear(Service.JELLYFIN)
        item = jellyfin.asked[-1].wanted[0].items[FIRST]
        assert (item.stage, item.match, item.item_id) == (Stage.AVAILABLE, None, item_id)
