"""Hold what was derived of a request before it is explained."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .model import ItemKey, Stage, Subject
from .request import Counts
from .stages import Base, DownloadView, ItemView


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was derived before the explanation."""

    stage: Stage
    counts: Counts
    ground: Base
    items: Mapping[ItemKey, ItemView]
    downloads: Mapping[str, DownloadView]
    now: datetime
    late: Mapping[ItemKey, datetime] = field(default_factory=dict)  # what takes too long
    progress: float | None = None  # of the downloads

    def subjects(self, stage: Stage) -> list[Subject]:
        """Return the items that stand at a stage, in order."""
        return [
            Subject(item=item) for item, view in sorted(self.items.items()) if view.stage is stage
        ]

    def moving(self) -> list[str]:
        """Return the downloads that stand where the request stands, in order."""
        return sorted(key for key, view in self.downloads.items() if view.stage is self.stage)
