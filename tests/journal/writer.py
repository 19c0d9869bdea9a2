"""Write requests without end and say which are durable; a test kills this process."""

import asyncio
from itertools import count
from pathlib import Path
import sys

from custom_components.media_status.journal import Batch, Journal

from .builders import NOON, a_request, opening


async def main(path: Path, life: int) -> None:
    """Write with eight writers at once, printing each id when its write has returned."""
    journal = Journal(path)
    await journal.open(NOON)
    numbers = count(life * 1_000_000)

    async def write_on() -> None:
        for number in numbers:
            request = a_request(number)
            await journal.write(Batch(changes=[opening(request)]))
            sys.stdout.write(f"{request.id}\n")
            sys.stdout.flush()

    await asyncio.gather(*(write_on() for _ in range(8)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
