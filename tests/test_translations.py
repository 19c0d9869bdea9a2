"""Check that every text exists, is well formed, and is asked for with what it needs."""

import ast
from collections.abc import Iterator
from pathlib import Path
import re

import pytest

from custom_components.media_status.lifecycle.model import Stage
from homeassistant.const import Platform

from .repository import (
    PACKAGE,
    Table,
    is_spoken,
    nodes,
    placeholders,
    python_files,
    read_table,
    strings_in,
    texts,
    tree,
    under,
)

LANGUAGES = sorted((PACKAGE / "translations").glob("*.json"))
PLATFORMS = {platform.value for platform in Platform}
TOP_LEVEL = {
    "common",
    "config",
    "config_panel",
    "config_subentries",
    "device",
    "entity",
    "entity_component",
    "exceptions",
    "issues",
    "options",
    "selector",
    "services",
    "system_health",
    "title",
}
# Home Assistant says these itself in every flow.
CENTRAL_ABORTS = {
    "already_in_progress",
    "reauth_successful",
    "reconfigure_successful",
    "single_instance_allowed",
}
# Raised for a person to read: Home Assistant shows their translated text.
RAISED = {
    "ConfigEntryAuthFailed",
    "ConfigEntryError",
    "ConfigEntryNotReady",
    "HomeAssistantError",
    "ServiceNotSupported",
    "ServiceValidationError",
    "Unauthorized",
    "UpdateFailed",
}


def english() -> Table:
    """Return the English texts."""
    return read_table(PACKAGE / "translations" / "en.json")


def called(node: ast.Call) -> str:
    """Return the bare name of what is called."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def keyword(node: ast.Call, name: str) -> ast.expr | None:
    """Return the expression given for a keyword argument."""
    return next((given.value for given in node.keywords if given.arg == name), None)


def flow_tables(name: str) -> Iterator[Table]:
    """Return the tables of this name (step, error, abort...) of every flow."""
    yield under(english(), "config", name)
    yield under(english(), "options", name)
    for flow in under(english(), "config_subentries"):
        yield under(english(), "config_subentries", flow, name)
    for issue in under(english(), "issues"):
        yield under(english(), "issues", issue, "fix_flow", name)


# --- the form of the texts ---------------------------------------------------------------------


def test_texts_live_where_custom_integrations_keep_them() -> None:
    """English is complete in translations/en.json; strings.json is for core alone."""
    assert PACKAGE / "translations" / "en.json" in LANGUAGES
    assert not (PACKAGE / "strings.json").exists()
    assert set(english()) <= TOP_LEVEL


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_texts_are_well_formed(path: Path) -> None:
    """No HTML, no stray blanks, no empty text, no quoted placeholder, no core-only reference."""
    for where, text in texts(read_table(path)):
        assert text.strip() == text, f"{where}: blanks around the text"
        assert text, f"{where}: empty"
        assert not re.search(r"</?[A-Za-z][^>]*>", text), f"{where}: HTML"
        assert not re.search(r"'[^']*\{\w+\}[^']*'", re.sub(r"\w'\w", "", text)), (
            f"{where}: placeholder in single quotes"
        )
        assert "[%key:" not in text, f"{where}: reference that only core's build resolves"
        assert text.count("{") == text.count("}") == len(re.findall(r"\{\w+\}", text)), where


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_keys_are_well_formed(path: Path) -> None:
    """Every key is one that hassfest accepts."""
    for where, _text in texts(read_table(path)):
        for key in where.split("."):
            assert re.fullmatch(r"[a-z0-9_-]+", key), where


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_languages_keep_the_placeholders(path: Path) -> None:
    """A translated text exists in English and fills in the same things."""
    source = dict(texts(english()))
    for where, text in texts(read_table(path)):
        assert where in source, where
        assert placeholders(text) == placeholders(source[where]), where


def test_every_field_of_a_form_is_described() -> None:
    """Each field has a name and a description, also inside sections, and none is left over."""
    found = 0
    for steps in flow_tables("step"):
        for name, step in steps.items():
            assert isinstance(step, dict)
            sections = under(step, "sections").values()
            for form in (step, *(section for section in sections if isinstance(section, dict))):
                fields = set(under(form, "data"))
                assert set(under(form, "data_description")) == fields, name
                found += len(fields)
    assert found


def test_issues_have_a_description_or_a_flow() -> None:
    """An issue is explained or mended, not both (hassfest) and never neither."""
    issues = under(english(), "issues")
    assert issues
    for key, issue in issues.items():
        assert isinstance(issue, dict)
        assert issue["title"]
        assert ("description" in issue) != ("fix_flow" in issue), key


# --- code and texts agree ----------------------------------------------------------------------


def test_raised_errors_have_their_texts() -> None:
    """Every error raised for a person is translated and given what its text fills in."""
    exceptions = under(english(), "exceptions")
    found = 0
    for path, node in nodes(ast.Call, PACKAGE):
        if called(node) not in RAISED:
            continue
        found += 1
        where = f"{path.name}:{node.lineno}"
        given = keyword(node, "translation_key")
        assert given is not None, f"{where}: no translation_key"
        assert keyword(node, "translation_domain") is not None, where
        filled = keyword(node, "translation_placeholders")
        for key in strings_in(path, given):
            needed = placeholders(str(under(exceptions, key).get("message", "")))
            assert key in exceptions, f"{where}: {key}"
            assert not needed or filled is not None, f"{where}: {key} needs {needed}"
            if isinstance(filled, ast.Dict):
                keys = [part for part in filled.keys if part is not None]
                names = set().union(*(strings_in(path, part) for part in keys))
                assert needed <= names or len(keys) < len(filled.keys), f"{where}: {key}"
    assert found


def test_translation_keys_of_entities_exist() -> None:
    """Every translation key that an entity or its description carries has its text."""
    entities = under(english(), "entity")
    found = 0
    for path, key in entity_keys():
        known = under(entities, path.stem) if path.stem in PLATFORMS else merged(entities)
        assert key in known, f"{path.name}: {key}"
        found += 1
    assert found


def entity_keys() -> Iterator[tuple[Path, str]]:
    """Find the translation keys given to entities: as attribute or in a description."""
    for path, node in nodes(ast.AST, PACKAGE):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
            ) if name == "_attr_translation_key":
                yield from ((path, key) for key in strings_in(path, value))
            case ast.Call() if called(node).endswith("EntityDescription"):
                given = keyword(node, "translation_key") or keyword(node, "key")
                if given is not None:
                    yield from ((path, key) for key in strings_in(path, given))


def merged(tables: Table) -> Table:
    """Return the entries of all tables in one."""
    return {key: value for name in tables for key, value in under(tables, name).items()}


def test_issues_and_selectors_exist() -> None:
    """Every issue that we raise and every select that we show has its texts."""
    issues, selectors = under(english(), "issues"), under(english(), "selector")
    for path, node in nodes(ast.Call, PACKAGE):
        given = keyword(node, "translation_key")
        if given is None:
            continue
        where = f"{path.name}:{node.lineno}"
        if called(node) in {"async_create_issue", "create_issue"}:
            assert strings_in(path, given) <= set(issues), where
        elif called(node).endswith("SelectorConfig"):
            assert strings_in(path, given) <= set(selectors), where


def test_flow_errors_and_aborts_exist() -> None:
    """Every error a form can show and every reason a flow can end with has its text."""
    errors = {key for table in flow_tables("error") for key in table}
    aborts = {key for table in flow_tables("abort") for key in table} | CENTRAL_ABORTS
    for path, node in nodes(ast.Assign, PACKAGE):
        match node:
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id="errors"))], value=value) if (
                not isinstance(value, ast.Call | ast.Name)
            ):
                assert strings_in(path, value) <= errors, f"{path.name}:{node.lineno}"
    for path, call in nodes(ast.Call, PACKAGE):
        reason = keyword(call, "reason")
        if called(call) == "async_abort" and reason is not None:
            assert strings_in(path, reason) <= aborts, f"{path.name}:{call.lineno}"


def test_steps_that_are_shown_have_their_texts() -> None:
    """Every form and menu that a flow shows by name has its step."""
    steps = {key for table in flow_tables("step") for key in table}
    found = 0
    for path, node in nodes(ast.Call, PACKAGE):
        step = keyword(node, "step_id")
        if called(node) in {"async_show_form", "async_show_menu"} and step is not None:
            assert strings_in(path, step) <= steps, f"{path.name}:{node.lineno}"
            found += 1
    assert found


@pytest.mark.parametrize("section", ["exceptions", "issues", "selector"])
def test_no_text_is_left_over(section: str) -> None:
    """Every text of these sections is one that the code, or services.yaml, asks for."""
    described = str(read_table(PACKAGE / "services.yaml"))
    for key in under(english(), section):
        assert is_spoken(key) or f"'translation_key': '{key}'" in described, key


def test_entities_in_the_texts_exist() -> None:
    """No entity text is left over from an entity that is gone."""
    for platform, entities in under(english(), "entity").items():
        assert (PACKAGE / f"{platform}.py") in python_files(PACKAGE), platform
        assert isinstance(entities, dict)
        for key in entities:
            assert is_spoken(key), f"{platform}.{key}"


def test_every_stage_has_a_name() -> None:
    """The stages of a request are spoken in exactly the words of the design."""
    spoken = under(english(), "entity", "sensor", "request", "state")
    assert set(spoken) == {stage.value for stage in Stage}


def test_log_lines_are_plain() -> None:
    """A log line names no domain of ours (Home Assistant does) and ends without a full stop."""
    for path in python_files(PACKAGE):
        for node in ast.walk(tree(path)):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="_LOGGER"), attr=level),
                    args=[ast.Constant(value=str(message)), *_],
                ) if level != "log":
                    assert "media_status" not in message.lower(), f"{path.name}:{node.lineno}"
                    assert "media status" not in message.lower(), f"{path.name}:{node.lineno}"
                    assert not message.endswith("."), f"{path.name}:{node.lineno}"
