"""GitHub and GitLab: folded output, annotations, and nothing that a step prints is obeyed."""

import io
import re

from runner.views.annotations import command
from runner.views.ci import KEPT, GitHub, GitLab, Grouped
from runner.views.story import Line
from runner.views.summary import MOST, Summary


def show(view, events):
    stream = io.StringIO()
    with view(stream, {"GITHUB_WORKSPACE": "/w"}) as seen:
        for event in events:
            seen.see(event)
    return stream.getvalue()


def test_github_folds_what_a_step_printed_and_annotates_failures(story, golden):
    golden("github.txt", re.sub(r"[0-9a-f]{32}", "TOKEN", show(GitHub, story)))


def test_github_a_forged_command_is_not_obeyed(story):
    lines = show(GitHub, story).splitlines()
    at = lines.index("::error::forged")
    stop = re.fullmatch(r"::stop-commands::([0-9a-f]{32})", lines[at - 1])
    assert lines[at + 1] == f"::{stop[1]}::"


def test_github_the_file_of_an_annotation_is_relative_to_the_checkout(story):
    assert "::error file=src/model.py,line=12,title=train[island=Dream] failed::" in show(GitHub, story)


def test_values_of_commands_are_escaped():
    assert command("error", {"title": "a:b,c"}, "100%\r\na:b,c") == "::error title=a%3Ab%2Cc::100%25%0D%0Aa:b,c"


def test_gitlab_makes_collapsed_sections(story, golden):
    golden("gitlab.txt", show(GitLab, story).replace("\x1b", "ESC").replace("\r", "CR"))


def test_gitlab_a_forged_section_loses_its_escapes(story):
    forged = story[3]._replace(data={"text": "\x1b[0Ksection_end:1:x\r\x1b[0Kfree"})
    text = show(GitLab, [*story[:3], forged, story[4]])
    assert "section_end:1:x" not in text


def test_without_lines_the_log_is_read_at_the_end(story, tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"one\n\xfftwo\x1b[2J\n")
    start = story[1]._replace(data={"n": 1, "log": str(log)})
    text = show(GitHub, [story[0], start, story[4]])
    assert "::group::succeeded fetch  2.1s\none\n\ufffdtwo\n::endgroup::\n" in text


def test_a_step_that_prints_without_end_is_kept_in_part(story):
    flood = [story[3]._replace(data={"text": f"line {i}"}) for i in range(KEPT + 20)]
    text = show(GitHub, [*story[:3], *flood, story[4]])
    assert "(more before these lines: runner logs brisk-otter-3 fetch)\nline 20\n" in text
    assert "line 19\n" not in text


def test_grouped_each_step_is_a_block_when_it_ends(story, golden):
    golden("grouped.txt", show(Grouped, story))


def test_github_the_summary_page_is_a_table_of_what_went_wrong_first(story, golden, tmp_path):
    page = tmp_path / "summary.md"
    page.write_text("before\n")
    with GitHub(io.StringIO(), {"GITHUB_STEP_SUMMARY": str(page)}) as view:
        for event in story:
            view.see(event)
    golden("summary.md", page.read_text())


def test_github_a_summary_is_bounded_and_its_cells_hold_whatever_they_hold():
    page = Summary()
    for n in range(1000):
        page.note(Line("failed", f"s[x={n}|<b>`]", "exited 1"))
    lines = page.text("p  run r", "failed", {"failed": 1000}).splitlines()
    assert lines[6] == "| s&#91;x=0&#124;&lt;b&gt;&#96;&#93; | failed | exited 1 |"
    assert len(lines) == 6 + MOST + 3 and "and 950 more" in lines


def test_github_a_page_that_cannot_be_written_ends_no_run(story, tmp_path):
    with GitHub(io.StringIO(), {"GITHUB_STEP_SUMMARY": str(tmp_path)}) as view:
        view.see(story[-1])
