"""Exit codes of a run (DESIGN 3.3)."""

import signal

import pytest

from runner import cli
from runner.views.exits import EXITS, exit_code


@pytest.mark.parametrize(
    ("status", "more", "code"),
    [
        ("succeeded", {}, 0),
        ("succeeded", {"signal": signal.SIGINT}, 0),
        ("failed", {}, 1),
        ("cancelled", {"signal": signal.SIGINT}, 130),
        ("cancelled", {"signal": signal.SIGTERM}, 143),
        ("failed", {"signal": signal.SIGHUP}, 129),
        ("cancelled", {"timed_out": True}, 124),
        ("failed", {"timed_out": True}, 124),
        ("cancelled", {}, 1),
    ],
)
def test_a_run_exits_by_its_status_and_what_ended_it(status, more, code):
    assert exit_code(status, **more) == code
    assert code in {number for number, _, _ in EXITS}


def test_the_help_names_every_code_that_means_something_to_a_caller():
    text = cli.help_text()
    assert all(str(code) in text for code, _, _ in EXITS if code not in (70, 141))
