"""From the stages of the items to the counts and the stage of a request."""

from dataclasses import fields

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.lifecycle.model import Stage
from custom_components.media_status.lifecycle.request import Counts
from custom_components.media_status.lifecycle.rollup import count, request_stage

STAGES = st.lists(st.sampled_from(Stage), max_size=8)
S = Stage


@given(STAGES)
def test_every_item_counts_once(stages: list[Stage]) -> None:
    """The counts add up to the total, whatever the stages."""
    counts = count(stages).as_dict()
    assert counts.pop("total") == len(stages)
    assert sum(counts.values()) == len(stages)
    assert set(counts) == {field.name for field in fields(Counts)} - {"total"}


def test_items_are_counted_by_how_far_they_are() -> None:
    """What is imported is not yet available, and what was not grabbed is searched."""
    line = [S.REQUESTED, S.APPROVED, S.SEARCHING, S.GRABBING, S.DOWNLOADING, S.DOWNLOADED]
    line += [S.IMPORTING, S.ANIME_MATCHING, S.SYNCING_LIBRARY, S.AVAILABLE, S.AVAILABLE]
    assert count([*line, S.UNRELEASED, S.FAILED]) == Counts(
        total=13,
        available=2,
        imported=2,
        downloaded=2,
        downloading=1,
        grabbed=1,
        searching=3,
        unreleased=1,
        failed=1,
    )


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([], S.APPROVED),  # what is known without any item
        ([S.UNRELEASED, S.UNRELEASED], S.UNRELEASED),
        ([S.AVAILABLE, S.UNRELEASED], S.AVAILABLE),
        ([S.AVAILABLE, S.SEARCHING], S.PARTIALLY_AVAILABLE),
        ([S.AVAILABLE, S.FAILED], S.PARTIALLY_AVAILABLE),
        # The least advanced one that moves, whatever else there is.
        ([S.AVAILABLE, S.SYNCING_LIBRARY, S.DOWNLOADING], S.DOWNLOADING),
        ([S.SEARCHING, S.FAILED, S.GRABBING, S.IMPORTING], S.GRABBING),
        ([S.FAILED, S.FAILED], S.FAILED),
        ([S.FAILED, S.UNRELEASED], S.FAILED),
        ([S.DECLINED, S.DECLINED], S.DECLINED),
        ([S.DELETED, S.DELETED], S.DELETED),
        # Not all have failed: what is still looked for counts.
        ([S.FAILED, S.SEARCHING], S.SEARCHING),
        ([S.APPROVED, S.SEARCHING, S.FAILED], S.SEARCHING),
        ([S.SEARCHING, S.APPROVED, S.REQUESTED], S.SEARCHING),
        ([S.REQUESTED, S.APPROVED], S.APPROVED),
        ([S.FAILED, S.DECLINED], S.FAILED),
        ([S.DELETED, S.FAILED], S.DELETED),
    ],
)
def test_a_request_stands_where_its_items_put_it(stages: list[Stage], expected: Stage) -> None:
    """DESIGN section 4, line by line."""
    assert request_stage(stages, S.APPROVED) is expected


@given(STAGES, STAGES.flatmap(st.permutations))
def test_the_order_of_items_does_not_matter(stages: list[Stage], more: list[Stage]) -> None:
    """Episodes come in any order."""
    found = stages + more
    assert request_stage(found, S.APPROVED) is request_stage(found[::-1], S.APPROVED)
