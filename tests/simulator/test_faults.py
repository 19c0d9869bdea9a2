"""The fault dial does what it says, by seeded dice."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from json import JSONDecodeError

import aiohttp
import pytest

from simulator import Simulator

from .conftest import Reader, Receiver

QUEUE = "/api/v3/queue?pageSize=100"


def rename(sim: Simulator, *names: str) -> None:
    """Let Radarr send one push per name."""
    for name in names:
        sim.radarr.rename(sim.radarr.entries[1], name)


def arrived(receiver: Receiver) -> list[str]:
    """Return the names in the order in which they arrived."""
    found = []
    for row in receiver.received:
        files = row.body["renamedMovieFiles"]
        assert isinstance(files, list)
        found.append(str(files[0]["relativePath"]))
    return found


async def test_pushes_arrive_once_and_in_order_without_faults(
    listening: Simulator, receiver: Receiver
) -> None:
    """An arr sends one after the other."""
    names = [f"{number}.mkv" for number in range(20)]
    rename(listening, *names)
    await listening.settle()
    assert arrived(receiver) == names


async def test_dropped_pushes_never_arrive(listening: Simulator, receiver: Receiver) -> None:
    """Everything is lost, the truth is not."""
    listening.faults("radarr").drop = 1.0
    rename(listening, "a.mkv")
    await listening.settle()
    assert receiver.received == []
    assert listening.radarr.courier.dropped == 1
    file = listening.radarr.entries[1].file
    assert file is not None
    assert file.relative_path == "a.mkv"


async def test_duplicated_pushes_arrive_twice(listening: Simulator, receiver: Receiver) -> None:
    """Each one comes two times."""
    listening.faults("radarr").duplicate = 1.0
    rename(listening, "a.mkv", "b.mkv")
    await listening.settle()
    assert arrived(receiver) == ["a.mkv", "a.mkv", "b.mkv", "b.mkv"]


async def test_reordered_pushes_overtake_each_other(
    listening: Simulator, receiver: Receiver
) -> None:
    """A push is held back behind the next one."""
    listening.faults("radarr").reorder = 1.0
    rename(listening, "a.mkv", "b.mkv", "c.mkv")
    await listening.settle()
    assert arrived(receiver) == ["b.mkv", "a.mkv", "c.mkv"]


async def test_delayed_pushes_wait_for_the_clock(listening: Simulator, receiver: Receiver) -> None:
    """Nothing arrives before its simulated time; settle delivers what is left."""
    listening.faults("radarr").delay = 100.0
    rename(listening, "a.mkv")
    await listening.settle(held=False)
    assert receiver.received == []
    await listening.advance(100)
    assert arrived(receiver) == ["a.mkv"]
    rename(listening, "b.mkv")
    await listening.settle()
    assert arrived(receiver) == ["a.mkv", "b.mkv"]
    await listening.advance(100)
    assert len(receiver.received) == 2


async def test_the_dice_are_seeded(receiver: Receiver) -> None:
    """The same seed loses the same pushes, another seed others."""
    outcomes = []
    for seed in (1, 1, 2):
        receiver.received.clear()
        async with Simulator(services=["radarr"], seed=seed) as sim:
            sim.radarr.notifications.register(receiver.url)
            sim.faults("radarr").drop = 0.5
            rename(sim, *(f"{number}.mkv" for number in range(40)))
            await sim.settle()
        outcomes.append(arrived(receiver))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0] != outcomes[2]
    assert 0 < len(outcomes[0]) < 40


async def test_an_error_status_replaces_every_answer(sim: Simulator, read: Reader) -> None:
    """503 until the dial is turned back."""
    sim.faults("sonarr").status = 503
    await read.get("sonarr", QUEUE, 503)
    sim.faults("sonarr").clear()
    await read.get("sonarr", QUEUE)


async def test_half_an_answer_is_not_json(sim: Simulator, http: aiohttp.ClientSession) -> None:
    """The body is cut in the middle although the status is 200."""
    sim.faults("radarr").half = True
    headers = {"X-Api-Key": sim.api_key("radarr")}
    async with http.get(f"{sim.url('radarr')}/api/v3/movie", headers=headers) as answer:
        assert answer.status == 200
        with pytest.raises(JSONDecodeError):
            await answer.json()


async def test_short_pages_promise_more_than_they_hold(sim: Simulator, read: Reader) -> None:
    """The total says six, the page has fewer: a careful reader notices."""
    entry = sim.sonarr.entries[1]
    sim.sonarr.grab(entry, entry.episodes)
    for index in range(2):
        film = sim.world.add_title_movie(title=f"Film {index}", year=2000, tmdb=index + 1)
        await sim.seerr.request(film)
    for name in ("sonarr", "seerr", "jellyfin"):
        sim.faults(name).short_pages = True
    queue = await read.get("sonarr", QUEUE)
    requests = await read.get("seerr", "/api/v1/request")
    items = await read.get("jellyfin", "/Items?recursive=true&includeItemTypes=Movie")
    assert isinstance(queue, dict)
    assert isinstance(requests, dict)
    assert isinstance(items, dict)
    assert (queue["totalRecords"], len(queue["records"])) == (6, 3)
    assert (requests["pageInfo"]["results"], len(requests["results"])) == (2, 1)
    assert (items["TotalRecordCount"], len(items["Items"])) == (3, 1)


async def test_a_service_that_is_down_refuses_connections(
    sim: Simulator, read: Reader, http: aiohttp.ClientSession
) -> None:
    """It comes back on the same port with the same memory."""
    download = sim.radarr.grab(sim.radarr.entries[1])
    url = sim.url("radarr")
    await sim.down("radarr")
    with pytest.raises(aiohttp.ClientConnectionError):
        await http.get(f"{url}/ping")
    await sim.up("radarr")
    assert sim.url("radarr") == url
    page = await read.get("radarr", QUEUE)
    assert isinstance(page, dict)
    assert [row["downloadId"] for row in page["records"]] == [download.client_id]


async def test_a_starting_service_answers_503_in_its_own_words(
    sim: Simulator, read: Reader
) -> None:
    """The arrs say so in JSON, Jellyfin with Retry-After."""
    for name, path in (("radarr", QUEUE), ("jellyfin", "/System/Info")):
        await sim.restart(name, starting=True)
        body = await read.get(name, path, 503)
        assert "tarting" in str(body)
        sim.faults(name).starting = False
        await read.get(name, path)


async def test_a_skewed_clock_shows_in_the_date(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """The service stamps its answers by its own clock."""
    sim.faults("jellyfin").skew = 90
    async with http.get(f"{sim.url('jellyfin')}/System/Info/Public") as answer:
        stamped = parsedate_to_datetime(answer.headers["Date"])
    assert stamped - sim.clock.now() == timedelta(seconds=90)


async def test_calls_are_counted_by_route(sim: Simulator, read: Reader) -> None:
    """Every upstream call counts under its route, whatever the id."""
    await read.get("radarr", "/api/v3/movie/1")
    await read.get("radarr", "/api/v3/movie/2")
    await read.get("sonarr", QUEUE)
    counts = {key: count for key, count in sim.calls.items() if count}
    assert counts[("sonarr", "GET /api/v3/queue")] == 1
    assert sum(n for (name, route), n in counts.items() if name == "radarr") == 2
    assert len([1 for name, _ in counts if name == "radarr"]) == 1
