"""Cutting frames into records."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.media_status.clients.errors import BadAnswer
from custom_components.media_status.clients.signalr_records import RECORD_END, Records

_RECORDS = st.lists(st.binary(max_size=20).filter(lambda data: RECORD_END not in data), max_size=8)


@given(records=_RECORDS, tail=st.binary(max_size=5), cuts=st.lists(st.integers(0, 200), max_size=9))
def test_frames_cut_anywhere_give_the_same_records(
    records: list[bytes], tail: bytes, cuts: list[int]
) -> None:
    """Where frames begin and end does not matter; what is not ended yet is kept."""
    tail = tail.replace(RECORD_END, b"")
    stream = b"".join(record + RECORD_END for record in records) + tail
    edges = [0, *sorted(cuts), len(stream)]
    reader = Records(1000)
    found = [record for begin, end in pairwise(edges) for record in reader.feed(stream[begin:end])]
    assert found == records
    assert reader.partial == bool(tail)


def test_a_record_that_never_ends_is_given_up() -> None:
    """Memory is bounded; records that end may be many."""
    reader = Records(10)
    for _ in range(5):
        assert reader.feed(b"123456" + RECORD_END + b"1") == [b"123456"]
        assert reader.feed(RECORD_END) == [b"1"]
    reader.feed(b"123456")
    with pytest.raises(BadAnswer):
        reader.feed(b"123456")
