"""Run a real Home Assistant on loopback, with the integration in it and nothing else."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import importlib.util
import json
from pathlib import Path
import re
import signal
import socket
import sys
from typing import Final

import aiohttp

from .hass_client import HassClient
from .model import JsonObject

ROOT: Final = Path(__file__).resolve().parent.parent
USER: Final = "demo"
PASSWORD: Final = "demo"

_START_LIMIT: Final = 120.0
_STOP_LIMIT: Final = 30.0
_POLL: Final = 0.2
# Everything that Home Assistant asks a new owner after the name; none of it matters here.
_ONBOARDED: Final = ("core_config", "analytics", "integration")

_SERVER: Final[JsonObject] = {
    "cors_allowed_origins": [],
    "created_at": "2026-01-01T00:00:00+00:00",
    "error": None,
    "error_message": None,
    "ip_ban_enabled": False,
    "login_attempts_threshold": -1,
    "ssl_profile": "modern",
    "use_x_frame_options": True,
}

_CONFIGURATION = """\
homeassistant:
  name: Home
  country: GB
  currency: GBP
  language: en
  latitude: 51.5
  longitude: -0.1
  time_zone: Europe/London
  unit_system: metric
  internal_url: "http://127.0.0.1:{port}"
  external_url: "http://127.0.0.1:{port}"
frontend:
config:
logger:
  default: warning
  logs:
    custom_components.media_status: debug
    homeassistant.bootstrap: info
"""


class HassFailedError(Exception):
    """Home Assistant did not start; the text holds the end of its log."""


def missing() -> str | None:
    """Return what a real Home Assistant lacks on this machine, None when it is complete."""
    for module, name in (("homeassistant", "Home Assistant"), ("hass_frontend", "its frontend")):
        if importlib.util.find_spec(module) is None:
            return f"{name} is not installed (scripts/setup installs it)"
    return None


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class HassProcess:
    """One Home Assistant with a configuration folder of its own; it can be started again."""

    def __init__(self, folder: Path, *, port: int | None = None, has_clock: bool = False) -> None:
        """Plan an instance in `folder`, on the given port or a free one.

        With `has_clock` its clock can be put forward (see `hass_clock`).
        """
        self.folder = folder
        self._clock = folder / "clock" if has_clock else None
        self._ahead = 0.0
        self.port = port or free_port()
        self.log_file = folder / "hass.log"
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Return the address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Tell whether the process lives."""
        return self._process is not None and self._process.returncode is None

    def prepare(self) -> None:
        """Write the configuration and link the integration into it."""
        components = self.folder / "custom_components"
        components.mkdir(parents=True, exist_ok=True)
        link = components / "media_status"
        if not link.exists():
            link.symlink_to(ROOT / "custom_components" / "media_status")
        text = _CONFIGURATION.format(port=self.port)
        (self.folder / "configuration.yaml").write_text(text, encoding="utf-8")
        self._store("onboarding", (4, 1), {"done": list(_ONBOARDED)})
        # Settings of the server in YAML would be on trial, and be taken back after five minutes.
        server = {"server_host": ["127.0.0.1"], "server_port": self.port} | _SERVER
        http: JsonObject = {"stable": server, "pending": None, "yaml_migration_done": True}
        self._store("http", (2, 2), http)

    def _store(self, key: str, version: tuple[int, int], data: JsonObject) -> None:
        """Write a file of Home Assistant's storage, unless there is one."""
        file = self.folder / ".storage" / key
        if file.exists():
            return
        file.parent.mkdir(exist_ok=True)
        major, minor = version
        body = {"version": major, "minor_version": minor, "key": key, "data": data}
        file.write_text(json.dumps(body), encoding="utf-8")

    async def start(self) -> None:
        """Start and wait until Home Assistant says that it runs; raise `HassFailedError`."""
        await asyncio.to_thread(self.prepare)
        program: tuple[str, ...] = ("homeassistant",)
        if self._clock is not None:
            program = ("simulator.hass_clock", str(self._clock))
        command = (sys.executable, "-m", *program, "-c", str(self.folder))
        with await asyncio.to_thread(self.log_file.open, "ab") as log:
            # In a session of its own: Ctrl-C reaches us alone, and we stop it in good order.
            self._process = await asyncio.create_subprocess_exec(
                *command,
                "--skip-pip",
                "--log-no-color",
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(_START_LIMIT):
                await self._wait_until_ready()
        except TimeoutError as err:
            raise HassFailedError(self.log_end()) from err

    async def _wait_until_ready(self) -> None:
        async with aiohttp.ClientSession() as session:
            while not await self._answers(session):
                if not self.running:
                    raise HassFailedError(self.log_end())
                await asyncio.sleep(_POLL)

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        # The server listens early; the frontend's page comes with everything it depends on.
        try:
            async with session.get(f"{self.url}/manifest.json") as response:
                if response.status != 200:
                    return False
            async with session.get(f"{self.url}/auth/providers") as response:
                # 400 says that nobody lives here yet.
                return response.status in {200, 400}
        except aiohttp.ClientError:
            return False

    async def put_forward(self, seconds: float) -> None:
        """Let that much time pass at once for Home Assistant, and for nobody else."""
        if self._clock is None:
            raise ValueError("its clock is everybody's")
        self._ahead += seconds
        await asyncio.to_thread(self._clock.write_text, str(self._ahead), encoding="utf-8")
        if self.running and self._process is not None:
            self._process.send_signal(signal.SIGUSR1)

    async def stop(self) -> None:
        """Let Home Assistant end in good order; end it by force when it does not."""
        if not self.running or self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_LIMIT):
                await self._process.wait()
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End Home Assistant at once, as a power cut would."""
        if self.running and self._process is not None:
            self._process.kill()
            await self._process.wait()

    def log(self) -> str:
        """Return everything that was logged."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def log_end(self, lines: int = 30) -> str:
        """Return the last lines of the log."""
        return "\n".join(self.log().splitlines()[-lines:])

    def complaints(self) -> list[str]:
        """Return the errors that concern the integration, tracebacks with them."""
        return complaints(self.log())


_LEVEL = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ (\w+) ")


def complaints(log: str) -> list[str]:
    """Return the error lines of a log that concern the integration, tracebacks with them."""
    entries: list[list[str]] = []
    for line in log.splitlines():
        if _LEVEL.match(line) or not entries:
            entries.append([line])
        else:
            entries[-1].append(line)
    found = []
    for entry in entries:
        level = _LEVEL.match(entry[0])
        is_error = level is not None and level.group(1) in {"ERROR", "CRITICAL", "FATAL"}
        if is_error and any("custom_components" in line for line in entry):
            found.append("\n".join(entry))
    return found


@asynccontextmanager
async def running_hass(
    folder: Path, port: int | None = None, *, has_clock: bool = False
) -> AsyncIterator[tuple[HassProcess, HassClient]]:
    """Run a Home Assistant with the user demo, signed in; stop it in the end."""
    hass = HassProcess(folder, port=port, has_clock=has_clock)
    try:
        await hass.start()
        async with HassClient(hass.url) as client:
            await client.onboard(USER, PASSWORD)
            yield hass, client
    finally:
        await hass.stop()
