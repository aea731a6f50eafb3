"""Goldens beside the tests, and a small pipeline whose run the views show."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

GOLDENS = Path(__file__).parent / "goldens"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare a text with `goldens/NAME`; UPDATE_GOLDENS=1 writes it instead, which CI refuses."""

    def compare(name: str, text: str) -> None:
        path = GOLDENS / name
        if os.environ.get("UPDATE_GOLDENS") == "1":
            assert not os.environ.get("CI"), "goldens are not made in CI"
            path.write_text(text, encoding="utf-8")
        wanted = path.read_text(encoding="utf-8") if path.exists() else ""
        if text != wanted:
            diff = "".join(difflib.unified_diff(wanted.splitlines(True), text.splitlines(True), "golden", "now"))
            pytest.fail(f"{path.name} differs; UPDATE_GOLDENS=1 accepts it\n{diff}")

    return compare


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


class At(NamedTuple):
    """An address."""

    id: str
    key: tuple[int, ...] = ()


class Happened(NamedTuple):
    """An event."""

    at: float
    what: str
    address: At | None
    data: dict[str, Any]


@pytest.fixture
def story(plan: dict[str, Any]) -> list[Happened]:
    """A run of the pipeline in which one island fails twice, so that what needs the map is blocked."""

    def label(i: int) -> dict[str, str]:
        return {"label": f"train[island={('Biscoe', 'Dream', 'Torgersen')[i]}]"}

    dream = {"exit": 3, "reason": "exit", "n": 1, "run_s": 2.0, "error": None, **label(1)}
    return [
        Happened(100.0, "run-start", None, {"run": "01R", "name": "brisk-otter-3", "plan": plan}),
        Happened(100.0, "start", At("fetch"), {"n": 1}),
        Happened(100.0, "start", At("lint"), {"n": 1}),
        Happened(101.0, "line", At("fetch"), {"text": "\x1b[31mdownloading\x1b[0m 10 %\rdownloading 99 %\n"}),
        Happened(102.1, "end", At("fetch"), {"status": "succeeded", "n": 1, "run_s": 2.1, "final": True}),
        Happened(102.1, "end", At("prepare"), {"status": "cached", "n": 1, "run_s": 0.0, "final": True}),
        Happened(102.1, "expand", At("train"), {"count": 3}),
        Happened(102.1, "start", At("train", (0,)), {"n": 1, **label(0)}),
        Happened(102.1, "start", At("train", (1,)), {"n": 1, **label(1)}),
        Happened(104.0, "line", At("train", (1,)), {"text": "epoch 4/10  loss 0.231"}),
        Happened(104.1, "end", At("train", (1,)), {"status": "failed", "final": False, **dream}),
        Happened(104.1, "retry", At("train", (1,)), {"n": 2, "at": 106.1, **label(1)}),
        Happened(105.0, "end", At("train", (0,)), {"status": "succeeded", "n": 1, "run_s": 2.9, "final": True}),
        Happened(105.0, "start", At("train", (2,)), {"n": 1, **label(2)}),
        Happened(106.1, "start", At("train", (1,)), {"n": 2, **label(1)}),
        Happened(108.0, "end", At("train", (2,)), {"status": "succeeded", "n": 1, "run_s": 3.0, "final": True}),
        Happened(108.1, "line", At("train", (1,)), {"text": "::error::forged"}),
        Happened(
            108.2,
            "end",
            At("train", (1,)),
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
        Happened(108.2, "start", At("train!on-failure"), {"n": 1}),
        Happened(108.4, "end", At("train!on-failure"), {"status": "succeeded", "n": 1, "run_s": 0.2, "final": True}),
        Happened(108.4, "state", At("train"), {"status": "failed", "reason": "too-many-failed"}),
        Happened(108.4, "state", At("report"), {"status": "blocked", "reason": "needs train"}),
        Happened(108.4, "state", At("publish"), {"status": "blocked", "reason": "needs report"}),
        Happened(109.0, "end", At("lint"), {"status": "succeeded", "n": 1, "run_s": 9.0, "final": True}),
        Happened(109.0, "note", None, {"text": "the disk is nearly full"}),
        Happened(109.5, "run-end", None, {"status": "failed", "counts": dict(COUNTS)}),
    ]
