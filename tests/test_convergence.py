"""Promise 1 through the whole integration: a smaller run of `scripts/bench convergence`.

The schedules run in a process of their own, because their Home Assistant needs an event loop whose
time is simulated. A failing one prints its story; a number of it replays alone with
`scripts/bench convergence --seed N --schedules 1`.
"""

from collections.abc import Iterator
import json
from pathlib import Path
import subprocess
import sys
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings, strategies as st
import pytest

_ROOT: Final = Path(__file__).parents[1]


class Schedules:
    """A running process of schedules."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """Wait until it is ready."""
        self._process = process
        self._answer()

    def ask(self, command: str, argument: str) -> dict[str, float]:
        """Let it run one schedule and return the figures."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([command, argument]) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process ended by itself"
        answer: dict[str, float] = json.loads(line)
        return answer


@pytest.fixture(scope="module")
def schedules(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Schedules]:
    """Run the process while these tests do."""
    folder = tmp_path_factory.mktemp("convergence")
    command = [sys.executable, "-m", "benchmarks.convergence.hass", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
    ) as process:
        try:
            yield Schedules(process)
        finally:
            process.terminate()


def test_random_schedules_converge(schedules: Schedules) -> None:
    """Lost pushes, silent services, stops and kills: in the end all is as surveys alone say."""
    answers = [schedules.ask("by_seed", str(seed)) for seed in range(1, 9)]
    assert [answer["divergences"] for answer in answers] == [0] * len(answers)
    # They were schedules worth the name.
    for figure in ("requests", "arrived", "missed", "restarts", "healed"):
        assert sum(answer[figure] for answer in answers) > 0, figure


@given(tape=st.lists(st.integers(0, 99), min_size=20, max_size=200))
@settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow],
)
def test_any_schedule_converges(schedules: Schedules, tape: list[int]) -> None:
    """Hypothesis finds the shortest story of a divergence: each number is one choice."""
    assert schedules.ask("by_tape", json.dumps(tape))["divergences"] == 0


def test_a_big_household_catches_up_after_a_kill(schedules: Schedules) -> None:
    """200 open requests, of which most moved on meanwhile: all right within a minute."""
    answer = schedules.ask("restart", "")
    assert answer["open"] >= 200
    assert answer["stale"] > 0
    assert answer["seconds"] < 60
