"""Radarr and Sonarr as the contract describes them: access, registration, queue, refusals."""

from datetime import timedelta

import aiohttp
import pytest

from simulator import Simulator
from simulator.downloads import DownloadRefusedError

from .conftest import Reader, Receiver
from .shapes import differences, sample

BASE = "/api/v3"
type Body = dict[str, object]


class Client:
    """Call an arr with its key."""

    def __init__(self, sim: Simulator, http: aiohttp.ClientSession, name: str) -> None:
        """Call the arr of this name."""
        self._sim, self._http, self._name = sim, http, name

    async def __call__(
        self, method: str, path: str, body: Body | None = None
    ) -> tuple[int, object]:
        """Return status and parsed body."""
        url = f"{self._sim.url(self._name)}{BASE}{path}"
        headers = {"X-Api-Key": self._sim.api_key(self._name)}
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, await answer.json() if text else None


@pytest.fixture
def radarr(sim: Simulator, http: aiohttp.ClientSession) -> Client:
    """Return a caller of Radarr."""
    return Client(sim, http, "radarr")


def registration(url: str, **changes: object) -> Body:
    """Return the body of a registration, as the contract's sample has it."""
    body = sample("radarr", "radarr-api-notification-create")
    assert isinstance(body, dict)
    fields = [row | {"value": url} if row["name"] == "url" else row for row in body["fields"]]
    return body | {"fields": fields} | changes


@pytest.mark.parametrize("headers", [{}, {"X-Api-Key": "wrong"}, {"Authorization": "Bearer no"}])
async def test_without_the_right_key_the_answer_is_401_and_empty(
    sim: Simulator, http: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    """A missing or wrong key gives 401 without a body; /ping needs none."""
    url = f"{sim.url('radarr')}{BASE}/system/status"
    async with http.get(url, headers=headers) as answer:
        assert (answer.status, await answer.text()) == (401, "")
    async with http.get(f"{sim.url('radarr')}/ping") as answer:
        assert await answer.json() == {"status": "OK"}


async def test_the_key_may_come_three_ways(sim: Simulator, http: aiohttp.ClientSession) -> None:
    """Header, query and bearer are alike."""
    key, url = sim.api_key("sonarr"), f"{sim.url('sonarr')}{BASE}/system/status"
    for headers, query in (
        ({"X-Api-Key": key}, ""),
        ({"Authorization": f"Bearer {key}"}, ""),
        ({}, f"?apikey={key}"),
    ):
        async with http.get(url + query, headers=headers) as answer:
            assert (await answer.json())["appName"] == "Sonarr"


async def test_registering_sends_a_test_first(radarr: Client, receiver: Receiver) -> None:
    """POST calls the receiver with the Test body and basic credentials, then answers 201."""
    status, body = await radarr("POST", "/notification", registration(receiver.url))
    assert status == 201
    assert [row.body for row in receiver.received] == [sample("radarr", "radarr-test")]
    assert receiver.received[0].headers["Authorization"].startswith("Basic ")
    assert isinstance(body, dict)
    fields = {row["name"]: row.get("value") for row in body["fields"]}
    assert (fields["url"], fields["password"]) == (receiver.url, "********")
    assert body["onGrab"] is True
    assert body["onHealthIssue"] is False


async def test_a_refused_test_refuses_the_registration(radarr: Client, receiver: Receiver) -> None:
    """A receiver that answers 401 gives the sample's 400; one that is not there gives 500."""
    receiver.status = 401
    status, body = await radarr("POST", "/notification", registration(receiver.url))
    assert status == 400
    assert differences(body, sample("sonarr", "sonarr-api-error-400-webhook-test")) == []
    forced = "/notification?forceSave=true"
    assert (await radarr("POST", forced, registration(receiver.url)))[0] == 400
    status, body = await radarr("POST", "/notification", registration("http://127.0.0.1:9/"))
    assert status == 500
    assert isinstance(body, dict)
    assert "description" in body
    assert await radarr("GET", "/notification") == (200, [])


async def test_registering_before_the_receiver_is_there(radarr: Client, receiver: Receiver) -> None:
    """All flags off is not tested; PUT with forceSave turns them on without a test."""
    receiver.status = 503
    flags = dict.fromkeys(
        (key for key in registration(receiver.url) if str(key).startswith("on")), False
    )
    status, body = await radarr("POST", "/notification", registration(receiver.url, **flags))
    assert status == 201
    assert isinstance(body, dict)
    path = f"/notification/{body['id']}"
    assert (await radarr("PUT", path, body | {"onGrab": True}))[0] == 400
    status, changed = await radarr("PUT", f"{path}?forceSave=true", body | {"onGrab": True})
    assert isinstance(changed, dict)
    assert (status, changed["onGrab"]) == (202, True)
    tests = len(receiver.received)
    assert (await radarr("PUT", path, changed))[0] == 202
    assert len(receiver.received) == tests


async def test_names_are_unique_and_a_masked_password_stays(
    radarr: Client, receiver: Receiver
) -> None:
    """A second registration of the name is refused; `********` keeps what is stored."""
    _, body = await radarr("POST", "/notification", registration(receiver.url))
    again = await radarr("POST", "/notification", registration(receiver.url))
    assert again[0] == 400
    free = {"errorCode", "formattedMessageArguments", "formattedMessagePlaceholderValues"}
    free |= {"isWarning"}
    unique = sample("sonarr", "sonarr-api-error-400-name-not-unique")
    assert isinstance(again[1], list)
    assert {row["errorMessage"] for row in again[1]} == {"Should be unique"}
    assert differences(_sorted(again[1]), _sorted(unique), free=free) == []
    assert isinstance(body, dict)
    first = receiver.received[-1].headers["Authorization"]
    path = f"/notification/{body['id']}"
    assert (await radarr("PUT", path, body | {"onRename": False}))[0] == 202
    assert receiver.received[-1].headers["Authorization"] == first
    assert (await radarr("DELETE", path))[0] == 200
    assert (await radarr("GET", path))[0] == 404


def _sorted(rows: object) -> object:
    return [dict(sorted(row.items())) for row in rows] if isinstance(rows, list) else rows


async def test_the_schema_says_which_flags_exist(radarr: Client) -> None:
    """The Webhook entry of the schema has the `supports` booleans."""
    _, body = await radarr("GET", "/notification/schema")
    assert isinstance(body, list)
    entry = body[0]
    assert entry["implementation"] == "Webhook"
    assert entry["supportsOnManualInteractionRequired"] is True
    assert "supportsOnImportComplete" not in entry


async def test_failed_pushes_silence_a_registration(sim: Simulator, receiver: Receiver) -> None:
    """After the grace of five minutes failures pause it; one success ends the pause."""
    row = sim.radarr.notifications.register(receiver.url)
    entry = sim.radarr.entries[1]
    receiver.status = 500
    for _ in range(2):
        sim.radarr.rename(entry, "a.mkv")
        await sim.settle()
        await sim.advance(301)
    sim.radarr.rename(entry, "b.mkv")
    await sim.settle()
    assert row.paused_until is not None
    arrived = len(receiver.received)
    sim.radarr.rename(entry, "c.mkv")
    await sim.settle()
    assert len(receiver.received) == arrived
    receiver.status = 200
    await sim.advance(3601)
    sim.radarr.rename(entry, "d.mkv")
    await sim.settle()
    assert len(receiver.received) == arrived + 1
    assert row.paused_until is None


async def test_a_torrent_that_is_there_already_is_refused(
    listening: Simulator, receiver: Receiver
) -> None:
    """The client refuses a duplicate: the grab fails and no webhook is sent."""
    entry = listening.radarr.entries[1]
    first = listening.radarr.grab(entry)
    await listening.settle()
    with pytest.raises(DownloadRefusedError):
        listening.radarr.grab(entry, download_id=first.client_id)
    await listening.settle()
    assert len(receiver.bodies("Grab")) == 1
    assert len(listening.radarr.downloads) == 1


async def test_a_failed_download_has_history_but_no_webhook(
    listening: Simulator, receiver: Receiver, read: Reader
) -> None:
    """A failure leaves queue and client and is only found in the history."""
    download = listening.radarr.grab(listening.radarr.entries[1])
    await listening.settle()
    before = len(receiver.received)
    listening.radarr.fail(download)
    await listening.settle()
    assert len(receiver.received) == before
    rows = await read.get("radarr", f"{BASE}/history/since?date=2020-01-01T00:00:00Z")
    assert isinstance(rows, list)
    assert [row["eventType"] for row in rows] == ["grabbed", "downloadFailed"]
    assert listening.qbittorrent.torrents == {}


async def test_a_torrent_removed_from_the_client_leaves_the_queue(
    sim: Simulator, read: Reader
) -> None:
    """Stalled it shows a warning; deleted in the client it is not shown any more."""
    download = sim.radarr.grab(sim.radarr.entries[1])
    key = str(download.client_id)
    await sim.advance(5)
    sim.qbittorrent.stall(key)
    page = await read.get("radarr", f"{BASE}/queue")
    assert isinstance(page, dict)
    record = page["records"][0]
    assert (record["status"], record["trackedDownloadStatus"]) == ("warning", "warning")
    assert record["errorMessage"] == "The download is stalled with no connections"
    assert "timeleft" not in record
    sim.qbittorrent.remove(key, delete_data=True)
    page = await read.get("radarr", f"{BASE}/queue")
    assert isinstance(page, dict)
    assert page["totalRecords"] == 0


async def test_history_since_is_inclusive(sim: Simulator, read: Reader) -> None:
    """A line of exactly the asked moment is in the answer, older ones are not."""
    entry = sim.radarr.entries[1]
    sim.radarr.grab(entry)
    await sim.advance(60)
    moment = sim.clock.now()
    sim.radarr.grab(entry)
    for since, count in ((moment, 1), (moment - timedelta(seconds=60), 2)):
        text = since.isoformat().replace("+00:00", "Z")
        rows = await read.get("radarr", f"{BASE}/history/since?date={text}")
        assert isinstance(rows, list)
        assert len(rows) == count


async def test_pages_reach_every_record_once(sim: Simulator, read: Reader) -> None:
    """Paging through the queue gives each record exactly once."""
    entry = sim.sonarr.entries[1]
    sim.sonarr.grab(entry, entry.episodes)
    seen: list[int] = []
    for page in (1, 2, 3):
        answer = await read.get("sonarr", f"{BASE}/queue?page={page}&pageSize=2")
        assert isinstance(answer, dict)
        assert answer["totalRecords"] == len(entry.episodes)
        seen += [row["episodeId"] for row in answer["records"]]
    assert sorted(seen) == [item.id for item in entry.episodes]


async def test_lookups_by_foreign_id(sim: Simulator, read: Reader) -> None:
    """TmdbId and tvdbId give exact lists of none or one."""
    film, show = sim.radarr.entries[2], sim.sonarr.entries[2]
    found = await read.get("radarr", f"{BASE}/movie?tmdbId={film.title.tmdb}")
    series = await read.get("sonarr", f"{BASE}/series?tvdbId={show.title.tvdb}")
    assert isinstance(found, list)
    assert isinstance(series, list)
    assert ([row["id"] for row in found], [row["id"] for row in series]) == ([2], [2])
    assert await read.get("radarr", f"{BASE}/movie?tmdbId=1") == []
    assert await read.get("radarr", f"{BASE}/movie/999", 404) == {"message": "NotFound"}


async def test_lists_follow_the_truth(sim: Simulator, read: Reader) -> None:
    """The cached list changes when a film changes."""

    async def have() -> dict[int, bool]:
        rows = await read.get("radarr", f"{BASE}/movie")
        assert isinstance(rows, list)
        return {row["id"]: row["hasFile"] for row in rows}

    assert await have() == {1: True, 2: True, 3: True}
    sim.radarr.delete_file(sim.radarr.entries[2])
    sim.radarr.delete(sim.radarr.entries[3])
    assert await have() == {1: True, 2: False}


async def test_unaired_episodes_do_not_count_as_missing(sim: Simulator, read: Reader) -> None:
    """`episodeCount` counts what has aired; the air date lies in the future."""
    show = sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 9}, unaired=2
    )
    entry = sim.sonarr.add(show)
    body = await read.get("sonarr", f"{BASE}/series/{entry.id}")
    assert isinstance(body, dict)
    numbers = body["seasons"][0]["statistics"]
    assert (numbers["episodeCount"], numbers["totalEpisodeCount"]) == (7, 9)
    episodes = await read.get("sonarr", f"{BASE}/episode?seriesId={entry.id}")
    assert isinstance(episodes, list)
    now = sim.clock.now().isoformat()
    assert sum(row["airDateUtc"] > now for row in episodes) == 2
