"""A household with Shoko, and what its tests ask of it."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
import json

import aiohttp

from simulator import Simulator, Title
from simulator.server import DEFAULT

V5 = "5.3.3"
V6 = "6.0.0-dev.425"


@asynccontextmanager
async def household(version: str = V5, *, seed: int = 1) -> AsyncIterator[Simulator]:
    """Run a household with a Shoko of a version."""
    services = [*DEFAULT, "shoko"]
    async with Simulator(seed=seed, services=services, versions={"shoko": version}) as sim:
        yield sim


def show(
    sim: Simulator,
    seasons: dict[int, int] | None = None,
    *,
    unaired: int = 0,
    cours: dict[int, tuple[int, ...]] | None = None,
    linked: bool = True,
) -> Title:
    """Let the world know an anime series."""
    return sim.world.add_anime_series(
        title="Frieren: Beyond Journey's End",
        romaji="Sousou no Frieren",
        year=2023,
        tmdb=209867,
        tvdb=424536,
        seasons=seasons or {1: 2},
        unaired=unaired,
        cours=cours,
        linked=linked,
    )


def film(sim: Simulator, filed_under: Title | None = None) -> Title:
    """Let the world know an anime film, perhaps filed under a series."""
    return sim.world.add_anime_film(
        title="Recollections", romaji="Kaisou", year=2021, tmdb=1052946, filed_under=filed_under
    )


def import_series(sim: Simulator, title: Title, count: int | None = None) -> None:
    """Let files of a series lie in the library at once, one per episode."""
    entry = sim.sonarr.find(title) or sim.sonarr.add(title)
    aired = [item for item in entry.episodes if sim.world.aired(item.info)]
    sim.sonarr.import_by_hand(aired[:count])


def import_film(sim: Simulator, title: Title) -> None:
    """Let the file of a film lie in the library at once."""
    sim.radarr.import_file(sim.radarr.find(title) or sim.radarr.add(title))


def told(sim: Simulator) -> list[tuple[str, dict[str, object]]]:
    """Return the events the hub told, in order, without the queue's."""
    rows = [(push.url, json.loads(push.body)[0]) for push, _ in sim.shoko.courier.sent]
    return [row for row in rows if not row[0].lower().startswith("queue:")]


def words(sim: Simulator) -> list[str]:
    """Return the names of the events the hub told."""
    return [target for target, _ in told(sim)]


def last(sim: Simulator, target: str) -> dict[str, object]:
    """Return the argument of the last event of a name."""
    return [argument for name, argument in told(sim) if name == target][-1]


async def ask(
    sim: Simulator,
    path: str,
    *,
    method: str = "GET",
    status: int = 200,
    key: str | None = None,
    body: object = None,
) -> object:
    """Call Shoko's API and return the parsed answer, None for an empty one."""
    headers = {"apikey": sim.api_key("shoko") if key is None else key}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{sim.url('shoko')}{path}", headers=headers, json=body) as answer,
    ):
        assert answer.status == status, (path, answer.status)
        text = await answer.text()
    return json.loads(text) if text and status == 200 else None


async def rows(sim: Simulator, path: str) -> list[dict[str, object]]:
    """Return the rows of a list, wrapped or not."""
    body = await ask(sim, path)
    listed = body["List"] if isinstance(body, dict) else body
    assert isinstance(listed, list)
    return listed


@asynccontextmanager
async def joined(
    sim: Simulator, feeds: str = "shoko,metadata,file,release,queue"
) -> AsyncGenerator[AsyncIterator[dict[str, object]]]:
    """Join the hub and return an iterator over its records."""

    async def records(socket: aiohttp.ClientWebSocketResponse) -> AsyncGenerator[dict[str, object]]:
        async for message in socket:
            for record in message.data.split("\x1e"):
                if record:
                    yield json.loads(record)

    url = f"{sim.url('shoko')}/signalr/aggregate?feeds={feeds}"
    async with (
        aiohttp.ClientSession(headers={"apikey": sim.api_key("shoko")}) as session,
        session.ws_connect(url) as socket,
    ):
        await socket.send_str('{"protocol":"json","version":1}\x1e')
        yield records(socket)
