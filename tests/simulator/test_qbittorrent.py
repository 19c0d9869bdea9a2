"""qBittorrent as recorded: sessions, keys, bans, and the rid protocol frame by frame."""

from collections.abc import AsyncGenerator, Mapping
from copy import deepcopy

import aiohttp
import pytest

from simulator import Simulator
from simulator.qbt_sync import Snapshot, SyncSession

from .conftest import Receiver
from .shapes import differences, sample

V2 = "/api/v2"
VERSIONS = ["4.5.2", "5.1.0", "5.3.0"]
type Body = dict[str, object]


class Web:
    """A Web API client that keeps cookies by hand."""

    def __init__(self, sim: Simulator, http: aiohttp.ClientSession) -> None:
        """Know no cookie."""
        self._base = sim.url("qbittorrent") + V2
        self._http = http
        self.cookie = ""

    async def __call__(
        self,
        method: str,
        path: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, str]:
        """Return status and text, remembering a cookie that is set."""
        sent = ({"Cookie": self.cookie} if self.cookie else {}) | dict(headers or {})
        async with self._http.request(method, self._base + path, data=form, headers=sent) as answer:
            for name, morsel in answer.cookies.items():
                self.cookie = f"{name}={morsel.value}"
            return answer.status, await answer.text()

    async def maindata(self, rid: int) -> Body:
        """Return one answer of sync/maindata."""
        headers = {"Cookie": self.cookie} if self.cookie else {}
        url = f"{self._base}/sync/maindata?rid={rid}"
        async with self._http.get(url, headers=headers) as answer:
            body = await answer.json()
        assert isinstance(body, dict)
        return body


@pytest.fixture(params=VERSIONS)
async def client(request: pytest.FixtureRequest, socket_enabled: None) -> AsyncGenerator[Simulator]:
    """Return a household that has only a qBittorrent of some version."""
    versions = {"qbittorrent": str(request.param)}
    async with Simulator(services=["qbittorrent"], versions=versions, seed=3) as simulator:
        yield simulator


def credentials(sim: Simulator) -> dict[str, str]:
    """Return the right login form."""
    auth = sim.qbittorrent.auth
    return {"username": auth.username, "password": auth.password}


async def test_login_speaks_the_versions_dialect(
    client: Simulator, http: aiohttp.ClientSession
) -> None:
    """Status, text and cookie name of good and bad logins differ as recorded."""
    web = Web(client, http)
    new = client.qbittorrent.version == "5.3.0"
    assert await web("GET", "/app/version") == (403, "Forbidden")
    bad = await web("POST", "/auth/login", {"username": "admin", "password": "no"})
    assert bad == ((401, "Unauthorized") if new else (200, "Fails."))
    assert web.cookie == ""
    good = (204, "") if new else (200, "Ok.")
    assert await web("POST", "/auth/login", credentials(client)) == good
    name = f"QBT_SID_{client.qbittorrent.port}" if new else "SID"
    assert web.cookie.startswith(f"{name}=")
    assert await web("GET", "/app/version") == (200, f"v{client.qbittorrent.version}")
    assert await web("POST", "/auth/login", {"username": "x", "password": "y"}) == good
    await web("POST", "/auth/logout")
    assert await web("GET", "/app/version") == (403, "Forbidden")


async def test_five_bad_logins_ban_the_address(
    client: Simulator, http: aiohttp.ClientSession
) -> None:
    """The sixth is refused even with the right password; after an hour it is not."""
    web = Web(client, http)
    for _ in range(5):
        await web("POST", "/auth/login", {"username": "admin", "password": "no"})
    status, text = await web("POST", "/auth/login", credentials(client))
    assert status == 403
    assert text.startswith("Your IP address has been banned")
    await client.advance(3601)
    assert (await web("POST", "/auth/login", credentials(client)))[0] in {200, 204}


async def test_api_keys_exist_since_5_2(client: Simulator, http: aiohttp.ClientSession) -> None:
    """A key opens 5.3 without cookies and keeps the rid; older versions answer 403."""
    web = Web(client, http)
    key = client.api_key("qbittorrent")
    assert (key[:4], len(key)) == ("qbt_", 32)
    bearer = {"Authorization": f"Bearer {key}"}
    status, _ = await web("GET", "/app/version", headers=bearer)
    if client.qbittorrent.version != "5.3.0":
        assert status == 403
        return
    assert status == 200
    first = await web("GET", "/sync/maindata?rid=0", headers=bearer)
    second = await web("GET", "/sync/maindata?rid=1", headers=bearer)
    assert '"full_update":true' in first[1]
    assert second == (200, '{"rid":2}')
    assert await web("POST", "/auth/login", credentials(client), headers=bearer) == (
        403,
        "Forbidden",
    )
    wrong = {"Authorization": "Bearer qbt_wrong"}
    assert await web("GET", "/app/version", headers=wrong) == (403, "Forbidden")


async def test_a_bypassed_address_keeps_increments_by_its_cookie(
    client: Simulator, http: aiohttp.ClientSession
) -> None:
    """Without a cookie every answer is full with rid 1; with the one that was set it is not."""
    client.qbittorrent.auth.bypass = True
    web = Web(client, http)
    for _ in range(2):
        body = await web.maindata(1)
        assert (body["full_update"], body["rid"]) == (True, 1)
    await web("GET", "/sync/maindata?rid=0")
    assert web.cookie
    assert "full_update" not in await web.maindata(1)


async def test_foreign_origins_and_ports_are_refused(
    client: Simulator, http: aiohttp.ClientSession
) -> None:
    """A Referer of somewhere else and a Host with another port give 401."""
    web = Web(client, http)
    await web("POST", "/auth/login", credentials(client))
    foreign = {"Referer": "http://evil.example.com/"}
    assert await web("GET", "/app/version", headers=foreign) == (401, "Unauthorized")
    mapped = {"Host": "127.0.0.1:1"}
    assert await web("GET", "/app/version", headers=mapped) == (401, "Unauthorized")


async def test_a_restart_ends_sessions(client: Simulator, http: aiohttp.ClientSession) -> None:
    """After a restart the cookie is worthless and the port is the same."""
    web = Web(client, http)
    await web("POST", "/auth/login", credentials(client))
    await client.restart("qbittorrent")
    assert await web("GET", "/app/version") == (403, "Forbidden")
    await web("POST", "/auth/login", credentials(client))
    assert (await web("GET", "/app/version"))[0] == 200


async def test_deleting_needs_both_parameters(
    client: Simulator, http: aiohttp.ClientSession
) -> None:
    """`deleteFiles` is required, GET is refused, unknown hashes are fine."""
    web = Web(client, http)
    await web("POST", "/auth/login", credentials(client))
    client.qbittorrent.add_torrent("a" * 40, "A", 1000)
    client.qbittorrent.add_torrent("b" * 40, "B", 1000)
    assert (await web("POST", "/torrents/delete", {"hashes": "a" * 40}))[0] == 400
    assert (await web("GET", f"/torrents/delete?hashes={'a' * 40}&deleteFiles=true"))[0] == 405
    form = {"hashes": "A" * 40 + "|" + "f" * 40, "deleteFiles": "true"}
    assert await web("POST", "/torrents/delete", form) == (200, "")
    assert list(client.qbittorrent.torrents) == ["b" * 40]


async def test_torrents_have_exactly_the_members_of_the_version(
    client: Simulator, http: aiohttp.ClientSession
) -> None:
    """A torrent in torrents/info has the recorded members with the recorded types."""
    web = Web(client, http)
    await web("POST", "/auth/login", credentials(client))
    client.qbittorrent.add_torrent("c" * 40, "C", 10**9, category="radarr")
    await client.advance(5)
    url = f"{client.url('qbittorrent')}{V2}/torrents/info?hashes={'C' * 40}"
    async with http.get(url, headers={"Cookie": web.cookie}) as answer:
        rows = await answer.json()
    recorded = sample("qbittorrent", f"real-{client.qbittorrent.version}-torrents-info-downloading")
    assert differences(rows, recorded) == []
    assert rows[0]["state"] == "downloading"
    assert rows[0]["progress"] == pytest.approx(0.25)
    assert rows[0]["eta"] == 15


async def test_an_empty_client_says_so_in_its_own_way(
    client: Simulator, http: aiohttp.ClientSession
) -> None:
    """4.5 sends empty collections, 5.x leaves them out."""
    web = Web(client, http)
    await web("POST", "/auth/login", credentials(client))
    body = await web.maindata(0)
    old = client.qbittorrent.version == "4.5.2"
    recorded = sample("qbittorrent", f"maindata-{'4.5.2' if old else '5.3.0'}-full-empty")
    newer = {"last_external_address_v4", "last_external_address_v6", "queued_tracker_announces"}
    newer |= {"request_latency", "session_state"}
    free = newer if client.qbittorrent.version == "5.1.0" else set()
    assert differences(body, recorded, free=free) == []


async def test_increments_replays_and_old_rids(
    client: Simulator, http: aiohttp.ClientSession
) -> None:
    """The same rid repeats the changes, an older or foreign one gives everything."""
    web = Web(client, http)
    await web("POST", "/auth/login", credentials(client))
    torrent = client.qbittorrent.add_torrent("d" * 40, "D", 10**9)
    full = await web.maindata(0)
    assert full["full_update"] is True
    await client.advance(5)
    step = await web.maindata(1)
    again = await web.maindata(1)
    assert "full_update" not in step
    assert isinstance(step["torrents"], dict)
    assert step["torrents"][torrent.id]["completed"] == 250_000_000
    assert "name" not in step["torrents"][torrent.id]
    assert (step["torrents"], again["rid"]) == (again["torrents"], 3)
    assert await web.maindata(3) == {"rid": 4}
    assert (await web.maindata(1))["full_update"] is True
    other = Web(client, http)
    await other("POST", "/auth/login", credentials(client))
    assert (await other.maindata(5))["full_update"] is True
    client.qbittorrent.remove(torrent.id, delete_data=True)
    gone = await web.maindata(5)
    assert gone["torrents_removed"] == [torrent.id]
    fresh = await web.maindata(0)
    assert fresh["rid"] == (1 if client.qbittorrent.version == "4.5.2" else 7)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_recorded_life_is_told_frame_by_frame(version: str) -> None:
    """Fed with the states of the recording, the protocol answers what was recorded."""
    frames = sample("qbittorrent", f"real-{version}-maindata-lifecycle")
    assert isinstance(frames, list)
    session = SyncSession(restarts=version == "4.5.2")
    state = Snapshot()
    rid = 0
    for frame in frames:
        recorded = frame["response"]
        state = _merged(state, recorded)
        answer = session.answer(rid if frame["request_rid"] else 0, state)
        rid = int(str(answer.pop("rid")))
        expected = {key: value for key, value in recorded.items() if key != "rid"}
        assert answer == expected, frame["note"]


def _merged(state: Snapshot, response: Body) -> Snapshot:
    """Apply one recorded answer to a client's state."""
    state = Snapshot() if response.get("full_update") else deepcopy(state)
    torrents, categories = response.get("torrents", {}), response.get("categories", {})
    assert isinstance(torrents, dict)
    assert isinstance(categories, dict)
    for key, members in torrents.items():
        state.torrents[key] = state.torrents.get(key, {}) | members
    state.categories |= categories
    for key in _texts(response, "torrents_removed"):
        state.torrents.pop(key)
    state.tags += _texts(response, "tags")
    server = response.get("server_state", {})
    assert isinstance(server, dict)
    state.server_state |= server
    return state


def _texts(response: Body, key: str) -> list[str]:
    value = response.get(key, [])
    assert isinstance(value, list)
    return [str(item) for item in value]


async def test_states_of_a_torrents_life(client: Simulator) -> None:
    """Magnet, download, stop, stall, completion: the words of the version."""
    stop = "paused" if client.qbittorrent.version == "4.5.2" else "stopped"
    qbt = client.qbittorrent
    torrent = qbt.add_torrent("e" * 40, "E", 10**9, metadata=False)

    def state() -> str:
        return torrent.state(client.clock.now(), modern=qbt.modern)

    assert state() == "metaDL"
    qbt.resume(torrent.id)
    assert state() == "stalledDL"
    await client.advance(1)
    assert state() == "downloading"
    qbt.pause(torrent.id)
    assert state() == f"{stop}DL"
    await client.advance(100)
    qbt.resume(torrent.id)
    assert torrent.transfer.received(client.clock.now()) == 50_000_000
    qbt.stall(torrent.id)
    assert state() == "stalledDL"
    qbt.resume(torrent.id)
    await client.advance(100)
    assert state() == "stalledUP"
    qbt.pause(torrent.id)
    assert state() == f"{stop}UP"


async def test_completion_runs_the_program_once(client: Simulator, receiver: Receiver) -> None:
    """The run-on-completion hook posts the hash at the moment of completion."""
    client.qbittorrent.completion_url = receiver.url
    client.qbittorrent.add_torrent("f" * 40, "F", 10**9)
    await client.advance(19)
    assert receiver.received == []
    await client.advance(30)
    await client.settle()
    assert [row.body for row in receiver.received] == [{"hash": "f" * 40}]
