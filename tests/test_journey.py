"""The main job: requests from asked to ready to watch, against the simulated household."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.facts import Origin
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from simulator import Simulator

from .twin import twin

pytestmark = pytest.mark.usefixtures("socket_enabled")


async def test_a_film_by_webhooks(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Each beat of a film's life is seen, mostly before anybody asks."""
    async with Simulator(seed=1) as sim, twin(hass, sim, tmp_path, hass_client_no_auth) as home:
        film = sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
        request = await sim.seerr.request(film, user="alice")
        await home.settle()
        assert home.request_for(film).requested_by == "alice"
        story = sim.follow(request)
        await story.play("grabbed")
        await home.settle()
        assert home.stage(film) is Stage.GRABBING
        await story.play("downloading")
        await home.survey()
        assert home.stage(film) is Stage.DOWNLOADING
        await story.play("imported")
        await home.settle()
        assert home.stage(film) is Stage.SYNCING_LIBRARY
        await story.play("available")
        await home.survey()
        assert home.stage(film) is Stage.AVAILABLE
        state = hass.states.get("sensor.media_status_dune_part_two")
        assert state is not None
        assert state.state == "available"
        assert state.attributes["jellyfin_url"].startswith(sim.url("jellyfin"))


@pytest.mark.parametrize("kind", ["film", "series"])
async def test_without_any_webhook(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator, kind: str
) -> None:
    """Surveys alone do."""
    async with Simulator(seed=2) as sim:
        options = {"manage_webhooks": False}
        async with twin(hass, sim, tmp_path, hass_client_no_auth, options) as home:
            if kind == "film":
                title = sim.world.add_title_movie(title="Tenet", year=2020, tmdb=577922)
            else:
                title = sim.world.add_title_series(
                    title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 9, 2: 10}
                )
            request = await sim.seerr.request(title, user="bob")
            await home.survey()
            assert home.request_for(title).title == title.title
            for beat in ("grabbed", "downloading", "imported", "available"):
                await sim.play(request, until=beat)
                await home.survey()
            story = sim.follow(request)
            await story.play()
            await home.survey()
            assert home.stage(title) is Stage.AVAILABLE


async def test_added_by_hand(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """P07: what nobody asked for in Seerr is followed from its grab on."""
    async with Simulator(seed=3) as sim, twin(hass, sim, tmp_path, hass_client_no_auth) as home:
        film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
        story = sim.stories.hand_added_film(film)
        await story.play("grabbed")
        await home.survey()
        assert home.request_for(film).origin is Origin.RADARR
        await story.play()
        await home.survey()
        assert home.stage(film) is Stage.AVAILABLE


async def test_it_catches_up_after_a_restart(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """What happened while Home Assistant was down is found, and what was known is kept."""
    async with Simulator(seed=4) as sim, twin(hass, sim, tmp_path, hass_client_no_auth) as home:
        known = sim.world.add_title_movie(title="Arrival", year=2016, tmdb=329865)
        first = await sim.seerr.request(known, user="alice")
        await sim.play(first, until="grabbed")
        await home.survey()
        request_id = home.request_for(known).id
        await hass.config_entries.async_unload(home.entry.entry_id)
        await hass.async_block_till_done()
        new = sim.world.add_title_movie(title="Sicario", year=2015, tmdb=273481)
        second = await sim.seerr.request(new, user="bob")
        await sim.play(first, until="available")
        await sim.play(second, until="downloading")
        await hass.config_entries.async_setup(home.entry.entry_id)
        await home.survey()
        assert home.request_for(known).id == request_id
        assert home.stage(known) is Stage.AVAILABLE
        assert home.stage(new) is Stage.DOWNLOADING


async def test_unknown_is_not_gone(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Services that are down, failing or half answering change no stage."""
    async with Simulator(seed=5) as sim, twin(hass, sim, tmp_path, hass_client_no_auth) as home:
        film = sim.world.add_title_movie(title="Memento", year=2000, tmdb=77)
        request = await sim.seerr.request(film, user="alice")
        await sim.play(request, until="downloading")
        await home.survey()
        assert home.stage(film) is Stage.DOWNLOADING
        for name in sim.names():
            sim.faults(name).half = True
        await home.hub.survey()
        assert home.stage(film) is Stage.DOWNLOADING
        for name in sim.names():
            sim.faults(name).half = False
            await sim.down(name)
        results = await home.hub.survey()
        assert set(results.values()) == {"cannot_connect"}
        assert home.stage(film) is Stage.DOWNLOADING
        assert "does not answer" in str(home.hub.explained(home.request_for(film)).sentence)
        for name in sim.names():
            await sim.up(name)
        assert set((await home.survey()).values()) == {"ok"}
        assert home.stage(film) is Stage.DOWNLOADING


async def test_4k_beside_hd(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """A film in HD and 4K: each request follows its own instance to its own file."""
    services = ["seerr", "radarr", "radarr:radarr4k", "qbittorrent", "jellyfin"]
    async with (
        Simulator(seed=6, services=services) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        film = sim.world.add_title_movie(title="Blade Runner 2049", year=2017, tmdb=335984)
        hd = await sim.seerr.request(film, user="alice")
        uhd = await sim.seerr.request(film, user="alice", is_4k=True)
        await sim.follow(hd).play()
        await sim.play(uhd, until="grabbed")
        await home.survey()
        stages = {r.is_4k: r.stage for r in home.hub.requests.values() if r.ids.tmdb == film.tmdb}
        assert stages == {False: Stage.AVAILABLE, True: Stage.DOWNLOADING}
        await sim.follow(uhd).play()
        await home.survey()
        stages = {r.is_4k: r.stage for r in home.hub.requests.values() if r.ids.tmdb == film.tmdb}
        assert stages == {False: Stage.AVAILABLE, True: Stage.AVAILABLE}


async def test_what_was_deleted_is_not_the_film_asked_for_again(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Promise 3: Jellyfin shows the deleted file until its next scan; that ends no new request."""
    async with Simulator(seed=5) as sim, twin(hass, sim, tmp_path, hass_client_no_auth) as home:
        film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
        old = "/library/movies/Heat (1995)/Heat (1995) DVD.avi"
        sim.world.put_file(old, film, (), size=700_000_000, quality="DVD")
        await sim.jellyfin.scan()
        request = await sim.seerr.request(film, user="alice")
        await home.survey()
        assert home.request_for(film).is_open
        await sim.play(request, until="grabbed")
        await home.survey()
        assert home.request_for(film).is_open
        sim.world.remove_file(old)
        await sim.play(request, until="available")
        await home.survey()
        assert home.stage(film) is Stage.AVAILABLE
