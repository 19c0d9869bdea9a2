"""Decide when a request is history: nothing that was asked for can come any more."""

from collections.abc import Iterator
from datetime import timedelta

from .facts import Ask, AskStatus, Decision, Fact, Title, Wanted
from .model import REQUEST, ItemKey, MediaType, Service, Stage, Via
from .request import Request

# An admin may change their mind for so long; approved later, it is a request of its own.
DECLINED_FOR = timedelta(days=1)
_GIVEN_UP = frozenset({Stage.DECLINED, Stage.DELETED, Stage.FAILED})
_MANAGERS = frozenset({Service.RADARR, Service.SONARR})
_MAY_COME_BACK = frozenset({Stage.DECLINED, Stage.DELETED})
_WAITED_FOR = frozenset({AskStatus.PENDING, AskStatus.APPROVED})


def is_over(request: Request) -> bool:
    """Return whether all is there and nothing more will come, or nobody waits any longer."""
    if _is_decided(request):
        return True
    match request.stage:
        case Stage.DELETED:
            return True
        case Stage.DECLINED:
            return any(
                ask.status is AskStatus.DECLINED and fact.seen_at - fact.since >= DECLINED_FOR
                for fact, ask in _asks(request)
            )
        case Stage.AVAILABLE:
            return not _is_more_to_come(request)
        case _:
            return False


def is_given_up(request: Request) -> bool:
    """Return whether it waits no longer although nothing came of it."""
    return request.stage in _GIVEN_UP or _is_decided(request)


def may_come_back(request: Request) -> bool:
    """Return whether Seerr may still open an ended request again, under its same number.

    What is there may stay approved for ever, and so may what we deleted ourselves; what was
    declined or disappeared may come back.
    """
    return request.stage in _MAY_COME_BACK and not _is_decided(request)


def _is_decided(request: Request) -> bool:
    return any(
        isinstance(fact.value, Decision) and fact.subject == REQUEST
        for fact in request.facts.values()
    )


def _asks(request: Request) -> Iterator[tuple[Fact, Ask]]:
    return ((fact, fact.value) for fact in request.facts.values() if isinstance(fact.value, Ask))


def _is_more_to_come(request: Request) -> bool:
    items = request.status.items
    unreleased = {item for item, stage in items.items() if stage is Stage.UNRELEASED}
    return bool(unreleased & _coming(request)) or _is_season_unknown(request)


def _coming(request: Request) -> set[ItemKey]:
    """Return the items that somebody looks for, or that have a date.

    The others were taken off the list, or will be fetched by nobody.
    """
    return {
        fact.subject.item
        for fact in request.facts.values()
        if isinstance(fact.value, Wanted)
        and fact.subject.item is not None
        and (fact.value.monitored or fact.value.release_at is not None)
    }


def _is_season_unknown(request: Request) -> bool:
    """Return whether Seerr still waits for a season whose episodes are not all known.

    A push, or a grab by hand that the wish took over, tells of one episode and not of the others:
    the manager must have been asked since.
    """
    if request.media_type is MediaType.MOVIE:
        return False
    if not any(ask.status in _WAITED_FOR for _, ask in _asks(request)):
        return False
    if not request.seasons <= {item.season for item in request.items}:
        return True
    asked_at = request.widened_at
    managers = [fact for fact in request.facts.values() if fact.service in _MANAGERS]
    if asked_at is None or not managers:
        return False
    # Only a survey tells of the whole season: pushes name what they are about.
    return not any(
        isinstance(fact.value, Title) and fact.via is Via.SURVEY and fact.seen_at >= asked_at
        for fact in managers
    )
