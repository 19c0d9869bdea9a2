"""The simulated arrs do what they are told, as the real ones do."""

import aiohttp

from simulator import Simulator

from .test_arr import Client


async def test_blocked_releases_are_sought_anew_unless_told_not_to(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """A blocked release fails and is not taken again; a merely removed one is forgotten."""
    radarr, client = sim.radarr, Client(sim, http, "radarr")
    film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    radarr.has_offers = True
    entry = radarr.add(film)
    first = radarr.grab(entry)
    for blocked, skip, searches in ((first, "true", 0), (None, "false", 1)):
        download = blocked or radarr.grab(entry)
        (row,) = radarr.records(download)
        query = f"removeFromClient=false&blocklist=true&skipRedownload={skip}"
        status, _ = await client("DELETE", f"/queue/{row['id']}?{query}")
        assert status == 200
        assert download not in radarr.downloads
        assert len(radarr.searches) == searches
    assert radarr.blocklist == [first.release.title] * 2
    (found,) = radarr.downloads
    assert found.release.title not in radarr.blocklist
    (row,) = radarr.records(found)
    assert (await client("DELETE", f"/queue/{row['id']}?removeFromClient=false"))[0] == 200
    assert (await client("DELETE", f"/queue/{row['id']}"))[0] == 404
    assert len(radarr.blocklist) == 2


async def test_unknown_commands_and_ids_come_to_nothing(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """They are queued all the same; without a name there is no command."""
    client = Client(sim, http, "radarr")
    for body in (
        {"name": "Dance"},
        {"name": "MoviesSearch", "movieIds": [999]},
        {"name": "MoviesSearch"},
        {"name": "RescanMovie", "movieId": 999},
    ):
        assert (await client("POST", "/command", dict(body)))[0] == 201
    assert (await client("POST", "/command", {}))[0] == 400
    assert sim.radarr.searches == []
    assert sim.radarr.commands == ["Dance", "MoviesSearch", "MoviesSearch", "RescanMovie"]
