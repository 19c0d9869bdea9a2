"""Say in the twin's words what was ordered: whose titles, and what the shown plan named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from custom_components.media_status.lifecycle.deletion import Plan, Step, StepStatus, Verb
from custom_components.media_status.lifecycle.model import ItemKey
from simulator import Title


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A request as the twin knows it: whose file it is about, and where it was asked for."""

    request_id: str
    title: Title
    arrs: frozenset[str]  # the instances that are meant
    items: frozenset[ItemKey]
    is_whole: bool = True
    seerr: frozenset[int] = frozenset()  # Seerr's requests

    def covers(self, arr: str, title: Title) -> bool:
        """Return whether it is about a title in an instance."""
        return title is self.title and arr in self.arrs


@dataclass(slots=True, kw_only=True)
class Order:
    """A plan that somebody saw and confirmed."""

    plan: Plan
    wants: tuple[Want, ...]
    paths: Mapping[str, frozenset[str]]  # of the plan's torrents, when it was shown
    folders: frozenset[str] = frozenset()  # of titles that go as a whole, with their files
    extras: frozenset[str] = frozenset()  # subtitles that the plan's files have
    starts_at: datetime
    job_id: str = ""
    is_cancelled: bool = False

    def step(self, service: str, verb: Verb, target: str) -> Step | None:
        """Return the step that somebody saw in the plan, if it was to be done."""
        for step in self.pending:
            if (step.connection_id, step.verb, step.target) == (service, verb, target):
                return step
        return None

    @property
    def pending(self) -> Iterator[Step]:
        """Yield what the plan was to change."""
        return (step for step in self.plan.steps if step.status is StepStatus.PENDING)

    def allowed(self, arr: str, title: Title) -> frozenset[ItemKey]:
        """Return the items of a title in an instance that are meant."""
        return frozenset().union(*(w.items for w in self.wants if w.covers(arr, title)))

    def is_whole(self, arr: str, title: Title) -> bool:
        """Return whether all of a title is meant."""
        return any(want.is_whole for want in self.wants if want.covers(arr, title))

    @property
    def files(self) -> frozenset[str]:
        """Return every path that the plan named, by itself or through a torrent."""
        named = {file.path for step in self.pending for file in step.files} | self.extras
        for step in self.pending:
            if step.verb is Verb.REMOVE_TORRENT and step.delete_files:
                named |= self.paths.get(step.target, frozenset())
        return frozenset(named)
