"""Stand in for the services that a flow asks: each call answers what the test planned."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import override
from unittest.mock import patch

import voluptuous as vol

from custom_components.media_status.connections.base import (
    Connection,
    ServiceInfo,
    Survey,
    SurveyContext,
    WebhookState,
    WebhookTarget,
)
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.model import JsonObject, Service
from homeassistant.config_entries import ConfigFlowResult, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section

BASE = "custom_components.media_status"


@dataclass(kw_only=True)
class Household:
    """What the services answer, and what they were asked with."""

    identity: str | None = None
    webhook: WebhookState | Exception = WebhookState.MISSING
    is_shareable: bool = True
    failures: list[Exception] = field(default_factory=list)
    asked: list[dict[str, object]] = field(default_factory=list)
    targets: list[WebhookTarget] = field(default_factory=list)
    key: str | Exception = "key-of-the-user"
    signed_in: list[tuple[str, str]] = field(default_factory=list)

    def create(
        self, hass: HomeAssistant, kind: str, connection_id: str, data: Mapping[str, object]
    ) -> Connection:
        """Return a connection that answers as planned."""
        self.asked.append({"kind": kind, **data})
        return ConnectionDouble(connection_id, self)

    async def sign_in(
        self, hass: HomeAssistant, data: Mapping[str, object], username: str, password: str
    ) -> str:
        """Give the key as planned."""
        self.signed_in.append((username, password))
        if isinstance(self.key, Exception):
            raise self.key
        return self.key


class ConnectionDouble(Connection):
    """A connection without a network."""

    service = Service.HOME_ASSISTANT

    def __init__(self, connection_id: str, household: Household) -> None:
        """Answer for the household."""
        super().__init__(connection_id)
        self._household = household

    @override
    async def probe(self) -> ServiceInfo:
        """Fail as often as planned, then answer."""
        if self._household.failures:
            raise self._household.failures.pop(0)
        return ServiceInfo(name="Service", version="9.9", identity=self._household.identity)

    @override
    async def webhook_state(self, target: WebhookTarget) -> WebhookState:
        """Answer as planned."""
        self._household.targets.append(target)
        if isinstance(self._household.webhook, Exception):
            raise self._household.webhook
        return self._household.webhook

    @override
    async def webhook_owner(self, target: WebhookTarget) -> JsonObject | None:
        """Answer as planned."""
        return {"types": 222} if self._household.is_shareable else None

    @override
    async def survey(self, context: SurveyContext) -> Survey:
        """Find nothing."""
        return Survey(started_at=context.now)


@asynccontextmanager
async def household_without_setup(hass: HomeAssistant) -> AsyncIterator[Household]:
    """Let flows ask doubles, and entries load without running the tracker."""
    household = Household()
    with (
        patch(f"{BASE}.flow_draft.create_connection", household.create),
        patch(f"{BASE}.flow_draft.sign_in_to_shoko", household.sign_in),
        patch(f"{BASE}.async_setup_entry", return_value=True),
        patch(f"{BASE}.async_unload_entry", return_value=True),
        patch(f"{BASE}.async_remove_entry", return_value=None),
    ):
        yield household
        for entry in hass.config_entries.async_loaded_entries(DOMAIN):
            await hass.config_entries.async_unload(entry.entry_id)


def suggested(result: ConfigFlowResult | SubentryFlowResult) -> dict[str, object]:
    """Return what a form suggests, by field; of a section what its fields do."""
    schema = result["data_schema"]
    assert schema is not None
    return _suggested(schema)


def _suggested(schema: vol.Schema) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in schema.schema.items():
        if isinstance(value, section):
            found[str(key)] = _suggested(value.schema)
        elif key.description and "suggested_value" in key.description:
            found[str(key)] = key.description["suggested_value"]
    return found


def fields(result: ConfigFlowResult | SubentryFlowResult) -> list[str]:
    """Return the names of a form's fields."""
    schema = result["data_schema"]
    assert schema is not None
    return [str(key) for key in schema.schema]
