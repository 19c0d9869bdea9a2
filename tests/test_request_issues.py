"""Test what is reported about requests that wait for a person, and that it is taken back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from custom_components.media_status.const import DOMAIN
from custom_components.media_status.lifecycle.facts import (
    Match,
    MatchPhase,
    Observation,
    Obstacle,
    Statement,
    Verdict,
)
from custom_components.media_status.lifecycle.model import (
    ItemKey,
    MediaType,
    ProviderIds,
    Service,
    TitleRef,
)
from custom_components.media_status.lifecycle.request import Request
from custom_components.media_status.lifecycle.troubles import Hindrance
from custom_components.media_status.request_issues import MOST_REQUESTS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_get_translations

from .household import (
    DUNE,
    FILM_PATH,
    SEVERANCE,
    WITH_SHOKO,
    Household,
    anime,
    asked,
    imported,
    managed,
    playable,
    recognized,
    running,
    says,
    settled,
)

UNKNOWN = Match(
    phase=MatchPhase.UNMATCHED, path=FILM_PATH, file_id="5", name="[Group] Dune [1080p].mkv"
)
FIRST, SECOND, THIRD = ItemKey(1, 1), ItemKey(1, 2), ItemKey(1, 3)


@pytest.fixture
async def home(hass: HomeAssistant, tmp_path: Path) -> AsyncIterator[Household]:
    """Return a household that has Shoko."""
    async with running(hass, tmp_path, WITH_SHOKO) as found:
        yield found


def issues(hass: HomeAssistant) -> dict[str, ir.IssueEntry]:
    """Return our active issues by id."""
    found = ir.async_get(hass).issues.values()
    return {issue.issue_id: issue for issue in found if issue.domain == DOMAIN and issue.active}


async def import_film(home: Household, title: TitleRef = DUNE, number: str = "7") -> Request:
    """Let an anime film be asked for and imported."""
    await home.hear(Service.SEERR, asked(title, number=number))
    words = (managed(title, number=number), anime(title, number=number))
    await home.hear(Service.RADARR, *words, imported(title, number=number))
    return next(found for found in home.hub.requests.values() if found.ids == title.ids)


def hindered(request: Request, hindrance: Hindrance | None) -> Observation:
    """Return what Jellyfin's settings say about a request."""
    said = says(Service.JELLYFIN, None, Statement(value=Obstacle(hindrance=hindrance)))
    return replace(said, request_id=request.id)


# --- files that Shoko does not know ------------------------------------------------------------


async def test_an_unknown_file_is_reported_until_it_is_known(
    hass: HomeAssistant, home: Household
) -> None:
    """The report names the file as it is; a match ends it."""
    request = await import_film(home)
    await home.hear(Service.SHOKO, recognized(request, MatchPhase.WAITING))
    assert issues(hass) == {}
    await home.hear(Service.SHOKO, recognized(request, UNKNOWN))
    issue = issues(hass)[f"shoko_unmatched_{request.id}"]
    assert issue.translation_key == "shoko_unmatched"
    assert issue.translation_placeholders == {
        "title": "Dune",
        "count": "1",
        "files": "- `[Group] Dune [1080p].mkv`",
    }
    assert issue.learn_more_url == ("http://shoko.lan:8080/base/webui/utilities/unrecognized/files")
    assert not issue.is_fixable
    await home.hear(Service.SHOKO, recognized(request, replace(UNKNOWN, phase=MatchPhase.MATCHED)))
    assert issues(hass) == {}


async def test_each_unknown_episode_is_named(hass: HomeAssistant, home: Household) -> None:
    """One file may hold several episodes, and is one file."""
    await home.hear(Service.SEERR, asked(SEVERANCE, seasons=frozenset({1})))
    episodes = (FIRST, SECOND, THIRD)
    words = (managed(SEVERANCE, *episodes), anime(SEVERANCE), imported(SEVERANCE, *episodes))
    await home.hear(Service.SONARR, *words)
    double = replace(UNKNOWN, name="S01E01-E02.mkv")
    other = replace(UNKNOWN, file_id="6", name="S01E03 `x`.mkv")
    await home.hear(
        Service.SHOKO,
        recognized(home.request, double, FIRST, SECOND),
        recognized(home.request, other, THIRD),
    )
    (issue,) = issues(hass).values()
    assert issue.translation_placeholders == {
        "title": "Severance",
        "count": "2",
        "files": "- S01E01: `S01E01-E02.mkv`\n- S01E03: `S01E03 x.mkv`",
    }


@pytest.mark.parametrize("known", ["available", "marked"])
async def test_a_report_ends_with_its_request(
    hass: HomeAssistant, home: Household, known: str
) -> None:
    """Whatever the reason of the end."""
    request = await import_film(home)
    await home.hear(Service.SHOKO, recognized(request, UNKNOWN))
    assert issues(hass)
    if known == "available":
        await home.hear(Service.JELLYFIN, playable())
    else:
        await home.hub.decide(request.id, Verdict.AVAILABLE, None, None)
    assert not request.is_open
    assert issues(hass) == {}


async def test_a_flood_is_one_report(hass: HomeAssistant, home: Household) -> None:
    """A library moved, and Shoko knows none of it: nobody reads a hundred reports."""
    titles = [
        TitleRef(
            media_type=MediaType.MOVIE,
            ids=ProviderIds(tmdb=number),
            title=f"Film {number}",
            year=2000,
        )
        for number in range(1, MOST_REQUESTS + 2)
    ]
    requests = [await import_film(home, found, str(found.ids.tmdb)) for found in titles]
    words = [recognized(request, UNKNOWN) for request in requests]
    await home.hear(Service.SHOKO, *words[:-1])
    assert len(issues(hass)) == MOST_REQUESTS
    await home.hear(Service.SHOKO, *words)
    (many,) = issues(hass).values()
    assert many.issue_id == many.translation_key == "shoko_unmatched_many"
    assert many.translation_placeholders is not None
    assert many.translation_placeholders["count"] == str(MOST_REQUESTS + 1)
    assert many.translation_placeholders["titles"].count("\n") == MOST_REQUESTS
    matched = recognized(requests[0], replace(UNKNOWN, phase=MatchPhase.MATCHED))
    await home.hear(Service.SHOKO, matched)
    assert set(issues(hass)) == {f"shoko_unmatched_{request.id}" for request in requests[1:]}


# --- what keeps files out of Jellyfin ----------------------------------------------------------


@pytest.mark.parametrize("hindrance", list(Hindrance))
async def test_a_hindrance_is_one_report_for_all(
    hass: HomeAssistant, home: Household, hindrance: Hindrance
) -> None:
    """It stands while any request has that reason, and leads to the settings of the plugin."""
    other = TitleRef(media_type=MediaType.MOVIE, ids=ProviderIds(tmdb=2), title="Other", year=2000)
    one, two = await import_film(home), await import_film(home, other, "8")
    matched = replace(UNKNOWN, phase=MatchPhase.MATCHED)
    await home.hear(Service.SHOKO, recognized(one, matched), recognized(two, matched))
    await home.hear(Service.JELLYFIN, hindered(one, hindrance), hindered(two, hindrance))
    (issue,) = issues(hass).values()
    assert issue.issue_id == issue.translation_key == f"shokofin_{hindrance.value}"
    assert issue.learn_more_url == (
        "https://watch.example/web/#/configurationpage?name=Shoko.Settings"
    )
    await home.hear(Service.JELLYFIN, hindered(one, None), hindered(two, hindrance))
    assert len(issues(hass)) == 1
    await home.hear(Service.JELLYFIN, hindered(two, None))
    assert issues(hass) == {}


# --- over restarts -----------------------------------------------------------------------------


async def test_reports_survive_a_reload(hass: HomeAssistant, home: Household) -> None:
    """What somebody chose to ignore stays ignored."""
    request = await import_film(home)
    await home.hear(Service.SHOKO, recognized(request, UNKNOWN))
    (issue_id,) = issues(hass)
    ir.async_ignore_issue(hass, DOMAIN, issue_id, True)
    await hass.config_entries.async_reload(home.entry.entry_id)
    await settled(hass)
    assert issues(hass)[issue_id].dismissed_version is not None


async def test_reports_that_are_over_go_at_the_start(hass: HomeAssistant, tmp_path: Path) -> None:
    """The last run could not take them back: Home Assistant was killed."""
    for issue_id in ("shoko_unmatched_gone", "shoko_unmatched_many", "shokofin_unmapped"):
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="shokofin_unmapped",
        )
    async with running(hass, tmp_path, WITH_SHOKO):
        assert issues(hass) == {}


async def test_reports_fill_in_their_texts(hass: HomeAssistant, home: Household) -> None:
    """Every value that a text names is given."""
    request = await import_film(home)
    await home.hear(Service.SHOKO, recognized(request, UNKNOWN))
    (issue,) = issues(hass).values()
    texts = await async_get_translations(hass, "en", "issues", {DOMAIN})
    prefix = f"component.{DOMAIN}.issues.{issue.translation_key}"
    assert issue.translation_placeholders is not None
    for part in ("title", "description"):
        assert "{" not in texts[f"{prefix}.{part}"].format(**issue.translation_placeholders)
