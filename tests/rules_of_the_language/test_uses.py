"""N12, N18 to N20, N26 to N31 of steps that use a file."""

from __future__ import annotations

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
                [params]
                script = "${file.dir}/copy.sh"
                [steps.c]
                inputs = { data = "data/in.txt", script = "${script}" }
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


def test_n31_rounds_of_a_used_file_see_what_the_round_before_gave(project: Make) -> None:
    text = """
        [params]
        n = 1
        [steps.grow]
        uses = "double.toml"
        params = { x = "${n}" }
        returns = [{ name = "n", from = "twice" }]
        repeat = { until = "n > 10", max = 9, as = "round" }
        [steps.tell]
        needs = ["grow"]
        command = ["echo", "${steps.grow.n}"]
        """
    double = """
        returns = ["twice"]
        [types]
        x = { type = "integer" }
        [steps.d]
        shell = 'echo "twice=$((RUNNER_PARAM_x * 2))" >> "$RUNNER_RETURNS"'
        returns = [{ name = "twice", type = "integer" }]
        """
    made = project({"pipeline.toml": text, "double.toml": double})
    done = up(made).ok().statuses()
    assert log(made, "tell") == "16\n"
    assert [label for label in done if label.endswith(".d")] == [f"grow#{round}.d" for round in (1, 2, 3, 4)]


def test_n29_a_handler_may_be_a_file_and_stand_for_a_file(project: Make) -> None:
    text = """
        [params]
        word = "given"
        [steps.a]
        uses = "inner.toml"
        on-failure = { run = "mend", recover = "continue" }
        [handlers.mend]
        uses = "mend.toml"
        params = ["word"]
        [steps.tell]
        command = ["echo", "${rows}"]
        """
    inner = 'returns = ["rows"]\n[steps.x]\nshell = "exit 1"\nreturns = ["rows"]\n'
    mend = 'returns = ["rows"]\n[params]\nword = ""\n[steps.y]\nstub = { returns = { rows = "${word}" } }\n'
    made = project({"pipeline.toml": text, "inner.toml": inner, "mend.toml": mend})
    up(made).ok()
    assert log(made, "tell") == "given\n"
    made.write({"mend.toml": "[params]\nword = ''\n[steps.y]\nstub = true\n"})
    made.cli("check", "pipeline.toml").exits(3).says("E309", "pipeline.toml:10")


def test_n19_a_case_may_be_a_file(project: Make) -> None:
    text = """
        [params]
        size = 3
        [steps.c]
        choose = "size > 2"
        returns = ["how"]
        [steps.c.cases.true]
        uses = "big.toml"
        params = ["size"]
        [steps.c.cases.false]
        stub = { returns = { how = "small" } }
        [steps.tell]
        command = ["echo", "${how}"]
        """
    big = 'returns = ["how"]\n[params]\nsize = 0\n[steps.x]\nstub = { returns = { how = "big ${size}" } }\n'
    made = project({"pipeline.toml": text, "big.toml": big})
    up(made).ok()
    assert log(made, "tell") == "big 3\n"
    up(made, "--param", "size=1").ok()
    assert log(made, "tell") == "small\n"


TYPED = """
    [types]
    n = { type = "integer", maximum = 9 }
    [params]
    word = "x"
    [steps.x]
    command = ["echo", "${n}", "${word}"]
    [steps.y]
    params = []
    shell = "true"
    """


def test_n15_what_is_handed_in_is_of_the_type_that_the_file_says(project: Make) -> None:
    items = '[steps.a]\nfor-each = { n = [1, 2, 30] }\nuses = "typed.toml"\nparams = ["n"]\n'
    made = project({"pipeline.toml": items, "typed.toml": TYPED})
    made.cli("check", "pipeline.toml").exits(3).says("E488", "pipeline.toml:4", "30 is more than 9")
    text = """
        [params]
        many = 10
        [steps.first]
        shell = 'echo "n=$RUNNER_PARAM_many" >> "$RUNNER_RETURNS"'
        returns = ["n"]
        [steps.a]
        uses = "typed.toml"
        params = { n = "${steps.first.n}", word = "${steps.first.n}" }
        """
    made.write({"pipeline.toml": text})
    done = up(made).exits(1)
    assert done.nodes()["a.x"]["reason"] == done.nodes()["a.y"]["reason"] == "bad-param"
    done.says("parameter `n`: 10 is more than 9")
    up(made, "--param", "many=3").ok()
