"""Delete for real: real Home Assistant, real torrents, real files, and everything that goes wrong.

Every act says what it found out itself: on the disk, in the list of torrents, in the services.
"""

from collections.abc import Callable
from pathlib import Path
import time
from typing import Final

from .demo_deletion_acts import Act, Acts
from .demo_deletion_desk import Desk
from .demo_deletion_home import PROGRAM, real_home
from .hass_process import running_hass
from .hass_wizard import add_tracker, set_options, until_connected

_HEADS: Final = ("act", "film", "qBittorrent", "Radarr", "Jellyfin", "Seerr")
_WIDTHS: Final = (18, 20, 24, 24, 24, 24)
_SERVICES: Final = ("qbittorrent", "radarr", "jellyfin", "seerr")


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
        acts = Acts(home, hass, client, Desk(client), say)
        await acts.run()
    problems = [*acts.problems, *(f"logged: {text}" for text in hass.complaints())]
    _print(acts.done, home.torrents.is_real, say)
    for problem in problems:
        say(f"MISSED  {problem}")
    verdict = "failed" if problems else "passed"
    say(f"Check {verdict} in {time.monotonic() - started:.0f} s")
    return 1 if problems else 0


_SIMULATED: Final = f"SIMULATED: {PROGRAM} is not installed"
_OPTIONS: Final = {
    "poll_active_seconds": 30,
    "poll_idle_seconds": 60,
    "deletion": {"deletion_mode": "on"},
}


def _print(acts: list[Act], is_real: bool, say: Callable[[str], None]) -> None:
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
