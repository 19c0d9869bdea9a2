"""Follow anime into a Jellyfin with a simulated Shokofin, whatever its settings make of it."""

from datetime import timedelta
from pathlib import Path

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.lifecycle.model import JsonObject, JsonValue, Stage
from homeassistant.core import HomeAssistant
from simulator import Simulator, Title
from simulator.anime import FILM_FOLDER

from ...test_services import call, rows
from ...twin import TwinHousehold, twin as running

pytestmark = pytest.mark.usefixtures("socket_enabled")

SERVICES = ("seerr", "radarr", "sonarr", "qbittorrent", "shoko", "jellyfin")


def show(sim: Simulator, cours: dict[int, tuple[int, ...]] | None = None) -> Title:
    """Let the world know an anime series of two seasons."""
    return sim.world.add_anime_series(
        title="Frieren: Beyond Journey's End",
        romaji="Sousou no Frieren",
        year=2023,
        tmdb=209867,
        tvdb=424536,
        seasons={1: 4, 2: 2},
        cours=cours,
    )


async def bring(home: TwinHousehold, sim: Simulator, title: Title) -> None:
    """Have a title asked for, downloaded, imported and matched."""
    request = await sim.seerr.request(title, user="alice")
    await sim.play(request)
    await sim.advance(900)
    for _ in range(3):
        await home.survey()


async def found(home: TwinHousehold, title: Title) -> list[JsonObject]:
    """Return what Jellyfin's items of a title are, and what proves them."""
    details = await call(home.hass, "get_request", request_id=home.request_for(title).id)
    return [
        names for row in rows(details, "identity") if isinstance(names := row["jellyfin"], dict)
    ]


async def proofs(home: TwinHousehold, title: Title) -> set[JsonValue]:
    """Return what made a title's items available."""
    return {names["proof"] for names in await found(home, title)}


@pytest.mark.parametrize(
    ("settings", "cours"),
    [
        ({}, None),
        ({"add_anidb": False}, {1: (2, 2)}),
        ({"add_tmdb": True, "add_tvdb": True}, {1: (2, 2)}),
        ({"group_shows": True}, None),  # all seasons on one page
        ({"group_shows": True, "add_missing": False}, {1: (2, 2)}),
    ],
)
async def test_a_series_arrives_however_it_is_structured(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    settings: dict[str, bool],
    cours: dict[int, tuple[int, ...]] | None,
) -> None:
    """Every episode by its file, in whatever season and under whatever number it stands."""
    async with (
        Simulator(seed=5, services=SERVICES) as sim,
        running(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        sim.jellyfin.shokofin.enable(None, **settings)
        title = show(sim, cours)
        await bring(home, sim, title)
        assert home.stage(title) is Stage.AVAILABLE
        assert await proofs(home, title) == {"shoko file"}


@pytest.mark.parametrize(
    ("settings", "kind", "proof"),
    [
        ({}, "Episode", "shoko file and path"),
        ({"movie_library": True, "separate_movies": True}, "Movie", "shoko file"),
    ],
)
async def test_a_film_arrives_as_what_it_is_filed_as(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    settings: dict[str, bool],
    kind: str,
    proof: str,
) -> None:
    """In a library of shows it is an episode, with a second proof and a link to that."""
    async with (
        Simulator(seed=6, services=SERVICES) as sim,
        running(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        sim.jellyfin.shokofin.enable(None, **settings)
        film = sim.world.add_anime_film(title="Your Name.", year=2016, tmdb=372058)
        await bring(home, sim, film)
        assert home.stage(film) is Stage.AVAILABLE
        request = home.request_for(film)
        assert await proofs(home, film) == {
            "shoko file and path" if kind == "Episode" else "shoko file"
        }
        (shown,) = [item for item in sim.jellyfin.shokofin.items() if item.playable]
        assert shown.type == kind
        assert request.service_ids["jellyfin"] == shown.id


async def test_a_film_that_is_a_special_of_a_series(
    hass: HomeAssistant, tmp_path: Path, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Radarr's film is episode S1 for AniDB: neither completes the other."""
    async with (
        Simulator(seed=7, services=SERVICES) as sim,
        running(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        series = show(sim)
        film = sim.world.add_anime_film(
            title="Recollections", year=2021, tmdb=1052946, filed_under=series
        )
        await bring(home, sim, series)
        assert home.stage(series) is Stage.AVAILABLE
        request = await sim.seerr.request(film, user="alice")
        await sim.play(request, until="grabbed")
        await home.survey()
        assert home.stage(film) not in {Stage.AVAILABLE, Stage.SYNCING_LIBRARY}
        await sim.play(request)
        await sim.advance(900)
        await home.survey()
        assert home.stage(film) is Stage.AVAILABLE
        assert await proofs(home, film) == {"shoko file and path"}


async def test_a_series_without_episodes_is_filled(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The page appears and lists nothing until it is read anew; that is asked for once."""
    async with (
        Simulator(seed=8, services=SERVICES) as sim,
        running(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        sim.jellyfin.shokofin.enable(hollow_series=True)
        title = show(sim)
        await bring(home, sim, title)
        assert home.stage(title) is Stage.SYNCING_LIBRARY
        freezer.tick(timedelta(minutes=6))
        await home.survey()
        await sim.advance(60)
        for _ in range(12):
            freezer.tick(timedelta(minutes=1))
            await home.survey()
            await home.survey()
        assert home.stage(title) is Stage.AVAILABLE


@pytest.mark.parametrize(
    ("is_unmapped", "code"), [(False, "shokofin_filtered"), (True, "shokofin_unmapped")]
)
async def test_what_keeps_a_film_out_is_named(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    is_unmapped: bool,
    code: str,
) -> None:
    """A film without TMDB's link in a library of films, or a folder that Shokofin does not know."""
    async with (
        Simulator(seed=9, services=SERVICES) as sim,
        running(hass, sim, tmp_path, hass_client_no_auth) as home,
    ):
        shokofin = sim.jellyfin.shokofin
        shokofin.enable(movie_library=True, tmdb_structure=True)
        only_films = [("Anime Movies", "movies", (FILM_FOLDER,))]
        monkeypatch.setattr(shokofin, "libraries", lambda: only_films)
        film = sim.world.add_anime_film(title="Kaguya", year=2025, tmdb=1575337, linked=False)
        if is_unmapped:
            shokofin.unmap(FILM_FOLDER)
        await bring(home, sim, film)
        assert home.stage(film) is Stage.SYNCING_LIBRARY
        freezer.tick(timedelta(minutes=6))
        await home.survey()
        await home.survey()
        explanation = home.request_for(film).status.explanation
        assert explanation is not None
        assert explanation.code == code
        assert home.stage(film) is Stage.SYNCING_LIBRARY
