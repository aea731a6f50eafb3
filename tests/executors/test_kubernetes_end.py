"""What the end of a pod says where its agent has said nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.views.prints import Log
from runner_executors.kubernetes_end import State, end_of, take_log
from runner_executors.kubernetes_patience import Patience, given_up

CALL = {"path": "a", "id": "a", "key": "-", "n": 1, "attempt": "x"}
NOT_FOUND = 'failed to find name in PATH: exec: "python3.13": executable file not found in $PATH'


@pytest.mark.parametrize(
    "seen",
    [State("ended", "StartError", NOT_FOUND, 128), State("ended", "Error", "", 64, NOT_FOUND)],
    ids=["kubernetes", "argo"],
)
def test_a_python_that_the_image_has_not_is_named(seen: State) -> None:
    end = end_of(CALL, seen, None, None)
    assert (end["status"], end["reason"]) == ("failed", "no-interpreter")
    assert end["error"]["message"] == f"the image has no such Python (`executor.python`): {NOT_FOUND}"


def test_who_reads_along_sees_what_a_pod_waits_for_once_and_then_all_that_it_prints(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    patience, read = Patience(0.0, 9.0), Log(log)
    pull, back = State("waiting", "ErrImagePull", "no such host"), State("waiting", "ImagePullBackOff", "")
    said = []
    for seen in (pull, back, pull):
        patience.note(seen, log)
        said += read.lines()
    assert said == [b"waiting: ErrImagePull: no such host", b"waiting: ImagePullBackOff"]
    assert take_log([b"one\n", b"two, which is longer than what it has waited for\n"], log) is None
    assert read.rest() == [b"one", b"two, which is longer than what it has waited for"]


def test_a_pod_that_is_stopped_while_it_waits_was_cancelled_and_not_unable_to_start() -> None:
    seen = State("waiting", "ImagePullBackOff", "no such host")
    found = [given_up(CALL, seen, stopped) for stopped in (None, "cancelled")]
    assert [(end["status"], end["reason"]) for end in found] == [("errored", "no-image"), ("cancelled", "cancelled")]
