"""Check our answers against the services' own OpenAPI documents, where those are at hand.

The documents lie beside the checkout (`../shared/contracts/openapi`) and are not part of it;
without them the validator knows nothing and finds nothing.
"""

from functools import cache
import json
from pathlib import Path
import re
from typing import TYPE_CHECKING

from aiohttp import web
import jsonschema_rs
import orjson
import yaml

from .model import JsonObject

if TYPE_CHECKING:
    from .service import Service

DOCUMENTS = Path(__file__).parents[2] / "shared" / "contracts" / "openapi"
_FILES = {
    "radarr": "radarr-v3-openapi.json",
    "sonarr": "sonarr-v3-openapi.json",
    "seerr": "seerr-api.yml",
    "jellyfin": "jellyfin.json",
}
_PREFIX = {"seerr": "/api/v1"}


class Validator:
    """Collect what the documents do not allow."""

    def __init__(self) -> None:
        """Have found nothing yet."""
        self.violations: list[str] = []
        self.checked = 0

    def inspect(self, service: Service, request: web.Request, response: web.Response) -> None:
        """Check one answer of one service."""
        if response.status != 200 or not isinstance(response.body, bytes) or not response.body:
            return
        if "json" not in response.headers.get("Content-Type", ""):
            return
        resource = request.match_info.route.resource
        path = resource.canonical if resource is not None else request.path
        found = problems(service.kind, request.method, path, orjson.loads(response.body))
        if found is None:
            return
        self.checked += 1
        self.violations += [f"{service.name} {request.method} {path}: {text}" for text in found]


def available() -> bool:
    """Whether the documents are at hand."""
    return DOCUMENTS.is_dir()


def problems(kind: str, method: str, path: str, body: object) -> list[str] | None:
    """Return what is wrong with an answer, None when the document does not know the path."""
    validator = _validator(kind, method.lower(), _plain(path))
    if validator is None:
        return None
    return [
        f"{'/'.join(str(part) for part in error.instance_path)}: {error.message[:200]}"
        for error in validator.iter_errors(body)
        if not _known_mistake(kind, path, error)
    ]


def _known_mistake(kind: str, path: str, error: jsonschema_rs.ValidationError) -> bool:
    """Whether the document itself is wrong here: the recorded answers break it the same way."""
    if kind == "jellyfin":
        # The configuration of a plugin is described as an object without members.
        return path.endswith("/Configuration")
    if kind != "seerr":
        return False
    last = error.instance_path[-1] if error.instance_path else ""
    return error.message.startswith("null is not of type") or last in {"modifiedBy", "interval"}


def _plain(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


@cache
def _document(kind: str) -> JsonObject | None:
    name = _FILES.get(kind)
    if name is None or not (DOCUMENTS / name).is_file():
        return None
    text = (DOCUMENTS / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        loaded = json.loads(text)
    else:
        # The base loader reads every scalar as text, so dates and numbers are put right after.
        loaded = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader without dates
    return loaded if isinstance(loaded, dict) else None


class _Loader(yaml.SafeLoader):
    """A safe loader that leaves dates as text."""

    yaml_implicit_resolvers = {
        key: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
        for key, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@cache
def _paths(kind: str) -> dict[str, JsonObject]:
    document = _document(kind)
    paths = document.get("paths") if document else None
    prefix = _PREFIX.get(kind, "")
    if not isinstance(paths, dict):
        return {}
    return {_plain(f"{prefix}{path}"): operations for path, operations in paths.items()}


@cache
def _validator(kind: str, method: str, path: str) -> jsonschema_rs.Validator | None:
    document = _document(kind)
    operation = _paths(kind).get(path, {}).get(method)
    if document is None or not isinstance(operation, dict):
        return None
    content = operation.get("responses", {}).get("200", {}).get("content", {})
    for media, entry in content.items():
        if media.startswith("application/json") and "schema" in entry:
            schema = _rewritten(entry["schema"])
            schema["components"] = _rewritten(document.get("components", {}))
            return jsonschema_rs.Draft202012Validator(schema)
    return None


def _rewritten(node: object) -> dict[str, object]:
    """Turn OpenAPI 3.0's `nullable` into JSON Schema."""
    result = _rewrite(node)
    return result if isinstance(result, dict) else {}


def _rewrite(node: object) -> object:
    if isinstance(node, list):
        return [_rewrite(item) for item in node]
    if not isinstance(node, dict):
        return node
    body = {key: _rewrite(value) for key, value in node.items() if key not in _DROPPED}
    if node.get("nullable") is True:
        return {"anyOf": [body, {"type": "null"}]}
    return body


_DROPPED = {"nullable", "example", "examples", "discriminator", "xml", "externalDocs"}
