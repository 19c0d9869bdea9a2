"""Test that plans and jobs come back from the journal as they were, or not at all."""

from datetime import UTC, datetime, timedelta

import pytest

from custom_components.media_status.deletion.plan_json import (
    UnreadableError,
    decode_job,
    encode_job,
)
from custom_components.media_status.journal_rows import dumps, loads
from custom_components.media_status.lifecycle.deletion import (
    DeletionOptions,
    DeletionTarget,
    Plan,
    PlannedFile,
    Remark,
    Step,
    Verb,
)
from custom_components.media_status.lifecycle.deletion_job import Job, calling, failed, new_job
from custom_components.media_status.lifecycle.model import (
    ItemKey,
    JsonObject,
    JsonValue,
    MediaType,
    ProviderIds,
    Service,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def a_plan() -> Plan:
    """Return a plan that uses every field."""
    target = DeletionTarget(
        request_id="r",
        media_type=MediaType.SERIES,
        ids=ProviderIds(tvdb=5, imdb="tt1"),
        title="Severance",
        year=2022,
        is_4k=True,
        is_anime=True,
        is_whole=False,
        items=frozenset({ItemKey(1, 2), ItemKey(1, 1)}),
        service_ids={"sonarr": "7"},
        downloads=frozenset({"a", "b"}),
        library_ids=frozenset({"j"}),
        kept_items=frozenset({ItemKey(2, 1)}),
    )
    step = Step(
        id="sonarr:file:9",
        connection_id="sonarr",
        service=Service.SONARR,
        verb=Verb.REMOVE_FILE,
        request_ids=("r",),
        target="9",
        items=(ItemKey(1, 1),),
        files=(PlannedFile(path="/tv/x.mkv", size=5),),
        size=5,
        delete_files=True,
        expects={"title": "7"},
        vanishes=("j",),
        after=("q",),
    )
    return Plan(
        id="p",
        made_at=NOON,
        options=DeletionOptions(add_import_exclusion=True),
        targets=(target,),
        steps=(step,),
        warnings=(Remark(code="file_shared", values={"path": "/x", "count": 2}),),
        blockers=(Remark(code="unknown"),),
        calls={step.id: "DELETE api/v3/episodefile/9"},
    )


def a_job() -> Job:
    """Return a job whose step was called once and failed."""
    job = new_job("j", a_plan(), NOON, source="user", user="Anna", grace=timedelta(minutes=1))
    job = calling(job, "sonarr:file:9", NOON)
    return failed(job, "sonarr:file:9", NOON, reason="no_answer", message="no answer")


def test_a_job_comes_back_as_it_was() -> None:
    """Through JSON and back nothing is lost."""
    plan, data = (loads(dumps(part)) for part in encode_job(a_job()))
    assert decode_job(plan, data) == a_job()


def _step(plan: JsonObject) -> JsonObject:
    steps = plan["steps"]
    assert isinstance(steps, list)
    step = steps[0]
    assert isinstance(step, dict)
    return step


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "q"),  # not a list
        ("must_keep", True),  # of a newer version
        ("verb", "explode"),
        ("size", "5"),
        ("delete_files", 1),
        ("items", [[1]]),
        ("expects", {"title": 7}),
    ],
)
def test_a_job_half_understood_is_not_run(name: str, value: JsonValue) -> None:
    """What would be left out might be what a step has to wait for."""
    plan, data = encode_job(a_job())
    _step(plan)[name] = value
    with pytest.raises(UnreadableError):
        decode_job(plan, data)


def test_every_step_has_its_state() -> None:
    """A job that does not account for a step is none."""
    plan, data = encode_job(a_job())
    data["states"] = {}
    with pytest.raises(UnreadableError):
        decode_job(plan, data)
    del _step(plan)["target"]
    with pytest.raises(UnreadableError):
        decode_job(plan, data)
    del _step(plan)["verb"]
    with pytest.raises(UnreadableError):
        decode_job(plan, data)
