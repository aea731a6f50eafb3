"""Random runs, folded from their records."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from runner.run.fold import fold, projection
from runner.run.stock import Pool
from runner.testing.dice import Dice, steps_of
from runner.testing.simulate import plan_of, simulate

Table = dict[str, Any]


ROUND = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
STOCK = {"cpu": 2, "memory": 2 << 30, "gpu": 1}
SEEDS = st.integers(0, 10**9)


def thrown(seed: int) -> tuple[Table, Dice, random.Random]:
    dice = random.Random(seed)
    plan = plan_of(steps_of(dice), steps_of(dice, 2) if dice.random() < 0.3 else None)
    return plan, Dice(seed, dice.choice([0.6, 0.9, 1.0])), dice


@ROUND
@given(SEEDS)
def test_r9_the_fold_of_the_records_is_what_the_machine_said_in_any_order(seed: int) -> None:
    plan, world, dice = thrown(seed)
    cancel = {dice.randint(0, 8): dice.random() < 0.3} if dice.random() < 0.5 else None
    run = simulate(plan, world, random=dice, cancel=cancel, fail_fast=dice.random() < 0.2, stock=[Pool(("",), STOCK)])
    keys = list(run.records)
    told = fold(plan, run.records, world.decide)
    assert told["status"] == run.machine.status
    shown = {name: (node["status"], node["reason"], node["handled"]) for name, node in told["nodes"].items()}
    said = {f"{a.id} {'.'.join(map(str, a.key)) or '-'}": tuple(s) for a, s in run.machine.statuses.items()}
    assert shown == said
    for _ in range(2):
        dice.shuffle(keys)
        assert fold(plan, {key: run.records[key] for key in keys}, world.decide) == told
    assert set(projection(told)) == set(said)
