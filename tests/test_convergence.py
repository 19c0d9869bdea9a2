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
from typing import ClassVar, Final, override

from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
import pytest

_ROOT: Final = Path(__file__).parents[1]
_NUMBERS: Final = st.lists(st.integers(0, 99), max_size=24)  # each decides one choice


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


class Household(RuleBasedStateMachine):
    """A household in which Hypothesis decides what happens, in any order and often."""

    schedules: ClassVar[Schedules]  # the process in which it lives

    def _ask(self, command: str, argument: object) -> None:
        answer = self.schedules.ask(command, json.dumps(argument))
        assert answer["divergences"] == 0

    @initialize(tape=_NUMBERS)
    def begin(self, tape: list[int]) -> None:
        """Choose services and titles, whose clock is wrong, and how pushes fare."""
        self._ask("begin", tape)

    @rule(tape=_NUMBERS)
    def people_and_programs_act(self, tape: list[int]) -> None:
        """Ask, approve, grab, import, link, delete, scan..."""
        self._ask("step", ["live", tape])

    @rule(deed=st.sampled_from(("strike", "heal", "pushes", "echo")), tape=_NUMBERS)
    def trouble_comes_or_goes(self, deed: str, tape: list[int]) -> None:
        """Services fail or heal, pushes are lost, doubled, shuffled, late, or come again."""
        self._ask("step", [deed, tape])

    @rule(deed=st.sampled_from(("restart", "stop")), tape=_NUMBERS)
    def home_assistant_goes(self, deed: str, tape: list[int]) -> None:
        """Home Assistant is stopped or killed at any point, and perhaps started again."""
        self._ask("step", [deed, tape])

    @rule(tape=_NUMBERS)
    def services_are_asked(self, tape: list[int]) -> None:
        """Survey some services or all; what does not answer must take nothing back."""
        self._ask("step", ["survey", tape])

    @override
    def teardown(self) -> None:
        """In the end all is as surveys alone say."""
        self._ask("end", [1])


def test_any_order_of_events_converges(schedules: Schedules) -> None:
    """Hypothesis finds the shortest story of a divergence."""
    Household.schedules = schedules
    run_state_machine_as_test(
        Household,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


def test_a_big_household_catches_up_after_a_kill(schedules: Schedules) -> None:
    """200 open requests, of which most moved on meanwhile: all right within a minute."""
    answer = schedules.ask("restart", "")
    assert answer["open"] >= 200
    assert answer["stale"] > 0
    assert answer["seconds"] < 60
