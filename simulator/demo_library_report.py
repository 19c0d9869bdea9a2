"""What the report of a library says, against what it should say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from .hass_client import HassClient
from .model import JsonObject

_PAGE: Final = 3  # small, so that it really is read page by page


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One disagreement that the household has."""

    code: str
    title: str
    tmdb: int | None = None
    names: str = ""  # what the sentence must name

    def is_told_by(self, finding: JsonObject) -> bool:
        """Return whether this is it."""
        ids = finding.get("ids")
        tmdb = ids.get("tmdb") if isinstance(ids, dict) else None
        return (
            finding.get("code") == self.code
            and tmdb == self.tmdb
            and self.names in str(finding.get("sentence"))
            and (not self.title or finding.get("title") == self.title)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole report."""

    counts: JsonObject
    unknown: object
    findings: list[JsonObject]

    def facts(self) -> list[JsonObject]:
        """Return the disagreements without what is new in every report."""
        return [{k: v for k, v in one.items() if k != "number"} for one in self.findings]


async def read_report(client: HassClient) -> Report:
    """Read all pages of the last report."""
    findings: list[JsonObject] = []
    after: object = 0
    while True:
        page = await client.act("get_library_report", limit=_PAGE, after=after)
        rows, counts = page.get("findings"), page.get("counts")
        findings += rows if isinstance(rows, list) else []
        if (after := page.get("next")) is None:
            return Report(
                counts=counts if isinstance(counts, dict) else {},
                unknown=page.get("unknown"),
                findings=findings,
            )


def mistakes(report: Report, expected: Iterable[Expected]) -> Iterator[str]:
    """Yield what is missing in a report, what is false in it, and what does not help anybody."""
    left = list(report.findings)
    for wanted in expected:
        found = [one for one in left if wanted.is_told_by(one)]
        if len(found) != 1:
            yield f"the report tells {wanted.code} of {wanted.title or wanted.names} {len(found)}x"
        left = [one for one in left if one not in found]
    for false in left:
        yield f"the report tells what is not so: {false['code']} {false['sentence']}"
    for finding in report.findings:
        fix = finding.get("fix")
        if not finding.get("sentence") or not isinstance(fix, dict) or not fix.get("sentence"):
            yield f"{finding['code']} does not say what is wrong and what to do"
    if report.unknown:
        yield f"not all is known of {report.unknown}"
    total = sum(count for count in report.counts.values() if isinstance(count, int))
    if total != len(report.findings):
        yield f"the report counts {total}, and lists {len(report.findings)}"
