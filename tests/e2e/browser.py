"""Drive the system's Chromium through Home Assistant's own pages, on loopback alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import hashlib
import re
from typing import Literal

from playwright.async_api import Locator, Page, Route, async_playwright, expect

from simulator.hass_process import PASSWORD, USER

type Scheme = Literal["light", "dark"]

DESKTOP = (1280, 900)
PHONE = (412, 915)
WAIT = 30_000  # milliseconds; a guard, not a measurement
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_POSTER = """<svg xmlns="http://www.w3.org/2000/svg" width="120" height="180">
<defs><linearGradient id="g" x2="0" y2="1">
<stop stop-color="hsl({hue} 55% 45%)"/><stop offset="1" stop-color="hsl({far} 60% 22%)"/>
</linearGradient></defs><rect width="120" height="180" fill="url(#g)"/>
<circle cx="{x}" cy="62" r="24" fill="hsl({hue} 80% 80% / .55)"/>
<path d="M0 150 L40 100 L70 135 L95 110 L120 140 V180 H0z" fill="hsl({far} 50% 14% / .8)"/></svg>"""


async def _draw_poster(route: Route) -> None:
    """Answer for the public picture host with a drawing of our own."""
    dice = hashlib.sha256(route.request.url.encode()).digest()
    hue = dice[0] * 360 // 256
    body = _POSTER.format(hue=hue, far=(hue + 50) % 360, x=35 + dice[1] % 50)
    await route.fulfill(body=body, content_type="image/svg+xml")


@asynccontextmanager
async def open_page(
    browser_path: str, *, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light"
) -> AsyncIterator[Page]:
    """Open a browser with one page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=list(_FLAGS))
        try:
            context = await browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                color_scheme=scheme,
                device_scale_factor=2 if size == PHONE else 1,
                locale="en-GB",
                service_workers="block",
            )
            context.set_default_timeout(WAIT)
            await context.route("https://image.tmdb.org/**", _draw_poster)
            yield await context.new_page()
        finally:
            await browser.close()


async def log_in(page: Page, url: str) -> None:
    """Log in as a person does."""
    await page.goto(url)
    await page.locator("input[name=username]").fill(USER)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.locator("home-assistant-main")).to_be_visible(timeout=WAIT)


def text_field(page: Page, label: str) -> Locator:
    """Return a field of the open form, whether it must be filled or not."""
    return page.get_by_role("textbox", name=re.compile(rf"^{re.escape(label)}\*?$"))


async def fill_form(page: Page, fields: dict[str, str]) -> None:
    """Fill the open form by the names that a person reads, and submit it."""
    for label, text in fields.items():
        await text_field(page, label).fill(text)
    await page.get_by_role("button", name="Submit").click()
