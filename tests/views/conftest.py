"""Goldens beside the tests, and a small pipeline whose run the views show."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.run.events import Address, Event
from runner.testing.golden import golden as compare

GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with `goldens/NAME`."""
    return lambda name, text: compare(GOLDENS / name, text)


def node(path: str, type: str = "task", **more: Any) -> dict[str, Any]:
    """A node of a plan, with what views look at."""
    return {"id": path, "path": path, "type": type, "parent": None, "depth": 0, "needs": [], "after": [], **more}


@pytest.fixture
def plan() -> dict[str, Any]:
    """fetch -> prepare -> train (three islands) -> report (when) -> publish; lint beside; ids are the paths."""
    nodes = [
        node("fetch", do={"kind": "shell"}, description="Download the table"),
        node("lint", do={"kind": "command"}),
        node("prepare", needs=["fetch"], do={"kind": "python", "takes": {"rate": ["param", "rate"]}}),
        node(
            "train",
            "map",
            needs=["prepare"],
            each={"island": ["lit", ["Biscoe", "Dream", "Torgersen"]]},
            body={"type": "task", "depth": 1, "do": {"kind": "python", "returns": [{"name": "accuracy"}]}},
            returns=["accuracy"],
            handler={"node": "train!on-failure", "recover": False},
        ),
        node("train!on-failure", do={"kind": "shell"}),
        node("report", needs=["train"], when=[">", ["return", "train", 0, "accuracy"], 0.9], do={"kind": "notebook"}),
        node("publish", needs=["report", "lint"], do={"kind": "shell"}),
        node("notify!finally", do={"kind": "shell"}),
    ]
    return {
        "v": 1,
        "name": "penguins",
        "digest": "d" * 64,
        "params": {"rate": 0.1},
        "profile": {"name": "local"},
        "nodes": {one["id"]: one for one in nodes},
    }


COUNTS = {"succeeded": 5, "cached": 1, "failed": 1, "blocked": 2}


def at(id: str, key: tuple[int, ...] = ()) -> Address:
    """The address of a node, or of one of its items."""
    return Address(id, key)


@pytest.fixture
def story(plan: dict[str, Any]) -> list[Event]:
    """A run of the pipeline in which one island fails twice, so that what needs the map is blocked."""

    dream = {"exit": 3, "reason": "exit", "n": 1, "run_s": 2.0, "error": None}
    return [
        Event(100.0, "run-start", None, {"run": "01R", "name": "brisk-otter-3", "plan": plan}),
        Event(100.0, "start", at("fetch"), {"n": 1}),
        Event(100.0, "start", at("lint"), {"n": 1}),
        Event(101.0, "line", at("fetch"), {"text": "\x1b[31mdownloading\x1b[0m 10 %\rdownloading 99 %\n"}),
        Event(102.1, "end", at("fetch"), {"status": "succeeded", "n": 1, "run_s": 2.1, "final": True}),
        Event(102.1, "end", at("prepare"), {"status": "cached", "n": 1, "run_s": 0.0, "final": True}),
        Event(102.1, "expand", at("train"), {"count": 3}),
        Event(102.1, "start", at("train", (0,)), {"n": 1}),
        Event(102.1, "start", at("train", (1,)), {"n": 1}),
        Event(104.0, "line", at("train", (1,)), {"text": "epoch 4/10  loss 0.231"}),
        Event(104.1, "end", at("train", (1,)), {"status": "failed", "final": False, **dream}),
        Event(104.1, "retry", at("train", (1,)), {"n": 2, "at": 106.1}),
        Event(105.0, "end", at("train", (0,)), {"status": "succeeded", "n": 1, "run_s": 2.9, "final": True}),
        Event(105.0, "start", at("train", (2,)), {"n": 1}),
        Event(106.1, "start", at("train", (1,)), {"n": 2}),
        Event(108.0, "end", at("train", (2,)), {"status": "succeeded", "n": 1, "run_s": 3.0, "final": True}),
        Event(108.1, "line", at("train", (1,)), {"text": "::error::forged"}),
        Event(
            108.2,
            "end",
            at("train", (1,)),
            {
                "status": "failed",
                "final": True,
                **dream,
                "n": 2,
                "error": {
                    "type": "ValueError",
                    "message": "100% of the\nrows, gone",
                    "traceback": "...",
                    "file": "/w/src/model.py",
                    "line": 12,
                },
            },
        ),
        Event(108.2, "start", at("train!on-failure"), {"n": 1}),
        Event(108.4, "end", at("train!on-failure"), {"status": "succeeded", "n": 1, "run_s": 0.2, "final": True}),
        Event(108.4, "state", at("train"), {"status": "failed", "reason": "too-many-failed"}),
        Event(108.4, "state", at("report"), {"status": "blocked", "reason": "needs"}),
        Event(108.4, "state", at("publish"), {"status": "blocked", "reason": "needs"}),
        Event(109.0, "end", at("lint"), {"status": "succeeded", "n": 1, "run_s": 9.0, "final": True}),
        Event(109.0, "note", None, {"text": "the disk is nearly full"}),
        Event(109.5, "run-end", None, {"status": "failed", "counts": dict(COUNTS)}),
    ]
