"""A house with a Seerr."""

from collections.abc import AsyncIterator

import pytest

from simulator import Simulator
from tests.connections.house import House


@pytest.fixture
async def house(socket_enabled: None) -> AsyncIterator[House]:
    """Run simulated services and our connections to them."""
    async with Simulator(profile="tiny", seed=7) as simulator, House(simulator) as running:
        await running.settle()
        yield running
