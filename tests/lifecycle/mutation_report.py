"""Write docs/mutation.txt: what scripts/mutate found, and what no test noticed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import sys
import tomllib

from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

ROOT = Path(__file__).resolve().parents[2]
SOURCES = Path("custom_components/media_status/lifecycle")
REPORT = ROOT / "docs" / "mutation.txt"
# What needs no test, for every function: what a mutated line became, and why that is the same.
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
LEAST = 90.0  # per cent that must be noticed
NOTICED = frozenset({"killed", "timeout", "segfault"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One small change to one function, and whether a test noticed it."""

    module: str
    function: str
    is_noticed: bool
    before: str = ""
    after: str = ""
    why: str | None = None  # why it is the same program


def read(module: Path, known: dict[str, dict[str, str]]) -> Iterator[Mutant]:
    """Yield the mutants of a module; none when it was left out."""
    results = ROOT / "mutants" / f"{module}.meta"
    data = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    for name, code in data.get("exit_code_by_key", {}).items():
        function = _function(name)
        if status_by_exit_code[code] in NOTICED:
            yield Mutant(module=module.stem, function=function, is_noticed=True)
            continue
        before, after = _change(name, module)
        yield Mutant(
            module=module.stem,
            function=function,
            is_noticed=False,
            before=before,
            after=after,
            why=known.get(f"{module.stem}.{function}", {}).get(after or f"without {before}"),
        )


def _function(name: str) -> str:
    """Return the function that mutmut's name of a mutant is about."""
    mangled = name.rpartition(".")[2].partition("__mutmut_")[0]
    return mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")


def _change(name: str, module: Path) -> tuple[str, str]:
    """Return the lines that a mutant takes away, and those that it puts there."""
    lines = get_diff_for_mutant(name, path=module).splitlines()[2:]
    before, after = (
        " ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+"
    )
    return before, after


def report(mutants: list[Mutant], modules: list[Path]) -> str:
    """Return the report as text."""
    judged = {mutant.module for mutant in mutants}
    others = [module.stem for module in modules if module.stem not in {*judged, "__init__"}]
    survivors = [mutant for mutant in mutants if not mutant.is_noticed]
    same = [mutant for mutant in survivors if mutant.why is not None]
    lines = [
        "Mutation testing of custom_components/media_status/lifecycle",
        "Written by scripts/mutate; do not edit.",
        "",
        f"killed: {share(mutants):.1f} % of {len(mutants)} mutants, at least {LEAST:.0f} % wanted",
        f"survived: {len(survivors)}, of which {len(same)} are the same program",
        "",
        *table(mutants),
        "",
        f"without mutants (only words and properties): {', '.join(others)}",
    ]
    for title, found in (
        ("Not noticed by any test", [mutant for mutant in survivors if mutant.why is None]),
        ("The same program: no test can tell them apart", same),
    ):
        lines += ["", title, "-" * len(title)]
        for mutant in found or ():
            lines += [f"{mutant.module}.{mutant.function}", f"  - {mutant.before}"]
            lines += [f"  + {mutant.after}"] if mutant.after else []
            lines += [f"  because {mutant.why}"] if mutant.why else []
        lines += [] if found else ["none"]
    return "\n".join(lines) + "\n"


def table(mutants: list[Mutant]) -> Iterator[str]:
    """Yield one line for each module."""
    yield f"{'module':<18}{'mutants':>9}{'killed':>9}{'survived':>10}{'same':>6}{'killed %':>10}"
    total = Counter(mutant.module for mutant in mutants)
    killed = Counter(mutant.module for mutant in mutants if mutant.is_noticed)
    same = Counter(mutant.module for mutant in mutants if mutant.why is not None)
    for module, count in sorted(total.items()):
        yield (
            f"{module:<18}{count:>9}{killed[module]:>9}{count - killed[module]:>10}"
            f"{same[module]:>6}{100 * killed[module] / count:>10.1f}"
        )


def share(mutants: list[Mutant]) -> float:
    """Return how many per cent were noticed."""
    return 100 * sum(mutant.is_noticed for mutant in mutants) / len(mutants)


def main() -> int:
    """Write the report; fail if too much went unnoticed."""
    known = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8"))
    modules = [module.relative_to(ROOT) for module in sorted((ROOT / SOURCES).glob("*.py"))]
    mutants = [mutant for module in modules for mutant in read(module, known)]
    text = report(mutants, modules)
    REPORT.write_text(text, encoding="utf-8")
    sys.stdout.write("\n".join(text.splitlines()[3:5]) + "\n")
    return share(mutants) < LEAST


if __name__ == "__main__":
    sys.exit(main())
