"""The simulated Radarr and Sonarr have posters, as far as we ask for them."""

import aiohttp
import pytest

from custom_components.media_status.clients.errors import AuthError, NotFound
from custom_components.media_status.clients.radarr import RadarrClient
from custom_components.media_status.clients.sonarr import SonarrClient
from simulator import Simulator


async def test_every_title_has_its_own_poster(sim: Simulator, http: aiohttp.ClientSession) -> None:
    """Small and large are two sizes of one; nobody has it without the key."""
    heat = sim.radarr.add(sim.world.add_title_movie(title="Heat", year=1995, tmdb=949))
    dune = sim.radarr.add(sim.world.add_title_movie(title="Dune", year=2021, tmdb=438631))
    radarr = RadarrClient(http, sim.url("radarr"), sim.api_key("radarr"))
    small, large = await radarr.poster(heat.id, 160), await radarr.poster(heat.id, 500)
    other = await radarr.poster(dune.id, 160)
    assert {found.content_type for found in (small, large, other)} == {"image/png"}
    assert len({small.data, large.data, other.data}) == 3
    with pytest.raises(NotFound):
        await radarr.poster(999, 160)
    with pytest.raises(AuthError):
        await RadarrClient(http, sim.url("radarr"), "wrong").poster(heat.id, 160)
    with pytest.raises(NotFound):
        await SonarrClient(http, sim.url("sonarr"), sim.api_key("sonarr")).poster(heat.id, 160)
