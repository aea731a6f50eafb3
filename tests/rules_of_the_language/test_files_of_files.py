"""N20, N27 and `include`: pipelines that are made of several files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, file: str = "pipeline.toml", **env: str) -> Outcome:
    return made.cli("up", file, "--json", *words, env=env)


def given(outcome: Outcome, label: str, name: str) -> Any:
    return outcome.nodes()[label]["returns"][name]["json"]


def log(made: Project, label: str) -> str:
    return made.cli("logs", "@last", label).ok().out


# include


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


# uses


FETCH = {
    "blocks/fetch.toml": """
        returns = ["rows", { name = "where", from = "put.place" }]
        [params]
        url = "none"
        rate = 1
        [types]
        table = { type = "text" }
        rate = { type = "number", maximum = 9 }
        [defaults]
        env = { WHO = "fetch" }
        [steps.get]
        shell = '''
        echo "$RUNNER_PARAM_url $RUNNER_PARAM_table $RUNNER_PARAM_rate $WHO ${RUNNER_PARAM_secret-}"
        echo "rows=${#RUNNER_PARAM_table}" >> "$RUNNER_RETURNS"
        '''
        returns = ["rows"]
        [steps.put]
        needs = ["get"]
        stub = { returns = { place = "db/${table}/${rows}" } }
        returns = ["place"]
        """,
}


def test_n27_a_file_is_run_as_a_step(project: Make) -> None:
    made = project(
        {
            **FETCH,
            "pipeline.toml": """
                [params]
                secret = "not for the file"
                [defaults]
                env = { WHO = "pipeline", MORE = "x" }
                [steps.orders]
                uses = "./blocks/fetch.toml"
                params = { table = "orders", url = "http://${steps.host.name}" }
                [steps.host]
                stub = { returns = { name = "here" } }
                [steps.tell]
                command = ["echo", "${rows}", "${steps.orders.where}"]
                """,
        }
    )
    done = up(made).ok()
    assert set(done.statuses()) == {"host", "orders", "orders.get", "orders.put", "tell"}
    assert log(made, "orders.get") == "http://here orders 1 fetch \n"
    assert log(made, "tell") == "6 db/orders/6\n"


def test_n19_a_used_file_exports_its_returns_and_a_step_may_choose_and_rename(project: Make) -> None:
    made = project(
        {
            **FETCH,
            "pipeline.toml": """
                returns = [{ name = "n", from = "a.count" }]
                [steps.a]
                uses = "blocks/fetch.toml"
                params = { table = "abc" }
                returns = [{ name = "count", from = "rows" }]
                [steps.b]
                uses = "blocks/fetch.toml"
                params = { table = "x" }
                [steps.tell]
                params = { count = "${count}", rows = "${rows}", where = "${where}" }
                python = "w:all"
                returns = ["all"]
                """,
            "w.py": "def all(count, rows, where): return [count, rows, where]\n",
        }
    )
    assert given(up(made).ok(), "tell", "all") == [3, 1, "db/x/1"]
    made.write({"top.toml": '[steps.p]\nuses = "pipeline.toml"\n[steps.t]\ncommand = ["echo", "${n}"]\n'})
    up(made, file="top.toml").ok()
    assert log(made, "t") == "3\n"


def test_n12_a_used_file_sees_nothing_but_what_it_is_given(project: Make) -> None:
    inner = '[steps.a]\nshell = "env | grep RUNNER_PARAM_ | sort"\n[params]\nseen = 1\n'
    text = """
        [params]
        hidden = 1
        seen = 2
        [steps.before]
        stub = { returns = { value = 3 } }
        [steps.group]
        for-each = { item = [4] }
        params = { other = 5 }
        needs = ["before"]
        [steps.group.steps.in]
        uses = "inner.toml"
        """
    made = project({"inner.toml": inner, "pipeline.toml": text})
    up(made).ok()
    assert log(made, "group[item=4].in.a") == "RUNNER_PARAM_seen=1\n"
    made.write({"inner.toml": inner.replace("shell =", 'env = { H = "${hidden}" }\nshell =')})
    made.cli("check", "pipeline.toml").exits(3).says(
        "E460", "inner.toml:2", "hidden", "used by `in`", "pipeline.toml:11"
    )


def test_n12_the_list_form_of_params_hands_in_names_of_the_scope(project: Make) -> None:
    text = """
        [params]
        url = "u"
        [steps.a]
        for-each = { table = ["x", "yy"] }
        uses = "blocks/fetch.toml"
        params = ["url", "table"]
        [steps.tell]
        command = ["echo", "${rows}", "${where}"]
        """
    made = project({**FETCH, "pipeline.toml": text})
    up(made).ok()
    assert log(made, "tell") == "1 2 db/x/1 db/yy/2\n"
    assert log(made, "a[table=yy].get") == "u yy 1 fetch \n"


def test_n20_uses_is_relative_to_the_file_that_says_it_and_the_root_is_that_of_the_first_file(project: Make) -> None:
    made = project(
        {
            "runner.toml": "",
            "flows/main.toml": '[steps.a]\nuses = "../shared/one/copy.toml"\n',
            "shared/one/copy.toml": '[steps.b]\nuses = "../two/end.toml"\n',
            "shared/two/end.toml": """
                [steps.c]
                inputs = { data = "data/in.txt", script = "${file.dir}/copy.sh" }
                outputs = ["made/out.txt"]
                command = ["sh", "${script}", "${data}", "${file.dir}"]
                """,
            "shared/two/copy.sh": 'echo "$2" && cp "$1" made/out.txt\n',
            "shared/two/runner.toml": "",
            "data/in.txt": "root",
        }
    )
    up(made, file="flows/main.toml").ok()
    assert log(made, "a.b.c") == "shared/two\n" and made.read("made/out.txt") == "root"
    assert made.exists(".runner/runs") and not made.exists("shared/two/.runner")


def test_n26_an_edge_into_a_used_file_belongs_to_the_step_that_uses_it(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [steps.reader]
                uses = "read.toml"
                [steps.writer]
                uses = "write.toml"
                [steps.value]
                uses = "take.toml"
                params = { x = "${steps.reader.lines}" }
                """,
            "read.toml": """
                returns = ["lines"]
                [steps.wc]
                inputs = { f = "made/f.txt" }
                shell = 'echo "lines=$(wc -l < "$RUNNER_PARAM_f")" >> "$RUNNER_RETURNS"'
                returns = ["lines"]
                """,
            "write.toml": '[steps.w]\noutputs = ["made/f.txt"]\nshell = "seq 3 > made/f.txt"\n',
            "take.toml": '[params]\nx = 0\n[steps.a]\ncommand = ["echo", "${x}"]\n',
        }
    )
    plan = made.cli("plan", "pipeline.toml", "--json").ok().json()
    needs = {node["path"]: [plan["nodes"][id]["path"] for id in node["needs"]] for node in plan["nodes"].values()}
    assert needs["reader"] == ["writer"] and needs["value"] == ["reader"]
    assert not needs["reader.wc"] and not needs["value.a"]
    up(made).ok()
    assert log(made, "value.a") == "3\n"


def test_n27_defaults_handlers_and_finally_of_a_used_file_stay_its_own(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [defaults]
                env = { OUTER = "1" }
                [steps.a]
                uses = "inner.toml"
                on-failure = { run = "mend", recover = "skip" }
                [handlers.mend]
                shell = "echo outer"
                [finally.end]
                shell = 'echo "outer end $RUNNER_RUN_STATUS"'
                """,
            "inner.toml": """
                [defaults]
                env = { INNER = "1" }
                [steps.x]
                shell = 'echo "${OUTER-none} $INNER"; exit 3'
                on-failure = "mend"
                [handlers.mend]
                shell = 'echo "inner $INNER"'
                [finally.end]
                shell = 'echo "inner end ${OUTER-none} $INNER"'
                """,
        }
    )
    done = up(made).ok()
    assert done.statuses() == {
        "a": "failed",
        "a.x": "failed",
        "a.x!on-failure": "succeeded",
        "a.!finally": "succeeded",
        "a.!finally.end": "succeeded",
        "a!on-failure": "succeeded",
        "end!finally": "succeeded",
    }
    assert log(made, "a.x") == "none 1\n" and log(made, "a.x!on-failure") == "inner 1\n"
    assert log(made, "a!on-failure") == "outer\n" and log(made, "a.!finally.end") == "inner end none 1\n"
    made.write({"inner.toml": '[steps.x]\nshell = "true"\non-failure = "mend"\n'})
    made.cli("check", "pipeline.toml").exits(3).says("E251", "inner.toml:3")


def test_n27_a_job_is_used_as_a_pipeline_is(project: Make) -> None:
    job = """
        name = "fit"
        [params]
        lr = 1
        [job]
        python = "w:fit"
        returns = ["loss"]
        outputs = { model = "made/${lr}.txt" }
        """
    text = """
        [steps.train]
        for-each = { lr = [1, 2] }
        uses = "fit.toml"
        params = ["lr"]
        reduce = { loss = "min" }
        [steps.tell]
        command = ["echo", "${loss}"]
        """
    work = "def fit(lr, model):\n    open(model, 'w').write('x')\n    return 10 / lr\n"
    made = project({"pipeline.toml": text, "fit.toml": job, "w.py": work})
    up(made).ok()
    assert log(made, "tell") == "5.0\n" and made.files("made/*") == ["made/1.txt", "made/2.txt"]


ENDS = """
    [params]
    code = 0
    [steps.x]
    shell = 'exit "$RUNNER_PARAM_code"'
    [steps.y]
    shell = "echo n=7 >> $RUNNER_RETURNS"
    returns = ["n"]
    [finally.tell]
    command = ["echo", "${run.status}", "${run.failed}", "${steps.y.n:-0}", "${code}"]
    [finally.more]
    after = ["tell"]
    when = "run.status == 'failed'"
    shell = 'echo "$RUNNER_RUN_STATUS"; cat "$RUNNER_RUN_RECORD"'
    """


def test_n27_finally_of_a_used_file_is_told_of_that_file(project: Make) -> None:
    text = """
        [steps.a]
        for-each = { code = [0, 3] }
        tolerate = 1
        uses = "inner.toml"
        params = ["code"]
        [steps.b]
        after = ["a"]
        shell = "exit 1"
        [finally.end]
        command = ["echo", "${run.status}", "${run.failed}"]
        """
    made = project({"pipeline.toml": text, "inner.toml": ENDS})
    done = up(made).exits(1).statuses()
    assert done["a[code=0]"] == "succeeded" and done["a[code=3]"] == "failed" and done["a"] == "succeeded"
    assert done["a[code=0].!finally.more"] == "skipped"
    assert log(made, "a[code=0].!finally.tell") == "succeeded 7 0\n"
    assert log(made, "a[code=3].!finally.tell") == "failed a.x 7 3\n"
    told = log(made, "a[code=3].!finally.more")
    assert told.startswith('failed\n{"failed":["a.x"],"nodes":[{"key":"1","path":"a.x",')
    assert log(made, "end!finally").startswith("failed")


def test_n27_a_failure_in_finally_of_a_used_file_makes_it_fail(project: Make) -> None:
    inner = '[steps.x]\nstub = true\n[finally.end]\nshell = "exit 1"\n'
    made = project({"pipeline.toml": '[steps.a]\nuses = "inner.toml"\n', "inner.toml": inner})
    assert up(made).exits(1).statuses() == {
        "a": "failed",
        "a.x": "succeeded",
        "a.!finally": "failed",
        "a.!finally.end": "failed",
    }


def test_n27_finally_of_a_used_file_takes_returns_with_a_default_only(project: Make) -> None:
    inner = '[steps.x]\nstub = { returns = { n = 1 } }\n[finally.end]\ncommand = ["echo", "${steps.x.n}"]\n'
    made = project({"pipeline.toml": '[steps.a]\nuses = "inner.toml"\n', "inner.toml": inner})
    made.cli("check", "pipeline.toml").exits(3).says("E306", "inner.toml:4")
    made.write({"inner.toml": inner.replace("steps.x.n", "n")}).cli("check", "pipeline.toml").exits(3).says("E460")


def test_finally_of_a_file_runs_when_a_part_of_the_file_was_selected(project: Make) -> None:
    made = project({"pipeline.toml": '[steps.a]\nuses = "i.toml"\n[steps.b]\nstub = true\n', "i.toml": ENDS})
    assert set(up(made, "--only", "a.y").ok().statuses()) == {"a", "a.y", "a.!finally"} | {
        f"a.!finally.{name}" for name in ("tell", "more")
    }
    assert set(up(made, "--only", "b").ok().statuses()) == {"b"}


def test_views_show_what_is_inside_and_which_file_it_is(project: Make) -> None:
    text = '[steps.a]\nfor-each = { code = [0] }\nuses = "inner.toml"\nparams = ["code"]\n'
    made = project({"pipeline.toml": text, "inner.toml": 'description = "Ends well"\n' + ENDS})
    made.cli("list", "pipeline.toml").ok().says("a  (uses inner.toml)  Ends well", "a.y  (shell)", "a.!finally.tell")
    made.cli("plan", "pipeline.toml").ok().says("map of inner.toml", "at the end of `a`, whatever happened")
    made.cli("graph", "pipeline.toml").ok().says("a [for each code (1)]", "finally")
    made.cli("explain", "pipeline.toml", "steps.a.x.shell").ok().says("inner.toml:6")


def test_a_profile_reaches_into_used_files(project: Make) -> None:
    profile = """
        [defaults]
        env = { ALL = "1" }
        [steps."a.get"]
        env = { WHO = "profile" }
        [steps.a]
        params = { table = "from the profile" }
        """
    made = project(
        {
            **FETCH,
            "pipeline.toml": '[steps.a]\nuses = "blocks/fetch.toml"\nparams = { table = "x" }\n',
            "profiles/p.toml": profile,
            "profiles/bad.toml": '[steps."a.gett"]\ntimeout = "1m"\n',
        }
    )
    up(made, "--profile", "p", "--set", "steps.a.get.timeout=1m").ok()
    assert log(made, "a.get") == "none from the profile 1 profile \n"
    made.cli("check", "pipeline.toml", "--profile", "bad").exits(3).says("E503", "did you mean `a.get`")


def test_a_kept_plan_notices_edits_of_used_files_and_of_what_they_include(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": '[steps.a]\nuses = "inner.toml"\n',
            "inner.toml": 'include = ["parts/*.toml"]\n[steps.x]\ncommand = ["echo", "${word}"]\n',
            "parts/word.toml": '[params]\nword = "one"\n',
        }
    )
    up(made).ok()
    made.write({"parts/word.toml": '[params]\nword = "two"\n'})
    up(made).ok()
    assert log(made, "a.x") == "two\n"
    made.write({"inner.toml": '[steps.y]\ncommand = ["echo", "three"]\n'})
    assert up(made).ok().statuses() == {"a": "succeeded", "a.y": "succeeded"}


def chain(length: int) -> dict[str, str]:
    """A pipeline and so many files, each of which is used by the one before."""
    taken = '[params]\nx = ""\n[steps.s]\n'
    files = {f"f{n}.toml": f'{taken}params = ["x"]\nuses = "f{n + 1}.toml"\n' for n in range(length)}
    files |= {f"f{length}.toml": taken + 'command = ["echo", "${x}"]\n'}
    return {**files, "pipeline.toml": '[steps.s]\nuses = "f1.toml"\nparams = { x = "deep" }\n'}


def test_n27_fifty_files_may_use_each_other_and_no_more(project: Make) -> None:
    made = project(chain(50))
    up(made).ok()
    assert log(made, ".".join(["s"] * 51)) == "deep\n"
    told = project(chain(51)).cli("check", "pipeline.toml").exits(3)
    told.says("E334", "f50.toml:5:8", "f49.toml:5:8", "44 files further out", "pipeline.toml:2:8")


def test_files_that_use_each_other_twice_over_come_to_an_end(project: Make) -> None:
    two = '[steps.a]\nuses = "f{n}.toml"\n[steps.b]\nuses = "f{n}.toml"\n'
    files = {f"f{n}.toml": two.replace("{n}", str(n + 1)) for n in range(30)}
    made = project({**files, "pipeline.toml": files["f0.toml"], "f30.toml": "[steps.x]\nstub = true\n"})
    made.cli("check", "pipeline.toml").exits(3).says("E337")


def test_package_blocks_are_used_by_name(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": '[steps.a]\nuses = "company:hello"\n[steps.b]\nuses = "company:flow"\n',
            "lib/company/__init__.py": "",
            "lib/company/blocks/hello.toml": '[steps.x]\ncommand = ["echo", "${file.dir}"]\n',
            "lib/company/flow.toml": '[steps.x]\nuses = "./blocks/hello.toml"\n',
        }
    )
    path = {"PYTHONPATH": f"{made.path('lib')}:{':'.join(sys.path)}"}
    made.run("up", "pipeline.toml", env=path).ok()
    assert log(made, "b.x.x") == "lib/company/blocks\n"
    made.write({"lib/company/blocks/hello.toml": '[steps.x]\ncommand = ["echo", "new"]\n'})
    made.run("up", "pipeline.toml", env=path).ok()
    assert log(made, "a.x") == "new\n"
