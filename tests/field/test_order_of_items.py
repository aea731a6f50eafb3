"""Items of several lists bear the same label wherever they are told: while they run, and read back from the record."""

from __future__ import annotations

from collections.abc import Callable

from runner.testing.project import Project

SHELL = """shell = 'echo "$RUNNER_PARAM_z $RUNNER_PARAM_a"'"""
TWO = {
    "pipeline.toml": f"""
        name = "x"
        [steps.list]
        shell = 'echo "zs=[7,8]" >> $RUNNER_RETURNS'
        returns = ["zs"]
        [steps.known]
        for-each = {{ z = [1, 2], a = [10, 20] }}
        {SHELL}
        [steps.found]
        for-each = {{ z = "${{zs}}", a = [10, 20] }}
        {SHELL}
        """
}


def test_labels_of_the_record_are_those_of_the_run(project: Callable[..., Project]) -> None:
    made = project(TWO)
    said = made.run("up", "pipeline.toml", "-j", "1").ok()
    said.says("known[z=1,a=20]", "known[z=2,a=10]", "found[z=7,a=20]", "found[z=8,a=10]")
    for label, text in (
        ("known[z=1,a=20]", "1 20\n"),
        ("known[z=2,a=10]", "2 10\n"),
        ("found[z=7,a=20]", "7 20\n"),
        ("found[z=8,a=10]", "8 10\n"),
    ):
        made.run("logs", "@last", label).ok()
        assert made.run("logs", "@last", label).out.endswith(text)
    told = made.run("show", "@last", "--all").ok().out
    assert told.index("known[z=1,a=20]") < told.index("known[z=2,a=10]")
