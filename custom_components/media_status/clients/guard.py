"""Decide whether a call may leave: reading always, changing usually, removing only by a permit.

`BaseClient._request` asks here before anything is sent. Nothing is sent any other way but what
opens a socket for events.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
import re

from .errors import NotPermitted, ReadOnly

# A path that says so removes, whatever the method: `torrents/delete`, `Action/RemoveMissingFiles`.
_REMOVING = re.compile(r"delete|remove", re.IGNORECASE)
_no_writes: ContextVar[bool] = ContextVar("media_status_no_writes", default=False)


class CallKind(StrEnum):
    """What a call does to a service."""

    READ = "read"
    CHANGE = "change"
    REMOVE = "remove"


class Removals(StrEnum):
    """How a client treats removals: none at all, all but the sending, or for real."""

    OFF = "off"
    DRY = "dry_run"
    ON = "on"


class TargetKind(StrEnum):
    """What can be a target of a deletion.

    A season, an episode and a monitored movie are only ever not looked for any more.
    """

    TORRENT = "torrent"
    MOVIE = "movie"
    MOVIE_FILE = "movie_file"
    MONITORED_MOVIE = "monitored_movie"
    SERIES = "series"
    SEASON = "season"
    EPISODE = "episode"
    EPISODE_FILE = "episode_file"
    SHOKO_FILE = "shoko_file"
    SEERR_REQUEST = "seerr_request"
    SEERR_MEDIA = "seerr_media"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing of one service: `id` is the service's own, as it stands in the call."""

    kind: TargetKind
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The leave to remove exactly `targets` on one instance; only the deletion runner makes these.

    `step_id` names the step of the plan, `instance` the connection that must be the client's, and
    without `files` no call may take files from a disk. A dry permit is refused before sending.
    """

    step_id: str
    instance: str
    targets: frozenset[Target]
    files: bool = False
    dry_run: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """A removing call: the permit it goes by, what it hits, and whether it takes files."""

    permit: Permit
    targets: tuple[Target, ...]
    files: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCall:
    """A call as it would be sent, without the key; `body` is the form or JSON of a removal."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: str = field(default="", repr=False)


class DryRun(ReadOnly):
    """A rehearsal: the call was good, and was not sent."""

    def __init__(self, call: PlannedCall) -> None:
        """Keep the call as it would have been sent; it holds no key."""
        super().__init__("nothing is changed in a dry run")
        self.call = call


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A call at the gate, with what the client says about itself."""

    call: PlannedCall
    kind: CallKind
    removal: Removal | None
    removals: Removals
    instance: str
    removable: frozenset[TargetKind]


@contextmanager
def no_writes() -> Iterator[None]:
    """Refuse every change and removal by any client within this block and the tasks it starts."""
    token = _no_writes.set(True)
    try:
        yield
    finally:
        _no_writes.reset(token)


def kind_of(method: str, path: str, *, mutating: bool | None, harmless: bool) -> CallKind:
    """Return what a call does; a `harmless` one deletes nothing but our own or a queue's entry."""
    if method.upper() == "DELETE" or _REMOVING.search(path):
        return CallKind.CHANGE if harmless else CallKind.REMOVE
    changes = method not in {"GET", "HEAD"} if mutating is None else mutating
    return CallKind.CHANGE if changes else CallKind.READ


def check(call: Guarded) -> None:
    """Raise ReadOnly, DryRun or NotPermitted unless a call may be sent."""
    if call.kind is CallKind.READ and call.removal is None:
        return
    if call.removal is None and call.kind is CallKind.REMOVE:
        raise NotPermitted("a removal needs a permit")
    if call.removal is not None:
        _check_removal(call, call.removal)
    if _no_writes.get():
        raise DryRun(call.call)


def _check_removal(call: Guarded, removal: Removal) -> None:
    """Raise unless the permit covers every target on this instance and removals are on."""
    permit = removal.permit
    if not isinstance(permit, Permit):
        raise NotPermitted("a removal needs a permit")
    if not permit.step_id or not permit.instance or permit.instance != call.instance:
        raise NotPermitted("the permit is for another instance")
    wanted = frozenset(removal.targets)
    if not wanted or not wanted <= permit.targets:
        raise NotPermitted("the permit does not name this target")
    if not {target.kind for target in wanted} <= call.removable:
        raise NotPermitted("this is never removed here")
    if removal.files and not permit.files:
        raise NotPermitted("the permit does not cover files")
    deletes = call.kind is CallKind.REMOVE or call.call.method.upper() == "DELETE"
    if deletes and not _names_only(call.call, removal.targets):
        raise NotPermitted("the call names something else than its target")
    if call.removals is Removals.OFF:
        raise ReadOnly("removing is switched off")
    if permit.dry_run or call.removals is not Removals.ON:
        raise DryRun(call.call)


def _names_only(call: PlannedCall, targets: tuple[Target, ...]) -> bool:
    """Tell whether a removing call names one target, in its path or as its form's `hashes`."""
    if len(targets) != 1:
        return False
    name = targets[0].id
    if targets[0].kind is TargetKind.TORRENT:
        return f"hashes={name}" in call.body.split("&")
    return not call.body and call.path.rpartition("/")[2] == name
