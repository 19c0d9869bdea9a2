"""Unknown is not gone: what a service answered but nobody could read is not called absent."""

import pytest

from custom_components.media_status.clients.base import BaseClient
from custom_components.media_status.connections.base import SurveyContext
from custom_components.media_status.lifecycle.facts import FactKind
from simulator import Simulator

from .house import House


def _garble(monkeypatch: pytest.MonkeyPatch, client: BaseClient, method: str) -> None:
    """Let a client find an entry it cannot read in its next answer."""
    read = getattr(client, method)

    async def garbled(*args: object, **kwargs: object) -> object:
        found = await read(*args, **kwargs)
        client.dropped += 1
        return found

    monkeypatch.setattr(client, method, garbled)


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize(
    ("name", "method", "kind"),
    [
        ("seerr", "requests", FactKind.ASK),
        ("radarr", "queue", FactKind.QUEUE),
        ("sonarr", "history_since", FactKind.QUEUE),
    ],
)
async def test_an_unreadable_entry_is_no_absence(
    name: str, method: str, kind: FactKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A survey that had to leave something out claims no completeness."""
    async with Simulator(seed=1) as sim, House(sim) as house:
        connection = getattr(house, name)
        context = SurveyContext(now=sim.clock.now())
        assert kind in (await connection.survey(context)).complete
        client: BaseClient = connection._client  # noqa: SLF001 - the wire is what is garbled
        _garble(monkeypatch, client, method)
        survey = await connection.survey(context)
        assert survey.dropped == 1
        assert not survey.complete
