"""Read the repository as it stands: its files, its syntax trees, its texts."""

import ast
from collections.abc import Iterator
from functools import cache
import json
from pathlib import Path
import re
import subprocess
import tomllib

import yaml

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "custom_components" / "media_status"
SHARED = ROOT.parent / "shared"
OUR_CODE = (PACKAGE, ROOT / "simulator", ROOT / "benchmarks", ROOT / "tests")

type Json = str | int | float | bool | list[Json] | dict[str, Json] | None
type Table = dict[str, Json]


def read_table(path: Path) -> Table:
    """Read a JSON, YAML or TOML file that holds one mapping."""
    text = path.read_text(encoding="utf-8")
    match path.suffix:
        case ".json":
            table = json.loads(text)
        case ".toml":
            table = tomllib.loads(text)
        case _:
            table = yaml.safe_load(text)
    assert isinstance(table, dict), f"{path.name} does not hold a mapping"
    return table


def under(table: Table, *keys: str) -> Table:
    """Return the mapping below these keys; empty where there is none."""
    for key in keys:
        inner = table.get(key)
        table = inner if isinstance(inner, dict) else {}
    return table


def python_files(*folders: Path) -> list[Path]:
    """Return the Python files below the folders, generated ones left out."""
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*.py")
        if "__pycache__" not in path.parts
    )


@cache
def tree(path: Path) -> ast.Module:
    """Parse a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def nodes[NodeT: ast.AST](kind: type[NodeT], *folders: Path) -> Iterator[tuple[Path, NodeT]]:
    """Walk all syntax nodes of a kind in the Python files below the folders."""
    for path in python_files(*folders):
        for node in ast.walk(tree(path)):
            if isinstance(node, kind):
                yield path, node


@cache
def tracked_files() -> tuple[Path, ...]:
    """Return what git tracks; in a copy without git, everything that would be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True
    )
    if listed.returncode == 0:
        names = [ROOT / name for name in listed.stdout.split("\0") if name]
    else:
        ours = ("benchmarks", "custom_components", "docs", "frontend", "scripts", "simulator")
        folders = [ROOT / name for name in (*ours, "tests", ".ci", ".github")]
        names = [path for folder in folders for path in folder.rglob("*")]
        names += [path for path in ROOT.iterdir() if path.name != ".git"]
        names = [path for path in names if not {"__pycache__", "node_modules"} & set(path.parts)]
    return tuple(path for path in names if path.is_file())


def text_of(path: Path) -> str | None:
    """Return a file's text, or None when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def texts(table: Table, *path: str) -> Iterator[tuple[str, str]]:
    """Walk all strings of a nested mapping with their dotted paths."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from texts(value, *path, key)
        elif isinstance(value, str):
            yield ".".join((*path, key)), value


def placeholders(text: str) -> set[str]:
    """Return the names in braces of a translated text."""
    return set(re.findall(r"\{([A-Za-z0-9_]+)\}", text))


@cache
def module_constants(path: Path) -> dict[str, str]:
    """Return the strings that a module names at its top level."""
    found: dict[str, str] = {}
    for statement in tree(path).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                found[name] = text
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text))):
                found[name] = text
    return found


def strings_in(path: Path, expression: ast.AST) -> set[str]:
    """Return the strings that an expression can give: its literals and constants it names."""
    known = module_constants(path) | module_constants(PACKAGE / "const.py")
    found = set()
    for node in ast.walk(expression):
        match node:
            case ast.JoinedStr():
                return set()  # made at run time; `string_patterns` covers these
            case ast.Constant(value=str(text)):
                found.add(text)
            case ast.Name(id=name) if name in known:
                found.add(known[name])
    return found


@cache
def string_patterns() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """Return every literal string of the package, and patterns of its f-strings."""
    literals = set()
    patterns = []
    for path in python_files(PACKAGE):
        for node in ast.walk(tree(path)):
            match node:
                case ast.JoinedStr(values=parts):
                    pieces = [
                        re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+"
                        for part in parts
                    ]
                    if any(piece != ".+" for piece in pieces):
                        patterns.append(re.compile("".join(pieces)))
                case ast.Constant(value=str(text)):
                    literals.add(text)
    return frozenset(literals), tuple(patterns)


def is_spoken(key: str) -> bool:
    """Tell whether the package's code can say this key."""
    literals, patterns = string_patterns()
    return key in literals or any(pattern.fullmatch(key) for pattern in patterns)
