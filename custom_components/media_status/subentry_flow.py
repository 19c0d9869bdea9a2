"""Add and reconfigure the connections of a tracker, one subentry each."""

from collections.abc import Mapping

import voluptuous as vol

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    ConfigSubentry,
    ConfigSubentryFlow,
    SubentryFlowResult,
)

from .const import CONF_TAKE_OVER_WEBHOOK
from .flow_draft import ConnectionDraft, DuplicateError, Known


def known_connection(subentry: ConfigSubentry) -> Known:
    """Return a subentry as the drafts of other connections know it."""
    return Known(kind=subentry.subentry_type, title=subentry.title, data=subentry.data)


class ConnectionSubentryFlow(ConfigSubentryFlow):
    """Handle adding and reconfiguring a connection of any kind."""

    _draft: ConnectionDraft | None = None

    async def async_step_user(
        self, user_input: Mapping[str, object] | None = None
    ) -> SubentryFlowResult:
        """Ask for a new connection."""
        return await self._async_step_form("user", user_input)

    async def async_step_reconfigure(
        self, user_input: Mapping[str, object] | None = None
    ) -> SubentryFlowResult:
        """Ask for the changes to a connection."""
        return await self._async_step_form("reconfigure", user_input)

    async def _async_step_form(
        self, step_id: str, user_input: Mapping[str, object] | None
    ) -> SubentryFlowResult:
        """Show the form until the service answers as it should."""
        draft = self.draft
        if user_input is not None:
            try:
                accepted = await draft.async_submit(user_input)
            except DuplicateError:
                return self.async_abort(reason="already_configured")
            if accepted and draft.asks_take_over:
                return await self.async_step_take_over()
            if accepted and draft.shows_webhook:
                return await self.async_step_webhook()
            if accepted:
                return self._finish()
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(draft.schema, draft.suggested),
            errors=draft.errors,
            description_placeholders=draft.form_placeholders,
        )

    async def async_step_take_over(
        self, user_input: Mapping[str, object] | None = None
    ) -> SubentryFlowResult:
        """Ask whether the only webhook may be taken from the address that has it."""
        draft = self.draft
        if user_input is not None and draft.decide_take_over(
            bool(user_input[CONF_TAKE_OVER_WEBHOOK])
        ):
            return self._finish()
        return self.async_show_form(
            step_id="take_over",
            data_schema=draft.take_over_schema,
            errors=draft.errors,
            description_placeholders=draft.form_placeholders,
        )

    async def async_step_webhook(
        self, user_input: Mapping[str, object] | None = None
    ) -> SubentryFlowResult:
        """Show how to set the webhook up by hand."""
        if user_input is not None:
            return self._finish()
        return self.async_show_form(
            step_id="webhook",
            data_schema=vol.Schema({}),
            description_placeholders=self.draft.webhook_placeholders,
        )

    @property
    def draft(self) -> ConnectionDraft:
        """Return the connection that this flow is about."""
        if self._draft is None:
            entry = self._get_entry()
            own = self._get_reconfigure_subentry() if self.source == SOURCE_RECONFIGURE else None
            self._draft = ConnectionDraft(
                self.hass,
                self._subentry_type,
                entry.options,
                [known_connection(sub) for sub in entry.subentries.values() if sub is not own],
                known_connection(own) if own else None,
            )
        return self._draft

    def _finish(self) -> SubentryFlowResult:
        """Store the connection; the entry's update listener reloads."""
        draft = self.draft
        if self.source == SOURCE_RECONFIGURE:
            entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
            if subentry.data == draft.data and subentry.title == draft.title:
                # No change, no listener: yet a client that was refused must start afresh.
                self.hass.config_entries.async_schedule_reload(entry.entry_id)
            return self.async_update_and_abort(
                entry,
                subentry,
                title=draft.title,
                data=draft.data,
                unique_id=draft.unique_id,
            )
        return self.async_create_entry(
            title=draft.title, data=draft.data, unique_id=draft.unique_id
        )
