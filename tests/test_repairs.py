"""Test what is reported to a person, and that the reports lead to their end."""

from collections.abc import AsyncIterator
from types import MappingProxyType

import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.media_status import repairs
from custom_components.media_status.const import DOMAIN
from homeassistant.components.repairs import RepairsFlowManager, repairs_flow_manager
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component

from .connection_double import Household, household_without_setup

KEY = "canary-0123456789abcdef0123456789abcdef"


@pytest.fixture
async def household(hass: HomeAssistant) -> AsyncIterator[Household]:
    """Answer for all services."""
    async with household_without_setup(hass) as household:
        yield household


@pytest.fixture
def subentry() -> ConfigSubentry:
    """Return a connection to Seerr."""
    data = {
        "url": "http://seerr.local:5055",
        "verify_ssl": True,
        "api_key": KEY,
        "webhook_id": "0" * 64,
        "webhook_secret": "secret",
    }
    return ConfigSubentry(
        data=MappingProxyType(data), subentry_type="seerr", title="Wishes", unique_id=None
    )


@pytest.fixture
async def entry(
    hass: HomeAssistant, household: Household, subentry: ConfigSubentry
) -> MockConfigEntry:
    """Return a tracker with one connection."""
    await hass.config.async_update(internal_url="http://192.168.1.5:8123")
    assert await async_setup_component(hass, "repairs", {})
    entry = MockConfigEntry(domain=DOMAIN, title="Media Status")
    entry.add_to_hass(hass)
    hass.config_entries.async_add_subentry(entry, subentry)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


@pytest.fixture
def manager(hass: HomeAssistant, entry: MockConfigEntry) -> RepairsFlowManager:
    """Return what runs the fix flows."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    return manager


def issues(hass: HomeAssistant) -> set[str]:
    """Return the ids of our active issues."""
    registry = ir.async_get(hass)
    return {
        issue.issue_id
        for issue in registry.issues.values()
        if issue.domain == DOMAIN and issue.active
    }


async def test_refused_key_leads_to_its_form(
    hass: HomeAssistant,
    household: Household,
    entry: MockConfigEntry,
    subentry: ConfigSubentry,
    manager: RepairsFlowManager,
) -> None:
    """The fix opens the connection's own reconfigure step, where a new key is checked."""
    repairs.raise_auth_issue(hass, entry, subentry)
    issue_id = f"auth_failed_{subentry.subentry_id}"
    assert issues(hass) == {issue_id}

    explained = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert explained["type"] is FlowResultType.FORM
    assert explained["step_id"] == "confirm"
    assert explained["description_placeholders"] == {"name": "Wishes", "service": "Seerr"}
    result = await manager.async_configure(explained["flow_id"], {})
    assert result["type"] is FlowResultType.ABORT
    kind, flow_id = result["next_flow"]
    assert kind == "config_subentries_flow"
    assert result["result"] is entry
    # The report stays until the service answers: a closed form has mended nothing.
    assert issues(hass) == {issue_id}

    done = await hass.config_entries.subentries.async_configure(
        flow_id, {"url": "http://seerr.local:5055", "api_key": "fresh"}
    )
    assert done["reason"] == "reconfigure_successful"
    assert entry.subentries[subentry.subentry_id].data["api_key"] == "fresh"
    assert household.asked[-1]["api_key"] == "fresh"


async def test_report_holds_no_secret(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry
) -> None:
    """A report names the connection, never its key, address or webhook."""
    repairs.raise_auth_issue(hass, entry, subentry)
    repairs.raise_webhook_foreign(hass, entry, subentry)
    text = str(list(ir.async_get(hass).issues.values()))

    for secret in (KEY, "seerr.local", "0" * 64):
        assert secret not in text


@pytest.mark.parametrize(("choice", "take_over"), [("take_over", True), ("leave", False)])
async def test_foreign_webhook(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    subentry: ConfigSubentry,
    manager: RepairsFlowManager,
    choice: str,
    take_over: bool,
) -> None:
    """The user decides about a foreign webhook, and the decision is kept."""
    repairs.raise_webhook_foreign(hass, entry, subentry)
    issue_id = f"webhook_foreign_{subentry.subentry_id}"
    menu = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["take_over", "leave"]
    result = await manager.async_configure(menu["flow_id"], {"next_step_id": choice})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert issues(hass) == set()
    kept = entry.subentries[subentry.subentry_id]
    assert kept.data["take_over_webhook"] is take_over
    assert kept.data["api_key"] == KEY


async def test_a_contested_webhook_is_decided_anew(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    subentry: ConfigSubentry,
    manager: RepairsFlowManager,
) -> None:
    """The report says what happened; the next decision begins with a clean slate."""
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "webhook_losses": ["2026-11-21T12:00:00+00:00"]}
    )
    repairs.raise_webhook_foreign(hass, entry, subentry, is_contested=True)
    issue_id = f"webhook_foreign_{subentry.subentry_id}"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_key == "webhook_contested"
    menu = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    assert menu["menu_options"] == ["take_over", "leave"]
    await manager.async_configure(menu["flow_id"], {"next_step_id": "take_over"})

    kept = entry.subentries[subentry.subentry_id]
    assert kept.data["take_over_webhook"] is True
    assert "webhook_losses" not in kept.data


async def test_a_webhook_left_alone_is_not_reported_again(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry
) -> None:
    """Who said to leave it is not asked at every start."""
    hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, "take_over_webhook": False}
    )
    repairs.raise_webhook_foreign(hass, entry, subentry)

    assert issues(hass) == set()


@pytest.mark.parametrize("kind", ["auth_failed", "webhook_foreign"])
async def test_connection_removed_before_the_fix(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    subentry: ConfigSubentry,
    manager: RepairsFlowManager,
    kind: str,
) -> None:
    """A report about a connection that is gone ends itself."""
    repairs.raise_auth_issue(hass, entry, subentry)
    repairs.raise_webhook_foreign(hass, entry, subentry)
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    issue_id = f"{kind}_{subentry.subentry_id}"
    result = await manager.async_init(DOMAIN, context={"issue_id": issue_id})

    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "connection_removed"
    assert issue_id not in issues(hass)


async def test_connection_removed_during_the_fix(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    subentry: ConfigSubentry,
    manager: RepairsFlowManager,
) -> None:
    """A choice about a connection that just went changes nothing."""
    repairs.raise_webhook_foreign(hass, entry, subentry)
    issue_id = f"webhook_foreign_{subentry.subentry_id}"
    menu = await manager.async_init(DOMAIN, context={"issue_id": issue_id})
    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    result = await manager.async_configure(menu["flow_id"], {"next_step_id": "take_over"})

    assert result["reason"] == "connection_removed"


async def test_tracker_removed_before_the_fix(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    subentry: ConfigSubentry,
    manager: RepairsFlowManager,
) -> None:
    """A report that outlived its tracker ends itself."""
    repairs.raise_auth_issue(hass, entry, subentry)
    await hass.config_entries.async_remove(entry.entry_id)
    issue_id = f"auth_failed_{subentry.subentry_id}"
    result = await manager.async_init(DOMAIN, context={"issue_id": issue_id})

    assert result["reason"] == "connection_removed"


async def test_journal_set_aside(
    hass: HomeAssistant, entry: MockConfigEntry, manager: RepairsFlowManager
) -> None:
    """The report about the history stays over restarts until somebody has read it."""
    repairs.raise_journal_set_aside(hass, "media_status.broken.db")
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "journal_set_aside")
    assert issue is not None
    assert issue.is_persistent
    assert issue.translation_placeholders == {"file": "media_status.broken.db"}

    form = await manager.async_init(DOMAIN, context={"issue_id": "journal_set_aside"})
    assert form["step_id"] == "confirm"
    result = await manager.async_configure(form["flow_id"], {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert issues(hass) == set()


async def test_service_too_old(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry
) -> None:
    """An old service is reported with its version; only an update mends it."""
    repairs.raise_too_old_issue(hass, entry, subentry, "1.33.2")
    issue_id = f"service_too_old_{subentry.subentry_id}"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert not issue.is_fixable
    assert issue.translation_placeholders == {
        "name": "Wishes",
        "service": "Seerr",
        "version": "1.33.2",
    }

    repairs.clear_too_old_issue(hass, subentry.subentry_id)
    assert issues(hass) == set()


async def test_clearing(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry
) -> None:
    """Each report can be taken back alone; those of removed connections go together."""
    repairs.raise_auth_issue(hass, entry, subentry)
    repairs.raise_webhook_foreign(hass, entry, subentry)
    repairs.raise_journal_set_aside(hass, "broken.db")
    repairs.clear_stale(hass, entry)
    assert len(issues(hass)) == 3
    repairs.clear_auth_issue(hass, subentry.subentry_id)
    assert issues(hass) == {f"webhook_foreign_{subentry.subentry_id}", "journal_set_aside"}
    repairs.raise_auth_issue(hass, entry, subentry)
    repairs.clear_webhook_foreign(hass, subentry.subentry_id)
    assert issues(hass) == {f"auth_failed_{subentry.subentry_id}", "journal_set_aside"}

    hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    repairs.clear_stale(hass, entry)
    assert issues(hass) == {"journal_set_aside"}
    ir.async_create_issue(
        hass,
        "other",
        "kept",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="kept",
    )
    repairs.clear_all(hass, entry)
    assert issues(hass) == set()
    assert ir.async_get(hass).async_get_issue("other", "kept") is not None


async def test_reports_have_their_texts(
    hass: HomeAssistant, entry: MockConfigEntry, subentry: ConfigSubentry
) -> None:
    """Every report fills in everything that its text names."""
    repairs.raise_auth_issue(hass, entry, subentry)
    repairs.raise_webhook_foreign(hass, entry, subentry)
    repairs.raise_too_old_issue(hass, entry, subentry, "1.33.2")
    repairs.raise_journal_set_aside(hass, "broken.db")
    texts = await async_get_translations(hass, "en", "issues", {DOMAIN})

    ours = [issue for issue in ir.async_get(hass).issues.values() if issue.domain == DOMAIN]
    assert len(ours) == 4
    for issue in ours:
        prefix = f"component.{DOMAIN}.issues.{issue.translation_key}."
        own = [text for key, text in texts.items() if key.startswith(prefix)]
        assert f"{prefix}title" in texts
        for text in own:
            assert text.format(**issue.translation_placeholders or {})
