"""Test that requests get what the library knows, and nothing else of them changes."""

from dataclasses import replace
from pathlib import Path

from custom_components.media_status.lifecycle.model import MOVIE, ProviderIds, Service, Stage
from custom_components.media_status.lifecycle.request import Request
from homeassistant.core import HomeAssistant

from ..household import DUNE, FILM_PATH, SEVERANCE, asked, imported, managed, playable
from ..journal.builders import rows
from .shelf import ShelfHousehold, episode, film, series, shelves

BARE = replace(DUNE, ids=ProviderIds(tmdb=438631), year=None)


def life(request: Request) -> tuple[object, ...]:
    """Return what a sync must never touch."""
    return (
        request.stage,
        request.stage_since,
        request.opened_at,
        request.ended_at,
        request.available_at,
        request.items,
        dict(request.facts),
        request.status,
    )


def stock(home: ShelfHousehold) -> None:
    """Put the film on the shelves of everybody."""
    home.put(Service.RADARR, film("7", tmdb=438631, imdb="tt1160419", path=FILM_PATH))
    home.put(Service.JELLYFIN, film("f00d", tmdb=438631, path="/library/films/Dune.mkv"))
    home.put(Service.SEERR, film("900", tmdb=438631, status="available", requests="11"))


async def test_an_open_request_gets_what_it_lacks(hass: HomeAssistant, tmp_path: Path) -> None:
    """Ids, year and the services' own numbers are filled, here and on disk; it stays as it was."""
    async with shelves(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked(BARE))
        before = life(home.request)
        stock(home)
        result = await home.hub.library.run()
        request = home.request
        assert result.filled == 1
        assert life(request) == before
        assert request.ids == ProviderIds(tmdb=438631, imdb="tt1160419")
        assert request.year == 2021
        assert request.service_ids == {"seerr": "11", "radarr": "7", "jellyfin": "f00d"}
        stored = await home.hub.journal.request(request.id)
        assert stored is not None
        assert (stored.ids, stored.service_ids) == (request.ids, request.service_ids)
        again = await home.hub.library.run()
        assert (again.filled, again.conflicts) == (0, 0)


async def test_a_finished_request_gets_its_watch_link(hass: HomeAssistant, tmp_path: Path) -> None:
    """What ended before Jellyfin's number was known leads to its page from now on."""
    async with shelves(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked(BARE))
        await home.hear(Service.RADARR, managed(BARE), imported(BARE))
        await home.hear(Service.JELLYFIN, replace(playable(BARE), title=BARE))
        request = home.request
        assert not request.is_open
        assert home.hub.watch_url(request) is None
        before = life(request)
        stock(home)
        rehearsal = await home.hub.library.run(is_dry_run=True)
        assert rehearsal.filled == 1
        assert home.hub.watch_url(request) is None
        await home.hub.library.run()
        assert life(request) == before
        address = home.hub.watch_url(request)
        assert address is not None
        assert "id=f00d" in address
        await hass.config_entries.async_reload(home.entry.entry_id)
        await hass.async_block_till_done()
        assert home.hub.watch_url(home.request) == address
        keys = "SELECT request_id FROM request_keys WHERE service_id = 'f00d'"
        assert rows(home.hub.journal.path, keys) == [(request.id,)]
        assert (await home.hub.library.run()).filled == 0


async def test_what_is_known_is_never_overwritten(hass: HomeAssistant, tmp_path: Path) -> None:
    """Where request and services disagree, both keep their word, and it is reported."""
    async with shelves(hass, tmp_path) as home:
        known = replace(DUNE, ids=ProviderIds(tmdb=438631, imdb="tt0000001"))
        await home.hear(Service.SEERR, asked(known))
        stock(home)
        result = await home.hub.library.run()
        assert (result.filled, result.conflicts) == (0, 1)
        assert result.sources["radarr"].conflicts == 1
        assert home.request.ids == known.ids
        assert home.request.service_ids == {"seerr": "11"}


async def test_two_items_fill_nothing(hass: HomeAssistant, tmp_path: Path) -> None:
    """Which of two items is meant nobody knows, and a film's number is no series'."""
    async with shelves(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked(BARE))
        home.put(Service.JELLYFIN, film("a", tmdb=438631), film("b", tmdb=438631))
        home.put(Service.SONARR, series("5", tmdb=438631))
        await home.hub.library.run()
        assert home.request.service_ids == {"seerr": "11"}


async def test_an_item_that_cannot_be_played_is_no_link(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """A series without a playable episode in Jellyfin is not linked; with one it is."""
    async with shelves(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
        home.put(Service.JELLYFIN, series("s", tvdb=371980), episode("e", "s", 1, present=False))
        await home.hub.library.run()
        assert home.request.service_ids == {"seerr": "11"}
        home.put(Service.JELLYFIN, series("s", tvdb=371980), episode("e", "s", 1))
        await home.hub.library.run()
        assert home.request.service_ids == {"seerr": "11", "jellyfin": "s"}


async def test_what_is_there_already_is_ready_at_once(hass: HomeAssistant, tmp_path: Path) -> None:
    """It was asked for first, was there before, has a link, and is ready: in this order."""
    async with shelves(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), imported())
        await home.hear(Service.JELLYFIN, playable())
        request = home.request
        assert request.stage is Stage.AVAILABLE
        assert request.items == {MOVIE}
        assert home.hub.watch_url(request) is not None
        told = await home.hub.journal.timeline(request.id)
        codes = [entry.code for entry in told]
        order = ["opened", "already_imported", "already_playable"]
        assert [code for code in codes if code in order] == order
        assert codes[-1] == "stage"
        sentence = home.hub.texts.happening(told[codes.index("already_playable")])
        assert sentence == "Already in the library: Jellyfin can play it."
