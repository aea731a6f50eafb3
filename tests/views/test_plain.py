"""Plain lines: the same facts as the board, for pipes and files."""

import io

import pytest

from runner.views.plain import Plain


def show(events, env=None, quiet=False, encoding="utf-8"):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="")
    with Plain(stream, env or {}, quiet) as view:
        for event in events:
            view.see(event)
    return raw.getvalue().decode(encoding)


def test_every_fact_is_one_line(story, golden):
    golden("plain.txt", show(story))


def test_where_unicode_cannot_be_written_the_lines_are_ascii(story):
    assert show(story, encoding="ascii").isascii()


def test_quiet_tells_only_what_went_wrong(story, golden):
    golden("quiet.txt", show(story, quiet=True))


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"TERM": "xterm"}, False),
    ],
)
def test_colour_follows_no_color_and_force_color_and_the_stream(story, env, coloured):
    assert ("\x1b[31mfailed\x1b[0m" in show(story, env)) is coloured


def test_only_the_words_of_states_are_coloured(story):
    text = show(story, {"FORCE_COLOR": "1"})
    assert "\x1b[31mfailed\x1b[0m    train[island=Dream]  exited 3" in text


def test_lines_are_written_together_once_a_tick(story):
    class Counting(io.StringIO):
        writes = 0

        def write(self, text):
            self.writes += 1
            return super().write(text)

    stream = Counting()
    with Plain(stream, {}) as view:
        for event in story:
            view.see(event)
        assert stream.writes == 0
        view.tick(110.0)
        assert stream.writes == 1
    assert stream.writes == 1


def test_a_step_that_the_end_of_the_run_kept_from_its_next_attempt(story):
    start, failed = story[0], story[10]
    assert failed.data["status"] == "failed" and not failed.data["final"]
    last = failed._replace(what="state", data={"status": "failed", "reason": "exit"})
    assert show([start, failed, last]).splitlines()[-1] == "failed    train[island=Dream]  not tried again"
