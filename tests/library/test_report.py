"""Test the report: where services disagree, and what cannot be known."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from custom_components.media_status.clients.errors import Unreachable
from custom_components.media_status.journal_library_report import StoredFinding, read_report
from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant

from ..household import DUNE, KINDS, asked, imported, managed
from .shelf import ALL, ShelfHousehold, episode, file, film, series, shelves

type Details = dict[str, object]


async def found(home: ShelfHousehold) -> list[StoredFinding]:
    """Sync, and return what the report says."""
    await home.hub.library.run()
    page = await read_report(home.hub.journal.library, code=None, after=0, limit=200)
    assert page is not None
    return page.findings


async def codes(home: ShelfHousehold) -> list[str]:
    """Sync, and return the kinds of what was found."""
    return [one.code for one in await found(home)]


async def test_where_all_agree_there_is_nothing_to_report(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """A film and a series that everybody has raise no question."""
    async with shelves(hass, tmp_path) as home:
        home.put("radarr", film("7", tmdb=1))
        home.put("sonarr", series("5", tvdb=2), episode("50", "5", 1), episode("51", "5", 2))
        home.put(
            "jellyfin",
            film("f", tmdb=1),
            series("s", tvdb=2),
            episode("e1", "s", 1, number_end="2"),
        )
        home.put(
            "seerr",
            film("1", tmdb=1, status="available"),
            series("2", tvdb=2, status="available", present=True),
        )
        assert await codes(home) == []


async def test_a_file_that_jellyfin_does_not_show(hass: HomeAssistant, tmp_path: Path) -> None:
    """It is reported with the place to look, or with the request that can be tried again."""
    async with shelves(hass, tmp_path) as home:
        home.put("radarr", film("7", tmdb=438631))
        (finding,) = await found(home)
        assert finding.code == "missing_in_library"
        assert finding.details["fix"] == {"kind": "look", "connection_id": "jellyfin"}
        await home.hear(Service.SEERR, asked())
        await home.hear(Service.RADARR, managed(), imported())
        (finding,) = await found(home)
        fix = cast("Details", finding.details["fix"])
        assert (fix["kind"], fix["request_id"]) == ("retry", home.request.id)


async def test_what_no_manager_knows(hass: HomeAssistant, tmp_path: Path) -> None:
    """A film that Jellyfin plays and Radarr lacks; that a Sonarr has its number says nothing."""
    async with shelves(hass, tmp_path) as home:
        home.put("jellyfin", film("f", tmdb=1))
        home.put("sonarr", series("5", tmdb=1))
        home.put("seerr", film("1", tmdb=1, status="available"))
        assert await codes(home) == ["unknown_to_managers"]


async def test_seerr_believes_what_is_not_there(hass: HomeAssistant, tmp_path: Path) -> None:
    """Nobody has it, or it is there and Seerr does not know."""
    async with shelves(hass, tmp_path) as home:
        home.put(
            "seerr",
            film("1", tmdb=1, status="available"),
            film("2", tmdb=2, status="processing"),
            film("3", tmdb=3, status="pending"),
        )
        home.put("radarr", film("7", tmdb=2), film("8", tmdb=1, present=False))
        home.put("jellyfin", film("f", tmdb=2))
        assert sorted(await codes(home)) == ["seerr_behind", "seerr_wrong"]


async def test_episodes_that_jellyfin_lacks(hass: HomeAssistant, tmp_path: Path) -> None:
    """They are named; one that another number or the same file shows is not among them."""
    async with shelves(hass, tmp_path) as home:
        home.put(
            "sonarr",
            series("5", tvdb=2),
            *(episode(str(n), "5", n, path=f"/tv/Severance/e{n}.mkv") for n in range(1, 5)),
            episode("9", "5", 9, present=False),
        )
        home.put(
            "jellyfin",
            series("s", tvdb=2),
            episode("a", "s", 1),
            episode("b", "s", 77, path="/media/tv/Severance/e2.mkv"),
        )
        home.put("seerr", series("2", tvdb=2, status="available", present=True))
        (finding,) = await found(home)
        assert finding.code == "episodes_missing_in_library"
        assert finding.details["values"] == {"count": 2, "episodes": ["S01E03", "S01E04"]}


async def test_anime_is_compared_by_files(hass: HomeAssistant, tmp_path: Path) -> None:
    """Shoko's series have numbers of their own: its files say which episodes are shown."""
    async with shelves(hass, tmp_path, ALL) as home:
        paths = [f"/anime/Frieren/e{n}.mkv" for n in (1, 2)]
        home.put(
            "sonarr",
            series("5", tvdb=2),
            *(episode(str(n), "5", n, season=2, path=path) for n, path in enumerate(paths, 1)),
        )
        home.put("shoko", *(file(str(n), "40", path=path) for n, path in enumerate(paths, 1)))
        shown = replace(series("s"), shoko=40)
        home.put(
            "jellyfin",
            shown,
            episode("a", "s", 1, path="/vfs/x/1.mkv", shoko_files="1"),
            episode("b", "s", 2, path="/vfs/x/2.mkv", shoko_files="2"),
        )
        assert await codes(home) == []
        home.put("jellyfin", shown, episode("a", "s", 1, shoko_files="1"), episode("b", "s", 2))
        (finding,) = await found(home)
        assert finding.details["values"] == {"count": 1, "episodes": ["S02E02"]}


async def test_files_that_shoko_cannot_match(hass: HomeAssistant, tmp_path: Path) -> None:
    """They are named by their file."""
    async with shelves(hass, tmp_path, ALL) as home:
        home.put("shoko", file("3", None, path="/anime/new/what.mkv"))
        (finding,) = await found(home)
        assert finding.code == "shoko_unmatched"
        values = cast("Details", finding.details["values"])
        assert values["file"] == "what.mkv"


async def test_twice_and_under_two_numbers(hass: HomeAssistant, tmp_path: Path) -> None:
    """Two items of a film, and services that give it different numbers."""
    async with shelves(hass, tmp_path) as home:
        home.put("radarr", film("7", tmdb=1, imdb="tt0000001"))
        home.put(
            "jellyfin", film("a", tmdb=1, imdb="tt0000002"), film("b", tmdb=1), film("c", tmdb=5)
        )
        home.put("seerr", *(film(str(n), tmdb=n, status="available") for n in (1, 5)))
        assert sorted(await codes(home)) == ["duplicate", "id_conflict", "unknown_to_managers"]


@pytest.mark.parametrize("silent", [kind for kind in KINDS if kind != Service.QBITTORRENT])
async def test_what_was_not_read_to_its_end_is_unknown(
    hass: HomeAssistant, tmp_path: Path, silent: Service
) -> None:
    """Nothing is called missing in a service that could not be read, and it is named."""
    async with shelves(hass, tmp_path) as home:
        home.put("radarr", film("7", tmdb=1))
        home.put("jellyfin", film("f", tmdb=2))
        home.put("seerr", film("1", tmdb=3, status="available"))
        complete = {
            "missing_in_library": Service.JELLYFIN,
            "unknown_to_managers": Service.RADARR,
            "seerr_behind": Service.SEERR,
        }
        assert sorted(await codes(home)) == sorted([*complete, "seerr_wrong"])
        shelf = home.shelf(silent)
        shelf.fails_after, shelf.failure = 0, Unreachable()
        expected = {code for code, needs in complete.items() if needs is not silent}
        if silent is Service.SONARR:
            expected.add("seerr_wrong")
        assert set(await codes(home)) == expected
        page = await read_report(home.hub.journal.library, code=None, after=0, limit=1)
        assert page is not None
        assert page.summary["unknown"] == [silent.value]


async def test_what_was_unreadable_makes_findings_uncertain(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """The item that is missing may be the one that could not be read."""
    async with shelves(hass, tmp_path) as home:
        home.put("radarr", film("7", tmdb=1))
        home.shelf("jellyfin").dropped = 1
        (finding,) = await found(home)
        assert finding.details["is_certain"] is False
        home.shelf("jellyfin").dropped = 0
        (finding,) = await found(home)
        assert finding.details["is_certain"] is True


async def test_a_request_that_disagrees(hass: HomeAssistant, tmp_path: Path) -> None:
    """Its names are compared with those of the services."""
    async with shelves(hass, tmp_path) as home:
        odd = replace(DUNE, ids=replace(DUNE.ids, imdb="tt0000001"))
        await home.hear(Service.SEERR, asked(odd))
        home.put("radarr", film("7", tmdb=438631, imdb="tt1160419", present=False))
        (finding,) = await found(home)
        assert finding.code == "request_differs"
        assert finding.details["request_id"] == home.request.id
        assert finding.details["values"] == {
            "differences": [{"name": "imdb", "known": "tt0000001", "found": "tt1160419"}]
        }
