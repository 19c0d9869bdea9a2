"""A household with something at every stage, and a dashboard that shows it."""

from datetime import timedelta

from simulator import Simulator
from simulator.hass_client import HassClient

GB = 1_000_000_000
SLOW = 8_000_000.0  # bytes per second: downloads stay under way while pictures are taken


async def household(sim: Simulator) -> dict[str, str]:
    """Bring titles to different stages; return the stage each of them shall reach."""
    world, radarr, sonarr = sim.world, sim.radarr, sim.sonarr
    done = world.add_title_movie(title="Paper Orchard", year=2019, tmdb=9_000_003)
    await sim.seerr.request(done)
    entry = radarr.find(done)
    assert entry is not None
    first = radarr.grab(entry)
    radarr.complete(first)
    radarr.import_download(first)

    series = world.add_title_series(
        title="Northern Signal", year=2021, tmdb=9_000_002, tvdb=9_100_002, seasons={1: 8, 2: 6}
    )
    await sim.seerr.request(series)
    show = sonarr.find(series)
    assert show is not None
    pack = sonarr.grab(show, show.season(1))
    sonarr.complete(pack)
    sonarr.import_download(pack)
    await sim.jellyfin.scan()

    sim.qbittorrent.rate = SLOW
    film = world.add_title_movie(title="The Lantern Coast", year=2024, tmdb=9_000_001)
    await sim.seerr.request(film)
    wanted = radarr.find(film)
    assert wanted is not None
    download = radarr.grab(wanted, size=3 * GB)
    assert download.client_id is not None
    sim.qbittorrent.torrents[download.client_id.lower()].transfer.done = GB
    for episode in show.season(2)[:3]:
        sonarr.grab(show, [episode], size=GB)

    blocked = world.add_title_movie(title="Golden Machine", year=2012, tmdb=9_000_006)
    await sim.seerr.request(blocked)
    stopped = radarr.find(blocked)
    assert stopped is not None
    radarr.block(radarr.grab(stopped))

    await sim.seerr.request(
        world.add_title_movie(title="Crimson Harbor", year=2022, tmdb=9_000_007), user="bob"
    )
    later = world.clock.now() + timedelta(days=90)
    await sim.seerr.request(
        world.add_title_movie(
            title="Distant River", year=later.year, tmdb=9_000_005, released=later
        )
    )
    return {
        "The Lantern Coast": "downloading",
        "Northern Signal": "downloading",
        "Golden Machine": "importing",
        "Crimson Harbor": "requested",
        "Distant River": "unreleased",
        "Paper Orchard": "available",
    }


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
