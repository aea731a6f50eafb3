"""The settings of a service once all layers are laid."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from runner.model.forms import PlainText, key
from runner.model.settings import configure
from runner.text.diagnostics import Place, Refused


class Far:
    """Far away."""

    @attrs.frozen(kw_only=True)
    class Settings:
        """Settings."""

        queue: PlainText = key("Where jobs wait.", required=True)
        lane: PlainText | None = key("Which lane.", default="slow")


def place(keys: tuple[str, ...], at: str) -> Place:
    return Place(".".join(keys), 1, 1, 2)


def refused(service: str, table: dict[str, Any], asked: Any = None) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught:
        configure(service, table, asked, place)
    return [(problem.code, problem.place.file if problem.place else "") for problem in caught.value.problems]


def test_defaults_are_filled_in_and_type_is_left_out() -> None:
    assert configure("executor", {"type": "local"})[1] == {"grace": "10s", "python": "fork"}
    assert configure("secrets", {"type": "dotenv", "path": "x"})[1] == {"path": "x"}


def test_a_setting_that_another_layer_left_behind_is_shown() -> None:
    assert refused("secrets", {"type": "env", "path": ".env"}) == [("E233", "path")]


def test_what_must_be_set_is_asked_for() -> None:
    assert refused("secrets", {"type": "command"}) == [("E803", "type")]


def test_an_unknown_type_is_refused() -> None:
    assert refused("run-log", {"type": "papyrus"}) == [("E801", "type")]


def test_a_plug_in_is_configured_like_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    monkeypatch.setitem(sys.modules, "far_away", SimpleNamespace(Far=Far))
    asked = {"executors": {"far": "far_away:Far"}}
    assert configure("executor", {"type": "far", "queue": "x"}, asked)[1] == {"queue": "x", "lane": "slow"}
    assert refused("executor", {"type": "far", "que": "x"}, asked) == [("E233", "que"), ("E803", "type")]
