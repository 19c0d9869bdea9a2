"""Check what Home Assistant, HACS and hassfest read: manifest, actions, quality scale, pins."""

import ast
from importlib.metadata import version as installed_version
import os
import re
import struct

import pytest

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component

from .repository import OUR_CODE, PACKAGE, ROOT, Table, nodes, read_table, texts, under

DOMAIN = "media_status"
MANIFEST = read_table(PACKAGE / "manifest.json")

# Modules of Home Assistant that need no entry in the manifest: platforms are loaded for us, and
# these system integrations load our platform, not we them.
ALWAYS_THERE = {platform.value for platform in Platform} | {
    "backup",
    "diagnostics",
    "persistent_notification",  # which Home Assistant cannot start without
    "repairs",
    "system_health",
}

BRONZE = """
    action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
    dependency-transparency docs-actions docs-conditions docs-high-level-description
    docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup
    entity-unique-id has-entity-name runtime-data test-before-configure test-before-setup
    unique-config-entry
"""
SILVER = """
    action-exceptions config-entry-unloading docs-configuration-parameters
    docs-installation-parameters entity-unavailable integration-owner log-when-unavailable
    parallel-updates reauthentication-flow test-coverage
"""
GOLD = """
    devices diagnostics discovery discovery-update-info docs-data-update docs-examples
    docs-known-limitations docs-supported-devices docs-supported-functions docs-troubleshooting
    docs-use-cases dynamic-devices entity-category entity-device-class entity-disabled-by-default
    entity-translations exception-translations icon-translations reconfiguration-flow
    repair-issues stale-devices
"""
PLATINUM = "async-dependency inject-websession strict-typing"
TIERS = {
    "bronze": BRONZE.split(),
    "silver": SILVER.split(),
    "gold": GOLD.split(),
    "platinum": PLATINUM.split(),
}
RULES = {rule for rules in TIERS.values() for rule in rules}


def services() -> Table:
    """Return the described actions."""
    return read_table(PACKAGE / "services.yaml")


def english() -> Table:
    """Return the English texts."""
    return read_table(PACKAGE / "translations" / "en.json")


# --- manifest and repository manifests ---------------------------------------------------------


def test_manifest_keys_are_known_and_sorted() -> None:
    """Domain and name lead, the rest is alphabetical, and hassfest knows every key."""
    keys = list(MANIFEST)
    assert keys[:2] == ["domain", "name"]
    assert keys[2:] == sorted(keys[2:])
    required = {
        "codeowners",
        "config_flow",
        "dependencies",
        "documentation",
        "integration_type",
        "iot_class",
        "issue_tracker",
        "requirements",
        "single_config_entry",
        "version",
    }
    assert required <= set(keys[2:])
    assert set(keys[2:]) - required <= {"after_dependencies", "quality_scale"}


def test_manifest_says_what_the_design_fixes() -> None:
    """The names fixed for the outside world are those of the design."""
    assert MANIFEST["domain"] == DOMAIN == PACKAGE.name
    assert MANIFEST["requirements"] == []
    assert MANIFEST["integration_type"] == "hub"
    assert MANIFEST["iot_class"] == "local_push"
    assert MANIFEST["config_flow"] is True
    assert MANIFEST["single_config_entry"] is True
    assert MANIFEST["codeowners"]


def test_versions_agree() -> None:
    """The manifest carries the project's version."""
    project = under(read_table(ROOT / "pyproject.toml"), "project")
    assert MANIFEST["version"] == project["version"]


def test_hacs_manifest() -> None:
    """HACS reads name and the oldest Home Assistant, which is not newer than the tested one."""
    hacs = read_table(ROOT / "hacs.json")
    assert set(hacs) <= {"name", "homeassistant", "filename", "zip_release", "hide_default_branch"}
    assert hacs["name"] == MANIFEST["name"]
    oldest = [int(part) for part in str(hacs["homeassistant"]).split(".")]
    assert oldest <= [int(part) for part in installed_version("homeassistant").split(".")]


def test_dependencies_are_complete() -> None:
    """Every integration of Home Assistant that we import stands in the manifest."""
    imported = set()
    for _path, node in nodes(ast.ImportFrom, PACKAGE):
        if node.module == "homeassistant.components":
            imported |= {alias.name for alias in node.names}
        elif node.module and node.module.startswith("homeassistant.components."):
            imported.add(node.module.split(".")[2])
    for _path, plain in nodes(ast.Import, PACKAGE):
        for alias in plain.names:
            if alias.name.startswith("homeassistant.components."):
                imported.add(alias.name.split(".")[2])
    declared = MANIFEST.get("dependencies", []), MANIFEST.get("after_dependencies", [])
    known = {name for names in declared if isinstance(names, list) for name in names}
    assert imported - ALWAYS_THERE <= known


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [
        ("icon.png", 256, 256),
        ("icon@2x.png", 512, 512),
        ("logo.png", None, 128),
        ("logo@2x.png", None, 256),
    ],
)
def test_brand_images(name: str, width: int | None, height: int) -> None:
    """The images have the sizes that the brands view expects."""
    data = (PACKAGE / "brand" / name).read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    actual_width, actual_height = struct.unpack(">II", data[16:24])
    assert actual_height == height
    assert width is None or actual_width == width


# --- pins and scripts --------------------------------------------------------------------------


def test_test_requirements_are_pinned_and_installed() -> None:
    """Every line names one exact version, and that version is the one at work."""
    lines = (ROOT / "requirements_test.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line.strip() and not line.startswith("#")]
    assert pins
    for pin in pins:
        name, _, wanted = pin.partition("==")
        assert installed_version(name) == wanted


def test_workflows_pin_actions_and_grant_little() -> None:
    """Every action is pinned to a commit, and no workflow starts with permissions."""
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert {path.stem for path in workflows} >= {"hacs", "hassfest", "lint", "tests"}
    for path in workflows:
        text = path.read_text(encoding="utf-8")
        assert read_table(path)["permissions"] == {}, path.name
        for action in re.findall(r"uses:\s*(\S+)", text):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), f"{path.name}: {action}"
        checkouts, kept_out = text.count("actions/checkout@"), text.count("persist-credentials: f")
        assert checkouts == kept_out, path.name


@pytest.mark.parametrize("name", ["bench", "demo", "develop", "lint", "setup", "test"])
def test_scripts_can_be_run(name: str) -> None:
    """The scripts that the README and the design name are there and executable."""
    assert os.access(ROOT / "scripts" / name, os.X_OK)
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


# --- actions -----------------------------------------------------------------------------------


async def test_actions_are_registered_described_translated_and_drawn(hass: HomeAssistant) -> None:
    """Registered actions, services.yaml, translations and icons name the same set."""
    assert await async_setup_component(hass, DOMAIN, {})
    registered = set(hass.services.async_services_for_domain(DOMAIN))
    assert registered
    assert registered == set(services())
    assert registered == set(under(english(), "services"))
    assert registered == set(under(read_table(PACKAGE / "icons.json"), "services"))


def test_action_fields_are_translated() -> None:
    """Every action, field and section has a name and a description, and none is left over."""
    described, spoken = services(), under(english(), "services")
    for action in described:
        fields: set[str] = set()
        sections: set[str] = set()
        for name, field in under(described, action, "fields").items():
            if isinstance(field, dict) and "fields" in field:
                sections.add(name)
                fields |= set(under(field, "fields"))
            else:
                fields.add(name)
        said = under(spoken, action)
        assert said["name"]
        assert said["description"]
        assert set(under(said, "fields")) == fields, action
        assert set(under(said, "sections")) == sections, action
        for name in fields:
            assert set(under(said, "fields", name)) >= {"name", "description"}, f"{action}.{name}"


def test_select_options_are_translated() -> None:
    """Every option that a select of an action offers has its text."""
    for action, name, select in selects(services()):
        key = select.get("translation_key")
        assert isinstance(key, str), f"{action}.{name}: select without translation_key"
        options = select["options"]
        assert isinstance(options, list)
        assert set(under(english(), "selector", key, "options")) >= set(options), key


def selects(table: Table, *path: str) -> list[tuple[str, str, Table]]:
    """Return every select selector below a mapping with the last two keys leading to it."""
    found = []
    for key, value in table.items():
        if key == "select" and isinstance(value, dict):
            found.append((path[0], path[-2], value))
        elif isinstance(value, dict):
            found += selects(value, *path, key)
    return found


# --- icons -------------------------------------------------------------------------------------


def test_icons_belong_to_translated_things() -> None:
    """Icons are of the mdi family and drawn only for entities and states that have a text."""
    icons = read_table(PACKAGE / "icons.json")
    drawings = list(texts(icons))
    assert drawings
    for path, drawing in drawings:
        assert re.fullmatch(r"mdi:[a-z0-9-]+", drawing), path
    entities = under(english(), "entity")
    for platform, drawn in under(icons, "entity").items():
        assert isinstance(drawn, dict)
        for key in drawn:
            assert key in under(entities, platform), f"{platform}.{key}"
            states = under(drawn, key, "state")
            device_class_states = {"on", "off"} if platform == "binary_sensor" else set()
            spoken = set(under(entities, platform, key, "state")) | device_class_states
            assert set(states) <= spoken, f"{platform}.{key}"


# --- quality scale -----------------------------------------------------------------------------


def test_quality_scale_lists_every_rule() -> None:
    """All 54 rules are answered; an exemption says why."""
    assert len(RULES) == 54
    scale = read_table(PACKAGE / "quality_scale.yaml")
    assert set(scale) == {"rules"}
    rules = under(scale, "rules")
    assert set(rules) == RULES
    for rule, answer in rules.items():
        if isinstance(answer, dict):
            assert set(answer) <= {"status", "comment"}, rule
            assert answer["status"] in {"todo", "done", "exempt"}, rule
            assert answer["status"] != "exempt" or answer.get("comment"), rule
        else:
            assert answer in {"todo", "done"}, rule


def test_quality_scale_matches_the_manifest() -> None:
    """A tier stands in the manifest only when every rule up to it is met or exempt."""
    tier = MANIFEST.get("quality_scale", "no_score")
    if tier == "no_score":
        return
    rules = under(read_table(PACKAGE / "quality_scale.yaml"), "rules")
    names = list(TIERS)
    for name in names[: names.index(str(tier)) + 1]:
        for rule in TIERS[name]:
            answer = rules[rule]
            status = answer["status"] if isinstance(answer, dict) else answer
            assert status in {"done", "exempt"}, f"{tier} claimed, but {rule} is {status}"


def test_platforms_state_their_parallel_updates() -> None:
    """Every entity platform says how many updates may run at once."""
    modules = [PACKAGE / f"{platform.value}.py" for platform in Platform]
    present = [path for path in modules if path.exists()]
    assert present
    for path in present:
        assert re.search(r"^PARALLEL_UPDATES\b.*= \d+$", path.read_text("utf-8"), re.MULTILINE), (
            path.name
        )


def test_our_code_is_found() -> None:
    """The folders that these checks walk exist, so that none of them passes by being empty."""
    assert all(any(folder.rglob("*.py")) for folder in OUR_CODE)
