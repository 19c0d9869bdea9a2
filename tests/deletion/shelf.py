"""Stand in for services that have things and remove them, and fail as a test plans."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import override

from custom_components.media_status.clients.errors import ClientError, NotFound, Unreachable
from custom_components.media_status.clients.guard import DryRun, Permit, PlannedCall
from custom_components.media_status.connections.base import TargetChanged
from custom_components.media_status.lifecycle.deletion import (
    Holdings,
    Inspection,
    Served,
    Step,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import Sight
from tests.scripted import ScriptedConnection


class Fault(StrEnum):
    """How a call goes wrong."""

    BEFORE = "before"  # no answer, and nothing was done
    AFTER = "after"  # it was done, and the answer got lost
    IGNORED = "ignored"  # an answer as if it was done, and nothing was
    CHANGED = "changed"  # the target is not what was planned
    BLIND = "blind"  # the next look is not answered


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Shelf:
    """What one service has: what `inspect` answers, and which targets are there."""

    holdings: Holdings = field(default_factory=Holdings)
    present: set[str] = field(default_factory=set)  # of steps
    faults: list[Fault | None] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)  # targets that cannot be looked at
    calls: list[str] = field(default_factory=list)  # steps, in the order of live calls
    rehearsed: list[str] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    asked: list[Inspection] = field(default_factory=list)
    traced: list[frozenset[str]] = field(default_factory=list)
    error: ClientError | None = None


class ShelfConnection(ScriptedConnection):
    """A service with a shelf."""

    def __init__(self, connection_id: str) -> None:
        """Initialize with an empty shelf."""
        super().__init__(connection_id)
        self.shelf = Shelf()

    @override
    async def inspect(self, inspection: Inspection) -> Holdings:
        self.shelf.asked.append(inspection)
        if self.shelf.error is not None:
            raise self.shelf.error
        wanted = {target.request_id for target in inspection.targets}
        return replace(
            self.shelf.holdings,
            titles=tuple(t for t in self.shelf.holdings.titles if t.request_id in wanted),
            wishes=tuple(w for w in self.shelf.holdings.wishes if w.request_id in wanted),
            items=tuple(i for i in self.shelf.holdings.items if i.request_id in wanted),
            served={},
        )

    @override
    async def trace(self, downloads: frozenset[str]) -> Mapping[str, frozenset[Served]]:
        self.shelf.traced.append(downloads)
        if self.shelf.error is not None:
            raise self.shelf.error
        return {
            name: served for name, served in self.shelf.holdings.served.items() if name in downloads
        }

    @override
    async def remove(self, step: Step, permit: Permit) -> None:
        fault = self.shelf.faults.pop(0) if self.shelf.faults else None
        if fault is Fault.CHANGED:
            raise TargetChanged("it is another one now")
        if step.target not in self.shelf.present and step.verb is not Verb.REFRESH:
            raise NotFound("not found")
        if permit.dry_run:
            self.shelf.rehearsed.append(step.id)
            call = PlannedCall(method="DELETE", path=f"api/{step.target}", query=(("a", "b"),))
            raise DryRun(call)
        assert permit.instance == self.connection_id
        assert permit.step_id == step.id
        self.shelf.calls.append(step.id)
        if fault is Fault.BEFORE:
            raise Unreachable("no answer")
        if fault is not Fault.IGNORED:
            self.shelf.present.discard(step.target)
        if fault is Fault.AFTER:
            raise Unreachable("no answer")

    @override
    async def look(self, step: Step) -> Sight:
        self.shelf.looked.append(step.id)
        if self.shelf.faults and self.shelf.faults[0] is Fault.BLIND:
            self.shelf.faults.pop(0)
            raise Unreachable("no answer")
        if step.target in self.shelf.hidden:
            raise Unreachable("no answer")
        return Sight.PRESENT if step.target in self.shelf.present else Sight.GONE
