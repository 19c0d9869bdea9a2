"""A faithful twin of Seerr, Radarr, Sonarr, qBittorrent, Jellyfin and Shoko, with a fault dial.

The simulator follows the wire contracts of the real programs; it knows nothing of the integration.

Quick guide::

    async with Simulator(profile="tiny", seed=1) as sim:          # five services on loopback
        sim.url("radarr"), sim.api_key("radarr")                  # what a client needs
        film = sim.world.add_title_movie(title="Dune: Part Two", year=2024, tmdb=693134)
        request = await sim.seerr.request(film, user="alice")     # webhook, Radarr gets the film
        await sim.play(request, until="available")                # grab, download, import, scan
        await sim.settle()                                        # every webhook is delivered

Time. By default the clock is *stepped*: nothing happens until ``await sim.advance(seconds)`` or
``await sim.play(...)`` moves it. ``Simulator(stepped=False, speed=1.0)`` follows real time.

Verbs (each changes the truth and sends what the real program would send):

- ``await sim.seerr.request(title, user=, seasons=, is_4k=)``, ``approve``, ``decline``, ``retry``,
  ``scan()`` (library scan: requests become available), ``sync_availability()``.
- ``sim.radarr.add(title)``, ``sim.sonarr.add(title)`` by hand, ``grab(entry, ...)``,
  ``complete(download)``, ``import_download(download)``, ``fail(download)``, ``block(download)``,
  ``delete(entry)``, ``delete_file(...)``, ``rename(...)``, ``health(...)``.
- ``sim.qbittorrent``: torrents progress by the clock; ``stall``, ``pause``, ``resume``, ``remove``.
- ``sim.jellyfin.scan()``, ``sim.jellyfin.remove(path)``.

Anime. ``Simulator(services=[*DEFAULT, "shoko"])`` adds a Shoko, and with it Shokofin in Jellyfin.
Only titles of ``sim.world.add_anime_series(...)`` and ``add_anime_film(..., filed_under=series)``
are known to AniDB; their files are detected, hashed, matched and shown by themselves.

- ``sim.shoko``: ``unmatched(text)``, ``matched_again(text)``, ``rescan(file)``, ``link(file)``,
  ``unlink``, ``ban()``, ``unban()``, ``relocate(file, "new/path.mkv")``, ``watching = False``,
  ``scan()``, ``remove_missing()``, ``windows = True``, ``failed = "text"``, ``signalr = False``
  (v6), ``refusal = 401`` (while starting), ``events.bare_matches``, ``files``, ``series``,
  ``file(text)``; the hub itself is ``sim.shoko.hub`` (``freeze``, ``thaw``, ``kick``, ``abort``).
- ``sim.jellyfin.shokofin.enable(signalr=False, hollow_series=True, movie_library=True, ...)`` (see
  ``shokofin.Settings``), ``unmap(folder)``, ``map_again(folder)``, ``version``, ``status``;
  ``sim.jellyfin.item_refreshes`` keeps every ``POST /Items/{id}/Refresh`` with its query.
- ``sim.stories.anime``: ``film``, ``pack``, ``airing``, ``linked_by_hand``, ``shoko_down``,
  ``signalr_off``; their beats are ``hashed matched unmatched linked hidden refreshed waiting``
  beside the known ones; ``sim.stories.pace.anime`` says how long each step takes.

Receivers are registered as the user would (REST), or shorter: ``arr.notifications.register(url)``,
``sim.seerr.slot.register(url)``, ``sim.jellyfin.plugin.register(url)`` and
``sim.qbittorrent.completion_url = url`` (the run-on-completion hook).

Stories (``simulator.scenario``) string verbs together: ``sim.stories.film(request)``,
``series``, ``hand_added_film``, ``upgrade``, ``failed_then_regrabbed``, ``existing_file``...;
``await sim.play(story_or_request, until=beat)`` runs one as far as the named beat, where the beats
are ``requested approved searching grabbed downloading downloaded imported available``.

Several instances: ``Simulator(services=["seerr", "radarr", "radarr:radarr4k", ...])``; a name that
ends in ``4k`` is Seerr's 4K server. ``sim["radarr4k"]`` is that service. Versions by name:
``Simulator(versions={"qbittorrent": "4.5.2", "seerr": "3.2.0", "jellyfin": "12.0.0"})``, for Shoko
``"6.0.0-dev.425"`` or ``"4.2.2"``. Library sizes (``profile``): ``empty``, ``tiny``, ``odd``,
``S``, ``M``, ``L`` (5,000 films, 50,000 episodes), ``XL``. ``await simulator.past.live(sim)``
brings what such a household remembers: finished and open requests, queues, torrents, users,
anime in Shoko;
``past.age(sim)`` lets the shelf be old, ``past.know_shelf(sim)`` lets Seerr know it.
``simulator.oddities.make_odd(sim)`` spoils what is said of the ``odd`` shelf; ``service.spoil``
changes the answer to any path.

Faults: ``sim.faults("radarr").drop = 0.3`` (pushes: drop, duplicate, reorder, delay),
``.status = 503``, ``.slow = 2.0``, ``.slow_pages = 30`` (Jellyfin), ``.half = True``,
``.skew = 90``; ``await sim.down("radarr")``, ``await sim.up("radarr")``,
``await sim.restart("qbittorrent")``.

Deleting. All services share one disk: ``sim.world.volume`` (files with inodes and hard links),
``sim.world.disk`` (what the library files are), ``sim.world.removed`` (every name that was removed:
by whom, and how many bytes are free by that; a person deletes with ``sim.world.remove_file``).

- ``simulator.holdings``: ``hold_film``, ``hold_series(packs=[[1], [2, 3]])``, ``hold_collection``
  fill the household with torrents that are hard-linked or copied into the library;
  ``sim.qbittorrent.cross_seed(torrent, linked=)`` seeds the same data a second time; a torrent has
  ``private``, ``trackers``, ``ratio``, ``ratio_limit``, ``seeding_time_limit``.
- ``arr.disposal``: ``recycle_bin``, ``delay``, ``stuck`` (200 but files stay), ``lost`` (root
  folders that are not mounted), ``deletes_empty_folders``; ``arr.desk.exclusions``;
  ``arr.import_list`` with ImportListSync, ``arr.has_offers`` with RssSync.
- ``sim.qbittorrent.content``: ``stuck``, ``delay``; ``sim.jellyfin.library.keeps_ghosts``,
  ``sim.jellyfin.skips_empty`` (the last title of a library stays).
- ``sim.writes`` / ``sim.removing``: the log of calls that change / take away something, each with
  method, path, query, form, body, time and answer. Wrong calls do what they say: ``hashes=all``,
  a file deletion through Jellyfin or Shoko, ``/media/{id}/file`` of Seerr.
- ``sim.faults("radarr").on_write("lost", "DELETE /api/v3/movie", times=2)``: faults of changing
  calls, before or after their effect (``faults.WriteFault``). aiohttp repeats a DELETE whose
  connection ended by itself.
- ``Simulator(volume=RealVolume(path))`` (``simulator.volume_real``) keeps the disk in real folders.

Figures: ``sim.calls`` counts upstream calls per (service, "METHOD /route").

A real qBittorrent replaces the simulated one with ``ExternalClient(url, user, password)``:
``sim.radarr.grab(entry, client=external, download_id=torrent_hash)``; the queue then reads it.
"""

from .downloads import ExternalClient, Release, UsenetClient
from .model import Episode, Title
from .server import Simulator

__all__ = ["Episode", "ExternalClient", "Release", "Simulator", "Title", "UsenetClient"]
