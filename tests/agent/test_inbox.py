"""What an agent is told comes in any pieces, and several at once."""

from __future__ import annotations

import os

from runner.agent.inbox import Inbox
from runner.run.packed import message


def test_a_stop_that_came_together_with_its_call_is_heard() -> None:
    fd, end = os.pipe()
    try:
        os.write(end, message({"call": 1}) + message({"stop": True}))
        inbox = Inbox(fd)
        assert inbox.take() == {"call": 1}
        assert inbox.stop()
        assert not inbox.stop()
    finally:
        os.close(fd)
        os.close(end)


def test_half_a_stop_is_none_yet() -> None:
    fd, end = os.pipe()
    try:
        inbox, told = Inbox(fd), message({"stop": True})
        os.write(end, told[:4])
        assert not inbox.stop()
        os.write(end, told[4:])
        assert inbox.stop()
    finally:
        os.close(fd)
        os.close(end)
