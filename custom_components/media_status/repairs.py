"""Tell the user what only a person can put right, and lead there."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, override

import voluptuous as vol

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    FlowType,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigEntry,
    ConfigSubentry,
    SubentryFlowContext,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir

from .confirm_flow import ConfirmThenActFlow
from .const import CONF_TAKE_OVER_WEBHOOK, CONF_WEBHOOK_LOSSES, DOMAIN, KIND_NAMES
from .deletion.repair_flow import DeletionRepairFlow
from .deletion.watch_flow import FollowRepairFlow, VanishedRepairFlow
from .deletion.watch_issues import DELETED_ELSEWHERE, MUCH_VANISHED

if TYPE_CHECKING:
    from .hub import Hub

AUTH_FAILED: Final = "auth_failed"
DELETION_FAILED: Final = "deletion_failed"
JOURNAL_SET_ASIDE: Final = "journal_set_aside"
REQUEST_STUCK: Final = "request_stuck"
SERVICE_TOO_OLD: Final = "service_too_old"
WEBHOOK_CONTESTED: Final = "webhook_contested"
WEBHOOK_DRIFT: Final = "webhook_drift"
WEBHOOK_FOREIGN: Final = "webhook_foreign"
WEBHOOK_UNSHARABLE: Final = "webhook_unsharable"
_OF_CONNECTIONS: Final = (
    AUTH_FAILED,
    MUCH_VANISHED,
    SERVICE_TOO_OLD,
    WEBHOOK_DRIFT,
    WEBHOOK_FOREIGN,
)
_WARNINGS: Final = (WEBHOOK_DRIFT, WEBHOOK_FOREIGN)

type IssueData = Mapping[str, str | int | float | None] | None


@callback
def raise_auth_issue(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> None:
    """Report that a service no longer accepts our key."""
    _raise_for_connection(hass, AUTH_FAILED, entry, subentry, is_fixable=True)


@callback
def clear_auth_issue(hass: HomeAssistant, subentry_id: str) -> None:
    """Take the report of a refused key back."""
    ir.async_delete_issue(hass, DOMAIN, f"{AUTH_FAILED}_{subentry_id}")


@callback
def raise_webhook_foreign(
    hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, *, is_contested: bool = False
) -> None:
    """Report that the only webhook is another's, unless the user already said to leave it.

    It `is_contested` when it was ours and was taken back more than once. Where the user wanted it
    and it still is another's, what it gets cannot be passed on.
    """
    decided = subentry.data.get(CONF_TAKE_OVER_WEBHOOK)
    if decided is False:
        return
    text = WEBHOOK_UNSHARABLE if decided is True else WEBHOOK_FOREIGN
    if is_contested:
        text = WEBHOOK_CONTESTED
    _raise_for_connection(hass, WEBHOOK_FOREIGN, entry, subentry, is_fixable=True, text=text)


@callback
def clear_webhook_foreign(hass: HomeAssistant, subentry_id: str) -> None:
    """Take the report of a foreign webhook back."""
    ir.async_delete_issue(hass, DOMAIN, f"{WEBHOOK_FOREIGN}_{subentry_id}")


@callback
def raise_webhook_drift(hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry) -> None:
    """Report that somebody changes or removes our webhook again and again."""
    _raise_for_connection(hass, WEBHOOK_DRIFT, entry, subentry, is_fixable=False)


@callback
def clear_webhook_drift(hass: HomeAssistant, subentry_id: str) -> None:
    """Take the report of a webhook that does not stay back."""
    ir.async_delete_issue(hass, DOMAIN, f"{WEBHOOK_DRIFT}_{subentry_id}")


@callback
def raise_too_old_issue(
    hass: HomeAssistant, entry: ConfigEntry, subentry: ConfigSubentry, version: str
) -> None:
    """Report that a service is older than what we speak to."""
    _raise_for_connection(
        hass, SERVICE_TOO_OLD, entry, subentry, is_fixable=False, version=version[:40]
    )


@callback
def clear_too_old_issue(hass: HomeAssistant, subentry_id: str) -> None:
    """Take the report of an old service back."""
    ir.async_delete_issue(hass, DOMAIN, f"{SERVICE_TOO_OLD}_{subentry_id}")


@callback
def raise_journal_set_aside(hass: HomeAssistant, path_name: str) -> None:
    """Report that the database was broken and set aside under `path_name` (a file name)."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        JOURNAL_SET_ASIDE,
        is_fixable=True,
        # It happens once, possibly right before a restart: it stays until somebody has read it.
        is_persistent=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=JOURNAL_SET_ASIDE,
        translation_placeholders={"file": path_name},
    )


@callback
def clear_stale(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take back the reports about connections that the entry no longer has."""
    for issue_id in _issue_ids(hass):
        kind, _, subentry_id = issue_id.rpartition("_")
        if kind in _OF_CONNECTIONS and subentry_id not in entry.subentries:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def clear_all(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take every report back; there is only one entry, so all of them are its."""
    for issue_id in _issue_ids(hass):
        ir.async_delete_issue(hass, DOMAIN, issue_id)


def _issue_ids(hass: HomeAssistant) -> list[str]:
    """Return the ids of our issues."""
    return [issue_id for domain, issue_id in ir.async_get(hass).issues if domain == DOMAIN]


def _raise_for_connection(
    hass: HomeAssistant,
    kind: str,
    entry: ConfigEntry,
    subentry: ConfigSubentry,
    *,
    is_fixable: bool,
    text: str | None = None,
    **placeholders: str,
) -> None:
    """Create the issue of one connection, with the texts of its kind unless told otherwise."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{kind}_{subentry.subentry_id}",
        data={"entry_id": entry.entry_id, "subentry_id": subentry.subentry_id},
        is_fixable=is_fixable,
        severity=ir.IssueSeverity.WARNING if kind in _WARNINGS else ir.IssueSeverity.ERROR,
        translation_key=text or kind,
        translation_placeholders={**_placeholders(subentry), **placeholders},
    )


def _placeholders(subentry: ConfigSubentry) -> dict[str, str]:
    """Return how a connection is named in texts."""
    return {"name": subentry.title, "service": KIND_NAMES[subentry.subentry_type]}


class ConnectionRepairFlow(RepairsFlow):
    """Fix what is wrong with one connection."""

    def _find(self) -> tuple[ConfigEntry, ConfigSubentry] | None:
        """Return entry and subentry of the issue, or None when the connection was removed."""
        data = self.data or {}
        entry = self.hass.config_entries.async_get_entry(str(data.get("entry_id")))
        if entry is None:
            return None
        subentry = entry.subentries.get(str(data.get("subentry_id")))
        return None if subentry is None else (entry, subentry)

    def _removed(self) -> RepairsFlowResult:
        """End the flow and the issue of a connection that is gone."""
        ir.async_delete_issue(self.hass, DOMAIN, self.issue_id)
        return self.async_abort(reason="connection_removed")


class AuthRepairFlow(ConnectionRepairFlow):
    """Lead to the connection's own reconfigure step."""

    async def async_step_init(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Start with the explanation."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Explain, then open the reconfigure step; the issue goes when the service answers."""
        if (found := self._find()) is None:
            return self._removed()
        entry, subentry = found
        if user_input is None:
            return self.async_show_form(
                step_id="confirm",
                data_schema=vol.Schema({}),
                description_placeholders=_placeholders(subentry),
            )
        flow = await self.hass.config_entries.subentries.async_init(
            (entry.entry_id, subentry.subentry_type),
            context=SubentryFlowContext(
                source=SOURCE_RECONFIGURE, subentry_id=subentry.subentry_id
            ),
        )
        return self.async_abort(
            reason="continue_in_reconfigure",
            next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"]),
        )


class WebhookRepairFlow(ConnectionRepairFlow):
    """Ask whether the only webhook is taken over or left alone."""

    async def async_step_init(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Offer both choices."""
        if (found := self._find()) is None:
            return self._removed()
        _, subentry = found
        return self.async_show_menu(
            step_id="init",
            menu_options=["take_over", "leave"],
            description_placeholders=_placeholders(subentry),
        )

    async def async_step_take_over(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Let the webhook become ours."""
        return self._decide(True)

    async def async_step_leave(
        self, user_input: Mapping[str, object] | None = None
    ) -> RepairsFlowResult:
        """Leave the webhook as it is and survey instead."""
        return self._decide(False)

    def _decide(self, take_over: bool) -> RepairsFlowResult:
        """Store the decision; the entry's update listener reloads."""
        if (found := self._find()) is None:
            return self._removed()
        entry, subentry = found
        kept = {key: value for key, value in subentry.data.items() if key != CONF_WEBHOOK_LOSSES}
        self.hass.config_entries.async_update_subentry(
            entry, subentry, data={**kept, CONF_TAKE_OVER_WEBHOOK: take_over}
        )
        return self.async_create_entry(data={})


class RetryRepairFlow(ConfirmThenActFlow):
    """Get a stuck request moving, as the action `retry` does; the report stays until it moves."""

    @override
    async def _act(self, hub: Hub) -> RepairsFlowResult:
        try:
            answer = await self.hass.services.async_call(
                DOMAIN,
                "retry",
                {"request_id": (self.data or {}).get("request_id")},
                blocking=True,
                return_response=True,
            )
        except HomeAssistantError as err:
            # Over by now, tried a moment ago, or a service that does not answer: it says which.
            return self.async_abort(
                reason="nothing_done", description_placeholders={"reason": str(err)}
            )
        actions = answer.get("actions") if answer else None
        done = [
            f"- {action['sentence']}"
            for action in (actions if isinstance(actions, list) else ())
            if isinstance(action, dict) and action.get("sentence")
        ]
        # Asked is not repaired, so the flow does not end as a success.
        return self.async_abort(
            reason="tried",
            description_placeholders={"done": "\n".join(done)},
        )


async def async_create_fix_flow(hass: HomeAssistant, issue_id: str, data: IssueData) -> RepairsFlow:
    """Return the flow that fixes an issue."""
    if issue_id.startswith(AUTH_FAILED):
        return AuthRepairFlow()
    if issue_id.startswith(WEBHOOK_FOREIGN):
        return WebhookRepairFlow()
    if issue_id.startswith(REQUEST_STUCK):
        return RetryRepairFlow()
    if issue_id.startswith(DELETION_FAILED):
        return DeletionRepairFlow()
    if issue_id.startswith(MUCH_VANISHED):
        return VanishedRepairFlow()
    if issue_id.startswith(DELETED_ELSEWHERE):
        return FollowRepairFlow()
    return ConfirmRepairFlow()
