"""Huge lists are decoded element by element, and half a list is never a list."""

from collections.abc import Iterator
import json

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.clients.errors import BadAnswer, NotJson
from custom_components.media_status.clients.json_stream import iter_json_array, load_json_object
from custom_components.media_status.clients.readers import JsonValue

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
LISTS = st.lists(VALUES)
OBJECTS = st.dictionaries(st.text(max_size=2) | st.just("large"), VALUES)


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    """Cut a body as a network would, without regard to characters."""
    return (body[start : start + size] for start in range(0, len(body), size))


@given(LISTS, st.integers(1, 7), st.booleans())
def test_any_list_in_any_pieces(elements: list[JsonValue], size: int, indented: bool) -> None:
    """However the bytes are cut, the elements are those of the whole list."""
    body = json.dumps(elements, ensure_ascii=False, indent=2 if indented else None).encode()
    assert list(iter_json_array(pieces(body, size))) == elements
    assert list(iter_json_array(body)) == elements
    assert list(iter_json_array(body.decode())) == elements


@given(LISTS, st.integers(1, 7), st.data())
def test_a_list_that_is_cut_off_is_refused(
    elements: list[JsonValue], size: int, data: st.DataObject
) -> None:
    """Wherever a list ends too early, it is refused."""
    body = json.dumps(elements).encode()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(BadAnswer):
        list(iter_json_array(pieces(cut, size)))


@pytest.mark.parametrize("text", ["", "<html>", "nonsense", "\ufffd"])
def test_no_json_at_all(text: str) -> None:
    """What is no JSON is told apart from JSON of another shape."""
    with pytest.raises(NotJson):
        list(iter_json_array(text))


@pytest.mark.parametrize("text", ['{"a": 1}', "null", '"text"', "12"])
def test_another_shape(text: str) -> None:
    """JSON that is no list is BadAnswer, but it is JSON."""
    with pytest.raises(BadAnswer) as caught:
        list(iter_json_array(text))
    assert not isinstance(caught.value, NotJson)


@pytest.mark.parametrize("text", ["[1 2]", "[1,]", "[,1]", "[1]]", "[1] x", "[{'a': 1}]", "[1;2]"])
def test_malformed_lists(text: str) -> None:
    """A malformed list is refused as a whole."""
    with pytest.raises(BadAnswer):
        list(iter_json_array(text))


def test_a_byte_order_mark_is_skipped() -> None:
    """A mark that some proxies put in front does no harm."""
    assert list(iter_json_array(b"\xef\xbb\xbf[1]")) == [1]


def test_depth_is_no_crash() -> None:
    """Nesting that no service needs is refused."""
    with pytest.raises(BadAnswer):
        list(iter_json_array("[" + "[" * 200_000 + "]" * 200_000 + "]"))


@given(OBJECTS, st.integers(1, 7), st.booleans())
def test_any_object_in_any_pieces(members: dict[str, JsonValue], size: int, indented: bool) -> None:
    """An object that is read member by member is the same object."""
    body = json.dumps(members, ensure_ascii=False, indent=2 if indented else None).encode()
    assert load_json_object(pieces(body, size), "large") == members


@given(OBJECTS, st.integers(1, 7), st.data())
def test_an_object_that_is_cut_off_is_refused(
    members: dict[str, JsonValue], size: int, data: st.DataObject
) -> None:
    """Wherever an object ends too early, it is refused."""
    body = json.dumps(members).encode()
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(BadAnswer):
        load_json_object(pieces(cut, size), "large")


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "12",
        "",
        "<html>",
        '{"a" 1}',
        '{"a": 1,}',
        "{1: 2}",
        '{"a": 1} x',
        '{"a": 1; "b": 2}',
        '{"large": {"a" 1}}',
        '{"large": {"a": 1]}',
        '{"large": {"a": 1}',
        '{"large": {"a": 1}}}',
    ],
)
def test_malformed_objects(text: str) -> None:
    """A malformed object is refused as a whole."""
    with pytest.raises(BadAnswer):
        load_json_object(text, "large")
