"""Where the acts of deleting are played: what all of them need, and what they found out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import time
from typing import Final

from .demo_deletion_desk import Desk, statuses
from .demo_deletion_home import Film, RealHome, Traces
from .hass_client import HassClient, HassRefusedError
from .hass_process import PASSWORD, USER, HassProcess
from .hass_wizard import until_connected
from .model import JsonObject

_ASKABLE: Final = frozenset({1, 7})  # Seerr's words for: unknown, deleted

type Outcome = tuple[JsonObject, str]  # the plan or job in the end, and what was seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What was done with a film, how the steps of each service ended, and what was seen."""

    name: str
    film: str
    statuses: dict[str, str] = field(default_factory=dict)
    seen: str


class Stage:
    """A household, its Home Assistant, and the one who deletes there."""

    def __init__(
        self, home: RealHome, hass: HassProcess, client: HassClient, say: Callable[[str], None]
    ) -> None:
        """Begin with nothing done."""
        self.home = home
        self.sim = home.sim
        self.hass = hass
        self.desk = Desk(client)
        self.done: list[Act] = []
        self.problems: list[str] = []
        self._client = client
        self._say = say
        self._name = ""

    async def play(
        self, name: str, film: Film, act: Callable[[Stage, Film], Awaitable[Outcome]]
    ) -> None:
        """Play an act; note what goes wrong, so that the next one can be played."""
        self._name, started = name, time.monotonic()
        try:
            job, seen = await act(self, film)
        except (TimeoutError, HassRefusedError) as err:
            self.expect(False, str(err))
            return
        title = film.title.title
        self.done.append(Act(name=name, film=title, statuses=statuses(job), seen=seen))
        self._say(f"{time.strftime('%H:%M:%S')}  {name:18}  {time.monotonic() - started:.0f} s")

    def expect(self, is_so: object, what: str) -> None:
        """Note a problem of the act unless something is so."""
        if not is_so:
            self.problems.append(f"{self._name}: {what}")

    # -- looking ourselves ---------------------------------------------------------------------

    async def state(self) -> tuple[Traces, set[str]]:
        """Return what lies on the disk and what torrents there are."""
        return await self.home.traces(), await self.home.torrents.names()

    async def request_id(self, film: Film) -> str:
        """Return the id of the request for a film that is there."""
        return await self.desk.until_stage(film.title, "available")

    async def left_of(self, film: Film) -> set[str]:
        """Look for a film everywhere, and return where something of it is."""
        traces, torrents = await self.state()
        media = self.sim.seerr.media.get(("movie", film.title.tmdb))
        folder = film.real.parent
        found: dict[str, object] = {
            "file": [path for path, trace in traces.items() if trace[0] == film.inode],
            "folder": folder.exists() and any(folder.iterdir()),
            "torrent": film.torrent in torrents,
            "Radarr": self.sim.radarr.find(film.title),
            "Jellyfin": self.sim.jellyfin.playable_files(film.title),
            "Seerr": media is not None and media.side(is_4k=False).status not in _ASKABLE,
        }
        return {where for where, is_there in found.items() if is_there}

    async def is_gone(self, film: Film, *, but_for: frozenset[str] = frozenset()) -> str:
        """Require that nothing is left of a film but what must be; say so in words."""
        await self.desk.until_stage(film.title, "deleted")
        left = await self.left_of(film)
        self.expect(left == but_for, f"left in {sorted(left)}, not in {sorted(but_for)}")
        return "disk empty, torrent gone, can be asked for again"

    # -- time, and who is asked ----------------------------------------------------------------

    async def put_forward(self, seconds: float) -> None:
        """Let time pass for Home Assistant; what was signed in with is too old by then."""
        await self.hass.put_forward(seconds)
        await self.sign_in()

    async def sign_in(self) -> None:
        """Sign in again, and wait until Home Assistant has asked every service."""
        await self._client.sign_in(USER, PASSWORD)
        await until_connected(self._client)
