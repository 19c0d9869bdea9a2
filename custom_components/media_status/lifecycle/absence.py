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
    Queue,
    Statement,
    Transfer,
)
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
