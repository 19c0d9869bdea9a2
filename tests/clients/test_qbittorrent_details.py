"""What is told of a torrent before it is deleted: duties, privacy, files, who shares them."""

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import UnsafeId
from custom_components.media_status.clients.qbittorrent import QBittorrentClient, TorrentDetails
from custom_components.media_status.clients.readers import JsonObject, JsonValue

from .fake import CANARY, FakeService, Seen, sample

API = "/api/v2"
PACK = "a" * 40


def row(key: str, **more: JsonValue) -> JsonObject:
    """Return a torrent of the list as 5.x writes it: a complete folder of two files."""
    return {
        "hash": key,
        "name": "Pack",
        "progress": 1,
        "size": 30,
        "total_size": 30,
        "state": "stalledUP",
        "category": "tv",
        "tags": "a, b",
        "save_path": "/downloads",
        "download_path": "",
        "content_path": "/downloads/Pack",
        "has_metadata": True,
        "private": False,
        "ratio": 1.5,
        "seeding_time": 7200,
        "last_activity": 1000,
        "max_ratio": -1,
        "max_seeding_time": -1,
        "max_inactive_seeding_time": -1,
        **more,
    }


def files(*names: str) -> list[JsonValue]:
    """Return the files of a torrent."""
    return [{"index": 0, "name": name, "size": 15, "priority": 1} for name in names]


class Torrents:
    """The list of torrents and the pages of each."""

    def __init__(self, service: FakeService, *rows: JsonObject) -> None:
        """Hold torrents; each has the pack's files unless told otherwise."""
        self.rows = {str(entry["hash"]): entry for entry in rows}
        self.files = dict.fromkeys(self.rows, files("Pack/1.mkv", "Pack/2.mkv"))
        self.properties: dict[str, JsonObject] = {}
        self.preferences: JsonObject = {}
        self.asked: list[str] = []
        service.on(
            "GET", f"{API}/torrents/info", lambda _: web.json_response([*self.rows.values()])
        )
        service.on("GET", f"{API}/app/preferences", lambda _: web.json_response(self.preferences))
        service.on("GET", f"{API}/torrents/files", lambda seen: self.page(seen, self.files))
        service.on(
            "GET", f"{API}/torrents/properties", lambda seen: self.page(seen, self.properties)
        )

    def page[T](self, seen: Seen, pages: dict[str, T]) -> web.StreamResponse:
        """Answer what is known of one torrent."""
        key = seen.query["hash"]
        self.asked.append(f"{seen.path.rpartition('/')[2]} {key[:1]}")
        if key not in pages:
            return web.Response(status=404, text="Not Found")
        return web.json_response(pages[key])


async def details(
    service: FakeService, session: aiohttp.ClientSession, key: str = PACK
) -> TorrentDetails:
    """Return what the client tells of one torrent."""
    client = QBittorrentClient(session, service.url, api_key=CANARY)
    found = await client.torrent_details(key)
    assert found is not None
    return found


async def test_a_torrent_is_told_whole(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Name, place, files; one list, preferences and files are all that is asked."""
    server = Torrents(service, row(PACK), row("b" * 40, content_path="/downloads/Other"))
    found = await details(service, session)
    torrent = found.torrent
    assert (torrent.save_path, torrent.content_path) == ("/downloads", "/downloads/Pack")
    assert [(file.path, file.size, file.is_wanted) for file in found.files] == [
        ("Pack/1.mkv", 15, True),
        ("Pack/2.mkv", 15, True),
    ]
    assert (found.private, found.has_seeded, found.shares_with) == (False, None, frozenset())
    assert server.asked == ["files a"]
    assert len(service.seen) == 3


@pytest.mark.parametrize("version", ["4.5.2", "5.1.0", "5.3.0"])
async def test_real_answers_are_understood(
    service: FakeService, session: aiohttp.ClientSession, version: str
) -> None:
    """What real versions said: no limits, not private, the files in their folder."""
    listed = sample(f"qbittorrent/real-{version}-torrents-info-complete.json")
    assert isinstance(listed, list)
    service.answer("GET", f"{API}/torrents/info", listed)
    service.answer("GET", f"{API}/app/preferences", {})
    for page in ("files", "properties"):
        name = f"qbittorrent/real-{version}-torrents-{page}.json"
        service.answer("GET", f"{API}/torrents/{page}", sample(name))
    found = await details(service, session, "cf1f2b1537d3dc45562353f023543de975465fc7")
    assert (found.private, found.has_seeded, found.shares_with) == (False, None, frozenset())
    assert [file.size for file in found.files] == [6291456, 7]
    assert found.torrent.content_path == "/downloads/Example.Movie.2024.1080p.WEB-DL"


@pytest.mark.parametrize(
    ("more", "preferences", "seeded"),
    [
        ({"max_ratio": 1.0}, {}, True),
        ({"max_ratio": 2.0}, {}, False),
        ({"max_ratio": 1.0, "progress": 0.5}, {}, False),
        ({"max_ratio": 1.0, "ratio": None}, {}, False),
        ({"max_seeding_time": 120}, {}, True),
        ({"max_seeding_time": 121}, {}, False),
        ({"max_inactive_seeding_time": 1}, {}, True),
        ({"max_ratio": 2, "max_seeding_time": 60}, {}, True),
        ({"max_ratio": 2, "max_seeding_time": 60, "share_limits_mode": "MatchAny"}, {}, True),
        ({"max_ratio": 2, "max_seeding_time": 60, "share_limits_mode": "MatchAll"}, {}, False),
        (
            {"max_ratio": 2, "max_seeding_time": 60, "share_limits_mode": "Default"},
            {"share_limits_mode": "MatchAll"},
            False,
        ),
        (
            {"max_ratio": 2, "max_seeding_time": 60, "share_limits_mode": "Default"},
            {"share_limits_mode": "MatchAny"},
            True,
        ),
        ({"max_ratio": 2, "max_seeding_time": 60, "share_limits_mode": "TwoStage"}, {}, False),
        ({"max_ratio": None, "ratio_limit": 2}, {}, False),
        ({"max_ratio": None, "ratio_limit": -1}, {"max_ratio": 2}, None),
        (
            {"max_ratio": None, "ratio_limit": -2},
            {"max_ratio_enabled": True, "max_ratio": 2},
            False,
        ),
        (
            {"max_ratio": None, "ratio_limit": -2},
            {"max_ratio_enabled": False, "max_ratio": 2},
            None,
        ),
        ({"max_seeding_time": None}, {"max_seeding_time": 60}, True),
    ],
)
async def test_seeding_duties_are_judged(
    service: FakeService,
    session: aiohttp.ClientSession,
    more: JsonObject,
    preferences: JsonObject,
    seeded: bool | None,
) -> None:
    """Limits in force, its own ones, those of all; the first reached one counts unless all must."""
    server = Torrents(service, row(PACK, **more))
    server.preferences = preferences
    assert (await details(service, session)).has_seeded is seeded


@pytest.mark.parametrize(
    ("more", "properties", "private"),
    [
        ({"private": True}, {}, True),
        ({"private": None}, {"is_private": True}, True),
        ({"private": None}, {"is_private": False}, False),
        ({"private": None}, {"private": True, "is_private": False}, True),
        ({"private": None}, {}, None),
    ],
)
async def test_privacy_is_told_or_unknown(
    service: FakeService,
    session: aiohttp.ClientSession,
    more: JsonObject,
    properties: JsonObject,
    private: bool | None,
) -> None:
    """Before 5.0 only the torrent's own page says it; a version that does not is not "public"."""
    server = Torrents(service, row(PACK, **more))
    server.properties = {PACK: properties}
    assert (await details(service, session)).private is private


B, C = "b" * 40, "c" * 40


@pytest.mark.parametrize(
    ("other", "theirs", "shares"),
    [
        (row(B), files("Pack/1.mkv", "Pack/2.mkv"), True),
        (row(B, content_path="/DOWNLOADS/pack/"), files("pack/1.MKV"), True),
        (row(B), files("Pack/3.mkv"), False),
        (row(B, content_path="/downloads/Pack/1.mkv"), None, True),
        (row(B, content_path="/downloads/Pack/3.mkv"), None, False),
        (row(B, content_path="/downloads"), files("Pack/2.mkv", "x.mkv"), True),
        (row(B, content_path="/downloads"), files("x.mkv"), False),
        (
            row(B, content_path="/other/Pack", save_path="/other"),
            files("Pack/1.mkv"),
            False,
        ),
        (
            row(
                B, content_path="/temp/Pack", save_path="/downloads", download_path="/temp",
                progress=0.5,
            ),
            files("Pack/1.mkv"),
            False,
        ),
        (row(B, content_path="Pack"), files("Pack/1.mkv"), True),
        (row(B, content_path="", has_metadata=False, total_size=-1), None, False),
        (row(B, content_path="/downloads/Pack 2"), None, False),
    ],
)  # fmt: skip
async def test_others_that_need_the_same_files_are_found(
    service: FakeService,
    session: aiohttp.ClientSession,
    other: JsonObject,
    theirs: list[JsonValue] | None,
    shares: bool,
) -> None:
    """Same folder and a common file, one file of the pack, a torrent without its own folder."""
    server = Torrents(service, row(PACK), other, row(C, content_path="/downloads/Far"))
    if theirs is None:
        del server.files[B]
    else:
        server.files[B] = theirs
    found = await details(service, session)
    assert found.shares_with == (frozenset({B}) if shares else frozenset())
    assert "files c" not in server.asked


async def test_a_torrent_is_found_by_all_its_names(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """A hybrid torrent is called by its v1 hash in Radarr; blank names mean nothing."""
    Torrents(service, row(PACK, infohash_v1="D" * 40, infohash_v2=f"{PACK}{'e' * 24}"), row(B))
    client = QBittorrentClient(session, service.url, api_key=CANARY)
    for name in (PACK.upper(), "d" * 40, f"{PACK}{'E' * 24}"):
        assert [entry.torrent.hash for entry in await client.details_of([name])] == [PACK]
    asked = len(service.seen)
    assert await client.details_of([]) == []
    assert await client.details_of(["", " "]) == []
    assert len(service.seen) == asked
    assert await client.details_of(["f" * 40]) == []
    assert await client.torrent_details("d" * 40) is None
    with pytest.raises(UnsafeId):
        await client.torrent_details("all")


@pytest.mark.parametrize("page", ["files", "properties"])
async def test_one_that_vanishes_meanwhile_is_gone(
    service: FakeService, session: aiohttp.ClientSession, page: str
) -> None:
    """Between the list and its pages it was deleted: it is not there."""
    server = Torrents(service, row(PACK, private=None))
    server.properties = {PACK: {}}
    (server.files if page == "files" else server.properties).pop(PACK)
    client = QBittorrentClient(session, service.url, api_key=CANARY)
    assert await client.torrent_details(PACK) is None
