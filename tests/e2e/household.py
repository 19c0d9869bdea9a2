"""A household with something at every stage, and a dashboard that shows it."""

from datetime import timedelta

from simulator import Simulator, Title
from simulator.arr_state import MovieEntry
from simulator.hass_client import HassClient

GB = 1_000_000_000
SLOW = 8_000_000.0  # bytes per second: downloads stay under way while pictures are taken


async def household(sim: Simulator) -> dict[str, str]:
    """Bring titles to different stages; return the stage each of them shall reach."""
    await _have_some(sim)
    await _fetch_some(sim)
    await _wait_for_some(sim)
    return {
        "The Lantern Coast": "downloading",
        "Northern Signal": "downloading",
        "Golden Machine": "importing",
        "Crimson Harbor": "requested",
        "Distant River": "unreleased",
        "Paper Orchard": "available",
    }


async def _have_some(sim: Simulator) -> None:
    """Have a film, and the first season of a series."""
    film = sim.world.add_title_movie(title="Paper Orchard", year=2019, tmdb=9_000_003)
    download = sim.radarr.grab(await _asked_film(sim, film))
    sim.radarr.complete(download)
    sim.radarr.import_download(download)
    series = sim.world.add_title_series(
        title="Northern Signal", year=2021, tmdb=9_000_002, tvdb=9_100_002, seasons={1: 8, 2: 6}
    )
    await sim.seerr.request(series)
    entry = sim.sonarr.find(series)
    assert entry is not None
    pack = sim.sonarr.grab(entry, entry.season(1))
    sim.sonarr.complete(pack)
    sim.sonarr.import_download(pack)
    await sim.jellyfin.scan()
    sim.qbittorrent.rate = SLOW
    for episode in entry.season(2)[:3]:
        sim.sonarr.grab(entry, [episode], size=GB)


async def _fetch_some(sim: Simulator) -> None:
    """Have one film a third of the way here, and one that could not be imported."""
    film = sim.world.add_title_movie(title="The Lantern Coast", year=2024, tmdb=9_000_001)
    download = sim.radarr.grab(await _asked_film(sim, film), size=3 * GB)
    assert download.client_id is not None
    sim.qbittorrent.torrents[download.client_id.lower()].transfer.done = GB
    blocked = sim.world.add_title_movie(title="Golden Machine", year=2012, tmdb=9_000_006)
    sim.radarr.block(sim.radarr.grab(await _asked_film(sim, blocked)))


async def _wait_for_some(sim: Simulator) -> None:
    """Ask for a film that nobody has approved, and for one that is not out."""
    world = sim.world
    unapproved = world.add_title_movie(title="Crimson Harbor", year=2022, tmdb=9_000_007)
    await sim.seerr.request(unapproved, user="bob")
    later = world.clock.now() + timedelta(days=90)
    film = world.add_title_movie(
        title="Distant River", year=later.year, tmdb=9_000_005, released=later
    )
    await sim.seerr.request(film)


async def _asked_film(sim: Simulator, film: Title) -> MovieEntry:
    await sim.seerr.request(film)
    entry = sim.radarr.find(film)
    assert entry is not None
    return entry


_WHY = """\
{% for id in [IDS] -%}
**{{ state_attr(id, 'friendly_name') | replace('Media Status ', '') }}**: \
{{ state_attr(id, 'explanation') }}

{% endfor %}"""


async def dashboard(client: HassClient, entities: dict[str, str]) -> None:
    """Save a dashboard with the figures, the requests, and why they are not there yet.

    `entities` are the sensors' entity ids by title.
    """
    prefix = "sensor.media_status_"
    figures = {
        "active_requests": "Active",
        "downloading": "Downloading",
        "ready_today": "Ready today",
        "stuck": "Stuck",
    }
    tiles = [
        {"type": "tile", "entity": prefix + key, "name": name} for key, name in figures.items()
    ]
    rows = [{"entity": entity, "name": title} for title, entity in entities.items()]
    ids = ", ".join(f"'{entity}'" for entity in entities.values())
    sections = [
        {
            "type": "grid",
            "cards": [
                {"type": "heading", "heading": "Films and series", "icon": "mdi:movie-open"},
                *tiles,
                {"type": "entities", "entities": rows, "grid_options": {"columns": "full"}},
            ],
        },
        {
            "type": "grid",
            "cards": [
                {"type": "heading", "heading": "Why isn't it here yet?", "icon": "mdi:help-circle"},
                {
                    "type": "markdown",
                    "content": _WHY.replace("IDS", ids),
                    "grid_options": {"columns": "full"},
                },
            ],
        },
    ]
    view = {"title": "Media", "path": "media", "type": "sections", "max_columns": 2}
    config = {"title": "Home", "views": [view | {"sections": sections}]}
    await client.command("lovelace/dashboards/create", url_path="media-status", title="Media")
    await client.command("lovelace/config/save", url_path="media-status", config=config)
