"""Say explicitly what a complete survey did not mention: it is absent, as far as it can know."""

from collections.abc import Collection, Iterable

from .facts import (
    Ask,
    AskStatus,
    Fact,
    FactKey,
    FactKind,
    FactValue,
    Grab,
    Observation,
    Queue,
    Statement,
    Title,
    Transfer,
)
from .merge import GONE_AFTER
from .model import REQUEST, Subject, Via
from .request import Request

_USENET = "usenet"


def absences(
    request: Request,
    connection_id: str,
    complete: Collection[FactKind],
    stated: set[FactKey],
) -> Iterable[Statement]:
    """Yield explicit absences for what a complete survey did not mention about a request."""

    def unmentioned(subject: Subject, kind: FactKind) -> bool:
        return (subject, connection_id, kind, Via.SURVEY) not in stated

    if FactKind.ASK in complete and connection_id in request.service_ids:
        if unmentioned(REQUEST, FactKind.ASK):
            yield Statement(value=Ask(status=AskStatus.ABSENT))
    for kind, absent in _ABSENT.items():
        if kind not in complete:
            continue
        for subject in _downloads(request, connection_id, kind):
            if unmentioned(subject, kind):
                yield Statement(value=absent, subject=subject)


_ABSENT: dict[FactKind, FactValue] = {
    FactKind.QUEUE: Queue(present=False),
    FactKind.TRANSFER: Transfer(present=False),
}


def _downloads(request: Request, connection_id: str, kind: FactKind) -> set[Subject]:
    """Return the downloads whose absence a connection can state.

    A manager speaks for what it grabbed itself; a torrent client for every torrent.
    """
    facts: Iterable[Fact] = request.facts.values()
    if kind is FactKind.QUEUE:
        return {
            fact.subject
            for fact in facts
            if fact.connection_id == connection_id and fact.kind in (FactKind.GRAB, FactKind.QUEUE)
        }
    return {
        fact.subject
        for fact in facts
        if isinstance(fact.value, Grab) and fact.value.protocol != _USENET
    }


# What a manager says of a title's parts means nothing once it has let go of the title.
_OF_TITLE = frozenset(
    {
        FactKind.FILE,
        FactKind.WANTED,
        FactKind.GRAB,
        FactKind.OUTCOME,
        FactKind.QUEUE,
        FactKind.HEALTH,
        FactKind.SOUGHT,
        FactKind.SEARCH,
    }
)


def own_ids(requests: Iterable[Request], connection_id: str) -> dict[str, str]:
    """Return what a connection calls the titles of requests, by our ids of them."""
    return {
        request.id: own
        for request in requests
        if (own := request.service_ids.get(connection_id)) is not None
    }


def is_let_go(request: Request, connection_id: str, own_id: str | None) -> bool:
    """Return whether a manager has let go of a title: it has another now, or none.

    None is what two looks far enough apart have not found. `own_id` is what it was called before.
    """
    fact = request.facts.get((REQUEST, connection_id, FactKind.TITLE, Via.SURVEY))
    if fact is None or not isinstance(fact.value, Title):
        return False
    if fact.value.present:
        return own_id not in {None, request.service_ids.get(connection_id)}
    return fact.seen_at - fact.since >= GONE_AFTER


def is_missing(request: Request, connection_id: str) -> bool:
    """Return whether a manager did not have a title when it was last looked for."""
    fact = request.facts.get((REQUEST, connection_id, FactKind.TITLE, Via.SURVEY))
    return fact is not None and isinstance(fact.value, Title) and not fact.value.present


def is_of_former_life(request: Request, observation: Observation) -> bool:
    """Return whether a push is about a title under another own id than the one it has now.

    It was removed and added again. A push that comes late means what is gone, and no survey would
    ever take its word back; one that comes early is only believed once a survey knows the new id.
    """
    title = observation.title
    if observation.via is not Via.PUSH or title is None or title.service_id is None:
        return False
    return request.service_ids.get(observation.connection_id, title.service_id) != title.service_id


def is_void(fact: Fact, connection_id: str) -> bool:
    """Return whether a fact goes with the title that a manager has let go of."""
    return fact.connection_id == connection_id and fact.kind in _OF_TITLE
