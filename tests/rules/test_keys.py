"""Ids, keys, store keys, ids of attempts, the one form of JSON."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, strategies as st

from runner.rules import keys

KEYS = st.lists(st.integers(0, 10**6), max_size=4).map(tuple)
NAMES = st.text(st.sampled_from("abcXYZ019-_.!äß[]= "), min_size=1, max_size=80)


@given(NAMES)
def test_r6_an_id_is_a_dns_label_that_leaves_room_for_a_prefix(path: str) -> None:
    assert re.fullmatch(r"([a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?-)?[0-9a-f]{8}", keys.node_id(path))


def test_r6_paths_that_look_alike_have_ids_of_their_own() -> None:
    paths = ["a.b", "a-b", "A.b", "a_b", "a.b!reduce", "x" * 40, "x" * 41]
    assert len({keys.node_id(path) for path in paths}) == len(paths)
    assert keys.node_id("sample.map") == "sample-map-dc97cbaf"


@given(KEYS)
def test_r6_keys_have_a_text_and_back(key: tuple[int, ...]) -> None:
    assert keys.key_of(keys.key_text(key)) == key


@pytest.mark.parametrize("text", ["", "1.", ".1", "01", "-1", "a", "1.-", "²", "1..2"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        keys.key_of(text)


@given(KEYS)
def test_store_keys_are_taken_apart_as_they_were_made(key: tuple[int, ...]) -> None:
    id = keys.node_id("train")
    assert keys.parse(keys.done_key("r", id, key)) == ("done", "r", id, key, "")
    assert keys.parse(keys.start_key("r", id, key, "01X")) == ("start", "r", id, key, "01X")
    assert keys.parse(keys.attempt_key("r", id, key, "01X")) == ("attempt", "r", id, key, "01X")
    assert keys.parse(keys.items_key("r", id, key, "3")) == ("items", "r", id, key, "3")
    assert keys.done_key("r", id, key).startswith(keys.node_prefix("r", id, key))


@pytest.mark.parametrize("what", ["run", "cancel", "heir", "end"])
def test_store_keys_of_a_run(what: str) -> None:
    assert keys.parse(keys.run_key("r", what)) == (what, "r", "", (), "")


@pytest.mark.parametrize(
    "text",
    ["", "runs", "runs/r/other.json", "runs/r/n/a/-/done.txt", "runs/r/n/a/x/done.json", "runs/r/n/a/-/b/1.json",
     keys.plan_key("d"), keys.cache_key("f"), "runs/r/n/a/-/a/b/c.json", "runs/r/n/a/done.json"],
)  # fmt: skip
def test_other_keys_are_none_of_a_run(text: str) -> None:
    assert keys.parse(text) is None


def test_attempt_ids_sort_by_time_and_never_go_back() -> None:
    ids = [keys.ulid(1_700_000_000.0 + n) for n in range(5)]
    assert ids == sorted(ids)
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{26}", one) for one in ids)
    last = ids[-1]
    for now in (1_700_000_004.0, 1_700_000_000.0, 0.0):
        following = keys.ulid(now, last)
        assert following > last
        last = following


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_json_has_one_form(value: object) -> None:
    import json

    text = keys.dumps(value)
    assert json.loads(text) == value
    assert keys.dumps(json.loads(text)) == text


def test_json_is_sorted_compact_and_utf_8_and_keeps_names_that_are_not() -> None:
    assert keys.dumps({"b": [1, 2.5], "a": "ä"}) == '{"a":"ä","b":[1,2.5]}'.encode()
    assert keys.dumps("\udcff") == b'"\\udcff"'
    assert keys.digest({"a": 1}) == keys.digest({"a": 1}) != keys.digest({"a": 2})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_n15_nan_and_infinity_are_not_json(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        keys.dumps(value)
