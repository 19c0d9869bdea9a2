"""Show Media Status at work on this machine alone.

`python -m simulator.demo` starts the simulator and a real Home Assistant and keeps requests moving
until Ctrl-C; `--check` plays one household through and fails on any miss.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
import shutil
import signal
import sys
import tempfile
from typing import Final

from .demo_anime import ANIME
from .demo_check import HOUSEHOLD, check
from .demo_deletion import check_deletion
from .demo_library import check_library
from .demo_lives import Lives
from .demo_trouble import TROUBLE
from .demo_watch import Watcher
from .hass_client import HassClient, HassRefusedError
from .hass_process import PASSWORD, USER, HassFailedError, missing, running_hass
from .hass_wizard import add_tracker, set_options
from .model import JsonObject
from .server import DEFAULT, Simulator

SCENARIOS: Final = {
    "household": ("films", "series", "by-hand", "anime"),
    "anime": ("anime",),
    "films": ("films",),
    "series": ("series",),
    "by-hand": ("by-hand",),
}
CHECKS: Final[dict[str, Callable[[Path, Callable[[str], None]], Awaitable[int]]]] = {
    "household": partial(check, HOUSEHOLD),
    "anime": partial(check, ANIME),
    "trouble": partial(check, TROUBLE),
    "deletion": check_deletion,
    "library": check_library,
}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo", description="Show Media Status at work on this machine alone."
    )
    parser.add_argument("--check", action="store_true", help="play it through and fail on any miss")
    parser.add_argument("--scenario", choices=sorted({*SCENARIOS, *CHECKS}), default="household")
    parser.add_argument("--port", type=int, help="of Home Assistant (default: a free one)")
    options = parser.parse_args(arguments)
    if options.check and options.scenario not in CHECKS:
        parser.error(f"what can be checked: {', '.join(CHECKS)}")
    if not options.check and options.scenario not in SCENARIOS:
        parser.error(f"what can be shown without --check: {', '.join(SCENARIOS)}")
    return options


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    print(text, flush=True)


async def show(folder: Path, lanes: tuple[str, ...], port: int | None) -> int:
    """Run the household until somebody ends it; return the exit code."""
    services = ANIME.services if "anime" in lanes else DEFAULT
    async with (
        Simulator(stepped=False, services=services) as sim,
        running_hass(folder, port) as (hass, client),
    ):
        entry_id = await add_tracker(client, sim, services)
        await set_options(client, entry_id, history_days=1, poll_active_seconds=30)
        await _show_dashboard(client)
        say(f"\n  Home Assistant: {hass.url}/{_PATH}\n  Login:          {USER} / {PASSWORD}\n")
        say("  Ctrl-C ends it.\n")
        watching = asyncio.create_task(Watcher(client, say).run())
        living = asyncio.create_task(Lives(simulator=sim).run(lanes))
        try:
            await asyncio.wait({watching, living}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (watching, living):
                task.cancel()
            await asyncio.gather(watching, living, return_exceptions=True)
    say("Home Assistant ended by itself.")
    return 1


_PATH: Final = "media-status"
_TABLE: Final = """\
{% for id in integration_entities('media_status')
   | select('match', 'sensor\\.') | select('is_state_attr', 'device_class', 'enum') | list -%}
- **{{ state_attr(id, 'friendly_name') | replace('Media Status ', '') }}**: \
{{ state_attr(id, 'explanation') or state_translated(id) }}
{% endfor %}"""


async def _show_dashboard(client: HassClient) -> None:
    """Make a dashboard that shows whatever requests there are."""
    found = await client.states()
    cards = [
        {"type": "tile", "entity": entity, "name": _short_name(state)}
        for entity, state in found.items()
        if entity.startswith("sensor.media_status_")
    ]
    table = {"type": "markdown", "content": _TABLE}
    sections = [{"type": "grid", "cards": cards}, {"type": "grid", "cards": [table]}]
    view = {"title": "Media", "type": "sections", "sections": sections}
    await client.command("lovelace/dashboards/create", url_path=_PATH, title="Media Status")
    config = {"title": "Media Status", "views": [view]}
    await client.command("lovelace/config/save", url_path=_PATH, config=config)


def _short_name(state: JsonObject) -> str:
    """Return the name of a sensor without that of its device."""
    attributes = state.get("attributes")
    name = attributes.get("friendly_name") if isinstance(attributes, dict) else None
    return str(name).removeprefix("Media Status ")


async def _run(options: argparse.Namespace) -> int:
    work = asyncio.current_task()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGINT, signal.SIGTERM):
        # Once: a second Ctrl-C while everything ends must not break that off.
        loop.add_signal_handler(signum, _end, work)
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="media_status_demo_"))
    say(f"Starting; the log of Home Assistant is {folder / 'hass.log'}")
    code = 0
    try:
        if options.check:
            code = await CHECKS[options.scenario](folder, say)
        else:
            code = await show(folder, SCENARIOS[options.scenario], options.port)
    except HassFailedError as err:
        say(f"Home Assistant did not start. The end of its log:\n{err}")
        code = 1
    except HassRefusedError as err:
        say(f"Home Assistant refused a step: {err}")
        code = 1
    finally:
        if code:
            say(f"Everything that Home Assistant wrote is left in {folder}")
        else:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    return code


def _end(work: asyncio.Task[object] | None) -> None:
    if work is not None and not work.cancelling():
        say("\nEnding ...")
        work.cancel()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demonstration or the check; return the exit code."""
    options = _options(arguments)
    if (lacking := missing()) is not None:
        say(f"Cannot start: {lacking}")
        return 1
    with suppress(asyncio.CancelledError, KeyboardInterrupt):
        return asyncio.run(_run(options))
    return 130 if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
