"""Tell why a request is not there yet, what a person can do, and when it is looked at next."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from .coordinator import ConnectionCoordinator
from .explanations import Texts
from .household import Connections, manager_of, service_name
from .lifecycle.advice import advice
from .lifecycle.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """An explanation in words, in the language of Home Assistant."""

    sentence: str | None = None
    advice: str | None = None
    next_check: datetime | None = (
        None  # when the service that decides is asked again, at the latest
    )


def explained(
    texts: Texts,
    connections: Connections,
    request: Request,
    fits: Callable[[Request, str], bool],
) -> Explained:
    """Return the explanation of a request; `fits` says which connections know about it."""
    explanation = request.status.explanation
    if explanation is None:
        return Explained()
    service = explanation.service or manager_of(request)
    words = {"service": service_name(connections, request, service)}
    code = advice(explanation)
    asked = [
        connection
        for connection in connections.values()
        if connection.kind is service and fits(request, connection.connection_id)
    ]
    return Explained(
        sentence=texts.explanation(explanation, words, since=request.stage_since),
        advice=texts.advice(code, words) if code else None,
        next_check=_next_check(asked) if request.is_open else None,
    )


def _next_check(connections: Collection[ConnectionCoordinator]) -> datetime | None:
    times = [connection.next_survey_at for connection in connections]
    return min((time for time in times if time is not None), default=None)
