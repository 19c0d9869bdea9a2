"""Delete what people delete: films and series, anime or not, with their files and without."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.common import MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.core import Context, HomeAssistant
from simulator import Simulator, Title
from simulator.arr_state import MovieEntry, SeriesEntry
from simulator.holdings import Held, hold_film, hold_series, settled
from simulator.world import World
from tests.healing import HEARD, living, look
from tests.repository import ROOT

from .test_actions import ON, act, finish

SERVICES = ("qbittorrent", "radarr", "sonarr", "shoko", "jellyfin", "seerr")
HEADS = ("qBittorrent", "Radarr", "Sonarr", "Shoko", "Jellyfin", "Seerr")

GONE = "verified"
KEPT = "skipped (files_kept)"
PLAIN = "not_applicable (not_anime)"
OTHER = "not_applicable (other_media_type)"

# What is deleted, with its files or without, and how each service's steps end; the README's table.
EXPECTED = {
    ("Film", True): (GONE, GONE, OTHER, PLAIN, GONE, GONE),
    ("Film", False): (GONE, GONE, OTHER, PLAIN, KEPT, GONE),
    ("Series", True): (GONE, OTHER, GONE, PLAIN, GONE, GONE),
    ("Series", False): (GONE, OTHER, GONE, PLAIN, KEPT, GONE),
    ("Anime film", True): (GONE, GONE, OTHER, GONE, GONE, GONE),
    ("Anime film", False): (GONE, GONE, OTHER, KEPT, KEPT, GONE),
    ("Anime series", True): (GONE, OTHER, GONE, GONE, GONE, GONE),
    ("Anime series", False): (GONE, OTHER, GONE, KEPT, KEPT, GONE),
}


def add_title(world: World, kind: str) -> Title:
    """Let the world know a title of a kind."""
    match kind:
        case "Film":
            return world.add_title_movie(title="Dune", year=2021, tmdb=438631)
        case "Series":
            return world.add_title_series(
                title="Severance", year=2022, tmdb=95396, tvdb=371980, seasons={1: 3, 2: 2}
            )
        case "Anime film":
            return world.add_anime_film(title="Your Name.", year=2016, tmdb=372058)
        case _:
            return world.add_anime_series(
                title="Frieren: Beyond Journey's End",
                year=2023,
                tmdb=209867,
                tvdb=424536,
                seasons={1: 4},
            )


def hold(sim: Simulator, title: Title) -> Held[MovieEntry] | Held[SeriesEntry]:
    """Let the household have a title, subtitles too, out of public torrents."""
    if title.kind == "movie":
        held: Held[MovieEntry] | Held[SeriesEntry] = hold_film(sim, title, extras=1)
    else:
        held = hold_series(sim, title, extras=1)
    for torrent in held.torrents:
        torrent.private = False
    return held


def hold_others(sim: Simulator) -> None:
    """Let the household have one more of everything, which nobody deletes."""
    world = sim.world
    hold(sim, world.add_title_movie(title="Arrival", year=2016, tmdb=329865))
    hold(
        sim,
        world.add_title_series(title="Dark", year=2017, tmdb=70523, tvdb=334824, seasons={1: 2}),
    )
    hold(sim, world.add_anime_film(title="A Silent Voice", year=2016, tmdb=378064))
    hold(
        sim,
        world.add_anime_series(title="Mushishi", year=2005, tmdb=30981, tvdb=79525, seasons={1: 2}),
    )


def others_of(sim: Simulator, held: Held[MovieEntry] | Held[SeriesEntry]) -> dict[str, object]:
    """Return all that the household has besides a title, everywhere."""
    entries: list[MovieEntry | SeriesEntry] = [
        *sim.radarr.entries.values(),
        *sim.sonarr.entries.values(),
    ]
    own = {torrent.id for torrent in held.torrents}
    folder = held.entry.path
    return {
        "entries": {entry.title.title for entry in entries if entry is not held.entry},
        "torrents": sim.qbittorrent.torrents.keys() - own,
        "files": {
            path: sim.world.volume.stat(path)
            for path, file in sim.world.disk.items()
            if not path.startswith(f"{folder}/") and file.title is not held.entry.title
        },
        "shoko": {one.source for one in sim.shoko.files if not one.source.startswith(f"{folder}/")},
        "jellyfin": {
            entry.title.title: len(sim.jellyfin.playable_files(entry.title))
            for entry in entries
            if entry is not held.entry
        },
    }


def statuses(job: dict[str, object]) -> tuple[str, ...]:
    """Return how the steps of each service ended, each way once."""
    found: dict[str, dict[str, None]] = {name: {} for name in SERVICES}
    steps = job["steps"]
    assert isinstance(steps, list)
    for step in steps:
        reason = f" ({step['reason']})" if step["reason"] else ""
        found[step["service"]][f"{step['status']}{reason}"] = None
    return tuple(", ".join(found[name]) for name in SERVICES)


@pytest.mark.parametrize(("kind", "with_files"), EXPECTED)
async def test_scenario(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    hass_ws_client: WebSocketGenerator,
    monkeypatch: pytest.MonkeyPatch,
    hass_admin_user: MockUser,
    kind: str,
    with_files: bool,
) -> None:
    """Every service ends as it should; the title is gone, everything else is as it was."""
    async with living(
        hass,
        tmp_path,
        hass_client_no_auth,
        monkeypatch,
        HEARD,
        services=("seerr", "radarr", "sonarr", "qbittorrent", "shoko", "jellyfin"),
        options=ON,
    ) as home:
        sim = home.sim
        title = add_title(sim.world, kind)
        wish = await sim.seerr.request(title)
        held = hold(sim, title)
        hold_others(sim)
        await settled(sim)
        await look(home)
        request = home.request_for(title)
        assert request.stage is Stage.AVAILABLE
        files = sim.world.volume.below(held.entry.path)
        others = others_of(sim, held)
        assert len(files) == 2 * len(held.files)

        admin = Context(user_id=hass_admin_user.id)
        answer = await act(
            hass,
            "delete_request",
            admin,
            request_id=request.id,
            confirm=True,
            delete_files=with_files,
        )
        assert answer["job"]
        await finish(home)
        client = await hass_ws_client(hass)
        await client.send_json_auto_id({"type": "media_status/deletions"})
        (job,) = (await client.receive_json())["result"]["jobs"]
        assert job["status"] == "complete"
        assert statuses(job) == EXPECTED[kind, with_files]

        left = sim.world.volume.below(held.entry.path)
        assert left == ([] if with_files else files)
        assert bool(sim.world.removed) is with_files
        assert bool(sim.jellyfin.playable_files(title)) is not with_files
        assert {torrent.id for torrent in held.torrents}.isdisjoint(sim.qbittorrent.torrents)
        assert (sim.radarr if title.kind == "movie" else sim.sonarr).find(title) is None
        assert others_of(sim, held) == others
        assert home.stage(title) is Stage.DELETED
        again = await sim.seerr.request(title)  # raises when Seerr thinks that it has it
        await home.settle()
        assert again.id != wish.id
        newest = home.request_for(title)
        assert newest.is_open
        assert newest.id != request.id


def test_the_readme_says_so() -> None:
    """The table of the README is the one that is tested here."""
    section = (ROOT / "README.md").read_text("utf-8").partition("#### How it ends")[2]
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in section.partition("\n#")[0].splitlines()
        if line.startswith("|") and not line.startswith("| ---")
    ]
    assert rows[0] == ("Deleted", "Files too", *HEADS)
    assert rows[1:] == [
        (kind, "yes" if with_files else "no", *map(told, cells))
        for (kind, with_files), cells in EXPECTED.items()
    ]


def told(status: str) -> str:
    """Return a status as the README writes it: its words as code, the reason behind them."""
    word, _, reason = status.partition(" ")
    return " ".join(filter(None, (f"`{word}`", reason.replace("_", " "))))
