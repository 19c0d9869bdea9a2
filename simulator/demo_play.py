"""Play stories before a real Home Assistant, and hold what it shows against the truth."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
import time
from typing import Final

from .demo_watch import Seen, Watcher
from .hass_client import HassClient
from .model import JsonObject, Title
from .scenario import Story
from .server import Simulator

PUSHED: Final = ("downloading", "syncing_library", "available")


@dataclass(slots=True, kw_only=True)
class Play:
    """One story, what shall be seen of it, and when its beats happened (monotonic)."""

    title: str
    story: Story
    expected: tuple[str, ...]
    beats: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Play the story to its end; of a beat that repeats, the last counts."""
        while (beat := await self.story.step()) is not None:
            self.beats[beat] = time.monotonic()


class Performance:
    """Everything that is played in one household, with what was seen and what went wrong."""

    def __init__(
        self, simulator: Simulator, client: HassClient, say: Callable[[str], None]
    ) -> None:
        """Begin with nothing on stage."""
        self.sim = simulator
        self.client = client
        self.say = say
        self.watcher = Watcher(client, say, self._judge)
        self.problems: list[str] = []
        self.false_available = 0
        self._plays: list[Play] = []

    async def run(
        self, scenes: Callable[[Performance], Awaitable[None]], limit: float
    ) -> list[str]:
        """Play the scenes, print the table, return what went wrong."""
        watching = asyncio.create_task(self.watcher.run())
        try:
            async with asyncio.timeout(limit):
                await scenes(self)
        except TimeoutError:
            self.problems.append(f"not done after {limit:.0f} s")
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        await self._print()
        return self.problems

    async def play(
        self,
        title: str,
        story: Story,
        expected: tuple[str, ...] = PUSHED,
        *,
        end: str = "available",
    ) -> None:
        """Play a story and wait until Home Assistant shows its end."""
        play = Play(title=title, story=story, expected=expected)
        self._plays.append(play)
        await play.run()
        await self.watcher.until(title, "available")

    # -- the truth -----------------------------------------------------------------------------

    def _judge(self, request: JsonObject) -> None:
        """Compare a request that is shown as available with what the library can really play."""
        title = self._title(str(request["title"]))
        if request["stage"] != "available" or title is None:
            return
        if not self._is_there(title, request):
            self.false_available += 1
            self.problems.append(f"{title.title} was shown as available, but cannot be played")

    def _title(self, name: str) -> Title | None:
        found = (title for title in self.sim.world.titles.values() if title.title == name)
        return next(found, None)

    def _is_there(self, title: Title, request: JsonObject) -> bool:
        files = self.sim.jellyfin.playable_files(title)
        if title.kind == "movie":
            return bool(files)
        seasons = request.get("seasons")
        asked = seasons if isinstance(seasons, list) else []
        there = {(e.season, e.number) for file in files for e in file.episodes}
        return all(
            (episode.season, episode.number) in there
            for episode in title.episodes
            if episode.season in asked and self.sim.world.aired(episode)
        )

    # -- the table -----------------------------------------------------------------------------

    async def _print(self) -> None:
        self.say("")
        self.say(f"{'title':22} {'from import':>11} {'in Jellyfin':>11}  stages seen; proof")
        for play in self._plays:
            seen = self.watcher.find(play.title) or Seen(title=play.title)
            missed = [stage for stage in play.expected if stage not in seen.stages]
            if missed:
                self.problems.append(f"{play.title}: never seen {', '.join(missed)}")
            available = seen.first("available")
            left = f"{play.title:22} {_between(play.beats.get('imported'), available):>11}"
            left += f" {_between(play.beats.get('available'), available):>11}"
            proofs = await self._proofs(seen)
            self.say(f"{left}  {' > '.join(seen.stages)}; {proofs or 'none'}")
        self.say(f"\nfalsely available: {self.false_available}\n")

    async def _proofs(self, seen: Seen) -> str:
        """Return by what Home Assistant knew the items in Jellyfin."""
        if not seen.request_id:
            return ""
        answer = await self.client.command("media_status/request", request_id=seen.request_id)
        facts = answer.get("facts") if isinstance(answer, dict) else None
        values = [fact["value"] for fact in facts or () if fact["kind"] == "playable"]
        return ", ".join(sorted({str(value["proof"]) for value in values if value.get("proof")}))


def _between(start: float | None, end: float | None) -> str:
    """Return the seconds between two moments."""
    return "-" if start is None or end is None else f"{max(0.0, end - start):.1f} s"
