"""Watch what Jellyfin can play, at every moment: nothing may be called available that never was."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from custom_components.media_status.lifecycle.model import Stage
from custom_components.media_status.lifecycle.request import Request
from simulator import Simulator, Title
from simulator.jellyfin_library import Change

from .truth import Truth, Watchable, watchable


class Witness:
    """See every change of Jellyfin's library when it happens."""

    def __init__(
        self, sim: Simulator, titles: list[Title], vanished: Callable[[Title], None]
    ) -> None:
        """Initialize; `vanished` hears of each title of which a copy went."""
        self._sim = sim
        self._titles = titles
        self._vanished = vanished
        self.ever: set[Watchable] = set()
        self.changes = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Look on."""
        jellyfin = self._sim.jellyfin
        announce = jellyfin.announce

        def seen(change: Change) -> None:
            self.changes += 1
            self.ever.update(watchable(self._sim, self._titles))
            for title in {item.title: None for item in change.removed if item.playable}:
                self._vanished(title)
            announce(change)

        with patch.object(jellyfin, "announce", seen):
            yield

    def complaints(self, requests: Iterable[Request]) -> Iterator[str]:
        """Yield what is called available and never could be played until now."""
        truth = Truth(self._sim, self._titles)
        for request in requests:
            for item, stage in request.status.items.items():
                if stage is Stage.AVAILABLE and truth.copy_of(request, item) not in self.ever:
                    yield f"{request.name} {item.label} is called available, and never was"
