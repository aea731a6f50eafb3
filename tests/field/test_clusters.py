"""Reported in the field: pods that vanish, that never start or live on; a cluster that answers oddly.

On a stand-in for a cluster, whose pods are processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from runner.rules.day import day_of
from runner.testing.argo.cluster import ArgoCluster
from runner.testing.cluster import Cluster
from runner.testing.fake import Fake
from runner.testing.project import Project

pytest.importorskip("kubernetes")
Make = Callable[..., Project]
Makes = Callable[..., Fake[Any]]
Table = dict[str, Any]
PODS = ("--profile", "std:emulated")


@pytest.fixture
def fake(project: Make) -> Iterator[Makes]:
    """fake(text, "kubernetes" | "argo"): a project and a cluster for it."""
    made: list[Fake[Any]] = []

    def make(text: str, executor: str = "kubernetes") -> Fake[Any]:
        found = project({})
        argo = lambda at: ArgoCluster(at, found.root, found.environment())  # noqa: E731
        made.append(Fake(found, text, executor, argo if executor == "argo" else Cluster))
        return made[-1]

    yield make
    for one in made:
        one.cluster.close()


def reasons(node: Table) -> list[tuple[str, str | None]]:
    return [(one["status"], one.get("reason")) for one in node["attempts"]]


EVICTED = """
name = "lost"
[steps.a]
shell = 'if mkdir "CLAIM/once" || test -e CLAIM/ever; then kill -9 $PPID; exit 1; fi; echo ok'
[steps.b]
needs = ["a"]
shell = "true"
"""


@pytest.mark.parametrize("executor", ["kubernetes", "argo"])
def test_field_c1_lost_is_not_an_attempt(fake: Makes, executor: str) -> None:
    """Of one attempt that the command may have, none is taken by the place that lost it."""
    here = fake("", executor)
    here.found.write({"pipeline.toml": EVICTED.replace("CLAIM", str(here.found.tmp))})
    here.up().ok()
    nodes = here.nodes()
    assert reasons(nodes["a"]) == [("errored", "lost"), ("succeeded", None)]
    assert nodes["b"]["status"] == "succeeded"


def test_field_c1_lost_again_and_again(fake: Makes) -> None:
    here = fake("")
    here.found.write({"pipeline.toml": EVICTED.replace("CLAIM", str(here.found.tmp))})
    (here.found.tmp / "ever").touch()
    here.up("--set", "executor.lost-attempts=2").exits(1)
    nodes = here.nodes()
    assert reasons(nodes["a"]) == [("errored", "lost")] * 3 and nodes["b"]["status"] == "blocked"


LATE = """
name = "x"
timeout = "1500ms"
[steps.a]
shell = "sleep 60"
[steps.b]
needs = ["a"]
shell = "true"
[finally.bye]
shell = 'sleep 1; test "$RUNNER_RUN_STATUS" = failed'
"""


def test_field_c17_finally_after_the_deadline(project: Make) -> None:
    for words in ((), PODS):
        made = project({"pipeline.toml": LATE})
        made.cli("up", *words).exits(124)
        nodes = made.cli("show", "@last", "--json").ok().nodes()
        assert nodes["a"]["status"] in ("cancelled", "failed") and nodes["bye!finally"]["status"] == "succeeded"


def test_field_c17_clocks_of_the_schedule(fake: Makes) -> None:
    """`run.date` is the day where the schedule is, for the driver and in pods, whatever TZ says there."""
    text = "name = 'x'\n[params]\nday = '${run.date}'\n[steps.a]\nshell = 'echo $RUNNER_PARAM_day'\n"
    here = fake(text, "argo")
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):  # a day apart, at any time
        day = datetime.now(ZoneInfo(zone)).strftime("%Y-%m-%d")
        here.up("--set", "schedule.cron='30 0 * * *'", "--set", f"schedule.timezone={zone}").ok()
        assert here.found.cli("logs", "@last", "a").ok().out == f"{day}\n"
        assert here.found.cli("show", "@last", "--json").ok().json()["params"] == {"day": day}


def test_field_c17_the_day_of_a_tick_is_kept_past_midnight() -> None:
    tick = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    start = tick.timestamp() + 7200
    assert day_of(start, tick.isoformat(), {"timezone": "Europe/Zurich"}) == "2026-11-26"
    assert day_of(start, "2026-11-25T23:30:00Z") == "2026-11-25" and day_of(start) == "2026-11-26"
