"""Let the user change how the tracker works."""

from collections.abc import Mapping

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .clients.errors import BadAddress
from .const import (
    CONF_DEADLINES,
    CONF_HISTORY_DAYS,
    CONF_MANAGE_WEBHOOKS,
    CONF_NUDGE_AFTER_MINUTES,
    CONF_PATH_PREFIXES,
    CONF_POLL_ACTIVE_SECONDS,
    CONF_POLL_IDLE_SECONDS,
    CONF_TRACK_MANUAL,
    CONF_WEBHOOK_BASE_URL,
    DEFAULT_OPTIONS,
)
from .flow_schema import normalise_url
from .lifecycle.deadlines import DEFAULTS

_ARROW = "=>"
_WEEK = 7 * 24 * 60  # minutes


def _number(minimum: int, maximum: int, unit: str) -> object:
    """Return a whole number within limits."""
    config = NumberSelectorConfig(
        min=minimum,
        max=maximum,
        step=1,
        mode=NumberSelectorMode.BOX,
        unit_of_measurement=unit,
    )
    return vol.All(NumberSelector(config), vol.Coerce(int))


_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_TRACK_MANUAL): BooleanSelector(),
        vol.Required(CONF_MANAGE_WEBHOOKS): BooleanSelector(),
        vol.Optional(CONF_WEBHOOK_BASE_URL): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        ),
        vol.Required(CONF_HISTORY_DAYS): _number(0, 3650, "d"),
        vol.Optional(CONF_PATH_PREFIXES): TextSelector(TextSelectorConfig(multiple=True)),
        vol.Required(CONF_NUDGE_AFTER_MINUTES): _number(0, 1440, "min"),
        vol.Required(CONF_POLL_ACTIVE_SECONDS): _number(30, 600, "s"),
        vol.Required(CONF_POLL_IDLE_SECONDS): _number(60, 3600, "s"),
        vol.Required(CONF_DEADLINES, default={}): section(
            vol.Schema(
                {vol.Optional(stage.value): _number(0, 10_080, "min") for stage in DEFAULTS}
            ),
            {"collapsed": True},
        ),
    }
)


class TrackerOptionsFlow(OptionsFlow):
    """Handle the tracker's options; the entry's update listener applies them."""

    async def async_step_init(
        self, user_input: Mapping[str, object] | None = None
    ) -> ConfigFlowResult:
        """Show and store the options."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options = {**DEFAULT_OPTIONS, **user_input}
            _read_prefixes(options, errors)
            _read_base_url(options, errors)
            if not errors:
                return self.async_create_entry(data=options)
        shown = user_input or {**DEFAULT_OPTIONS, **self.config_entry.options}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(_SCHEMA, shown),
            errors=errors,
            description_placeholders={
                "example": "192.168.1.5:8123",
                "mapping": f"/data/media {_ARROW} /media",
            },
        )


def _read_prefixes(options: dict[str, object], errors: dict[str, str]) -> None:
    """Check and tidy lines like `/data => /media`."""
    lines = options[CONF_PATH_PREFIXES]
    tidy: list[str] = []
    for line in lines if isinstance(lines, list) else []:
        parts = [part.strip() for part in str(line).split(_ARROW)]
        if not any(parts):
            continue
        if len(parts) != 2 or not all(parts):
            errors[CONF_PATH_PREFIXES] = "invalid_mapping"
            return
        tidy.append(f"{parts[0]} {_ARROW} {parts[1]}")
    options[CONF_PATH_PREFIXES] = tidy


def _read_base_url(options: dict[str, object], errors: dict[str, str]) -> None:
    """Normalise the address under which the services reach Home Assistant."""
    text = str(options.get(CONF_WEBHOOK_BASE_URL) or "").strip()
    try:
        options[CONF_WEBHOOK_BASE_URL] = normalise_url(text) if text else None
    except BadAddress:
        errors[CONF_WEBHOOK_BASE_URL] = "invalid_url"
