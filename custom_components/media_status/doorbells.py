"""Hear from changes where a look is worthwhile now."""

from collections.abc import Iterable
from dataclasses import dataclass

from .connections.base import Doorbell
from .lifecycle.facts import Ask, File, Grab
from .lifecycle.model import Service
from .lifecycle.request import Change
from .schedule import AFTER_IMPORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """Whom to ask, in how many seconds; `is_import` restarts Jellyfin's close watch."""

    doorbell: Doorbell
    delay: float = 1.0
    is_import: bool = False


def heard(changes: Iterable[Change]) -> set[Bell]:
    """Return the bells that a batch of changes rings, however its facts came."""
    bells: set[Bell] = set()
    for change in changes:
        if change.opened:
            bells |= {Bell(doorbell=Doorbell.MANAGERS), Bell(doorbell=Doorbell.LIBRARY)}
        for fact in change.facts.values():
            if isinstance(fact.value, Grab):
                bells.add(Bell(doorbell=Doorbell.CLIENTS))
            if isinstance(fact.value, Ask) and fact.value.available:
                bells.add(Bell(doorbell=Doorbell.LIBRARY))  # no manager may tell of its import
            if isinstance(fact.value, File) and fact.value.present:
                bells.add(Bell(doorbell=Doorbell.LIBRARY, delay=AFTER_IMPORT, is_import=True))
    return bells


def answers(kind: Service, doorbell: Doorbell) -> bool:
    """Return whether connections of a kind are called by a doorbell."""
    match doorbell:
        case Doorbell.MANAGERS:
            return kind in (Service.RADARR, Service.SONARR)
        case Doorbell.CLIENTS:
            return kind is Service.QBITTORRENT
        case Doorbell.LIBRARY:
            return kind is Service.JELLYFIN
        case _:
            return False
