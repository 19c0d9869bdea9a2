"""Where a file that Jellyfin owes lies is told to it, so that it looks only there."""

from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory

from custom_components.media_status.lifecycle.model import MOVIE, Service
from homeassistant.core import HomeAssistant

from .household import asked, imported, managed, running


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
