"""Checking and planning cost per step what they cost in a small file: work is counted, never timed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.commands.making import make
from runner.resolve.ask import Ask

SMALL, LARGE, HUGE = 250, 1000, 10_000


def chain_by_needs(n: int) -> str:
    return "".join(f'[steps.s{i}]\nneeds = ["s{i - 1}"]\ncommand = ["a"]\n' for i in range(1, n)) + (
        '[steps.s0]\ncommand = ["a"]\n'
    )


def chain_by_files(n: int) -> str:
    return "".join(
        f'[steps.s{i}]\ninputs = ["d/{i - 1}.txt"]\noutputs = ["d/{i}.txt"]\nshell = "a"\n' for i in range(1, n)
    ) + ('[steps.s0]\noutputs = ["d/0.txt"]\nshell = "a"\n')


def chain_by_names(n: int) -> str:
    return "".join(
        f'[steps.s{i}]\nwhen = "v{i - 1} > 1"\nreturns = ["v{i}"]\ncommand = ["a", "${{v{i - 1}}}"]\n'
        for i in range(1, n)
    ) + ('[steps.s0]\nreturns = ["v0"]\ncommand = ["a"]\n')


def chain_by_references(n: int) -> str:
    return "".join(
        f'[steps.s{i}]\ninputs = {{ from = "${{steps.s{i - 1}.to}}" }}\noutputs = {{ to = "{i}.txt" }}\nshell = "a"\n'
        for i in range(1, n)
    ) + ('[steps.s0]\noutputs = { to = "0.txt" }\nshell = "a"\n')


def wide(n: int) -> str:
    return "[params]\nx = 1\n" + "".join(
        f'[steps.s{i}]\ncommand = ["a", "${{x}}"]\noutputs = ["o/{i}/*.txt"]\nreturns = ["r{i}"]\n' for i in range(n)
    )


def one_waits_for_all(n: int) -> str:
    steps = "".join(f'[steps.s{i}]\ncommand = ["a"]\noutputs = ["o/{i}.txt"]\nreturns = ["r{i}"]\n' for i in range(n))
    needs = ", ".join(f'"s{i}"' for i in range(n))
    return f'{steps}[steps.last]\nneeds = [{needs}]\ninputs = ["o/*.txt"]\nshell = "a"\n'


def one_path_in_turn(n: int) -> str:
    return chain_by_needs(n).replace('command = ["a"]', 'command = ["a"]\noutputs = ["log/*"]')


def one_name_many_givers(n: int) -> str:
    return "".join(
        f'[steps.g{i}]\nreturns = ["score"]\ncommand = ["a"]\n'
        f'[steps.t{i}]\nneeds = ["g{i}"]\nparams = ["score"]\nshell = "a"\n'
        for i in range(n)
    )


def all_names_unknown(n: int) -> str:
    return "".join(
        f'[steps.s{i}]\nneeds = ["x{i}"]\ncommand = ["a", "${{y{i}}}"]\ninputs = ["{i}"]\n' for i in range(n)
    )


def one_circle(n: int) -> str:
    return chain_by_needs(n).replace("[steps.s0]\n", f'[steps.s0]\nneeds = ["s{n - 1}"]\n')


def cached(n: int) -> str:
    return "".join(f'[steps.s{i}]\nshell = "x f{i} g"\noutputs = ["f{i}"]\ncache = true\n' for i in range(n))


SHAPES = [cached, chain_by_needs, chain_by_files, chain_by_names, chain_by_references, wide, one_waits_for_all]
SHAPES += [one_path_in_turn, one_name_many_givers, all_names_unknown, one_circle]


def calls(shape: Callable[[int], str], n: int) -> int:
    """The calls of functions, ours and built-in ones, that a file of n steps takes."""
    Path("in.toml").write_text(shape(n))
    count = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        make(Ask(Path("in.toml")))
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_four_times_the_steps_are_four_times_the_work(
    shape: Callable[[int], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    calls(shape, 10)  # what is imported and compiled once
    assert calls(shape, LARGE) < 1.2 * (LARGE / SMALL) * calls(shape, SMALL)


@pytest.mark.parametrize("shape", [chain_by_needs, chain_by_files, wide], ids=lambda shape: shape.__name__)
def test_ten_thousand_steps_are_planned(
    shape: Callable[[int], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in.toml").write_text(shape(HUGE))
    made = make(Ask(Path("in.toml")))
    assert made.plan is not None and len(made.plan["steps"]) == HUGE
