"""Put plans and jobs into the form in which actions, cards and repairs show them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from ..explanations import Texts
from ..lifecycle.codec import encode_time
from ..lifecycle.deletion import DeletionTarget, Plan, Remark, Step, Verb
from ..lifecycle.deletion_job import Job, StepState
from ..lifecycle.model import JsonObject, JsonValue
from ..serialize import MAX_SENTENCE, MAX_TITLE, clean, clean_or_none


def plan_json(texts: Texts, plan: Plan, names: Mapping[str, str]) -> JsonObject:
    """Return a plan: what would be done where, how much goes, what stays and why.

    `names` says what the household calls its connections. Only administrators may see it.
    """
    files = sum(len(step.files) for step in plan.pending)
    return {
        "plan_id": plan.id,
        "made_at": encode_time(plan.made_at),
        "expires_at": encode_time(plan.expires_at),
        "requests": [_target_json(target) for target in plan.targets],
        "options": {
            "delete_files": plan.options.delete_files,
            "delete_torrents": plan.options.delete_torrents,
            "delete_seeding": plan.options.delete_seeding,
            "add_import_exclusion": plan.options.add_import_exclusion,
            "remove_from_seerr": plan.options.remove_from_seerr,
        },
        "items": plan.item_count,
        "files": files,
        "size": plan.size,
        "steps": [_step_json(texts, plan, step, names) for step in plan.steps],
        "warnings": _remarks(texts, plan.warnings),
        "blockers": _remarks(texts, plan.blockers),
        "can_run": not plan.blockers,
    }


def job_json(texts: Texts, job: Job, now: datetime, names: Mapping[str, str]) -> JsonObject:
    """Return a job: who began it and when, how every step stands, and what really went."""
    states = job.states.values()
    return {
        "job_id": job.id,
        "status": job.status_at(now).value,
        "dry_run": job.is_dry_run,
        "source": job.source,
        "user": clean_or_none(job.user, MAX_TITLE),
        "created_at": encode_time(job.created_at),
        "starts_at": encode_time(job.starts_at),
        "ended_at": None if job.ended_at is None else encode_time(job.ended_at),
        "requests": [_target_json(target) for target in job.plan.targets],
        "removed_files": sum(state.removed_files for state in states),
        "removed_size": sum(state.removed_size for state in states),
        "steps": [
            _step_json(texts, job.plan, step, names, job.states[step.id]) for step in job.plan.steps
        ],
        "warnings": _remarks(texts, job.plan.warnings),
    }


def _target_json(target: DeletionTarget) -> JsonObject:
    labels: list[JsonValue] = [item.label for item in sorted(target.items)]
    return {
        "request_id": target.request_id,
        "title": clean(target.title, MAX_TITLE),
        "year": target.year,
        "media_type": target.media_type.value,
        "is_4k": target.is_4k,
        "whole": target.is_whole,
        "items": labels,
    }


def _step_json(
    texts: Texts,
    plan: Plan,
    step: Step,
    names: Mapping[str, str],
    state: StepState | None = None,
) -> JsonObject:
    reason = step.reason if state is None else state.reason
    status = step.status if state is None else state.status
    shown: JsonObject = {
        "step_id": step.id,
        "service": step.service.value,
        "connection_id": step.connection_id,
        "connection": clean_or_none(names.get(step.connection_id or ""), MAX_TITLE),
        "verb": step.verb.value,
        "sentence": _sentence(texts, step),
        "status": status.value,
        "reason": reason,
        "reason_sentence": None if reason is None else texts.deletion("reason", reason),
        "call": clean_or_none(plan.calls.get(step.id), MAX_SENTENCE),
        "files": [{"path": clean(file.path, 4096), "size": file.size} for file in step.files],
        "size": step.size,
    }
    if state is not None:
        shown |= {
            "message": clean_or_none(state.message, MAX_SENTENCE),
            "attempts": state.attempts,
            "ended_at": None if state.ended_at is None else encode_time(state.ended_at),
            "removed_files": state.removed_files,
            "removed_size": state.removed_size,
        }
    return shown


def _sentence(texts: Texts, step: Step) -> str | None:
    """Return what a step does, in words; nothing for one that only says why there is none."""
    if step.verb is Verb.NOTHING:
        return None
    sentence = texts.deletion("step", step.verb.value, {"name": clean(step.name, MAX_TITLE)})
    return clean_or_none(sentence, MAX_SENTENCE)


def _remarks(texts: Texts, remarks: Iterable[Remark]) -> list[JsonValue]:
    return [
        {
            "code": remark.code,
            "sentence": clean_or_none(
                texts.deletion("remark", remark.code, remark.values), MAX_SENTENCE
            ),
        }
        for remark in remarks
    ]
