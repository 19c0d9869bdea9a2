"""Hear and read what Home Assistant says of requests that are stuck, and press its buttons."""

import asyncio
from dataclasses import dataclass

from .hass_client import HassClient
from .model import JsonObject

_EVENTS = "event.media_status_request"
_FIXES = "/api/repairs/issues/fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a request is shown: by its sensor, by `get_request`, and in the repairs."""

    stage: str
    stuck: bool
    attribute: str
    reason: str
    sentence: str
    advice: str
    issue: JsonObject


class Ears:
    """Hear the events of requests and of repairs, in order; ask for everything else."""

    def __init__(self, client: HassClient) -> None:
        """Begin with nothing heard."""
        self._client = client
        self._fired: list[tuple[str, str]] = []
        self._heard = asyncio.Condition()
        self._subscribed = (asyncio.Event(), asyncio.Event())

    async def run(self) -> None:
        """Listen until Home Assistant ends the connection."""
        async with asyncio.TaskGroup() as listening:
            listening.create_task(self._hear_requests())
            listening.create_task(self._hear_repairs())

    async def until_listening(self) -> None:
        """Wait until nothing can be missed any more; set a time limit around it."""
        for subscribed in self._subscribed:
            await subscribed.wait()

    async def _hear_requests(self) -> None:
        """Hear the event entity: what automations hear."""
        async for event in self._client.events(
            "subscribe_events", self._subscribed[0], event_type="state_changed"
        ):
            data = _object(event, "data")
            if data.get("entity_id") != _EVENTS:
                continue
            attributes = _object(_object(data, "new_state"), "attributes")
            async with self._heard:
                step = (str(attributes.get("event_type")), str(attributes.get("title")))
                self._fired.append(step)
                self._heard.notify_all()

    async def _hear_repairs(self) -> None:
        kind = "repairs_issue_registry_updated"
        async for _ in self._client.events(
            "subscribe_events", self._subscribed[1], event_type=kind
        ):
            async with self._heard:
                self._heard.notify_all()

    async def until_fired(self, kind: str, title: str) -> None:
        """Wait until the event entity told a step of a title; set a time limit around it."""
        async with self._heard:
            await self._heard.wait_for(lambda: (kind, title) in self._fired)

    def order(self, title: str) -> list[str]:
        """Return the steps of a title that were told, in order."""
        return [kind for kind, about in self._fired if about == title]

    # -- repairs -------------------------------------------------------------------------------

    async def issues(self) -> list[JsonObject]:
        """Return the repairs that Home Assistant shows of this integration."""
        answer = await self._client.command("repairs/list_issues")
        issues = answer.get("issues") if isinstance(answer, dict) else None
        return [issue for issue in issues or () if issue["domain"] == "media_status"]

    async def until_issue(self, request_id: str) -> JsonObject:
        """Wait for the repair about a request; set a time limit around it."""
        async with self._heard:
            while not (found := await self._about(request_id)):
                await self._heard.wait()
            return found[0]

    async def until_no_issue(self, request_id: str) -> None:
        """Wait until no repair is about a request; set a time limit around it."""
        async with self._heard:
            while await self._about(request_id):
                await self._heard.wait()

    async def _about(self, request_id: str) -> list[JsonObject]:
        return [
            issue
            for issue in await self.issues()
            if str(issue["issue_id"]).endswith(f"_{request_id}")
        ]

    async def repair(self, issue: JsonObject) -> str:
        """Go through a repair's flow; return how it ended and what it says was done."""
        about = {"handler": issue["domain"], "issue_id": issue["issue_id"]}
        form = await self._client.call("POST", _FIXES, about)
        end = await self._client.call("POST", f"{_FIXES}/{form['flow_id']}", {})
        words = " ".join(map(str, _object(end, "description_placeholders").values()))
        return f"{end.get('reason')}: {words}"

    # -- requests ------------------------------------------------------------------------------

    async def shown(self, request_id: str, entity_id: str) -> Shown:
        """Return how a request with a repair is shown everywhere at this moment."""
        issue = await self.until_issue(request_id)
        state = (await self._client.states())[entity_id]
        request = await self._client.act("get_request", request_id=request_id)
        attributes, explanation = _object(state, "attributes"), _object(request, "explanation")
        return Shown(
            stage=str(state.get("state")),
            stuck=attributes.get("stuck") is True,
            attribute=str(attributes.get("explanation")),
            reason=str(explanation.get("code")),
            sentence=str(explanation.get("sentence")),
            advice=str(explanation.get("advice")),
            issue=issue,
        )

    async def retry(self, request_id: str, *, dry_run: bool) -> list[str]:
        """Call the action `retry`; return what was done, or would be, in sentences."""
        answer = await self._client.act("retry", request_id=request_id, dry_run=dry_run)
        actions = answer.get("actions")
        found = actions if isinstance(actions, list) else []
        return [str(action["sentence"]) for action in found]


def _object(body: JsonObject, name: str) -> JsonObject:
    """Return a member that is an object, an empty one for anything else."""
    found = body.get(name)
    return found if isinstance(found, dict) else {}
