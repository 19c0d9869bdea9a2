"""Test which troubles of a service become a report to a person."""

from pathlib import Path

import pytest

from custom_components.media_status.clients.errors import (
    AuthError,
    ClientError,
    Forbidden,
    TooOld,
    Unreachable,
)
from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.model import Service
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .household import running


@pytest.mark.parametrize(
    ("error", "reported"),
    [
        (AuthError(), {"auth_failed_radarr"}),
        # Nothing to enter: it lets us in again by itself, and then judges the key.
        (AuthError(banned=True), set()),
        (TooOld("3.2"), {"service_too_old_radarr"}),
        (Forbidden("no right"), set()),
        (Unreachable("no connection"), set()),
    ],
)
async def test_only_what_a_person_can_mend_is_reported(
    hass: HomeAssistant,
    tmp_path: Path,
    issue_registry: ir.IssueRegistry,
    error: ClientError,
    reported: set[str],
) -> None:
    """A report stands until the service answers again."""

    def issues() -> set[str]:
        return {issue_id for domain, issue_id in issue_registry.issues if domain == DOMAIN}

    async with running(hass, tmp_path, kinds=(Service.RADARR,)) as home:
        home.services["radarr"].error = error
        await home.hear(Service.RADARR)
        assert issues() == reported
        home.services["radarr"].error = None
        await home.hear(Service.RADARR)
        assert issues() == set()
