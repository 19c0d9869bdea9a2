"""One fault table, played by our client and by signalrcore, the independent witness."""

import asyncio

from aiohttp.test_utils import unused_port
import pytest

from .signalr_faults import ROWS, MakeParty, Row
from .signalr_parties import Ours, Party, Witness

# Guards against hanging, far above what a row takes.
_LIMIT = 10
# signalrcore hangs in most of the rows that it does not pass: this long each, all at once.
_PATIENCE = 4


def _ours(url: str, negotiate: bool) -> Party:
    return Ours(url, negotiate=negotiate)


def _witness(url: str, negotiate: bool) -> Party:
    return Witness(url, negotiate=negotiate)


async def _play(row: Row, make: MakeParty, limit: float) -> None:
    """Play a row; TimeoutError or AssertionError when it is not passed."""
    async with row.stage(unused_port(), make) as stage, asyncio.timeout(limit):
        await row.play(stage)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_our_client_passes(row: Row, socket_enabled: None) -> None:
    """Every row holds for our client."""
    await _play(row, _ours, _LIMIT)


@pytest.mark.parametrize("row", [row for row in ROWS if row.proves], ids=lambda row: row.name)
async def test_independent_client_proves_the_hub(row: Row, socket_enabled: None) -> None:
    """A client that we did not write understands the simulated hub."""
    await _play(row, _witness, _LIMIT)


async def test_independent_client_does_not_survive(socket_enabled: None) -> None:
    """Print the table; what rules signalrcore out as our client is still so."""
    rows = [row for row in ROWS if not row.proves]
    passed = dict(zip(rows, await asyncio.gather(*map(_outcome, rows)), strict=True))
    print(f"\n| {'row':60} | ours | signalrcore |")  # noqa: T201 - seen with pytest -s
    for row in ROWS:
        outcome = "ok" if row.proves or passed[row] else "no"
        print(f"| {row.name:60} | ok   | {outcome:11} |")  # noqa: T201
    lost = {row.name for row in rows if not passed[row]}
    assert {"server killed, refusing, back", "server frozen: noticed; thawed: back"} <= lost


async def _outcome(row: Row) -> bool:
    """Tell whether signalrcore passes a row in the time that it is given."""
    try:
        await _play(row, _witness, _PATIENCE)
    except TimeoutError, AssertionError:
        return False
    return True
