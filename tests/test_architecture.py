"""Check the house rules of the design: directions, purity, sizes, and what must never be here."""

import ast
from collections.abc import Iterator
import hashlib
import io
from pathlib import Path
import re
import sys
import tokenize

import pytest

from .repository import (
    OUR_CODE,
    PACKAGE,
    ROOT,
    SHARED,
    nodes,
    python_files,
    text_of,
    tracked_files,
    tree,
)

LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
PACKAGE_NAME = "custom_components.media_status"

# What the pure core may import of the standard library: nothing that reaches a clock, a file, a
# network or another thread. `datetime` is there for its types; reading the clock is checked below.
PURE_MODULES = {
    "abc",
    "bisect",
    "collections",
    "copy",
    "dataclasses",
    "datetime",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "statistics",
    "string",
    "types",
    "typing",
    "unicodedata",
}
CLOCKS = {"now", "utcnow", "today", "monotonic", "perf_counter", "time"}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the absolute name of everything that a module imports."""
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join(parents) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def is_below(name: str, *packages: str) -> bool:
    """Tell whether a module is one of the packages or lies inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize(
    ("layer", "may_use"),
    [
        ("lifecycle", ["lifecycle"]),
        ("clients", ["clients"]),
        ("connections", ["clients", "connections", "lifecycle"]),
    ],
)
def test_arrows_go_one_way(layer: str, may_use: list[str]) -> None:
    """The layers import only what lies below them, and never Home Assistant."""
    allowed = [f"{PACKAGE_NAME}.{name}" for name in may_use]
    paths = python_files(PACKAGE / layer)
    assert paths
    for path in paths:
        for line, name in imports(path):
            where = f"{layer}/{path.name}:{line} imports {name}"
            assert not is_below(name, "homeassistant"), where
            assert not is_below(name, "custom_components") or is_below(name, *allowed), where


def test_clients_speak_through_aiohttp_alone() -> None:
    """Clients use the standard library and what Home Assistant ships for HTTP and JSON."""
    shipped = {"aiohttp", "multidict", "orjson", "yarl", "custom_components"}
    for path in python_files(PACKAGE / "clients"):
        for line, name in imports(path):
            top = name.split(".")[0]
            assert top in shipped or top in sys.stdlib_module_names, f"{path.name}:{line} {name}"


def test_lifecycle_is_pure() -> None:
    """The core thinks only: no I/O, no clock, no logging, no chance."""
    for path in python_files(PACKAGE / "lifecycle"):
        for line, name in imports(path):
            top = name.split(".")[0]
            where = f"{path.name}:{line} imports {name}"
            assert top in PURE_MODULES or is_below(name, f"{PACKAGE_NAME}.lifecycle"), where
    for path, node in nodes(ast.Call, PACKAGE / "lifecycle"):
        match node.func:
            case ast.Attribute(attr=name):
                assert name not in CLOCKS, f"{path.name}:{node.lineno} reads a clock"
            case ast.Name(id=name):
                assert name not in {"open", "print", "input"}, f"{path.name}:{node.lineno}"
        assert not isinstance(node.func, ast.Name) or node.func.id != "eval", path.name


def test_only_tools_import_the_tools() -> None:
    """The integration knows nothing of tests and simulator; the simulator nothing of it."""
    for path in python_files(PACKAGE):
        for line, name in imports(path):
            where = f"{path.name}:{line} imports {name}"
            assert not is_below(name, "tests", "simulator", "benchmarks", "frontend"), where
    for path in python_files(ROOT / "simulator"):
        if path.stem.startswith("demo"):
            continue  # the demo starts both sides
        for line, name in imports(path):
            where = f"{path.name}:{line} imports {name}"
            assert not is_below(name, "custom_components", "tests", "benchmarks"), where


def test_modules_stay_short() -> None:
    """A module has one reason to exist, and fits in the head."""
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in python_files(*OUR_CODE)}
    long = {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n >= LONGEST_MODULE}
    assert long == {}


def test_functions_stay_short() -> None:
    """A function does one thing; its docstring does not count."""
    long = {}
    for folder in (PACKAGE, ROOT / "simulator", ROOT / "benchmarks"):
        for path, node in nodes(ast.AST, folder):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                first = node.body[1:2] if ast.get_docstring(node) else node.body[:1]
                start = first[0].lineno if first else (node.end_lineno or 0)
                signature = node.body[0].lineno - node.lineno
                length = (node.end_lineno or 0) - start + 1 + signature
                if length > LONGEST_FUNCTION:
                    long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = length
    assert long == {}


def comments(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the comments of a Python file with their lines."""
    reader = io.StringIO(path.read_text(encoding="utf-8")).readline
    for token in tokenize.generate_tokens(reader):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_nothing_is_silenced_without_a_reason() -> None:
    """An ignored finding names its code and says why."""
    silent = re.compile(r"#\s*(noqa|type:\s*ignore|mypy:\s*ignore|pragma:\s*no cover)")
    reasoned = re.compile(r"#\s*(noqa: [A-Z]+\d+|type: ignore\[[\w-]+\])[^#]*[#-]\s*\w+.*\w")
    for path in python_files(*OUR_CODE):
        for line, comment in comments(path):
            if silent.search(comment):
                assert reasoned.search(comment), f"{path.relative_to(ROOT)}:{line} {comment}"


def test_nothing_is_left_unfinished() -> None:
    """No marker of unfinished work stands in the tree."""
    marker = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "Not" + "ImplementedError")))
    for path in python_files(*OUR_CODE):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            assert not marker.search(line), f"{path.relative_to(ROOT)}:{number}"


# --- what must never be in the repository ------------------------------------------------------


def forbidden_texts() -> dict[str, str]:
    """Return what no tracked file may hold, put together here so that this file does not either."""
    machine = {f"/{'work'}/main", f"/{'work'}/shared", f"/{'root'}/", str(ROOT)}
    home = str(Path.home())
    if len(home) > len("/home/"):
        machine.add(f"{home}/")
    hosts = (
        ("deb.debian", "org"),
        ("files.pythonhosted", "org"),
        ("pypi", "org"),
        ("registry.npmjs", "org"),
    )
    return dict.fromkeys(machine, "a path of one machine") | {
        ".".join(host): "the host of a package registry" for host in hosts
    }


def test_no_machine_and_no_registry_is_named() -> None:
    """What is committed works anywhere: no path of this machine, no registry's host."""
    files = tracked_files()
    assert ROOT / "pyproject.toml" in files
    forbidden = forbidden_texts()
    for path in files:
        text = text_of(path)
        for needle, kind in forbidden.items():
            assert text is None or needle not in text, f"{path.relative_to(ROOT)} names {kind}"


def test_no_specification_of_others_is_committed() -> None:
    """The services' own API descriptions are not ours to publish."""
    described = re.compile(r"\A\W*(openapi|swagger)\W+\d")
    for path in tracked_files():
        if path.suffix in {".json", ".yaml", ".yml"}:
            assert not described.match(text_of(path) or ""), path.relative_to(ROOT)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared folder is not here to compare with")
def test_no_captured_traffic_is_committed() -> None:
    """Recorded webhooks and API descriptions of the shared folder stay there."""
    private = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in ("captured-webhooks", "contracts/openapi")
        for path in (SHARED / folder).rglob("*")
        if path.is_file()
    }
    assert private
    for path in tracked_files():
        assert hashlib.sha256(path.read_bytes()).hexdigest() not in private, path.relative_to(ROOT)


def test_no_secret_file_is_committed() -> None:
    """No database, key, cookie or environment file is tracked."""
    for path in tracked_files():
        assert path.suffix not in {".db", ".key", ".pem", ".sqlite"}, path.relative_to(ROOT)
        assert path.name not in {".env", "secrets.yaml", ".storage"}, path.relative_to(ROOT)
