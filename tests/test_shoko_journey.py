"""Anime on its way through a simulated household with Shoko: over its hub, and without it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator import Simulator, Title

from .test_services import call, rows
from .twin import TwinHousehold, twin

pytestmark = pytest.mark.usefixtures("socket_enabled")

SERVICES = ("seerr", "radarr", "sonarr", "qbittorrent", "shoko", "jellyfin")
VERSIONS = ["5.3.3", "6.0.0-dev.425"]


async def until(condition: Callable[[], object]) -> None:
    """Let others run until it is so."""
    while not condition():
        await asyncio.sleep(0.001)


def film_of(sim: Simulator) -> Title:
    """Return an anime film that AniDB knows by itself."""
    return sim.world.add_anime_film(title="Your Name.", year=2016, tmdb=372058)


async def listening(home: TwinHousehold) -> None:
    """Wait until Shoko's hub is listened to."""
    await until(lambda: home.hub.connections["shoko"].data.listening)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_match_is_told_by_the_hub(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator, version: str
) -> None:
    """No survey is needed between import and library."""
    async with (
        Simulator(seed=1, services=SERVICES, versions={"shoko": version}) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        await listening(home)
        film = film_of(sim)
        request = await sim.seerr.request(film, user="alice")
        await sim.play(request, until="imported")
        await home.survey()
        assert home.stage(film) is Stage.ANIME_MATCHING
        await sim.advance(60)
        await until(lambda: home.stage(film) is Stage.SYNCING_LIBRARY)
        await sim.advance(120)
        await home.survey()
        assert home.stage(film) is Stage.AVAILABLE
        details = await call(hass, "get_request", request_id=home.request_for(film).id)
        (names,) = rows(details, "identity")
        assert isinstance(found := names["jellyfin"], dict)
        assert str(found["proof"]).startswith("shoko file")
        steps = [row["code"] for row in rows(details, "timeline")]
        assert steps.index("imported") < steps.index("matched") < steps.index("playable")


async def test_what_the_hub_did_not_tell_is_found(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Shoko was away during the import: what it does later is seen by a survey at the latest."""
    async with (
        Simulator(seed=2, services=SERVICES) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        await listening(home)
        film = film_of(sim)
        request = await sim.seerr.request(film, user="alice")
        await sim.down("shoko")
        await until(lambda: home.hub.connections["shoko"].data.listening is False)
        await sim.play(request, until="imported")
        await home.survey()
        assert home.stage(film) is Stage.ANIME_MATCHING
        explanation = home.request_for(film).status.explanation
        assert explanation is not None
        assert explanation.code == "connection_down"
        await sim.up("shoko")
        await sim.advance(600)
        await home.survey()
        assert home.stage(film) is Stage.AVAILABLE


async def test_jellyfin_is_asked_to_look_when_nobody_tells_it(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The plugin does not listen to Shoko: people are told, and the film appears all the same."""
    async with (
        Simulator(seed=4, services=SERVICES) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        sim.jellyfin.shokofin.enable(signalr=False)
        await listening(home)
        film = film_of(sim)
        request = await sim.seerr.request(film, user="alice")
        await sim.play(request, until="imported")
        await sim.advance(600)
        await home.survey()
        assert home.stage(film) is Stage.SYNCING_LIBRARY

        reports = async_capture_events(hass, ir.EVENT_REPAIRS_ISSUE_REGISTRY_UPDATED)
        freezer.tick(timedelta(minutes=6))
        await home.survey()
        await home.survey()
        assert home.stage(film) is Stage.AVAILABLE
        told = [(found.data["issue_id"], found.data["action"]) for found in reports]
        assert told == [("shokofin_signalr_off", "create"), ("shokofin_signalr_off", "remove")]


async def test_a_person_links_what_shoko_does_not_know(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """It is reported with a way to Shoko, can be tried again, and goes on once it is linked."""
    async with (
        Simulator(seed=3, services=SERVICES) as sim,
        twin(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        await listening(home)
        film = film_of(sim)
        sim.shoko.unmatched(film.title)
        request = await sim.seerr.request(film, user="alice")
        await sim.play(request, until="imported")
        await sim.advance(1800)
        await home.survey()
        request_id = home.request_for(film).id

        def report() -> ir.IssueEntry | None:
            return ir.async_get(hass).async_get_issue(DOMAIN, f"shoko_unmatched_{request_id}")

        issue = report()
        assert issue is not None
        assert issue.learn_more_url is not None
        assert issue.learn_more_url.startswith(sim.url("shoko"))

        answer = await call(hass, "retry", request_id=request_id)
        assert [row["code"] for row in rows(answer, "actions")] == ["rescan_file"]
        await sim.advance(60)
        await home.survey()
        assert home.stage(film) is Stage.ANIME_MATCHING

        sim.shoko.link(film.title)
        await sim.advance(60)
        await until(lambda: report() is None)
        assert home.stage(film) is Stage.SYNCING_LIBRARY
        details = await call(hass, "get_request", request_id=request_id)
        (names,) = rows(details, "identity")
        assert names["anime"]
