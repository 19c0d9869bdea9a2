"""Hear from changes where a look is worthwhile now."""

from collections.abc import Iterable
from dataclasses import dataclass

from .connections.base import Doorbell
from .lifecycle.facts import Ask, FactValue, File, Grab, Match, MatchPhase
from .lifecycle.model import Service
from .lifecycle.request import Change
from .schedule import AFTER_IMPORT, TO_MATCHER


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
            bells |= _heard_from(fact.value)
    return bells


def _heard_from(value: FactValue) -> set[Bell]:
    match value:
        case Grab():
            return {Bell(doorbell=Doorbell.CLIENTS)}
        case Ask(available=True):
            return {Bell(doorbell=Doorbell.LIBRARY)}  # no manager may tell of its import
        case File(present=True):
            return {
                Bell(doorbell=Doorbell.MATCHERS, delay=TO_MATCHER),
                Bell(doorbell=Doorbell.LIBRARY, delay=AFTER_IMPORT, is_import=True),
            }
        case Match(phase=MatchPhase.MATCHED):
            return {Bell(doorbell=Doorbell.LIBRARY, delay=AFTER_IMPORT, is_import=True)}
        case _:
            return set()


def answers(kind: Service, doorbell: Doorbell) -> bool:
    """Return whether connections of a kind are called by a doorbell."""
    match doorbell:
        case Doorbell.MANAGERS:
            return kind in (Service.RADARR, Service.SONARR)
        case Doorbell.CLIENTS:
            return kind is Service.QBITTORRENT
        case Doorbell.MATCHERS:
            return kind is Service.SHOKO
        case Doorbell.LIBRARY:
            return kind is Service.JELLYFIN
        case _:
            return False
