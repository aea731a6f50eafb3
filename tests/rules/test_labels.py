"""Labels for people (N28)."""

from __future__ import annotations

from typing import Any

import pytest

from runner.rules.labels import Labels
from runner.testing.simulate import plan_of

NODES = plan_of(
    {
        "train": {"each": {}, "handler": {}},
        "arch": {"each": {}, "steps": {"fit": {"each": {}}, "poll": {"loop": {"max": 3}}}, "handler": {}},
        "both": {"each": {}, "loop": {"max": 2}},
    }
)["nodes"]


def labels(*items: dict[str, Any]) -> Labels:
    return Labels(NODES, lambda id, key: list(items))


def test_n28_items_are_named_where_all_are_unique_and_plain() -> None:
    named = labels({"island": "Dream"}, {"island": "Biscoe"})
    assert named.label("train", ()) == "train"
    assert named.label("train", (1,)) == "train[island=Biscoe]"
    assert named.label("train", (1,), n=2) == "train[island=Biscoe]~2"
    assert labels({"a": 1, "b": True}, {"a": 2.5, "b": False}).label("train", (1,)) == "train[a=2.5,b=false]"


@pytest.mark.parametrize("odd", ["Dream", "a b", "", "x" * 41, ["list"], None, "ä"])
def test_n28_one_odd_or_doubled_item_and_all_have_indexes(odd: Any) -> None:
    assert labels({"island": "Dream"}, {"island": odd}).label("train", (0,)) == "train[0]"


def test_n28_names_are_joined_by_dots_and_rounds_follow_a_hash() -> None:
    plain = Labels(NODES)
    assert plain.label("arch.fit", (3, 4)) == "arch[3].fit[4]"
    assert plain.label("arch.poll", (0, 2)) == "arch[0].poll#2"
    assert plain.label("both", (1, 2)) == "both[1]#2"
    assert plain.label("arch!on-failure", ()) == "arch!on-failure"
    assert plain.label("arch.fit", (3,)) == "arch[3].fit"


def test_items_are_looked_at_once_a_map() -> None:
    asked = []

    def items(id: str, key: tuple[int, ...]) -> list[dict[str, Any]]:
        asked.append((id, key))
        return [{"i": index} for index in range(1_000)]

    named = Labels(NODES, items)
    assert named.label("train", (999,)) == "train[i=999]"
    assert len({named.label("train", (index,)) for index in range(1_000)}) == 1_000
    assert asked == [("train", ())]


def test_an_item_beyond_those_known_has_its_index() -> None:
    assert labels({"a": 1}).label("train", (7,)) == "train[7]"
