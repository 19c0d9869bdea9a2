"""Ask people about what only they can know: whether much may vanish, and who shall follow."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from ..const import DOMAIN, KIND_NAMES
from ..lifecycle.request import Request
from ..serialize import MAX_SENTENCE, MAX_TITLE, clean

if TYPE_CHECKING:
    from ..coordinator import ConnectionCoordinator

MUCH_VANISHED: Final = "much_vanished"
DELETED_ELSEWHERE: Final = "deleted_elsewhere"
_MOST_LINES: Final = 10


@callback
def raise_vanished(
    hass: HomeAssistant, coordinator: ConnectionCoordinator, *, before: int, now: int
) -> None:
    """Ask whether it is right that a connection has lost so much."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{MUCH_VANISHED}_{coordinator.connection_id}",
        data={"connection_id": coordinator.connection_id},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=MUCH_VANISHED,
        translation_placeholders={
            "name": clean(coordinator.subentry.title, MAX_TITLE),
            "before": str(before),
            "now": str(now),
        },
    )


@callback
def clear_vanished(hass: HomeAssistant, connection_id: str) -> None:
    """Take the question back."""
    ir.async_delete_issue(hass, DOMAIN, f"{MUCH_VANISHED}_{connection_id}")


@callback
def raise_follow(hass: HomeAssistant, request: Request, source: str, lines: Sequence[str]) -> None:
    """Ask whether the other services shall follow a deletion; the question outlives a restart."""
    shown = [clean(f"- {line}", MAX_SENTENCE) for line in lines[:_MOST_LINES]]
    if len(lines) > _MOST_LINES:
        shown.append("- …")
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{DELETED_ELSEWHERE}_{request.id}",
        data={"request_id": request.id},
        is_fixable=True,
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=DELETED_ELSEWHERE,
        translation_placeholders={
            "title": clean(request.name, MAX_TITLE),
            "service": KIND_NAMES.get(source, "Home Assistant"),
            "steps": "\n".join(shown) or "-",
        },
    )


@callback
def clear_follow(hass: HomeAssistant, request_id: str) -> None:
    """Take the question back."""
    ir.async_delete_issue(hass, DOMAIN, f"{DELETED_ELSEWHERE}_{request_id}")


@callback
def standing_follows(hass: HomeAssistant) -> list[str]:
    """Return the requests about which such a question stands."""
    prefix = f"{DELETED_ELSEWHERE}_"
    return [
        issue_id.removeprefix(prefix)
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and issue_id.startswith(prefix)
    ]
