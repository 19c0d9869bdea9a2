"""The shared HTTP client: one choke point for every call, errors that are safe to show."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
import ssl
from typing import ClassVar, NoReturn

import aiohttp
from multidict import CIMultiDictProxy
import orjson
from yarl import URL

from .errors import (
    AuthError,
    BadAddress,
    BadAnswer,
    ClientError,
    NotFound,
    NotJson,
    RateLimited,
    ReadOnly,
    Redirected,
    Refused,
    ServerBusy,
    TlsError,
    Unreachable,
)
from .json_stream import iter_json_array, paced
from .readers import JsonObject, JsonValue, as_str, as_text, project
from .safety import base_url, clean_message, origin_text

_BODY_LIMIT = 64 * 1024 * 1024
# Building a result takes some 20 microseconds: more than this would be felt in the event loop.
_MANY_ROWS = 100
_MAX_RETRY_AFTER = 3600.0
_GATEWAY_TROUBLE = {HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT}
# What a session or the network raises for a call that did not work.
_TRANSPORT_ERRORS = (aiohttp.ClientError, TimeoutError, OSError, ValueError, ssl.SSLError)

type Query = Mapping[str, str] | Sequence[tuple[str, str]]
type Form = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A whole answer: the body still in the pieces in which it came."""

    status: int
    headers: CIMultiDictProxy[str]
    cookies: Mapping[str, str]
    chunks: tuple[bytes, ...]

    @property
    def body(self) -> bytes:
        """Return the body in one piece."""
        return b"".join(self.chunks)

    @property
    def text(self) -> str:
        """Return the body as text; bytes that are no UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    @property
    def server_time(self) -> datetime | None:
        """Return the service's own clock (header `Date`), to be used for cursors."""
        return _http_date(self.headers.get("Date"))

    def json(self) -> JsonValue:
        """Return the parsed body; NotJson when it is something else."""
        try:
            value: JsonValue = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            failure = NotJson("the answer is not JSON")
        else:
            return value
        # Raised outside of the handler: the parser's exception holds the whole body.
        raise failure

    def json_object(self) -> JsonObject:
        """Return the parsed body, which must be an object."""
        value = self.json()
        if not isinstance(value, dict):
            raise BadAnswer("the answer is not an object")
        return value

    def json_list(self) -> list[JsonValue]:
        """Return the parsed body, which must be a list."""
        value = self.json()
        if not isinstance(value, list):
            raise BadAnswer("the answer is not a list")
        return value


class BaseClient:
    """A service behind one base URL; subclasses add its words."""

    service: ClassVar[str] = "service"

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
        self.read_only = False
        self.dropped = 0

    @property
    def url(self) -> URL:
        """Return the base URL (it holds no secret)."""
        return self._base

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
        timeout: float | None = None,
    ) -> Answer:
        """Make one call and return its 2xx answer; everything else raises a ClientError.

        All calls of all clients pass here. `mutating` is true for every method but GET unless
        the caller says otherwise, and is refused with ReadOnly in read-only mode.
        """
        if (method != "GET" if mutating is None else mutating) and self.read_only:
            raise ReadOnly("nothing may be changed right now")
        url = (self._base / path).with_query(query) if query else self._base / path
        sent = {**self._headers(), **(headers or {})}
        body = orjson.dumps(json) if json is not None else None
        if body is not None:
            sent["Content-Type"] = "application/json"
        limit = self._timeout if timeout is None else timeout
        async with self._gate:
            answer = await self._exchange(method, url, sent, form or body, limit)
        self._check(answer)
        return answer

    async def _exchange(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        data: Mapping[str, str] | bytes | None,
        limit: float,
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
                return await self._receive(response)
        except _TRANSPORT_ERRORS as err:
            failure = transport_error(err)
        # Raised outside of the handler: aiohttp's exceptions carry headers and query.
        raise failure

    async def _receive(self, response: aiohttp.ClientResponse) -> Answer:
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
        async for chunk in response.content.iter_any():
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
            raise RateLimited(retry_after(answer))
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            raise ServerBusy(retry_after(answer))
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


def _picked(elements: Iterator[JsonValue], wanted: Collection[int] | None) -> Iterator[JsonValue]:
    """Yield the elements with a wanted id, and those whose id cannot be told."""
    for element in elements:
        known = element.get("id") if isinstance(element, dict) else None
        if wanted is None or not isinstance(known, int) or known in wanted:
            yield element


def transport_error(err: BaseException) -> ClientError:
    """Return our error for what aiohttp, asyncio or the system raised; its text is ours."""
    tls = (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch, ssl.SSLError)
    if isinstance(err, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        return TlsError("the certificate is not trusted")
    if isinstance(err, tls):
        return TlsError("the secure connection failed")
    if isinstance(err, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return BadAddress("the address is not valid")
    if isinstance(err, aiohttp.ClientConnectorDNSError):
        return Unreachable("the host name is not known")
    if isinstance(err, TimeoutError):
        return Unreachable("no answer in time")
    if isinstance(err, aiohttp.ClientConnectorError):
        return Unreachable("no connection")
    if isinstance(err, aiohttp.ClientResponseError):
        return BadAnswer("the answer is not valid HTTP")
    if isinstance(err, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError | OSError):
        return Unreachable("the connection was cut")
    return BadAddress("the call could not be made with this address")


def message_text(value: JsonValue) -> str:
    """Return the human text of an error body, whatever of the known shapes it has."""
    if isinstance(value, list):
        return "; ".join(text for entry in value[:5] if (text := message_text(entry)))
    if not isinstance(value, dict):
        return as_text(value)
    keys = ("errorMessage", "message", "error", "title", "detail")
    return next((found for key in keys if (found := as_str(value.get(key)))), "")


def retry_after(answer: Answer) -> float | None:
    """Return the seconds of `Retry-After` (number or date), within an hour."""
    text = (answer.headers.get("Retry-After") or "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return min(float(text), _MAX_RETRY_AFTER)
    moment = _http_date(text)
    if moment is None:
        return None
    now = answer.server_time or datetime.now(UTC)
    return min(max((moment - now).total_seconds(), 0.0), _MAX_RETRY_AFTER)


def _http_date(text: str | None) -> datetime | None:
    """Return the aware time of an HTTP date."""
    try:
        moment = parsedate_to_datetime(text or "")
    except ValueError, TypeError, IndexError, OverflowError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
