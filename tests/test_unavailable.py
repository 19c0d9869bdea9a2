"""What people are told when the history or a service's webhook cannot be reached."""

from pathlib import Path

import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.media_status.const import DOMAIN
from custom_components.media_status.journal import Journal, JournalError
from custom_components.media_status.lifecycle.model import Service
from custom_components.media_status.queries import async_journal_counts
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from simulator import Simulator

from .household import asked, running
from .twin import twin


async def test_actions_say_that_the_history_cannot_be_read(
    hass: HomeAssistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clear, translated error; the tracker itself goes on."""

    async def refuse(self: Journal, *args: object, **kwargs: object) -> None:
        raise JournalError("disk error")

    async with running(hass, tmp_path) as home:
        await home.hear(Service.SEERR, asked())
        for method in ("requests", "timeline", "counts"):
            monkeypatch.setattr(Journal, method, refuse)
        for action, data in (
            ("get_requests", {}),
            ("get_request", {"request_id": home.request.id}),
        ):
            with pytest.raises(HomeAssistantError) as caught:
                await hass.services.async_call(
                    DOMAIN, action, data, blocking=True, return_response=True
                )
            assert caught.value.translation_key == "history_unavailable"
        assert await async_journal_counts(home.hub) == {}
        assert hass.states.get("sensor.media_status_dune") is not None


@pytest.mark.usefixtures("socket_enabled")
async def test_a_webhook_that_cannot_be_checked_is_tried_again(
    hass: HomeAssistant,
    tmp_path: Path,
    hass_client_no_auth: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One line in the log; removing a connection that does not answer is no failure either."""
    async with Simulator(seed=1) as sim, twin(hass, sim, tmp_path, hass_client_no_auth) as home:
        sim.faults("radarr").status = 500
        radarr = home.hub.connections["radarr"]
        caplog.clear()
        await radarr.keep_webhook()
        assert caplog.text.count("could not be checked") == 1
        hass.config_entries.async_remove_subentry(home.entry, "radarr")
        await home.settle()
        assert caplog.text.count("could not be removed") == 1
        assert "radarr" not in home.hub.connections
        sim.faults("radarr").status = None
