"""Test the sync: what services have is read once, to its end, and joined up."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.library.lookup import look_up
from custom_components.media_status.lifecycle.library import CataloguePage
from custom_components.media_status.lifecycle.model import MediaType, ProviderIds, Service
from homeassistant.core import HomeAssistant

from .shelf import ShelfHousehold, film, shelves

FILMS = tuple(film(str(number), tmdb=1000 + number) for number in range(1, 8))


async def kept(home: ShelfHousehold, kind: Service) -> set[str]:
    """Return the own ids that the index holds of a service."""
    states = await home.hub.journal.library.sources()
    found = await home.hub.journal.library.unseen(states[kind], only=frozenset())
    return {own_id for _, own_id in found}


async def test_everything_is_read_and_linked(hass: HomeAssistant, tmp_path: Path) -> None:
    """A film that two services have is linked in both; nothing becomes a request."""
    async with shelves(hass, tmp_path) as home:
        home.put(Service.RADARR, *FILMS)
        home.put(Service.JELLYFIN, film("a", tmdb=1001), film("b", tmdb=9))
        result = await home.hub.library.run()
        assert not home.hub.requests
        counts = {key: (one.scanned, one.linked) for key, one in result.sources.items()}
        assert counts == {
            "seerr": (0, 0),
            "radarr": (7, 1),
            "sonarr": (0, 0),
            "jellyfin": (2, 1),
        }
        rows = home.hub.journal.library
        found = await look_up(rows, MediaType.MOVIE, ProviderIds(tmdb=1001))
        assert {one.source.connection_id for one in found} == {"radarr", "jellyfin"}
        assert await look_up(rows, MediaType.SERIES, ProviderIds(tmdb=1001)) == []


async def test_what_a_complete_read_does_not_name_is_gone(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """Only a read that came to its end removes what it has not seen."""
    async with shelves(hass, tmp_path) as home:
        home.put(Service.RADARR, *FILMS)
        await home.hub.library.run()
        shelf = home.shelf(Service.RADARR)
        home.put(Service.RADARR, *FILMS[:6])
        shelf.fails_after, shelf.failure = 1, Unreachable()
        result = await home.hub.library.run()
        assert result.sources["radarr"].error == "cannot_connect"
        assert await kept(home, Service.RADARR) == {one.own_id for one in FILMS}
        shelf.failure = None
        await home.hub.library.run()
        assert await kept(home, Service.RADARR) == {one.own_id for one in FILMS[:6]}


async def test_an_interrupted_read_goes_on(hass: HomeAssistant, tmp_path: Path) -> None:
    """Pages that were stored are not read again, and what they hold stays."""
    async with shelves(hass, tmp_path) as home:
        home.put(Service.RADARR, *FILMS)
        shelf = home.shelf(Service.RADARR)
        shelf.fails_after, shelf.failure = 2, Unreachable()
        await home.hub.library.run()
        assert len(await kept(home, Service.RADARR)) == 4
        shelf.failure = None
        await home.hub.library.run()
        assert shelf.tasks[-1].resume == {"start": 4}
        assert shelf.pages_read == 4  # of two films each
        assert await kept(home, Service.RADARR) == {one.own_id for one in FILMS}


async def test_an_element_that_cannot_be_read_may_be_one_of_the_missing(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """While something was left out, nothing is called gone; it is named in the result."""
    async with shelves(hass, tmp_path) as home:
        home.put(Service.RADARR, *FILMS)
        await home.hub.library.run()
        home.put(Service.RADARR, *FILMS[:6])
        home.shelf(Service.RADARR).dropped = 1
        result = await home.hub.library.run()
        assert result.sources["radarr"].errors == 1
        assert result.sources["radarr"].problems == ["an entry has no id"]
        assert "7" in await kept(home, Service.RADARR)
        home.shelf(Service.RADARR).dropped = 0
        await home.hub.library.run()
        assert "7" not in await kept(home, Service.RADARR)


async def test_changes_are_enough_afterwards(hass: HomeAssistant, tmp_path: Path) -> None:
    """A service that can tell changes is asked for them; what went goes, what came comes."""
    async with shelves(hass, tmp_path) as home:
        home.put(Service.JELLYFIN, *FILMS)
        await home.hub.library.run()
        shelf = home.shelf(Service.JELLYFIN)
        new = film("new", tmdb=77)
        shelf.changes = CataloguePage(
            entries=(new,), done=1, total=1, removed=((FILMS[0].kind, "1"),)
        )
        await home.hub.library.run()
        assert await kept(home, Service.JELLYFIN) == {*(o.own_id for o in FILMS[1:]), "new"}
        shelf.changes = CataloguePage(
            entries=(), done=0, total=0, only=frozenset({"new", "2", "3", "4", "5", "6"})
        )
        await home.hub.library.run()
        assert await kept(home, Service.JELLYFIN) == {"new", "2", "3", "4", "5", "6"}
        await home.hub.library.run(is_full=True)
        assert shelf.tasks[-1].since is None
        assert await kept(home, Service.JELLYFIN) == {one.own_id for one in FILMS}


async def test_much_that_is_gone_at_once_is_not_believed(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """A shelf that is suddenly half empty stays as it was, and the service counts as unknown."""
    async with shelves(hass, tmp_path) as home:
        home.put(Service.RADARR, *FILMS)
        await home.hub.library.run()
        home.put(Service.RADARR, FILMS[0])
        result = await home.hub.library.run()
        assert result.sources["radarr"].error == "much_gone"
        assert len(await kept(home, Service.RADARR)) == 7
        states = await home.hub.journal.library.sources()
        doubted_at = states["radarr"].doubted_at
        assert doubted_at is not None
        # Had the first look been long enough ago, the second one would count.
        earlier = replace(states["radarr"], doubted_at=doubted_at.replace(year=2020))
        await home.hub.journal.library.save(earlier)
        result = await home.hub.library.run()
        assert result.sources["radarr"].error is None
        assert await kept(home, Service.RADARR) == {"1"}


async def test_a_dry_run_writes_nothing(hass: HomeAssistant, tmp_path: Path) -> None:
    """It reads everything, says what would come of it, and leaves no trace."""
    async with shelves(hass, tmp_path) as home:
        home.put(Service.RADARR, *FILMS)
        result = await home.hub.library.run(is_dry_run=True)
        assert result.sources["radarr"].scanned == 7
        assert await home.hub.journal.library.sources() == {}
        assert home.hub.library.last is None


async def test_two_at_once_are_one_too_many(hass: HomeAssistant, tmp_path: Path) -> None:
    """The second one is refused, and the first one goes on."""
    async with shelves(hass, tmp_path) as home:
        home.put(Service.RADARR, *FILMS)
        first = asyncio.create_task(home.hub.library.run())
        while not home.hub.library.is_running:
            await asyncio.sleep(0)
        second = await asyncio.gather(home.hub.library.run(), return_exceptions=True)
        assert [type(one).__name__ for one in second] == ["SyncRunningError"]
        assert (await first).sources["radarr"].scanned == 7


async def test_what_is_gone_makes_the_watch_look(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sync concludes nothing about requests: who watches for deletions looks twice."""
    async with shelves(hass, tmp_path) as home:
        heard: list[str] = []
        monkeypatch.setattr(
            home.hub.watch, "heard", lambda coordinator: heard.append(coordinator.connection_id)
        )
        home.put(Service.RADARR, *FILMS)
        await home.hub.library.run()
        assert heard == []
        home.put(Service.RADARR, *FILMS[:6])
        await home.hub.library.run()
        assert heard == ["radarr"]
