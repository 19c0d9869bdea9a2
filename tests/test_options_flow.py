"""Test the tracker's options."""

from collections.abc import AsyncIterator
import json

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import voluptuous as vol

from custom_components.media_status.const import DEFAULT_OPTIONS, DOMAIN
from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData, section

from .connection_double import Household, household_without_setup, suggested
from .repository import PACKAGE

CHANGED = {
    "track_manual": False,
    "manage_webhooks": False,
    "webhook_base_url": "https://ha.example.org/",
    "history_days": 7,
    "sync_library_nightly": False,
    "path_prefixes": [" /data/media=>/media ", ""],
    "nudge_after_minutes": 0,
    "poll_active_seconds": 30,
    "poll_idle_seconds": 3600,
    "deadlines": {"importing": 90, "downloading": 0},
}
OF_DELETION = {
    "deletion_mode": "on",
    "deletion_automations": True,
    "grace_minutes": 15,
    "follow_external_deletions": "run",
    "deletion_max_items": 0,
    "deletion_max_gigabytes": 10,
    "deletion_max_items_day": 20,
    "deletion_max_gigabytes_day": 30,
}


@pytest.fixture
async def household(hass: HomeAssistant) -> AsyncIterator[Household]:
    """Answer for all services."""
    async with household_without_setup(hass) as household:
        yield household


async def options_form(hass: HomeAssistant, options: dict[str, object]) -> ConfigFlowResult:
    """Open the options of a tracker."""
    entry = MockConfigEntry(domain=DOMAIN, options=options)
    entry.add_to_hass(hass)
    result = await hass.config_entries.options.async_init(entry.entry_id)
    assert result["step_id"] == "init"
    return result


async def test_options(hass: HomeAssistant, household: Household) -> None:
    """All options can be changed; they are stored in one form."""
    form = await options_form(hass, {})
    assert suggested(form) == {
        key: value for key, value in DEFAULT_OPTIONS.items() if key not in OF_DELETION
    } | {"deletion": {key: DEFAULT_OPTIONS[key] for key in OF_DELETION}}
    result = await hass.config_entries.options.async_configure(
        form["flow_id"], {**CHANGED, "deletion": OF_DELETION}
    )

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == {
        **CHANGED,
        **OF_DELETION,
        "webhook_base_url": "https://ha.example.org",
        "path_prefixes": ["/data/media => /media"],
    }
    assert isinstance(result["data"]["history_days"], int)


async def test_options_can_be_emptied(hass: HomeAssistant, household: Household) -> None:
    """Removing address and folders in the form removes them."""
    form = await options_form(hass, {**DEFAULT_OPTIONS, **CHANGED, "path_prefixes": ["/a => /b"]})
    assert suggested(form)["path_prefixes"] == ["/a => /b"]
    kept = {
        key: value
        for key, value in CHANGED.items()
        if key not in {"webhook_base_url", "path_prefixes"}
    }
    result = await hass.config_entries.options.async_configure(form["flow_id"], kept)

    assert result["data"]["webhook_base_url"] is None
    assert result["data"]["path_prefixes"] == []


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("path_prefixes", ["/data"], "invalid_mapping"),
        ("path_prefixes", ["/data =>"], "invalid_mapping"),
        ("path_prefixes", ["/a => /b => /c"], "invalid_mapping"),
        ("webhook_base_url", "ftp://ha.local", "invalid_url"),
    ],
)
async def test_wrong_options(
    hass: HomeAssistant, household: Household, field: str, value: object, key: str
) -> None:
    """A wrong option is shown at its field with what was typed, and can be corrected."""
    form = await options_form(hass, {})
    form = await hass.config_entries.options.async_configure(
        form["flow_id"], {**CHANGED, field: value}
    )

    assert form["errors"] == {field: key}
    assert suggested(form)[field] == value
    result = await hass.config_entries.options.async_configure(form["flow_id"], dict(CHANGED))
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    ("field", "value"),
    [("poll_active_seconds", 29), ("poll_idle_seconds", 3601), ("history_days", -1)],
)
async def test_limits(hass: HomeAssistant, household: Household, field: str, value: int) -> None:
    """Polling stays within what services can bear."""
    form = await options_form(hass, {})
    with pytest.raises(InvalidData):
        await hass.config_entries.options.async_configure(
            form["flow_id"], {**CHANGED, field: value}
        )


async def test_every_option_has_a_name(hass: HomeAssistant, household: Household) -> None:
    """No form shows the name that we store an option under."""
    form = await options_form(hass, {})
    assert form["data_schema"] is not None
    words = json.loads((PACKAGE / "translations" / "en.json").read_text())
    words = words["options"]["step"]["init"]
    for key, value in form["data_schema"].schema.items():
        inner = value.schema.schema if isinstance(value, section) else None
        texts = words["sections"][str(key)] if inner else words
        names = {str(one) for one in inner} if inner else {str(key)}
        assert names <= texts["data"].keys()
        assert names <= texts["data_description"].keys()


async def test_what_is_chosen_in_a_section_is_shown(
    hass: HomeAssistant, household: Household
) -> None:
    """A section with a default of its own would be shown empty, whatever was chosen in it."""
    form = await options_form(hass, {**DEFAULT_OPTIONS, **OF_DELETION})
    assert form["data_schema"] is not None
    assert suggested(form)["deletion"] == OF_DELETION
    for key, value in form["data_schema"].schema.items():
        if isinstance(value, section):
            assert key.default is vol.UNDEFINED
