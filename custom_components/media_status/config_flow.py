"""Create the tracker and, in the same wizard, its first connections."""

from collections.abc import Mapping
from typing import override

import voluptuous as vol

from homeassistant.config_entries import (
    ConfigEntry,
    ConfigFlow,
    ConfigFlowResult,
    ConfigSubentryData,
    ConfigSubentryFlow,
    OptionsFlow,
)
from homeassistant.core import callback
from homeassistant.helpers.selector import BooleanSelector

from .const import (
    CONF_MANAGE_WEBHOOKS,
    CONF_TAKE_OVER_WEBHOOK,
    CONF_TRACK_MANUAL,
    DEFAULT_OPTIONS,
    DOMAIN,
    KINDS,
    TITLE,
)
from .flow_draft import ConnectionDraft, DuplicateError, Known
from .lifecycle.model import Service
from .options_flow import TrackerOptionsFlow
from .subentry_flow import ConnectionSubentryFlow

type FormInput = Mapping[str, object] | None

_USER_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_TRACK_MANUAL, default=True): BooleanSelector(),
        vol.Required(CONF_MANAGE_WEBHOOKS, default=True): BooleanSelector(),
    }
)


class MediaStatusConfigFlow(ConfigFlow, domain=DOMAIN):
    """Handle the wizard: the tracker's choices, a menu of services, the entry."""

    VERSION = 1

    def __init__(self) -> None:
        """Start without connections."""
        self._options: dict[str, object] = dict(DEFAULT_OPTIONS)
        self._drafts: list[ConnectionDraft] = []
        self._draft: ConnectionDraft | None = None

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the flow of the tracker's options."""
        return TrackerOptionsFlow()

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return the kinds of connection."""
        return {kind.value: ConnectionSubentryFlow for kind in KINDS}

    @override
    async def async_step_user(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Ask what the tracker shall do."""
        if user_input is not None:
            self._options.update(user_input)
            return await self.async_step_services()
        return self.async_show_form(step_id="user", data_schema=_USER_SCHEMA)

    async def async_step_services(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Offer the services to add, until the user is done."""
        added = ", ".join(draft.title for draft in self._drafts)
        return self.async_show_menu(
            step_id="services",
            menu_options=[*(kind.value for kind in KINDS), "finish"],
            description_placeholders={"added": added or "-"},
        )

    async def async_step_seerr(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Add Seerr."""
        return await self._async_step_service(Service.SEERR, user_input)

    async def async_step_radarr(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Add a Radarr."""
        return await self._async_step_service(Service.RADARR, user_input)

    async def async_step_sonarr(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Add a Sonarr."""
        return await self._async_step_service(Service.SONARR, user_input)

    async def async_step_qbittorrent(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Add a qBittorrent."""
        return await self._async_step_service(Service.QBITTORRENT, user_input)

    async def async_step_shoko(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Add a Shoko."""
        return await self._async_step_service(Service.SHOKO, user_input)

    async def async_step_jellyfin(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Add a Jellyfin."""
        return await self._async_step_service(Service.JELLYFIN, user_input)

    async def _async_step_service(self, kind: Service, user_input: FormInput) -> ConfigFlowResult:
        """Show a service's form until it answers as it should."""
        draft = self._current(kind)
        if user_input is not None:
            try:
                accepted = await draft.async_submit(user_input)
            except DuplicateError:
                # Not an abort: it would throw the connections away that were added before.
                accepted, draft.errors = False, {"base": "already_configured"}
            if accepted:
                return await self._async_after_form(draft)
        return self.async_show_form(
            step_id=kind.value,
            data_schema=self.add_suggested_values_to_schema(draft.schema, draft.suggested),
            errors=draft.errors,
            description_placeholders=draft.form_placeholders,
        )

    async def _async_after_form(self, draft: ConnectionDraft) -> ConfigFlowResult:
        """Ask or show what its webhook needs, then return to the menu."""
        if draft.asks_take_over:
            return await self.async_step_take_over()
        if draft.shows_webhook:
            return self._show_webhook(draft)
        return await self._async_keep()

    async def async_step_take_over(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Ask whether the only webhook may be taken from the address that has it."""
        draft = self._current(Service.SEERR)
        if user_input is not None and draft.decide_take_over(
            bool(user_input[CONF_TAKE_OVER_WEBHOOK])
        ):
            return await self._async_keep()
        return self.async_show_form(
            step_id="take_over",
            data_schema=draft.take_over_schema,
            errors=draft.errors,
            description_placeholders=draft.form_placeholders,
        )

    def _show_webhook(self, draft: ConnectionDraft) -> ConfigFlowResult:
        """Show how to set the webhook up by hand."""
        return self.async_show_form(
            step_id=f"webhook_{draft.kind}",
            data_schema=vol.Schema({}),
            description_placeholders=draft.webhook_placeholders,
        )

    async def async_step_webhook_seerr(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Go on after Seerr's webhook was shown."""
        return await self._async_keep()

    async def async_step_webhook_radarr(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Go on after Radarr's webhook was shown."""
        return await self._async_keep()

    async def async_step_webhook_sonarr(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Go on after Sonarr's webhook was shown."""
        return await self._async_keep()

    async def async_step_webhook_qbittorrent(
        self, user_input: FormInput = None
    ) -> ConfigFlowResult:
        """Go on after qBittorrent's call on completion was shown."""
        return await self._async_keep()

    async def async_step_webhook_jellyfin(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Go on after Jellyfin's webhook was shown."""
        return await self._async_keep()

    async def async_step_finish(self, user_input: FormInput = None) -> ConfigFlowResult:
        """Create the tracker with the connections that were added."""
        return self.async_create_entry(
            title=TITLE,
            data={},
            options=self._options,
            subentries=[
                ConfigSubentryData(
                    data=draft.data,
                    subentry_type=draft.kind,
                    title=draft.title,
                    unique_id=draft.unique_id,
                )
                for draft in self._drafts
            ],
        )

    def _current(self, kind: Service) -> ConnectionDraft:
        """Return the connection that is being added."""
        if self._draft is None or self._draft.kind != kind:
            others = [
                Known(kind=each.kind, title=each.title, data=each.data) for each in self._drafts
            ]
            self._draft = ConnectionDraft(self.hass, kind.value, self._options, others)
        return self._draft

    async def _async_keep(self) -> ConfigFlowResult:
        """Keep the connection that is complete and offer the next."""
        if self._draft is not None:
            self._drafts.append(self._draft)
            self._draft = None
        return await self.async_step_services()
