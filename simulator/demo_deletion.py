"""Delete for real: real Home Assistant, real torrents, real files, and everything that goes wrong.

Every act says what it found out itself: on the disk, in the list of torrents, in the services.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import time
from typing import Final

from .demo_deletion_acts import dry_run, files_stay, killed, preview, run
from .demo_deletion_elsewhere import file_elsewhere, film_elsewhere
from .demo_deletion_home import PROGRAM, Film, Traces, real_home
from .demo_deletion_stage import Act, Outcome, Stage
from .hass_process import running_hass
from .hass_wizard import add_tracker, set_options, until_connected

_SIMULATED: Final = f"SIMULATED: {PROGRAM} is not installed"
_OPTIONS: Final = {
    "poll_active_seconds": 30,
    "poll_idle_seconds": 60,
    "deletion": {"deletion_mode": "on"},
}
_SERVICES: Final = ("qbittorrent", "radarr", "jellyfin", "seerr")
_HEADS: Final = ("act", "film", "qBittorrent", "Radarr", "Jellyfin", "Seerr")
_WIDTHS: Final = (18, 20, 24, 26, 24, 18)


async def check_deletion(folder: Path, say: Callable[[str], None] = print) -> int:
    """Play everything in a real Home Assistant; return the exit code."""
    started = time.monotonic()
    async with (
        real_home(folder) as home,
        running_hass(folder, has_clock=True) as (hass, client),
    ):
        say(f"Home Assistant runs after {time.monotonic() - started:.0f} s")
        say("qBittorrent is " + ("real" if home.torrents.is_real else _SIMULATED))
        forms = {"qbittorrent": home.torrents.form}
        entry_id = await add_tracker(client, home.sim, forms=forms)
        await set_options(client, entry_id, **_OPTIONS)
        await until_connected(client)
        stage = Stage(home, hass, client, say)
        try:
            await _play(stage)
        except TimeoutError as err:
            stage.problems.append(str(err))
    problems = [*stage.problems, *(f"logged: {text}" for text in hass.complaints())]
    _print(stage.done, say, is_real=home.torrents.is_real)
    for problem in problems:
        say(f"MISSED  {problem}")
    verdict = "failed" if problems else "passed"
    say(f"Check {verdict} in {time.monotonic() - started:.0f} s")
    return 1 if problems else 0


async def _play(stage: Stage) -> None:
    """Fill the household, delete one film after the other, and look what is left."""
    home = stage.home
    neighbour = await home.has("The Quiet Neighbour", 2018)
    shown = await home.has("The Paper Lighthouse", 2020)
    interrupted = await home.has("A Sudden Silence", 2020)
    emptied = await home.has("Letters Abroad", 2020)
    forgotten = await home.has("The Lost Ledger", 2020)
    stubborn = await home.has("Stubborn Hearts", 2020)
    await home.noticed()
    films = [shown, interrupted, emptied, forgotten, stubborn]
    for film in (neighbour, *films):
        await stage.request_id(film)
    before = Before(await home.traces(), set(stage.sim.radarr.entries), films)
    await stage.play("preview", shown, preview)
    await stage.play("dry run", shown, dry_run)
    await stage.play("run", shown, run)
    await stage.play("kill -9", interrupted, killed)
    await stage.play("file elsewhere", emptied, file_elsewhere)
    await stage.play("film elsewhere", forgotten, film_elsewhere)
    await stage.play("200, files stay", stubborn, files_stay)
    await stage.play("untouched", neighbour, before.untouched)


@dataclass(frozen=True, slots=True)
class Before:
    """What there was before anything was deleted."""

    traces: Traces
    entries: set[int]
    deleted: list[Film]

    async def untouched(self, stage: Stage, neighbour: Film) -> Outcome:
        """Require that nobody else lost anything: no file, torrent or entry."""
        traces, torrents = await stage.state()
        own = {path: one for path, one in self.traces.items() if one[0] == neighbour.inode}
        left = {path: traces[path] for path in own if path in traces}
        stage.expect(own and left == own, f"it had {own}, and has {left}")
        others = {Path(path).name for path in traces.keys() - own.keys()}
        stage.expect(not others, f"there still are {others}")
        stage.expect(torrents == {neighbour.torrent}, f"the torrents are {torrents}")
        entries = self.entries - {film.entry.id for film in self.deleted}
        stage.expect(set(stage.sim.radarr.entries) == entries, "Radarr lost another film")
        await stage.request_id(neighbour)
        return {}, "same inode and links, torrent still there, ready to watch"


def _print(acts: list[Act], say: Callable[[str], None], *, is_real: bool) -> None:
    """Print how every act ended, service by service."""
    heads = [head if is_real or head != "qBittorrent" else f"{head} (simulated)" for head in _HEADS]
    say("")
    say(f"{_line(heads)}  seen")
    for act in acts:
        cells = [act.name, act.film, *(act.statuses.get(name, "-") for name in _SERVICES)]
        say(f"{_line(cells)}  {act.seen}")
    say("")


def _line(cells: list[str]) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
