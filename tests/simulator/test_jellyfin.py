"""Jellyfin as the contract has it: tokens, items, plugin, socket."""

from base64 import b64encode
import json

import aiohttp
import pytest

from simulator import Simulator, Title

from .conftest import Reader, Receiver
from .shapes import differences, sample

FIELDS = "fields=ProviderIds,Path,DateCreated"
ALL = f"/Items?recursive=true&{FIELDS}"
GUID = "71552a5a5c5c4350a2aeebe451a30173"
DEVICE = 'MediaBrowser Client="Home%20Assistant", Device="ha", DeviceId="d1", Version="1.0"'
type Body = dict[str, object]


@pytest.fixture
async def film(sim: Simulator) -> Title:
    """Return a film that has just appeared."""
    title = sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
    await sim.advance(3600)
    await sim.play(await sim.seerr.request(title), until="available")
    return title


def rows(answer: object) -> list[Body]:
    """Return the items of an answer."""
    assert isinstance(answer, dict)
    return list(answer["Items"])


async def sign_in(sim: Simulator, http: aiohttp.ClientSession) -> str:
    """Return a user token, got by Quick Connect with the API key alone."""
    base, key = sim.url("jellyfin"), sim.api_key("jellyfin")
    async with http.post(
        f"{base}/QuickConnect/Initiate", headers={"Authorization": DEVICE}
    ) as answer:
        wish = await answer.json()
    assert differences(wish, sample("jellyfin", "quick-connect-initiate-response")) == []
    user = sim.world.users["owner"].jellyfin_id
    headers = {"Authorization": f'MediaBrowser Token="{key}"'}
    url = f"{base}/QuickConnect/Authorize?code={wish['Code']}&userId={user}"
    async with http.post(url, headers=headers) as answer:
        assert await answer.json() is True
    url, body = f"{base}/Users/AuthenticateWithQuickConnect", {"Secret": wish["Secret"]}
    async with http.post(url, json=body, headers={"Authorization": DEVICE}) as answer:
        return str((await answer.json())["AccessToken"])


async def test_how_a_token_may_come(sim: Simulator, http: aiohttp.ClientSession) -> None:
    """The legacy forms work before 12 and not after; a wrong key is 401."""
    url, key = f"{sim.url('jellyfin')}/System/Info", sim.api_key("jellyfin")

    async def status(headers: dict[str, str], query: str = "") -> int:
        async with http.get(url + query, headers=headers) as answer:
            return answer.status

    good = {"Authorization": f'MediaBrowser Token="{key}"'}
    assert await status(good) == 200
    assert await status({}, f"?ApiKey={key}") == 200
    assert await status({"X-Emby-Token": key}) == 200
    sim.jellyfin.version = "12.0.0"
    assert await status({"X-Emby-Token": key}) == 401
    assert await status({}, f"?api_key={key}") == 401
    assert await status(good) == 200
    assert await status({"Authorization": 'MediaBrowser Token="no"'}) == 401
    assert await status({}) == 401


async def test_items_are_found_and_paged(sim: Simulator, read: Reader, film: Title) -> None:
    """Pages of all films have each film once; unknown parameters are ignored."""
    seen = []
    for start in (0, 2):
        path = f"{ALL}&includeItemTypes=Movie&startIndex={start}&limit=2"
        page = await read.get("jellyfin", path)
        assert isinstance(page, dict)
        assert (page["TotalRecordCount"], page["StartIndex"]) == (4, start)
        seen += [row["Id"] for row in rows(page)]
    assert len(set(seen)) == 4
    trap = await read.get("jellyfin", f"{ALL}&includeItemTypes=Movie&anyProviderIdEquals=tmdb.1")
    assert len(rows(trap)) == 4
    entry = sim.radarr.find(film)
    assert entry is not None
    assert entry.file is not None
    found = await read.get("jellyfin", f"{ALL}&includeItemTypes=Movie&searchTerm=dune")
    item = rows(found)[0]
    assert (item["Path"], item["LocationType"]) == (entry.file.path, "FileSystem")
    assert item["ProviderIds"] == {"Tmdb": "693134", "Imdb": "tt00693134"}


async def test_changed_since_finds_only_what_is_new(
    sim: Simulator, read: Reader, film: Title
) -> None:
    """`minDateLastSaved` leaves out the old shelf, its episodes too."""
    since = (sim.world.epoch.replace(microsecond=0)).isoformat().replace("+00:00", "Z")
    everything = await read.get("jellyfin", f"{ALL}&minDateLastSaved={since}")
    assert len(rows(everything)) > 10
    item = sim.jellyfin.library.of(film)[0]
    moment = item.saved.isoformat().replace("+00:00", "Z")
    path = f"{ALL}&includeItemTypes=Movie,Series,Episode&minDateLastSaved={moment}"
    assert [row["Id"] for row in rows(await read.get("jellyfin", path))] == [item.id]


async def test_single_items_need_a_user(sim: Simulator, read: Reader, film: Title) -> None:
    """With an API key `/Items/{id}` is 400, `?ids=` works and leaves out unknown ids."""
    item = sim.jellyfin.library.of(film)[0]
    await read.get("jellyfin", f"/Items/{item.id}", 400)
    found = await read.get("jellyfin", f"/Items?ids={item.id},{'0' * 32}&{FIELDS}")
    assert [row["Id"] for row in rows(found)] == [item.id]


async def test_virtual_items_are_not_playable(sim: Simulator, read: Reader) -> None:
    """Missing episodes are in the list unless they are filtered out; they have no path."""
    show = sim.world.add_title_series(
        title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3}
    )
    entry = sim.sonarr.add(show)
    sim.sonarr.find_existing(entry.episodes[:1])
    sim.jellyfin.library.show_missing = True
    await sim.jellyfin.scan()
    series = sim.jellyfin.item_id(show)
    listed = rows(await read.get("jellyfin", f"/Shows/{series}/Episodes?{FIELDS}"))
    assert [row["LocationType"] for row in listed] == ["FileSystem", "Virtual", "Virtual"]
    assert ["Path" in row for row in listed] == [True, False, False]
    present = await read.get("jellyfin", f"/Shows/{series}/Episodes?{FIELDS}&isMissing=false")
    assert [row["IndexNumber"] for row in rows(present)] == [1]


async def test_a_rename_makes_a_new_item(sim: Simulator, film: Title) -> None:
    """Ids come from the path: the old item goes, a new one comes."""
    before = sim.jellyfin.item_id(film)
    entry = sim.radarr.find(film)
    assert entry is not None
    sim.radarr.rename(entry, "Renamed.mkv")
    change = await sim.jellyfin.scan()
    assert [item.id for item in change.removed] == [before]
    assert [item.id for item in change.added] == [sim.jellyfin.item_id(film)]


async def test_the_old_shelf_can_change_too(sim: Simulator) -> None:
    """An upgrade replaces an old film's item, a deletion removes an old episode's."""
    entry = sim.radarr.entries[1]
    old = sim.jellyfin.item_id(entry.title)
    await sim.play(sim.stories.upgrade(entry))
    assert [item.id for item in sim.jellyfin.library.of(entry.title)] != [old]
    assert len(sim.jellyfin.playable_files(entry.title)) == 1
    series = sim.sonarr.entries[1]
    assert len(sim.jellyfin.playable_files(series.title)) == 6
    sim.sonarr.delete_file(series.episodes[0])
    change = await sim.jellyfin.scan()
    assert [item.type for item in change.removed] == ["Episode"]
    assert len(sim.jellyfin.playable_files(series.title)) == 5
    sim.sonarr.delete(series)
    change = await sim.jellyfin.scan()
    kinds = sorted(item.type for item in change.removed)
    assert kinds == ["Episode"] * 5 + ["Season", "Season", "Series"]
    assert sim.jellyfin.item_id(series.title) is None


async def test_shelf_episodes_have_the_arrs_paths(sim: Simulator, read: Reader) -> None:
    """The household's old episodes lie where Sonarr says."""
    answer = await read.get("jellyfin", f"{ALL}&includeItemTypes=Episode")
    ours = {str(row["Path"]) for row in rows(answer)}
    theirs = {
        item.file.path
        for entry in sim.sonarr.entries.values()
        for item in entry.episodes
        if item.file is not None
    }
    assert ours == theirs
    assert len(ours) == 12


async def test_the_plugin_is_configured_over_rest(
    sim: Simulator, http: aiohttp.ClientSession, read: Reader, receiver: Receiver, film: Title
) -> None:
    """The sample's configuration is accepted and works; a custom content type is sent."""
    path = f"/Plugins/{GUID}/Configuration"
    empty = sample("jellyfin", "plugin-webhook-configuration-get-empty")
    assert await read.get("jellyfin", path) == empty
    body = sample("jellyfin", "plugin-webhook-configuration-post")
    assert isinstance(body, dict)
    body["GenericOptions"][0]["WebhookUri"] = receiver.url
    headers = {"Authorization": f'MediaBrowser Token="{sim.api_key("jellyfin")}"'}
    url = sim.url("jellyfin") + path
    async with http.post(url, json=body, headers=headers) as answer:
        assert answer.status == 204
    assert await read.get("jellyfin", path) == body
    entry = sim.radarr.find(film)
    assert entry is not None
    sim.radarr.rename(entry, "Renamed.mkv")
    await sim.jellyfin.scan()
    await sim.advance(60)
    await sim.settle()
    assert {row.body["NotificationType"] for row in receiver.received} == {
        "ItemAdded",
        "ItemDeleted",
    }
    assert receiver.received[0].headers["Content-Type"] == "application/json"
    sim.jellyfin.plugin.installed = False
    await read.get("jellyfin", path, 404)


async def test_a_template_fills_with_text(sim: Simulator, receiver: Receiver, film: Title) -> None:
    """Without SendAllProperties the template decides the body."""
    sim.jellyfin.plugin.register(receiver.url)
    options = sim.jellyfin.plugin.configuration["GenericOptions"]
    assert isinstance(options, list)
    text = '{"what": "{{NotificationType}}", "tmdb": "{{Provider_tmdb}}"}'
    options[0] |= {"SendAllProperties": False, "Template": b64encode(text.encode()).decode()}
    await sim.jellyfin.plugin.flush()
    await sim.settle()
    assert [row.body for row in receiver.received] == [{"what": "ItemAdded", "tmdb": "693134"}]


async def test_the_socket_tells_users_about_the_library(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """LibraryChanged comes 30 quiet seconds after the change, for users only."""
    token = await sign_in(sim, http)
    url = sim.url("jellyfin") + "/socket"
    user = await http.ws_connect(url, headers={"Authorization": f'MediaBrowser Token="{token}"'})
    key = await http.ws_connect(f"{url}?ApiKey={sim.api_key('jellyfin')}")
    for socket in (user, key):
        frame = await socket.receive_json()
        assert differences(_sorted(frame), _sorted(sample("jellyfin", "force-keep-alive"))) == []
    film = sim.world.add_title_movie(title="Heat", year=1995, tmdb=949)
    sim.radarr.find_existing(sim.radarr.add(film))
    await sim.jellyfin.scan()
    await sim.advance(30)
    frame = await user.receive_json()
    recorded = sample("jellyfin", "library-changed-movie-added")
    assert differences(_sorted(frame), _sorted(recorded)) == []
    assert frame["Data"]["ItemsAdded"] == [sim.jellyfin.item_id(film)]
    await key.send_str('{"MessageType":"KeepAlive"}')
    assert (await key.receive_json())["MessageType"] == "KeepAlive"
    await user.close()
    await key.close()


async def test_the_socket_tells_subscribers_about_the_scan(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """An API key sees the task go from Idle over Running to Idle."""
    url = f"{sim.url('jellyfin')}/socket?ApiKey={sim.api_key('jellyfin')}"
    async with http.ws_connect(url) as socket:
        await socket.receive_json()
        start = sample("jellyfin", "scheduled-tasks-info")
        await socket.send_str(json.dumps({"MessageType": "ScheduledTasksInfoStart", "Data": "0,2"}))
        states = [_scan_state(await socket.receive_json())]
        await sim.jellyfin.scan()
        running = await socket.receive_json()
        assert differences(_sorted(running), _sorted(start)) == []
        states += [_scan_state(running), _scan_state(await socket.receive_json())]
    assert states == ["Idle", "Running", "Idle"]


def _sorted(frame: object) -> Body:
    """Sort the members: their order varies between messages of the real server."""
    assert isinstance(frame, dict)
    return dict(sorted(frame.items()))


def _scan_state(frame: Body) -> str:
    tasks = frame["Data"]
    assert isinstance(tasks, list)
    return str(next(task["State"] for task in tasks if task["Key"] == "RefreshLibrary"))


async def test_a_silent_socket_is_reminded_and_dropped(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """After 45 s of silence comes a reminder, after 60 s the end; KeepAlive prevents both."""
    url = f"{sim.url('jellyfin')}/socket?ApiKey={sim.api_key('jellyfin')}"
    quiet, lively = await http.ws_connect(url), await http.ws_connect(url)
    for socket in (quiet, lively):
        assert (await socket.receive_json())["MessageType"] == "ForceKeepAlive"
    for _ in range(3):
        await sim.advance(20)
        await lively.send_str('{"MessageType":"KeepAlive"}')
        assert (await lively.receive_json())["MessageType"] == "KeepAlive"
    assert (await quiet.receive_json())["MessageType"] == "ForceKeepAlive"
    closed = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSING, aiohttp.WSMsgType.CLOSED}
    assert (await quiet.receive()).type in closed
    assert sim.jellyfin.socket.connected == 1
    await lively.close()


async def test_a_wrong_key_does_not_get_a_socket(
    sim: Simulator, http: aiohttp.ClientSession
) -> None:
    """The upgrade is refused with 403."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await http.ws_connect(f"{sim.url('jellyfin')}/socket?ApiKey=wrong")
    assert refusal.value.status == 403


async def test_a_restart_says_goodbye(sim: Simulator, http: aiohttp.ClientSession) -> None:
    """The socket is told and closed; afterwards the server is back on its port."""
    url = f"{sim.url('jellyfin')}/socket?ApiKey={sim.api_key('jellyfin')}"
    socket = await http.ws_connect(url)
    await socket.receive_json()
    await sim.restart("jellyfin")
    assert (await socket.receive_json())["MessageType"] == "ServerRestarting"
    assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}
    again = await http.ws_connect(url)
    assert (await again.receive_json())["MessageType"] == "ForceKeepAlive"
    await again.close()
