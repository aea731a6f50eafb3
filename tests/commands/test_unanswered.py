"""Conditions and items that a run can't make out: which one it is, what it found, where it is written, what helps."""

from __future__ import annotations

from collections.abc import Callable

from runner.testing.project import Project

Made = Callable[..., Project]
PIPELINE = """
name = "x"
[steps.a]
shell = 'echo "n=many" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.g]
returns = ["m"]
[steps.g.steps.in]
shell = 'echo "m=3" >> "$RUNNER_RETURNS"'
returns = ["m"]
[steps.whether]
when = "n > 3"
shell = "touch RAN"
[steps.rounds]
repeat = { until = "k > 3", max = 4 }
shell = 'echo "k=few" >> "$RUNNER_RETURNS"'
returns = ["k"]
[steps.stops]
for-each = { i = [1, 2] }
max-parallel = 1
stop-when = "j > 3"
shell = 'echo "j=none yet" >> "$RUNNER_RETURNS"'
returns = ["j"]
[steps.which]
choose = "n > 3"
cases.true = { stub = true }
[steps.items]
for-each = { i = "${n}" }
stub = true
"""


def test_n11_a_condition_without_an_answer_is_named_with_what_it_found_and_its_place(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE})
    said = found.cli("up", "--output", "plain").exits(1)
    said.silent("could not be given its parameters", "(`stop-when` held)").says(
        "errored   whether  could not answer its `when`  `>` can't compare `n`, text 'many', with 3\n",
        "errored: whether could not answer its `when`\n"
        "  `>` can't compare `n`, text 'many', with 3\n"
        '  --> pipeline.toml:11:8  when = "n > 3"\n',
        "errored: rounds could not answer its `until`",
        '  --> pipeline.toml:14:20  until = "k > 3"\n',
        "errored: stops could not answer its `stop-when`",
        "blocked: stops[i=2]  (nobody could say whether `stop-when` held)",
        "failed: which could not answer its `choose`",
        "failed: items could not be given its items\n  `for-each` needs a list and got text 'many'\n",
    )
    found.cli("show", "@last", "whether").ok().says("could not answer its `when`  `>` can't compare `n`, text 'many'")


def test_a_condition_that_a_filter_of_items_is_names_itself(project: Made) -> None:
    text = 'name = "x"\n[steps.some]\nfor-each = { i = [1, 2] }\nwhen = "i > \'a\'"\nstub = true\n'
    said = project({"pipeline.toml": text}).cli("up").exits(1)
    said.says("failed: some could not answer its `when`", "--> pipeline.toml:4:8")


def test_a_loop_that_did_not_converge_names_its_condition(project: Made) -> None:
    text = 'name = "x"\n[steps.a]\nrepeat = { max = 2, until = "v > 3" }\nstub = { returns = { v = 1 } }\n'
    made = project({"pipeline.toml": text})
    made.cli("up").exits(1).says('--> pipeline.toml:3:29  until = "v > 3"\n').silent("in a mock")


def test_a_file_that_changed_while_a_kept_plan_ran_has_no_place_to_show(project: Made) -> None:
    once = "test $RUNNER_RUN_NAME = one || sed -i /when/d pipeline.toml; echo n=1 >> $RUNNER_RETURNS"
    text = f"[steps.a]\nreturns = ['n']\nshell = '{once}'\n[steps.b]\nwhen = 'n'\nshell = 'true'\n"
    made = project({"pipeline.toml": text})
    made.cli("up", "--name", "one").exits(1).says("could not answer its `when`", "--> pipeline.toml:5:8")
    made.cli("up", "--name", "two").exits(1).says("could not answer its `when`").silent("-->")


def test_a_plan_that_was_kept_tells_the_place_as_well(project: Made) -> None:
    text = 'name = "x"\n[steps.a]\nstub = { returns = { n = "x" } }\n[steps.b]\nwhen = "n"\nstub = true\n'
    found = project({"pipeline.toml": text})
    for _ in range(2):
        found.cli("up").exits(1).says('--> pipeline.toml:5:8  when = "n"')


def test_in_a_mock_a_condition_says_which_return_to_patch(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE.replace("n > 3", "m > 3")})
    said = found.cli("up", "--mock").exits(1)
    said.says(
        "in a mock `m` is none: say it by `--set executor.steps.g.in.returns.m=VALUE`, or in "
        '`[executor.steps."g.in"]` of a profile',
        "in a mock `n` is none: say it by `--set executor.steps.a.returns.n=VALUE`",
        "in a mock `k` is none: say it by `--set executor.steps.rounds.returns.k=VALUE`",
    )
    helped = found.cli("up", "--mock", "--set", "executor.steps.g.in.returns.m=4", "--json")
    assert helped.statuses()["whether"] == "succeeded"
    assert "returns.m=" not in helped.err
