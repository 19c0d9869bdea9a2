"""Test that what is stuck is reported, can be tried again from there, and is taken back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.media_status.connections.base import Action
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.facts import (
    Observation,
    Queue,
    QueuePhase,
    Statement,
    Title,
    TransferPhase,
)
from custom_components.media_status.lifecycle.model import ProviderIds, Service, Subject
from custom_components.media_status.request_issues import MOST_REQUESTS
from homeassistant.components.repairs import repairs_flow_manager
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component

from .household import (
    DUNE,
    HASH,
    Household,
    asked,
    grabbed,
    imported,
    managed,
    moving,
    running,
    says,
)

SEARCH = Action(code="check_downloads", target="Dune")


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Household]:
    """Return a household that has grabbed a film."""
    assert await async_setup_component(hass, "repairs", {})
    async with running(hass, tmp_path) as found:
        await found.hear(Service.SEERR, asked())
        await found.hear(Service.RADARR, managed(), grabbed())
        yield found


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return our active issues by id."""
    found = ir.async_get(hass).issues.values()
    return {issue.issue_id: issue for issue in found if issue.domain == DOMAIN and issue.active}


def blocked(reason: str = "Not an upgrade") -> Observation:
    """Return that Radarr cannot sort the download in."""
    queue = Queue(present=True, phase=QueuePhase.IMPORT_BLOCKED, messages=(reason,))
    return says(
        Service.RADARR,
        replace(DUNE, service_id="7"),
        Statement(value=queue, subject=Subject(download=HASH)),
        downloads=frozenset({HASH}),
    )


async def fix(hass: HomeAssistant, issue: ir.IssueEntry) -> str:
    """Go through an issue's flow; return how it ended."""
    manager = repairs_flow_manager(hass)
    assert manager is not None
    shown = await manager.async_init(DOMAIN, data={"issue_id": issue.issue_id})
    assert shown["type"] is FlowResultType.FORM
    assert shown["description_placeholders"] == issue.translation_placeholders
    done = await manager.async_configure(shown["flow_id"], {})
    if done["type"] is FlowResultType.ABORT:
        (words,) = (done["description_placeholders"] or {}).values()
        return f"{done['reason']}: {words}"
    return done["type"].value


async def test_what_is_stuck_is_reported_until_it_moves(
    hass: HomeAssistant, home: Household
) -> None:
    """The report says why, and can be fixed where something can be tried."""
    await home.hear(Service.RADARR, managed(), grabbed(), blocked())
    issue = issues(hass)[f"request_stuck_{home.request.id}"]
    assert issue.translation_key == "request_stuck_retry"
    assert issue.is_fixable
    assert issue.translation_placeholders == {
        "title": "Dune",
        "reason": "Downloaded, but it could not be sorted in: Not an upgrade",
        "advice": "Open the queue in Radarr and do what it asks for, then try again.",
    }
    gone = replace(blocked(), statements=(Statement(value=Queue(present=False)),))
    await home.hear(Service.RADARR, managed(), imported(), gone)
    assert issues(hass) == {}


async def test_what_only_a_person_can_mend_says_so(hass: HomeAssistant, home: Household) -> None:
    """Trying again would change nothing there."""
    await home.hear(Service.QBITTORRENT, moving(0.5, TransferPhase.MISSING_FILES))
    (issue,) = issues(hass).values()
    assert (issue.translation_key, issue.is_fixable) == ("request_stuck", False)


async def test_the_report_tries_again(hass: HomeAssistant, home: Household) -> None:
    """It asks the services and says what they did; it stays until the request moves."""
    await home.hear(Service.RADARR, managed(), grabbed(), blocked())
    home.services[Service.RADARR].actions = (SEARCH,)
    (issue,) = issues(hass).values()
    ended = await fix(hass, issue)
    assert ended == "tried: - Let Radarr check the downloads of Dune now."
    assert home.services[Service.RADARR].retried
    assert len(issues(hass)) == 1
    gone = replace(blocked(), statements=(Statement(value=Queue(present=False)),))
    await home.hear(Service.RADARR, managed(), imported(), gone)
    assert issues(hass) == {}


async def test_nothing_to_try_is_said(hass: HomeAssistant, home: Household) -> None:
    """The report stays where nobody can do anything."""
    await home.hear(Service.RADARR, managed(), grabbed(), blocked())
    (issue,) = issues(hass).values()
    ended = await fix(hass, issue)
    assert ended.startswith("nothing_done: ")
    assert "Dune" in ended
    assert len(issues(hass)) == 1


async def test_many_are_reported_together(hass: HomeAssistant, home: Household) -> None:
    """A flood of reports would be read by nobody."""
    titles = [
        replace(DUNE, ids=ProviderIds(tmdb=number), title=f"Film {number}")
        for number in range(101, MOST_REQUESTS + 102)
    ]
    wishes = [asked(title, number=str(title.ids.tmdb)) for title in titles]
    await home.hear(Service.SEERR, asked(), *wishes)
    unwanted = [
        says(
            Service.RADARR,
            replace(title, service_id=str(title.ids.tmdb)),
            Statement(value=Title(present=True, monitored=False)),
        )
        for title in titles
    ]
    await home.hear(Service.RADARR, managed(), grabbed(), *unwanted)
    issue = issues(hass)["request_stuck_many"]
    assert not [key for key in issues(hass) if key.startswith("request_stuck_0")]
    assert issue.translation_key == "request_stuck_many"
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["count"] == str(len(titles))
