"""Seerr's single webhook slot, and its CSRF protection."""

import aiohttp
from aiohttp import web
import pytest

from custom_components.media_status.clients.errors import AuthError, Forbidden, NotFound, Refused
from custom_components.media_status.clients.readers import JsonValue, as_dict
from custom_components.media_status.clients.seerr import SeerrClient

from .fake import CANARY, FakeService, Seen, sample

API = "/api/v1"
WEBHOOK = f"{API}/settings/notifications/webhook"


def seerr(service: FakeService, session: aiohttp.ClientSession) -> SeerrClient:
    """Return a client of the fake service."""
    return SeerrClient(session, service.url, CANARY)


async def test_the_webhook_slot(service: FakeService, session: aiohttp.ClientSession) -> None:
    """The slot is read, tested and replaced; 500 means that the receiver did not take it."""
    settings = as_dict(sample("seerr/seerr-api-webhook-settings-get.json"))
    service.answer("GET", WEBHOOK, settings)
    service.answer("POST", WEBHOOK, settings)
    service.on("POST", f"{WEBHOOK}/test", lambda _: web.Response(status=204))
    client = seerr(service, session)
    assert await client.webhook_settings() == settings
    assert await client.save_webhook(settings) == settings
    assert service.seen[-1].json() == settings
    assert await client.test_webhook(settings)
    failed: JsonValue = {"message": "Failed to send webhook notification."}
    service.answer("POST", f"{WEBHOOK}/test", failed, status=500)
    assert not await client.test_webhook(settings)
    service.answer("POST", f"{WEBHOOK}/test", {"message": "bad body"}, status=400)
    with pytest.raises(Refused):
        await client.test_webhook(settings)


class Csrf:
    """CSRF protection as recorded: two Secure cookies and a header with the decoded token."""

    secret = "s3cr/et=="
    token = "t%2Fok+en"
    decoded = "t/ok+en"

    def public(self, seen: Seen) -> web.StreamResponse:
        """Set both cookies, as any GET does."""
        response = web.json_response({"initialized": True})
        end = "; Path=/; Secure; SameSite=Strict"
        response.headers.add("Set-Cookie", f"_csrf={self.secret}{end}; HttpOnly")
        response.headers.add("Set-Cookie", f"XSRF-TOKEN={self.token}{end}")
        return response

    def change(self, seen: Seen) -> web.StreamResponse:
        """Accept a change only with cookies and token."""
        parts = seen.headers.get("Cookie", "").split("; ")
        sent = dict(part.split("=", 1) for part in parts if part)
        good = {"_csrf": self.secret, "XSRF-TOKEN": self.token}
        if sent != good or seen.headers.get("X-XSRF-TOKEN") != self.decoded:
            return web.json_response({"message": "invalid csrf token"}, status=403)
        return web.json_response({"enabled": True})


async def test_csrf_protection_is_passed(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """The token is fetched once, then used; a new one is fetched when it is refused."""
    csrf = Csrf()
    service.on("GET", f"{API}/settings/public", csrf.public)
    service.on("POST", WEBHOOK, csrf.change)
    client = seerr(service, session)
    assert await client.save_webhook({}) == {"enabled": True}
    assert await client.save_webhook({}) == {"enabled": True}
    assert service.paths("GET") == [f"{API}/settings/public"]
    csrf.secret, csrf.token, csrf.decoded = "other", "again", "again"
    assert await client.save_webhook({}) == {"enabled": True}
    assert len(service.paths("GET")) == 2


async def test_csrf_protection_that_stays_closed(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """When the token does not help, the refusal is Forbidden and not tried for ever."""
    service.answer("GET", f"{API}/settings/public", {"initialized": True})
    service.answer("POST", WEBHOOK, {"message": "invalid csrf token"}, status=403)
    with pytest.raises(Forbidden):
        await seerr(service, session).save_webhook({})
    assert len(service.paths("POST")) == 2


async def test_every_recorded_error_is_translated(
    service: FakeService, session: aiohttp.ClientSession
) -> None:
    """Each refusal recorded from a real server becomes an error of ours."""
    raw = as_dict(sample("seerr/api-errors.json"))
    for case in as_dict(raw["cases"]).values():
        response = as_dict(as_dict(case)["response"])
        status = response["status"]
        assert isinstance(status, int)
        service.answer("GET", WEBHOOK, response["body"], status=status)
        expected = {401: AuthError, 403: AuthError, 404: NotFound}.get(status, Refused)
        with pytest.raises(expected):
            await seerr(service, session).webhook_settings()
