"""Put syncs and their report into the form in which actions and cards show them."""

from typing import TYPE_CHECKING, Final

from ..journal_library_report import ReportPage, StoredFinding
from ..lifecycle.codec import encode_time
from ..lifecycle.model import JsonObject, JsonValue
from ..serialize import MAX_SENTENCE, MAX_TITLE, clean_or_none

if TYPE_CHECKING:
    from ..hub import Hub
    from .sync import SourceResult, SyncResult

_PROVIDERS: Final = {"tmdb": "TMDB", "tvdb": "TVDB", "imdb": "IMDb", "anidb": "AniDB"}


def result_json(hub: Hub, result: SyncResult) -> JsonObject:
    """Return what came of a sync, service by service."""
    return {
        "dry_run": result.is_dry_run,
        "started_at": encode_time(result.started_at),
        "ended_at": encode_time(result.ended_at),
        "filled": result.filled,
        "conflicts": result.conflicts,
        "connections": [_source_json(hub, source) for source in result.sources.values()],
    }


def _source_json(hub: Hub, source: SourceResult) -> JsonObject:
    return {
        "connection_id": source.connection_id,
        "name": connection_name(hub, source.connection_id),
        "kind": source.service.value,
        "scanned": source.scanned,
        "linked": source.linked,
        "filled": source.filled,
        "unchanged": source.unchanged,
        "conflicts": source.conflicts,
        "errors": source.errors,
        "error": source.error,
        "problems": [clean_or_none(problem, MAX_SENTENCE) for problem in source.problems],
    }


def report_json(hub: Hub, page: ReportPage | None, limit: int) -> JsonObject:
    """Return a page of the report; `next` is where the next one begins. Administrators only."""
    if page is None:
        return {"made_at": None, "findings": [], "counts": {}, "unknown": [], "next": None}
    findings: list[JsonValue] = [_finding_json(hub, finding) for finding in page.findings]
    summary = dict(page.summary)
    summary["unknown"] = _named(hub, summary.get("unknown"))
    sources = summary.get("sources")
    summary["sources"] = [
        source | {"name": connection_name(hub, str(source.get("connection_id")))}
        for source in (sources if isinstance(sources, list) else ())
        if isinstance(source, dict)
    ]
    return summary | {
        "made_at": encode_time(page.made_at),
        "findings": findings,
        "next": page.findings[-1].number if len(page.findings) == limit else None,
    }


def _named(hub: Hub, keys: JsonValue) -> list[JsonValue]:
    return [
        {"connection_id": key, "name": connection_name(hub, str(key))}
        for key in (keys if isinstance(keys, list) else ())
    ]


def _finding_json(hub: Hub, finding: StoredFinding) -> JsonObject:
    """Return one disagreement with its sentence and its fix."""
    details = dict(finding.details)
    names = [_source_name(hub, source) for source in _objects(details.get("sources"))]
    values = {
        "title": _title(hub, details),
        "services": ", ".join(dict.fromkeys(names)),
    }
    told = details.get("values")
    if isinstance(told, dict):
        values |= {key: _word(value) for key, value in told.items()}
    if provider := values.get("provider"):
        values["provider"] = _PROVIDERS.get(provider, provider)
    fix = details.get("fix")
    known_fix = dict(fix) if isinstance(fix, dict) else {}
    place = known_fix.get("connection_id")
    values["place"] = connection_name(hub, str(place)) if place else ""
    sources: list[JsonValue] = [
        source | {"name": _source_name(hub, source)} for source in _objects(details.get("sources"))
    ]
    sentence = hub.texts.library("finding", finding.code, values)
    advice = hub.texts.library("fix", str(known_fix.get("kind")), values)
    return details | {
        "number": finding.number,
        "code": finding.code,
        "sentence": clean_or_none(sentence, MAX_SENTENCE),
        "sources": sources,
        "fix": known_fix | {"sentence": clean_or_none(advice, MAX_SENTENCE)},
    }


def _title(hub: Hub, details: JsonObject) -> str:
    """Return what a finding is about; a title nobody named by its number in a database."""
    if named := clean_or_none(str(details.get("title") or ""), MAX_TITLE):
        return named
    ids = details.get("ids")
    for name, provider in _PROVIDERS.items():
        if isinstance(ids, dict) and (number := ids.get(name)):
            values = {"provider": provider, "number": str(number)}
            return hub.texts.library("nameless", str(details.get("media_type")), values) or ""
    return ""


def _objects(value: JsonValue) -> list[JsonObject]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _source_name(hub: Hub, source: JsonObject) -> str:
    return connection_name(hub, str(source.get("connection_id")))


def _word(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value if isinstance(one, str | int))
    return "" if value is None or isinstance(value, dict) else str(value)


def connection_name(hub: Hub, connection_id: str) -> str:
    """Return what the household calls a connection; its id when it is gone."""
    found = hub.connections.get(connection_id)
    return connection_id if found is None else found.name
