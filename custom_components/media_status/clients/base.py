"""The shared HTTP client: one choke point for every call, errors that are safe to show."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import ClassVar, NoReturn
from urllib.parse import urlencode

import aiohttp
import orjson
from yarl import URL

from .answer import Answer, message_text
from .errors import (
    AuthError,
    BadAnswer,
    NotFound,
    RateLimited,
    Redirected,
    Refused,
    ServerBusy,
    Unreachable,
)
from .guard import Guarded, PlannedCall, Removal, Removals, TargetKind, check, kind_of
from .json_stream import iter_json_array, paced
from .long_list import ListPart, ListReader, count_in
from .readers import JsonObject, JsonValue, project
from .safety import base_url, clean_message, origin_text
from .transport import TRANSPORT_ERRORS, transport_error

_BODY_LIMIT = 64 * 1024 * 1024
# Building a result takes some 20 microseconds: more than this would be felt in the event loop.
_MANY_ROWS = 100
_GATEWAY_TROUBLE = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}

type Query = Mapping[str, str] | Sequence[tuple[str, str]]
type Form = Mapping[str, str]
type Sink = Callable[[bytes], Awaitable[None]]


class BaseClient:
    """A service behind one base URL; subclasses add its words."""

    # What a permit may ask of this client at all.
    removable: ClassVar[frozenset[TargetKind]] = frozenset()

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str | URL,
        *,
        verify_ssl: bool = True,
        request_limit: int = 4,
        timeout: float = 20.0,
    ) -> None:
        """Prepare calls below `url`: at most `request_limit` at once, `timeout` seconds each."""
        self._session = session
        self._base = base_url(url)
        self._verify_ssl = verify_ssl
        self._gate = asyncio.Semaphore(request_limit)
        self._timeout = timeout
        self._secrets: tuple[str, ...] = ()
        self.removals = Removals.OFF
        self.instance = ""
        self.dropped = 0

    def _headers(self) -> dict[str, str]:
        """Return the headers of every call; subclasses add the key."""
        return {"Accept": "application/json"}

    async def _request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: JsonValue = None,
        form: Form | None = None,
        headers: Mapping[str, str] | None = None,
        mutating: bool | None = None,
        removes: Removal | None = None,
        timeout: float | None = None,
        sink: Sink | None = None,
    ) -> Answer:
        """Make one call and return its 2xx answer; everything else raises a ClientError.

        All calls of all clients pass here. `mutating` is true for every method but GET unless
        the caller says otherwise, and is refused with DryRun within `no_writes`. What removes
        something goes by the permit in `removes`, or not at all. With a `sink` the body of a 2xx
        answer goes there piece by piece instead.
        """
        self._guard(method, path, query=query, json=json, form=form, mutating=mutating, by=removes)
        url = (self._base / path).with_query(query) if query else self._base / path
        sent = {**self._headers(), **(headers or {})}
        body = orjson.dumps(json) if json is not None else None
        if body is not None:
            sent["Content-Type"] = "application/json"
        limit = self._timeout if timeout is None else timeout
        async with self._gate:
            answer = await self._exchange(method, url, sent, form or body, limit, sink)
        if removes is not None and answer.status == HTTPStatus.NOT_FOUND and answer.is_page:
            # A proxy's "not found" must not pass for "gone already".
            raise BadAnswer("a web page answered instead of the service")
        self._check(answer)
        return answer

    def _guard(
        self,
        method: str,
        path: str,
        *,
        query: Query | None,
        json: JsonValue,
        form: Form | None,
        mutating: bool | None,
        by: Removal | None,
    ) -> None:
        """Raise unless this call may be sent: the one place where that is decided."""
        pairs = tuple(query.items()) if isinstance(query, Mapping) else tuple(query or ())
        # Of other calls the body is nobody's business: settings hold secrets.
        body = "" if by is None else _body_text(form, json)
        harmless = self._is_harmless(method, path, dict(pairs))
        check(
            Guarded(
                call=PlannedCall(method=method, path=path, query=pairs, body=body),
                kind=kind_of(method, path, mutating=mutating, harmless=harmless),
                removal=by,
                removals=self.removals,
                instance=self.instance,
                removable=self.removable,
            )
        )

    def _is_harmless(self, method: str, path: str, query: Mapping[str, str]) -> bool:
        """Tell whether a call that looks like a removal takes nothing from anybody."""
        return False

    async def _exchange(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        data: Mapping[str, str] | bytes | None,
        limit: float,
        sink: Sink | None,
    ) -> Answer:
        """Send and receive; translate everything the transport raises."""
        try:
            async with (
                asyncio.timeout(limit),
                self._session.request(
                    method,
                    url,
                    headers=headers,
                    data=data,
                    allow_redirects=False,
                    ssl=self._verify_ssl,
                    timeout=aiohttp.ClientTimeout(total=None),
                ) as response,
            ):
                return await self._receive(response, sink)
        except TRANSPORT_ERRORS as err:
            failure = transport_error(err)
        # Raised outside of the handler: aiohttp's exceptions carry headers and query.
        raise failure

    async def _receive(self, response: aiohttp.ClientResponse, sink: Sink | None) -> Answer:
        """Read the body up to the size limit and take the cookies out of the shared jar."""
        cookies = {name: morsel.coded_value for name, morsel in response.cookies.items()}
        if cookies:
            host = response.url.host
            # The jar is shared and knows no ports: two services on one host would mix sessions.
            self._session.cookie_jar.clear(
                lambda morsel: morsel.key in cookies and morsel["domain"] in {"", host}
            )
        chunks: list[bytes] = []
        size = 0
        is_streamed = 200 <= response.status < 300
        async for chunk in response.content.iter_any():
            if sink is not None and is_streamed:
                await sink(chunk)
                continue
            size += len(chunk)
            if size > _BODY_LIMIT:
                response.close()
                break
            chunks.append(chunk)
        if size > _BODY_LIMIT:
            raise BadAnswer("the answer is too large")
        return Answer(
            status=response.status,
            headers=response.headers,
            cookies=cookies,
            chunks=tuple(chunks),
        )

    def _check(self, answer: Answer) -> None:
        """Raise the error that a status other than 2xx means."""
        status = answer.status
        if 200 <= status < 300:
            return
        if 300 <= status < 400:
            raise Redirected(self._redirect_text(answer))
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            self._refuse_access(answer)
        if status == HTTPStatus.NOT_FOUND:
            raise NotFound("not found")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RateLimited
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise ServerBusy
        if status in _GATEWAY_TROUBLE:
            raise Unreachable(f"the proxy in front of it does not reach it ({status})")
        raise Refused(status, self._message(answer))

    def _refuse_access(self, answer: Answer) -> NoReturn:
        """Raise for 401 and 403; subclasses tell a wrong key from a missing right."""
        raise AuthError

    def _message(self, answer: Answer) -> str:
        """Return the service's own words for a refusal, cleaned."""
        try:
            text = message_text(answer.json())
        except BadAnswer:
            return ""
        return clean_message(text, self._secrets)

    def _redirect_text(self, answer: Answer) -> str:
        """Say where a redirect leads: the origin, so that the address can be corrected."""
        try:
            target = self._base.join(URL(answer.headers.get("Location", "")))
        except ValueError:
            return "redirects somewhere else"
        origin = origin_text(target)
        if origin == origin_text(self._base):
            return "redirects to another path: check the address"
        return f"redirects to {clean_message(origin)}"

    async def _get_object(self, path: str, query: Query | None = None) -> JsonObject:
        """Get one JSON object."""
        return (await self._request("GET", path, query=query)).json_object()

    async def _get_objects(self, path: str, query: Query | None = None) -> list[JsonObject]:
        """Get a short JSON list of objects."""
        answer = await self._request("GET", path, query=query)
        entries = answer.json_list()
        objects = [entry for entry in entries if isinstance(entry, dict)]
        self._count_dropped(len(entries) - len(objects), len(entries))
        return objects

    async def _get_projected[T](
        self,
        path: str,
        build: Callable[[JsonObject], T | None],
        *,
        query: Query | None = None,
        wanted: Collection[int] | None = None,
        timeout: float = 90.0,
    ) -> list[T]:
        """Get a list that may be huge and build small results from it in a worker thread.

        With `wanted` only elements with these `id`s are kept. Half a list is BadAnswer.
        """
        answer = await self._request("GET", path, query=query, timeout=timeout)
        chunks = answer.chunks

        def work() -> tuple[list[T], int]:
            return project(_picked(paced(iter_json_array(chunks)), wanted), build)

        built, dropped = await asyncio.to_thread(work)
        self._count_dropped(dropped, dropped + len(built))
        return built

    async def _get_list[T](
        self,
        path: str,
        build: Callable[[JsonValue], T],
        *,
        query: Query | None = None,
        member: str | None = None,
        total: Sequence[str] = (),
        timeout: float = 300.0,
    ) -> ListPart[T]:
        """Get a list of any length: one row per element, usable or not, built in a worker thread.

        `member` names the list in an answer that is an object, `total` leads to its count. Half
        a list is BadAnswer.
        """
        reader = ListReader(build, member=member)
        try:
            answer = await self._request(
                "GET", path, query=query, timeout=timeout, sink=reader.write
            )
            rows, others = await reader.result()
        finally:
            reader.close()
        count = count_in(others, total) if total else None
        return ListPart(rows=rows, total=count, server_time=answer.server_time)

    async def _project[T](
        self, rows: list[JsonValue], build: Callable[[JsonObject], T | None]
    ) -> list[T]:
        """Build one result per row, many of them in a worker thread."""
        if len(rows) > _MANY_ROWS:
            built, dropped = await asyncio.to_thread(lambda: project(paced(rows), build))
        else:
            built, dropped = project(rows, build)
        self._count_dropped(dropped, len(rows))
        return built

    def _count_dropped(self, dropped: int, total: int) -> None:
        """Count unusable elements; a list of nothing else is another format, not an empty list."""
        self.dropped += dropped
        if dropped and dropped == total:
            raise BadAnswer("the list has no usable entry")


def _body_text(form: Form | None, json: JsonValue) -> str:
    """Return the body of a call as text."""
    if form:
        return urlencode(form)
    return "" if json is None else orjson.dumps(json).decode()


def _picked(elements: Iterator[JsonValue], wanted: Collection[int] | None) -> Iterator[JsonValue]:
    """Yield the elements with a wanted id, and those whose id cannot be told."""
    for element in elements:
        known = element.get("id") if isinstance(element, dict) else None
        if wanted is None or not isinstance(known, int) or known in wanted:
            yield element
