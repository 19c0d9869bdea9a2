"""Show how a sync goes: to websocket subscribers, and as a notification that goes away again."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect, async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType

from ..const import DOMAIN
from ..lifecycle.model import JsonObject
from .reading import SourceRead

if TYPE_CHECKING:
    from ..hub import Hub

SIGNAL: Final = SignalType[JsonObject](f"{DOMAIN}_library_progress")
NOTIFICATION: Final = f"{DOMAIN}_library_sync"
_EVERY: Final = timedelta(seconds=5)


@callback
def subscribe(hass: HomeAssistant, listener: Callable[[JsonObject], None]) -> Callable[[], None]:
    """Call `listener` with every step of any sync, over reloads; return how to stop that."""
    return async_dispatcher_connect(hass, SIGNAL, listener)


class Progress:
    """What is under way, for whoever wants to see it."""

    def __init__(self, hub: Hub) -> None:
        """Initialize with nothing under way."""
        self.phase: str | None = None  # "reading", "joining", "filling"; None: nothing
        self.is_dry_run = False
        self.reads: Mapping[str, SourceRead] = {}
        self._hub = hub
        self._shown_at: datetime | None = None
        self._told_at: datetime | None = None
        self._is_shown = False

    @callback
    def begin(self, *, is_dry_run: bool) -> None:
        """Begin with the reading."""
        self.is_dry_run = is_dry_run
        self.reads = {}
        self._shown_at = dt_util.utcnow()  # what is over at once needs no notification
        self.enter("reading")

    @callback
    def enter(self, phase: str) -> None:
        """Go on to the next phase."""
        self.phase = phase
        self._tell()

    @callback
    def step(self) -> None:
        """Tell how far the reading is, once in a second at most."""
        now = dt_util.utcnow()
        if self._told_at is None or now - self._told_at >= timedelta(seconds=1):
            self._tell()

    @callback
    def end(self) -> None:
        """Take the notification away."""
        self.phase = None
        self._tell()
        if self._is_shown:
            self._is_shown = False
            persistent_notification.async_dismiss(self._hub.hass, NOTIFICATION)

    def as_json(self) -> JsonObject:
        """Return how far the sync is."""
        return {
            "running": self.phase is not None,
            "phase": self.phase,
            "dry_run": self.is_dry_run,
            "connections": [
                {
                    "connection_id": key,
                    "kind": read.service.value,
                    "name": self._name(key),
                    "done": read.done,
                    "total": read.total,
                    "is_over": read.is_over,
                    "error": read.error,
                }
                for key, read in self.reads.items()
            ],
        }

    def _tell(self) -> None:
        now = self._told_at = dt_util.utcnow()
        async_dispatcher_send(self._hub.hass, SIGNAL, self.as_json())
        if self.phase is not None and self._shown_at is not None and now - self._shown_at >= _EVERY:
            self._shown_at = now
            self._notify()

    def _notify(self) -> None:
        texts = self._hub.texts
        lines = [
            sentence
            for key, read in self.reads.items()
            if (sentence := self._line(key, read)) is not None
        ]
        title = texts.library("progress", self.phase or "reading")
        message = "\n".join(f"- {line}" for line in lines)
        self._is_shown = True
        persistent_notification.async_create(self._hub.hass, message, title, NOTIFICATION)

    def _line(self, key: str, read: SourceRead) -> str | None:
        values: dict[str, str | int] = {"name": self._name(key), "done": read.done}
        if read.total is not None:
            values["total"] = read.total
        code = "failed" if read.error else "done" if read.is_over else "source"
        return self._hub.texts.library("progress", code, values)

    def _name(self, connection_id: str) -> str:
        found = self._hub.connections.get(connection_id)
        return connection_id if found is None else found.name
