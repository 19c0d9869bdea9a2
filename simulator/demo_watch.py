"""Follow what Home Assistant shows: every change of stage, when it was seen, who waits for it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import time

from .hass_client import HassClient
from .model import JsonObject


@dataclass(slots=True, kw_only=True)
class Seen:
    """What was seen of one request: its stages in order, each with the moment (monotonic)."""

    title: str
    stages: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    entity_id: str = ""
    request_id: str = ""
    is_stuck: bool = False
    reason: str = ""  # the code of its explanation
    freed: float | None = None  # when it was stuck no more

    @property
    def stage(self) -> str:
        """Return the stage that was seen last."""
        return self.stages[-1]

    def first(self, stage: str) -> float | None:
        """Return when a stage was first seen."""
        return self.moments[self.stages.index(stage)] if stage in self.stages else None


class Watcher:
    """Subscribe as a dashboard does and remember what comes."""

    def __init__(
        self,
        client: HassClient,
        say: Callable[[str], None] = print,
        judge: Callable[[JsonObject], None] | None = None,
    ) -> None:
        """Tell every change of stage through `say`, and show it to `judge`."""
        self._client = client
        self._say = say
        self._judge = judge
        self._seen: dict[str, Seen] = {}
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Follow until Home Assistant ends the connection."""
        async for event in self._client.events("media_status/subscribe"):
            requests = event.get("requests")
            for request in requests if isinstance(requests, list) else ():
                self._take(request)
            async with self._changed:
                self._changed.notify_all()

    def _take(self, request: JsonObject) -> None:
        key, title, stage = (str(request[name]) for name in ("request_id", "title", "stage"))
        seen = self._seen.setdefault(key, Seen(title=title, request_id=key))
        seen.title = title
        was_stuck, seen.is_stuck = seen.is_stuck, bool(request.get("stuck"))
        if was_stuck and not seen.is_stuck:
            seen.freed = time.monotonic()
        explanation = request.get("explanation")
        seen.reason = str(explanation["code"]) if isinstance(explanation, dict) else ""
        seen.entity_id = str(request.get("entity_id") or seen.entity_id)
        if seen.stages and seen.stage == stage:
            return
        seen.stages.append(stage)
        seen.moments.append(time.monotonic())
        if self._judge is not None:
            self._judge(request)
        self._say(f"{time.strftime('%H:%M:%S')}  {title[:32]:32}  {stage}{_remark(request)}")

    def find(self, title: str) -> Seen | None:
        """Return what was seen of a title, the newest request of it."""
        found = [seen for seen in self._seen.values() if seen.title.startswith(title)]
        return found[-1] if found else None

    async def until(self, title: str, stage: str) -> Seen:
        """Wait until a title is in a stage; set a time limit around it."""
        async with self._changed:
            while (seen := self.find(title)) is None or seen.stage != stage:
                await self._changed.wait()
            return seen

    async def until_stuck(self, title: str, reason: str | None = None) -> Seen:
        """Wait until a title needs a person (for a reason); set a time limit around it."""
        async with self._changed:
            while (
                (seen := self.find(title)) is None
                or not seen.is_stuck
                or (reason is not None and seen.reason != reason)
            ):
                await self._changed.wait()
            return seen

    async def until_moving(self, title: str) -> Seen:
        """Wait until a title is not stuck any more; set a time limit around it."""
        async with self._changed:
            while (seen := self.find(title)) is None or seen.is_stuck:
                await self._changed.wait()
            return seen


def _remark(request: JsonObject) -> str:
    """Return the counts of a series, or the sentence that explains what is stuck."""
    counts = request.get("episodes")
    if request.get("stuck") and isinstance(request.get("explanation"), dict):
        return f"  ({request['explanation']['sentence']})"  # type: ignore[index] # checked above
    if isinstance(counts, dict) and counts.get("total"):
        return f"  ({counts.get('available')} of {counts.get('total')} episodes ready)"
    return ""
