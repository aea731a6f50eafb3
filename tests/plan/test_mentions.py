"""What a script names as `RUNNER_PARAM_x` is asked for: it makes the edge, or is missed before the run (N2, N8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Plan = Callable[..., Any]

TEXT = """
name = "x"
[params]
level = 1
[steps.train]
shell = "true"
returns = ["accuracy"]
[steps.report]
{more}
shell = '''
echo start
{line}
'''
"""


def test_n8_a_return_that_a_script_names_is_taken_from_its_only_giver(planned: Plan) -> None:
    found = planned(TEXT.format(more="", line='echo "$RUNNER_PARAM_accuracy ${RUNNER_PARAM_level}"'))
    assert found.needs("report") == {"train"}
    assert found.takes("report")["accuracy"][0] == "return"
    assert found.problems == []


@pytest.mark.parametrize("line", ['echo "${RUNNER_PARAM_accuracy:-none}"', 'test -n "${RUNNER_PARAM_accuracy+x}"'])
def test_n2_where_the_script_has_a_default_the_edge_is_order_only(planned: Plan, line: str) -> None:
    found = planned(TEXT.format(more="", line=line))
    assert (found.needs("report"), found.after("report")) == (set(), {"train"})


def test_a_name_that_nothing_gives_is_warned_of_at_its_place(planned: Plan) -> None:
    found = planned(TEXT.format(more="", line='echo "$RUNNER_PARAM_acuracy"'))
    problem = found.problem("W476")
    assert problem.place.line == 12
    assert problem.hint == "did you mean `accuracy`?"


def test_a_name_that_params_leaves_out_is_warned_of(planned: Plan) -> None:
    found = planned(TEXT.format(more='params = ["level"]', line='echo "$RUNNER_PARAM_accuracy"'))
    assert found.codes == ["W476"]
    assert "`params`" in found.problem("W476").hint
    assert found.needs("report") == set()


def test_files_items_and_names_that_the_script_sets_itself_are_no_mistakes(planned: Plan) -> None:
    text = """
name = "x"
[steps.m]
for-each = { i = [1] }
outputs = { o = "out/${i}.txt" }
shell = 'echo "$RUNNER_PARAM_i" > "$RUNNER_PARAM_o"; RUNNER_PARAM_mine=1; echo $RUNNER_PARAM_mine $RUNNER_PARAMS'
"""
    assert planned(text).problems == []
