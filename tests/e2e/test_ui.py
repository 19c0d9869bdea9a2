"""A person adds Media Status in the browser and sees the requests.

With MEDIA_STATUS_SCREENSHOTS=1 the pictures for the README are written to docs/.
"""

import asyncio
import os
from pathlib import Path

from playwright.async_api import Page, expect
import pytest

from simulator import Simulator
from simulator.hass_client import HassClient
from simulator.hass_process import ROOT, running_hass

from .browser import PHONE, WAIT, Scheme, fill_form, log_in, open_page, text_field
from .household import dashboard, household

pytestmark = pytest.mark.e2e

LOOKS: tuple[tuple[str, tuple[int, int], Scheme], ...] = (
    ("dashboard", (1280, 600), "light"),
    ("dashboard_dark", (1280, 600), "dark"),
    ("dashboard_phone", PHONE, "light"),
    ("dashboard_phone_dark", PHONE, "dark"),
)
WORDS = {
    "requested": "Waiting for approval",
    "unreleased": "Not released yet",
    "downloading": "Downloading",
    "importing": "Importing",
    "available": "Ready to watch",
}
IN_WIZARD = ("Seerr", "Sonarr", "qBittorrent", "Jellyfin")


def pictures(tmp_path: Path) -> Path:
    """Return where pictures go: to the README's only when somebody asks for it."""
    return ROOT / "docs" if os.environ.get("MEDIA_STATUS_SCREENSHOTS") == "1" else tmp_path


def typed(sim: Simulator, service: str) -> dict[str, str]:
    """Return what a person types for a service, by the form's labels."""
    name = service.lower()
    if name == "qbittorrent":
        auth = sim.qbittorrent.auth
        return {"Address": sim.url(name), "User name": auth.username, "Password": auth.password}
    return {"Address": sim.url(name), "API key": sim.api_key(name)}


async def add_in_wizard(page: Page, sim: Simulator, url: str, folder: Path) -> None:
    """Find the integration, walk through its wizard, finish."""
    await page.goto(f"{url}/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    await page.get_by_placeholder("Search for a brand name").fill("Media Status")
    await page.get_by_text("Media Status", exact=True).first.click()
    await page.get_by_role("button", name="Submit").click()
    for service in IN_WIZARD:
        await page.get_by_text(f"Add {service}", exact=True).click()
        await expect(text_field(page, "Address")).to_be_visible()
        if service == "Jellyfin":
            await page.screenshot(path=folder / "config_flow.png")
        await fill_form(page, typed(sim, service))
        await pass_webhook(page, service)
    await page.get_by_text("Finish", exact=True).click()
    await page.get_by_role("button", name="Skip and finish").click()


async def pass_webhook(page: Page, service: str) -> None:
    """Go past the step that shows how to set a webhook up by hand, where there is one."""
    menu = page.get_by_text("Your services", exact=True)
    shown = page.get_by_text(f"Let {service} tell Home Assistant", exact=True)
    await expect(menu.or_(shown)).to_be_visible(timeout=WAIT)
    if await shown.is_visible():
        await page.get_by_role("button", name="Submit").click()
        await expect(menu).to_be_visible(timeout=WAIT)


async def add_connection(page: Page, sim: Simulator, url: str, service: str) -> None:
    """Add one more connection to the tracker that is there already."""
    await page.goto(f"{url}/config/integrations/integration/media_status")
    await page.get_by_role("button", name=f"Add {service}").click()
    await fill_form(page, typed(sim, service))
    await page.get_by_role("button", name="Finish").click()
    await expect(page.locator("ha-config-sub-entry-row", has_text=service).first).to_be_visible()


async def entities_of(client: HassClient, expected: dict[str, str]) -> dict[str, str]:
    """Wait until every title has a sensor in its stage; return the entity ids by title."""
    seen: dict[str, tuple[str, str]] = {}
    async with asyncio.timeout(90):
        async for event in client.events("media_status/subscribe"):
            requests = event.get("requests")
            for request in requests if isinstance(requests, list) else ():
                title, entity = str(request["title"]), request["entity_id"]
                seen[title] = (str(request["stage"]), str(entity or ""))
            if all(seen.get(title, ("",))[0] == stage for title, stage in expected.items()):
                break
    states = await client.states()
    found = {title: seen[title][1] for title in expected}
    assert {title: states[entity]["state"] for title, entity in found.items()} == expected
    return found


async def test_a_person_adds_it_and_sees_the_requests(
    tmp_path: Path, hass_folder: Path, browser_path: str
) -> None:
    """The wizard, one more connection, then a dashboard with the sensors of the requests."""
    folder = pictures(tmp_path)
    async with (
        Simulator(stepped=False, seed=3) as sim,
        running_hass(hass_folder) as (hass, client),
    ):
        async with open_page(browser_path) as page:
            await log_in(page, hass.url)
            await add_in_wizard(page, sim, hass.url, folder)
            await add_connection(page, sim, hass.url, "Radarr")
        expected = await household(sim)
        entities = await entities_of(client, expected)
        await dashboard(client, entities)
        for name, size, scheme in LOOKS:
            async with open_page(browser_path, size=size, scheme=scheme) as page:
                await log_in(page, hass.url)
                await page.goto(f"{hass.url}/media-status/media?kiosk")
                await sees(page, expected)
                await page.screenshot(path=folder / f"{name}.png")
        assert hass.complaints() == []


async def sees(page: Page, expected: dict[str, str]) -> None:
    """Check that the dashboard shows every request with its stage, in words."""
    rows = page.locator("hui-entities-card hui-generic-entity-row")
    for title, stage in expected.items():
        row = rows.filter(has_text=title).filter(has_text=WORDS[stage])
        await expect(row).to_be_visible(timeout=WAIT)
    # The start screen fades out over the page.
    await expect(page.locator("#ha-launch-screen")).to_have_count(0, timeout=WAIT)
    await page.evaluate("() => document.fonts.ready.then(() => true)")
