"""Names and what they mean where they stand: N2, N7, N8, N12, N18."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Plan = Callable[..., Any]


def test_n2_a_returned_name_makes_an_edge(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.b]
when = "score > 1"
shell = "true"
[steps.a]
shell = "echo score=2 >> $RUNNER_RETURNS"
returns = ["score"]
""")
    assert found.needs("b") == {"a"}


def test_n2_a_step_in_after_gives_order_only_even_where_a_reference_would_need_it(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.a]
shell = "true"
returns = ["score"]
[steps.b]
after = ["a"]
env = { S = "${steps.a.score:-0}" }
shell = "true"
""")
    assert found.needs("b") == set()
    assert found.after("b") == {"a"}


def test_n2_a_reference_with_a_default_is_order_only(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.a]
shell = "true"
returns = ["score"]
[steps.b]
env = { S = "${steps.a.score:-0}" }
shell = "true"
""")
    assert found.needs("b") == set()
    assert found.after("b") == {"a"}


def test_n2_the_order_of_steps_in_the_file_means_nothing(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.late]
needs = ["early"]
shell = "true"
[steps.early]
shell = "true"
""")
    assert [found.plan["nodes"][id]["path"] for id in found.plan["steps"]] == ["early", "late"]


def test_n8_a_direct_need_that_returns_the_name_comes_before_the_parameter(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
score = 1
[steps.a]
shell = "true"
returns = ["score"]
[steps.b]
needs = ["a"]
params = ["score"]
shell = "true"
[steps.c]
params = ["score"]
shell = "true"
""")
    assert found.takes("b")["score"][0] == "return"
    assert found.takes("c")["score"] == ["param", "score"]


def test_n18_a_return_that_is_also_a_parameter_replaces_it_only_for_the_steps_after_it(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
score = 1
[steps.a]
shell = "true"
returns = ["score"]
[steps.b]
needs = ["a"]
shell = "true"
[steps.other]
shell = "true"
""")
    assert found.takes("b")["score"][0] == "return"
    assert found.takes("other")["score"] == ["param", "score"]


def test_n8_two_on_one_rung_are_an_error_at_the_taker(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.a]
shell = "true"
returns = ["score"]
[steps.b]
shell = "true"
returns = ["score"]
[steps.c]
params = ["score"]
shell = "true"
""")
    problem = found.problem("E464")
    assert problem.place.line == 10
    assert "`steps.a.score` or `steps.b.score`" in problem.message


def test_n8_none_at_all_is_an_error_with_a_near_name(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
threshold = 1
[steps.a]
when = "treshold > 1"
shell = "true"
""")
    assert found.problem("E460").hint == "did you mean `threshold`?"


def test_n8_the_enclosing_scope_is_looked_at_outward(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
p = 1
[steps.first]
shell = "true"
returns = ["seen"]
[steps.g]
for-each = { i = [1, 2] }
[steps.g.steps.inner]
params = ["i", "p", "seen"]
shell = "true"
""")
    takes = found.takes("g.inner")
    assert takes["i"] == ["item", found.node("g")["id"], 0, "i"]
    assert takes["p"] == ["param", "p"]
    assert takes["seen"][0] == "return"
    assert found.needs("g") == {"first"}  # N26: the edge belongs to the group


def test_n7_a_dotted_step_is_looked_up_in_the_own_graph_then_outward(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.a]
shell = "true"
returns = ["r"]
[steps.g.steps.a]
shell = "true"
returns = ["r"]
[steps.g.steps.b]
params = { r = "${steps.a.r}" }
shell = "true"
[steps.h.steps.b]
params = { r = "${steps.a.r}" }
shell = "true"
""")
    assert found.takes("g.b")["r"][1] == found.node("g.a")["id"]
    assert found.takes("h.b")["r"][1] == found.node("a")["id"]
    assert found.needs("h") == {"a"}


def test_n12_with_params_a_shell_step_sees_only_those_and_its_items(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
a = 1
b = 2
[steps.s]
for-each = { i = [1] }
params = ["a"]
shell = "true"
[steps.t]
shell = "true"
""")
    assert set(found.takes("s")) == {"a", "i"}
    assert set(found.takes("t")) == {"a", "b"}


def test_n12_a_table_gives_values_and_a_list_is_a_table_of_the_same_names(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
a = 1
[steps.s]
params = { x = "${a}", y = "v${a}", z = 3 }
shell = "true"
""")
    assert found.takes("s") == {"x": ["param", "a"], "y": ["text", ["v", ["param", "a"]]], "z": 3}


@pytest.mark.parametrize("where", ["needs", "after"])
def test_n1_an_unknown_step_is_told_with_a_near_name(planned: Plan, where: str) -> None:
    found = planned(f"""
name = "x"
[steps.prepare]
shell = "true"
[steps.b]
{where} = ["prepair"]
shell = "true"
""")
    problem = found.problem("E250")
    assert (problem.place.line, problem.place.col) == (6, len(where) + 5)
    assert problem.hint == "did you mean `prepare`?"


def test_a_cycle_is_shown_as_a_path_in_the_order_of_waiting(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.a]
needs = ["c"]
shell = "true"
[steps.b]
needs = ["a"]
shell = "true"
[steps.c]
needs = ["b"]
shell = "true"
""")
    assert found.codes == ["E301"]
    path = found.problem("E301").message
    assert any(cycle in path for cycle in ("a -> b -> c -> a", "b -> c -> a -> b", "c -> a -> b -> c"))


def test_n30_finally_sees_returns_only_with_a_default(planned: Plan) -> None:
    text = """
name = "x"
[steps.a]
shell = "true"
returns = ["n"]
[finally.f]
shell = "true"
env = {{ N = "${{steps.a.n{default}}}", S = "${{run.status}}" }}
"""
    assert planned(text.format(default="")).codes == ["E306"]
    assert planned(text.format(default=":-0")).codes == []


def test_n29_what_somebody_takes_from_a_recovered_step_is_returned_by_its_handler(planned: Plan) -> None:
    text = """
name = "x"
[steps.a]
shell = "true"
returns = ["n"]
on-failure = {{ run = "h", recover = "continue" }}
[steps.b]
params = ["n"]
shell = "true"
[handlers.h]
shell = "true"
{returns}
"""
    assert planned(text.format(returns="")).codes == ["E309"]
    assert planned(text.format(returns='returns = ["n"]')).codes == []


def test_n4_a_when_that_names_an_item_is_asked_per_item(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
on = true
[steps.m]
for-each = { i = [1, 2, 3] }
when = "i > 1"
shell = "true"
[steps.n]
for-each = { i = [1] }
when = "on"
shell = "true"
""")
    assert "filter" in found.node("m") and "when" not in found.node("m")
    assert "when" in found.node("n") and "filter" not in found.node("n")


def test_n12_an_item_may_be_listed_in_params_too(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
a = 1
[steps.s]
for-each = { i = [1] }
params = ["a", "i"]
when = "i > 0"
command = ["echo", "${i}"]
""")
    assert found.codes == []
    assert found.takes("s")["i"] == ["item", found.node("s")["id"], 0, "i"]


def test_n1_a_step_that_is_needed_by_word_stays_needed_when_after_names_it_too(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.a]
shell = "true"
[steps.b]
needs = ["a"]
after = ["a"]
shell = "true"
""")
    assert found.needs("b") == {"a"}
