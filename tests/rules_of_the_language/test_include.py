"""`include` and N20: a pipeline in several files."""

from __future__ import annotations

from collections.abc import Callable

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, file: str = "pipeline.toml", **env: str) -> Outcome:
    return made.cli("up", file, "--json", *words, env=env)


def log(made: Project, label: str) -> str:
    return made.cli("logs", "@last", label).ok().out


PARTS = {
    "pipeline.toml": """
        include = ["parts/*.toml", "more.toml"]
        [params]
        greeting = "hello"
        [defaults]
        env = { WHO = "all" }
        [steps.last]
        needs = ["greet"]
        extends = "loud"
        on-failure = "mend"
        """,
    "parts/greet.toml": """
        [steps.greet]
        shell = '''
        echo "$RUNNER_PARAM_greeting $RUNNER_PARAM_count $WHO"
        echo "said=$RUNNER_PARAM_count" >> "$RUNNER_RETURNS"
        '''
        returns = ["said"]
        """,
    "parts/numbers.toml": """
        [params]
        count = 2
        [types.count]
        maximum = 3
        """,
    "more.toml": """
        [templates.loud]
        shell = 'echo "LAST $RUNNER_PARAM_said"; exit 4'
        [handlers.mend]
        shell = 'echo mended'
        [finally.end]
        shell = 'echo "the end: $RUNNER_RUN_STATUS"'
        """,
}


def test_included_files_add_params_types_templates_steps_handlers_and_finally(project: Make) -> None:
    made = project(PARTS)
    assert up(made).exits(1).statuses() == {
        "greet": "succeeded",
        "last": "failed",
        "last!on-failure": "succeeded",
        "end!finally": "succeeded",
    }
    assert log(made, "greet") == "hello 2 all\n"
    assert log(made, "last") == "LAST 2\n"
    assert log(made, "end!finally") == "the end: failed\n"
    made.cli("check", "pipeline.toml", "--param", "count=4").exits(3).says("count=4", "3")


def test_n20_include_is_relative_to_the_file_that_says_it_and_paths_in_it_to_the_root(project: Make) -> None:
    made = project(
        {
            "runner.toml": "",
            "flows/pipeline.toml": 'include = ["../shared/copy.toml"]\n',
            "shared/copy.toml": """
                [steps.copy]
                inputs = { data = "data/in.txt", script = "${file.dir}/copy.sh" }
                outputs = { copy = "made/out.txt" }
                command = ["bash", "${script}", "${data}", "${copy}"]
                """,
            "shared/copy.sh": 'cp "$1" "$2"\n',
            "data/in.txt": "from the root",
        }
    )
    up(made, file="flows/pipeline.toml").ok()
    assert made.read("made/out.txt") == "from the root"


def test_file_dir_is_the_folder_of_the_file_that_says_it_also_in_a_template(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'include = ["a/b/t.toml"]\n[steps.x]\nextends = "t"\nenv = { HERE = "${file.dir}" }\n',
            "a/b/t.toml": '[templates.t]\nshell = \'echo "$HERE $THERE"\'\nenv = { THERE = "${file.dir}" }\n',
        }
    )
    up(made).ok()
    assert log(made, "x") == ". a/b\n"


def test_explain_says_which_file_said_it(project: Make) -> None:
    made = project(PARTS)
    made.cli("explain", "pipeline.toml", "params.count").ok().says("parts/numbers.toml:2")
    made.cli("explain", "pipeline.toml", "steps.last.shell").ok().says("template loud", "more.toml:2")


def test_a_profile_and_set_reach_included_steps(project: Make) -> None:
    made = project({**PARTS, "profiles/p.toml": '[steps.greet]\nenv = { WHO = "some" }\n'})
    up(made, "--profile", "p", "--set", "steps.greet.timeout=1m").exits(1)
    assert log(made, "greet") == "hello 2 some\n"
    made.cli("explain", "pipeline.toml", "steps.greet.timeout", "--set", "steps.greet.timeout=1m").ok().says("--set")


def test_a_kept_plan_notices_edits_of_included_files_and_new_ones(project: Make) -> None:
    made = project(PARTS)
    up(made).exits(1)
    made.write({"parts/numbers.toml": "[params]\ncount = 3\n"})
    up(made).exits(1)
    assert log(made, "greet") == "hello 3 all\n"
    made.write({"parts/new.toml": "[steps.new]\nstub = true\n"})
    assert up(made).exits(1).statuses()["new"] == "succeeded"


def test_a_pipeline_may_consist_of_included_steps_alone(project: Make) -> None:
    made = project({"pipeline.toml": 'include = ["a.toml"]\n', "a.toml": "[steps.a]\nstub = true\n"})
    assert up(made).ok().statuses() == {"a": "succeeded"}
    made.write({"a.toml": "[params]\nx = 1\n"}).cli("check", "pipeline.toml").exits(3).says("E237")
