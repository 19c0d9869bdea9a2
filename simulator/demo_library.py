"""Sync a library: finished requests get the ids they lack, and nothing is invented.

Home Assistant knows Seerr alone at first, so that what was asked for is finished without any other
service's id. Then the other services are added, and the library is read.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
import time
from typing import Final

from .demo_library_home import FIRST, FOX, LATER, SERVICES, Home, make_home
from .demo_library_report import Report, mistakes, read_report
from .hass_client import HassClient
from .hass_process import running_hass
from .hass_wizard import add_connection, add_tracker, set_options, until_connected
from .model import JsonObject
from .server import Simulator

_OPTIONS: Final = {"poll_active_seconds": 30, "poll_idle_seconds": 60}
_LIMIT: Final = 90.0
_POLL: Final = 0.3
_QUIET: Final = 5  # looks in a row that show the same

type Shown = dict[str, JsonObject]  # by the request's id


@dataclass(slots=True)
class _Stage:
    """The household before Home Assistant, and what went wrong."""

    home: Home
    client: HassClient
    say: Callable[[str], None]
    entry_id: str
    problems: list[str] = field(default_factory=list)

    def expect(self, is_so: object, otherwise: str) -> None:
        """Note what is not as it should be."""
        if not is_so:
            self.problems.append(otherwise)

    async def run(self) -> None:
        """Play everything in turn."""
        await self._finish()
        await self._connect()
        before = await self._settled()
        writes = len(self.home.sim.writes)
        rehearsal = await self._sync(dry_run=True)
        self.expect(await self._requests() == before, "the rehearsal changed requests")
        done = await self._sync()
        after = await self._requests()
        self._judge(before, after, rehearsal, done)
        report = await read_report(self.client)
        self.problems += mistakes(report, self.home.expected)
        await self._again(after, report)
        called = [call.name for call in self.home.sim.writes[writes:]]
        self.expect(not called, f"services were told to change something: {called}")
        self._print(before, after, report)

    # -- before --------------------------------------------------------------------------------

    async def _finish(self) -> None:
        """Let two of three requests be finished, of which nobody but Seerr knows anything."""
        async with asyncio.timeout(_LIMIT):
            while len(shown := await self._requests()) < 3:
                await asyncio.sleep(_POLL)
        names = {title.title for title in self.home.finished}
        for request_id, request in shown.items():
            if request["title"] in names:
                await self.client.act("mark_available", request_id=request_id)
        await self.home.fill()

    async def _connect(self) -> None:
        """Add the services that do not agree."""
        home = self.home
        home.disagree()
        for name in LATER:
            await add_connection(self.client, home.sim, self.entry_id, name)
        await until_connected(self.client)
        async with asyncio.timeout(_LIMIT):
            while not any(FOX in file.source for file in home.sim.shoko.files):
                await asyncio.sleep(_POLL)

    async def _settled(self) -> Shown:
        """Return the requests when every service was asked and nothing changes any more."""
        looks: list[Shown] = []
        moving: list[str] = []
        try:
            async with asyncio.timeout(_LIMIT):
                while len(looks) < _QUIET or moving:
                    await self.client.act("survey")
                    looks.append(await self._requests())
                    moving = [
                        name for look in looks[-_QUIET:] for name in _changed(look, looks[-1])
                    ]
        except TimeoutError as err:
            raise TimeoutError(f"still changing: {', '.join(sorted(set(moving)))}") from err
        return looks[-1]

    # -- reading -------------------------------------------------------------------------------

    async def _requests(self) -> Shown:
        """Return everything that is shown of every request, and of its items and timeline."""
        page = await self.client.act("get_requests")
        rows = page.get("requests")
        found: Shown = {}
        for row in rows if isinstance(rows, list) else ():
            key = str(row["request_id"])
            details = await self.client.act("get_request", request_id=key)
            # Links are signed anew each time, and what is said of the future moves on.
            kept = {k: v for k, v in details.items() if k not in _MOVING}
            found[key] = kept | {"facts": _facts(details.get("facts"))}
        return found

    async def _sync(self, **how: bool) -> JsonObject:
        result = await self.client.act("sync_library", **how)
        for source in _sources(result):
            problem = f"{source['name']}: {source['error']} {source['problems']}"
            self.expect(not source["errors"] and not source["error"], problem)
        return result

    # -- judging -------------------------------------------------------------------------------

    def _judge(self, before: Shown, after: Shown, rehearsal: JsonObject, done: JsonObject) -> None:
        """Require that finished requests got what they lacked, and that nothing else happened."""
        self.expect(after.keys() == before.keys(), f"{len(after) - len(before)} new requests")
        self.expect(len(after) == 3, f"there are {len(after)} requests")
        for name in ("filled", "conflicts"):
            self.expect(rehearsal[name] == done[name], f"the rehearsal told other {name}")
        self.expect(done["filled"] == len(self.home.finished), f"{done['filled']} were filled")
        for title in self.home.finished:
            request_id, request = _named(after, title.title)
            old = before.get(request_id, {})
            self.expect(not old.get("jellyfin_url"), f"{title.title} had a watch link before")
            item = self.home.sim.jellyfin.item_id(title) or "?"
            url = str(request.get("jellyfin_url"))
            self.expect(item in url, f"{title.title} leads to {url}, not to {item}")
            ids = {"tmdb": title.tmdb, "tvdb": title.tvdb or None, "imdb": title.imdb}
            self.expect(request["ids"] == ids, f"{title.title} has {request['ids']}, not {ids}")
            self.expect(request["year"] == title.year, f"{title.title} has another year")
            self.expect(request["stage"] == "available", f"{title.title} has another stage")
        for key, request in after.items():
            kept = [k for k, v in before.get(key, {}).items() if v and k not in _FILLED]
            lost = [name for name in kept if request.get(name) != before[key][name]]
            self.expect(not lost, f"{request['title']}: {', '.join(lost)} changed")

    async def _again(self, after: Shown, report: Report) -> None:
        """Sync twice more: what changed, and then everything; nothing may come of it."""
        for how in ({}, {"full": True}):
            result = await self._sync(**how)
            self.expect(result["filled"] == 0, f"{result['filled']} were filled again {how}")
            self.expect(await self._requests() == after, f"a request changed again {how}")
            again = await read_report(self.client)
            self.expect(again.facts() == report.facts(), f"another report {how}")

    def _print(self, before: Shown, after: Shown, report: Report) -> None:
        self.say("")
        for key, request in after.items():
            old = before.get(key, {})
            self.say(
                f"{request['title']!s:20} {request['stage']!s:11}"
                f" {_known(old):40} -> {_known(request)}"
            )
        self.say("")
        for finding in report.findings:
            fix = finding["fix"]
            advice = fix.get("sentence") if isinstance(fix, dict) else ""
            self.say(f"{finding['code']!s:28} {finding['sentence']} {advice}")
        self.say(f"\nnew requests: {len(after.keys() - before.keys())}\n")


_MOVING: Final = frozenset({"poster_url", "poster_url_large", "explanation", "forecast"})
_FILLED: Final = frozenset({"ids", "jellyfin_url", "year", "identity"})


def _facts(rows: object) -> list[str]:
    """Return what the services said, whenever that was and in whatever order."""
    facts = rows if isinstance(rows, list) else []
    return sorted(str({k: v for k, v in fact.items() if k != "seen_at"}) for fact in facts)


def _changed(one: Shown, other: Shown) -> list[str]:
    """Return what is not the same in two looks."""
    found = [f"{one.get(key, other.get(key, {}))['title']}" for key in one.keys() ^ other.keys()]
    for key in one.keys() & other.keys():
        names = one[key].keys() | other[key].keys()
        differing = [name for name in names if one[key].get(name) != other[key].get(name)]
        found += [f"{one[key]['title']}: {name}" for name in differing]
    return found


def _sources(result: JsonObject) -> list[JsonObject]:
    rows = result.get("connections")
    return rows if isinstance(rows, list) else []


def _named(shown: Shown, name: str) -> tuple[str, JsonObject]:
    """Return the only request of a name."""
    found = [(key, request) for key, request in shown.items() if request["title"] == name]
    return found[0] if len(found) == 1 else ("", {"ids": None, "year": None, "stage": None})


def _known(request: JsonObject) -> str:
    """Return what is known of a request in one line."""
    ids = request.get("ids")
    names = [name for name, value in (ids if isinstance(ids, dict) else {}).items() if value]
    return ", ".join([*names, *(["watch link"] if request.get("jellyfin_url") else [])])


async def check_library(folder: Path, say: Callable[[str], None] = print) -> int:
    """Play everything in a real Home Assistant; return the exit code."""
    started = time.monotonic()
    async with (
        Simulator(stepped=False, seed=6, services=SERVICES) as simulator,
        running_hass(folder) as (hass, client),
    ):
        say(f"Home Assistant runs after {time.monotonic() - started:.0f} s")
        home = await make_home(simulator)
        entry_id = await add_tracker(client, simulator, (FIRST,))
        await set_options(client, entry_id, **_OPTIONS)
        await until_connected(client)
        stage = _Stage(home, client, say, entry_id)
        try:
            await stage.run()
        except TimeoutError as err:
            stage.problems.append(str(err) or "it did not come to an end in time")
    problems = [*stage.problems, *(f"logged: {text}" for text in hass.complaints())]
    for problem in problems:
        say(f"MISSED  {problem}")
    verdict = "failed" if problems else "passed"
    say(f"Check {verdict} in {time.monotonic() - started:.0f} s")
    return 1 if problems else 0
