"""Reported in the field: runs that go on with other values, beside what they left alive, or end without a word."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
DAY = 86_400


def up(made: Project, *words: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words)


def log(made: Project) -> list[str]:
    return made.read("log").splitlines()


LATE = "sleep 3; echo late >> out.txt"
WRITERS = {
    "shell": LATE,
    "grandchild": f'bash -c "{LATE}" & wait',
    "another-session": f'setsid -w bash -c "{LATE}"',
    "python": "",
}
WRITE = f"""
import os, subprocess
def write():
    open("log", "a").write("start\\n")
    if os.path.exists("go"):
        open("out.txt", "w").write("fresh\\n")
    else:
        subprocess.run(["bash", "-c", "{LATE}"], start_new_session=True, env={{"PATH": os.environ["PATH"]}})
"""


@pytest.mark.parametrize("kind", WRITERS)
def test_field_4_driver_killed_step_lives_on(project: Make, kind: str) -> None:
    script = f"echo start >> log; if test -e go; then echo fresh > out.txt; else {WRITERS[kind]}; fi"
    step = 'python = "w:write"' if kind == "python" else f"shell = '{script}'"
    made = project({"pipeline.toml": f'name = "x"\n[steps.a]\noutputs = ["out.txt"]\n{step}\n', "w.py": WRITE})
    driver = made.popen("up", "pipeline.toml")
    made.wait(lambda: made.exists("log"))
    began = time.monotonic()
    os.kill(driver.pid, signal.SIGKILL)
    driver.wait()
    made.write({"go": ""})
    up(made, "--resume").ok()
    time.sleep(max(0.0, began + 3.3 - time.monotonic()))
    assert made.read("out.txt") == "fresh\n"
    assert log(made) == ["start", "start"]


GIVEN = """
name = "x"
[params]
table = "dev"
day = "${run.date}"
[steps.a]
params = ["table", "day"]
shell = 'echo "a $RUNNER_PARAM_table $RUNNER_PARAM_day" >> log'
[steps.b]
needs = ["a"]
params = ["table", "day"]
shell = 'echo "b $RUNNER_PARAM_table $RUNNER_PARAM_day" >> log; test -e ok'
"""


@pytest.mark.parametrize(
    ("anew", "ran"),
    [((), ["b prod"]), (("--param", "table=x"), ["a x", "b x"])],
    ids=["as-it-was", "said-anew"],
)
def test_field_7_resume_keeps_parameters_past_midnight(
    project: Make, monkeypatch: pytest.MonkeyPatch, anew: tuple[str, ...], ran: list[str]
) -> None:
    made = project({"pipeline.toml": GIVEN})
    now = time.time()
    day = time.strftime("%Y-%m-%d", time.gmtime(now))
    monkeypatch.setattr(time, "time", lambda: now)
    up(made, "--param", "table=prod").exits(1)
    made.write({"ok": ""})
    monkeypatch.setattr(time, "time", lambda: now + DAY)
    up(made, "--resume", *anew).ok()
    assert log(made) == [f"{line} {day}" for line in ["a prod", "b prod", *ran]]
    up(made).exits(0)  # a run of its own: the defaults, and the day that it is
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(now + DAY))
    assert log(made)[-2:] == [f"a dev {tomorrow}", f"b dev {tomorrow}"]


def test_field_8_finally_after_resume(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                shell = "test -e ok"
                on-failure = "h"
                [handlers.h]
                shell = 'echo "handled $RUNNER_FAILED_STEP" >> log'
                [finally.f]
                shell = 'echo "$RUNNER_RUN_STATUS" >> log'
                """
        }
    )
    up(made).exits(1)
    up(made, "--resume").exits(1)
    made.write({"ok": ""})
    up(made, "--resume").ok()
    assert log(made) == ["handled a", "failed"] * 2 + ["succeeded"]
