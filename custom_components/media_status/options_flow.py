"""Let the user change how the tracker works."""

from collections.abc import Iterable, Mapping

import voluptuous as vol

from homeassistant.config_entries import ConfigFlowResult, OptionsFlow
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)

from .clients.errors import BadAddress
from .const import (
    CONF_DEADLINES,
    CONF_DELETION_AUTOMATIONS,
    CONF_DELETION_MAX_GIGABYTES,
    CONF_DELETION_MAX_GIGABYTES_DAY,
    CONF_DELETION_MAX_ITEMS,
    CONF_DELETION_MAX_ITEMS_DAY,
    CONF_DELETION_MODE,
    CONF_FOLLOW_EXTERNAL_DELETIONS,
    CONF_GRACE_MINUTES,
    CONF_HISTORY_DAYS,
    CONF_MANAGE_WEBHOOKS,
    CONF_NUDGE_AFTER_MINUTES,
    CONF_PATH_PREFIXES,
    CONF_POLL_ACTIVE_SECONDS,
    CONF_POLL_IDLE_SECONDS,
    CONF_SYNC_LIBRARY_NIGHTLY,
    CONF_TRACK_MANUAL,
    CONF_WEBHOOK_BASE_URL,
    DEFAULT_OPTIONS,
)
from .deletion.brakes import Mode
from .flow_schema import normalise_url
from .lifecycle.deadlines import DEFAULTS

SECTION_DELETION = "deletion"
FOLLOW_CHOICES = ("off", "plan", "run")
_ARROW = "=>"


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


def _choice(values: Iterable[str]) -> SelectSelector:
    """Return a choice between values that have names in the translations."""
    return SelectSelector(
        SelectSelectorConfig(options=list(values), translation_key="deletion_choice")
    )


_OF_DELETION = {
    CONF_DELETION_MODE: _choice(Mode),
    CONF_DELETION_AUTOMATIONS: BooleanSelector(),
    CONF_GRACE_MINUTES: _number(0, 10_080, "min"),
    CONF_FOLLOW_EXTERNAL_DELETIONS: _choice(FOLLOW_CHOICES),
    CONF_DELETION_MAX_ITEMS: _number(0, 100_000, ""),
    CONF_DELETION_MAX_GIGABYTES: _number(0, 1_000_000, "GB"),
    CONF_DELETION_MAX_ITEMS_DAY: _number(0, 100_000, ""),
    CONF_DELETION_MAX_GIGABYTES_DAY: _number(0, 1_000_000, "GB"),
}

_SCHEMA = vol.Schema(
    {
        vol.Required(CONF_TRACK_MANUAL): BooleanSelector(),
        vol.Required(CONF_MANAGE_WEBHOOKS): BooleanSelector(),
        vol.Optional(CONF_WEBHOOK_BASE_URL): TextSelector(
            TextSelectorConfig(type=TextSelectorType.URL)
        ),
        vol.Required(CONF_HISTORY_DAYS): _number(0, 3650, "d"),
        vol.Required(
            CONF_SYNC_LIBRARY_NIGHTLY, default=DEFAULT_OPTIONS[CONF_SYNC_LIBRARY_NIGHTLY]
        ): BooleanSelector(),
        vol.Optional(CONF_PATH_PREFIXES): TextSelector(TextSelectorConfig(multiple=True)),
        vol.Required(CONF_NUDGE_AFTER_MINUTES): _number(0, 1440, "min"),
        vol.Required(CONF_POLL_ACTIVE_SECONDS): _number(30, 600, "s"),
        vol.Required(CONF_POLL_IDLE_SECONDS): _number(60, 3600, "s"),
        # Without a default of their own: it would hide what is chosen inside from the form.
        vol.Optional(CONF_DEADLINES): section(
            vol.Schema(
                {vol.Optional(stage.value): _number(0, 10_080, "min") for stage in DEFAULTS}
            ),
            {"collapsed": True},
        ),
        vol.Optional(SECTION_DELETION): section(
            vol.Schema(
                {
                    vol.Required(key, default=DEFAULT_OPTIONS[key]): selector
                    for key, selector in _OF_DELETION.items()
                }
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
            options = {**DEFAULT_OPTIONS, **_flat(user_input)}
            _read_prefixes(options, errors)
            _read_base_url(options, errors)
            if not errors:
                return self.async_create_entry(data=options)
        shown = user_input or _with_section({**DEFAULT_OPTIONS, **self.config_entry.options})
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(_SCHEMA, shown),
            errors=errors,
            description_placeholders={
                "example": "192.168.1.5:8123",
                "mapping": f"/data/media {_ARROW} /media",
            },
        )


def _flat(user_input: Mapping[str, object]) -> dict[str, object]:
    """Return the options without the section in which people find those of deletions."""
    options = dict(user_input)
    inner = options.pop(SECTION_DELETION, {})
    return options | (dict(inner) if isinstance(inner, Mapping) else {})


def _with_section(options: Mapping[str, object]) -> dict[str, object]:
    """Return the options as the form shows them."""
    return {
        **{key: value for key, value in options.items() if key not in _OF_DELETION},
        SECTION_DELETION: {key: options[key] for key in _OF_DELETION if key in options},
    }


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
