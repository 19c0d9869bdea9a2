"""One fault table, played by our client and by signalrcore, the independent witness."""

import asyncio

from aiohttp.test_utils import unused_port
import pytest

from .signalr_faults import ROWS, MakeParty, Row
from .signalr_parties import Ours, Party, Witnesses

# Guards against hanging, far above what a row takes.
_LIMIT = 10
# signalrcore hangs in most of the rows that it does not pass: this long each, all at once.
_PATIENCE = 6


def _ours(url: str, negotiate: bool) -> Party:
    return Ours(url, negotiate=negotiate)


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
    async with Witnesses() as witnesses:
        await _play(row, witnesses.party, _LIMIT)


async def test_independent_client_does_not_survive(socket_enabled: None) -> None:
    """Print the table; what rules signalrcore out as our client is still so."""
    rows = [row for row in ROWS if not row.proves]
    async with Witnesses() as witnesses:
        outcomes = await asyncio.gather(*(_outcome(row, witnesses.party) for row in rows))
    passed = dict(zip(rows, outcomes, strict=True))
    lines = [_line("what happens", "ours", "signalrcore"), _line(":--", ":--", ":--")]
    lines += [_line(row.name, "ok", "ok" if row.proves or passed[row] else "no") for row in ROWS]
    print("", *lines, sep="\n")  # noqa: T201 - seen with pytest -s
    lost = {row.name for row in rows if not passed[row]}
    assert {"server killed, refusing, back", "server frozen: noticed; thawed: back"} <= lost


async def _outcome(row: Row, make: MakeParty) -> bool:
    """Tell whether signalrcore passes a row in the time that it is given."""
    try:
        await _play(row, make, _PATIENCE)
    except TimeoutError, AssertionError:
        return False
    return True


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
