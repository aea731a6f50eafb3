"""Used files in profiles, views, kept plans, resumed runs; how deep and how many they may be."""

from __future__ import annotations

import sys
from collections.abc import Callable

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, file: str = "pipeline.toml", **env: str) -> Outcome:
    return made.cli("up", file, "--json", *words, env=env)


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


def test_views_show_what_is_inside_and_which_file_it_is(project: Make) -> None:
    text = '[steps.a]\nfor-each = { code = [0] }\nuses = "inner.toml"\nparams = ["code"]\n'
    made = project({"pipeline.toml": text, "inner.toml": 'description = "Ends well"\n' + ENDS})
    made.cli("list", "pipeline.toml").ok().says("a  (uses inner.toml)  Ends well", "a.y  (shell)", "a.!finally.tell")
    made.cli("plan", "pipeline.toml").ok().says("map of inner.toml", "at the end of `a`, whatever happened")
    made.cli("graph", "pipeline.toml").ok().says("a [for each code (1)]", "finally")
    made.cli("explain", "pipeline.toml", "steps.a.x.shell").ok().says("inner.toml:6")
    made.write({"pipeline.toml": '[steps.a]\nuses = "inner.toml"\n'})
    made.cli("explain", "pipeline.toml", "steps.a.params").ok().says("steps.a.params.code  0  inner.toml [params]")


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


def test_resume_goes_on_inside_a_used_file_by_content(project: Make) -> None:
    text = """
        [params]
        names = ["a", "b"]
        [steps.each]
        for-each = { name = "${names}" }
        uses = "inner.toml"
        params = ["name"]
        """
    inner = """
        [params]
        name = ""
        [steps.one]
        shell = 'echo "one $RUNNER_PARAM_name" >> log'
        [steps.two]
        needs = ["one"]
        shell = 'echo "two $RUNNER_PARAM_name" >> log; test "$RUNNER_PARAM_name" = a || test -e ok'
        """
    made = project({"pipeline.toml": text, "inner.toml": inner})
    up(made).exits(1)
    assert sorted(made.read("log").split("\n")[:-1]) == ["one a", "one b", "two a", "two b"]
    made.write({"ok": "", "log": ""})
    up(made, "--resume", "--param", 'names=["new", "a", "b"]').ok()
    assert sorted(made.read("log").split("\n")[:-1]) == ["one new", "two b", "two new"]
    made.write({"log": "", "inner.toml": inner.replace('"two $RUNNER_PARAM_name"', '"TWO $RUNNER_PARAM_name"')})
    up(made, "--resume").ok()
    assert sorted(made.read("log").split("\n")[:-1]) == ["TWO a", "TWO b", "TWO new"]


def test_a_cached_step_of_a_file_is_shared_by_all_who_use_it(project: Make) -> None:
    inner = """
        [params]
        word = ""
        [steps.work]
        cache = { code = ["w.sh"] }
        params = ["word"]
        shell = 'echo "$RUNNER_PARAM_word" >> log'
        """
    text = '[steps.a]\nuses = "i.toml"\nparams = { word = "x" }\n'
    made = project({"pipeline.toml": text, "i.toml": inner, "w.sh": ""})
    up(made).ok()
    made.write({"other.toml": text.replace("steps.a", "steps.b") + '[steps.c]\nuses = "i.toml"\n'})
    assert up(made, file="other.toml").ok().statuses()["b.work"] == "cached"
    assert made.read("log") == "x\n\n"


def test_addresses_inside_a_file_serve_every_verb(project: Make) -> None:
    made = project({**FETCH, "pipeline.toml": '[steps.a]\nuses = "blocks/fetch.toml"\nparams = { table = "t" }\n'})
    up(made).ok()
    assert set(up(made, "--only", "a.put").ok().statuses()) == {"a", "a.put"}
    assert "a.get" in up(made, "--from", "a.get").ok().statuses()
    made.cli("show", "@last", "a.get").ok().says('url = "none"', "rows = 1")
    made.cli("retry", "@last", "a.get").ok()
    made.cli("plan", "pipeline.toml", "--only", "a.put").ok().says("not selected")
    made.cli("up", "pipeline.toml", "--only", "a.gett").exits(2).says("E921", "a.get")


def test_inputs_and_outputs_inside_a_file_are_those_of_the_project(project: Make) -> None:
    made = project(
        {
            "runner.toml": "",
            "flows/main.toml": '[steps.a]\nuses = "deep/inner.toml"\n',
            "flows/deep/inner.toml": '[steps.x]\ninputs = ["in/*"]\noutputs = ["out/"]\nshell = "cp -r in out"\n',
            "in/a.txt": "a",
        }
    )
    up(made, file="flows/main.toml").ok()
    made.cli("catalog", "ls").ok().says("out/a.txt", "a.x")
    made.write({"flows/main.toml": '[steps.a]\nuses = "deep/inner.toml"\n[steps.b]\nuses = "deep/inner.toml"\n'})
    made.cli("check", "flows/main.toml").exits(3).says("E310", "flows/deep/inner.toml:3", "a.x", "b.x")


def test_a_parameter_that_doubles_in_each_file_comes_to_an_end(project: Make) -> None:
    files = {name: text.replace('params = ["x"]', 'params = { x = "${x}${x}" }') for name, text in chain(45).items()}
    told = project(files).cli("check", "pipeline.toml").exits(3)
    assert told.says("E490").err.count("E490") == 1


def test_n32_defaults_of_the_file_of_the_profile_and_of_the_group_that_holds_it(project: Make) -> None:
    inner = """
        [defaults]
        env = { A = "file", B = "file", C = "file", D = "file" }
        tags = ["inner"]
        [steps.x]
        env = { A = "step" }
        shell = 'echo "$A $B $C $D ${E-}"'
        """
    text = """
        [defaults]
        env = { E = "pipeline" }
        [steps.g]
        defaults = { env = { B = "group", D = "group" } }
        [steps.g.steps.u]
        uses = "inner.toml"
        defaults = { env = { B = "user" } }
        """
    profile = '[defaults]\nenv = { C = "profile", B = "profile" }\n[tags.inner]\ntimeout = "9s"\n'
    made = project({"pipeline.toml": text, "inner.toml": inner, "profiles/p.toml": profile})
    up(made, "--profile", "p").ok()
    assert log(made, "g.u.x") == "step user profile group \n"
    made.cli("explain", "pipeline.toml", "steps.g.u.x.timeout", "--profile", "p").ok().says("9s", "profile p")
    assert set(up(made, "--tag", "inner").ok().statuses()) == {"g", "g.u", "g.u.x"}


def test_n20_a_template_names_files_from_the_folder_that_it_stands_in(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": 'include = ["lib/t.toml"]\n[steps.a]\nextends = "said"\nparams = { word = "hello" }\n',
            "lib/t.toml": '[templates.said]\nuses = "./say.toml"\n',
            "lib/say.toml": '[params]\nword = ""\n[steps.x]\ncommand = ["echo", "${word}"]\n',
        }
    )
    up(made, "--set", "steps.a.x.timeout=1m").ok()
    assert log(made, "a.x") == "hello\n"


def test_finally_may_use_a_file_and_hand_it_how_the_run_ended(project: Make) -> None:
    text = """
        [steps.a]
        shell = "exit 1"
        [finally.tell]
        uses = "tell.toml"
        params = { how = "${run.status}", which = "${run.failed}" }
        """
    tell = """
        [params]
        how = "?"
        which = []
        [steps.x]
        when = "how != 'succeeded'"
        command = ["echo", "${how}", "${which}"]
        [finally.after]
        command = ["echo", "${run.status}", "${how}"]
        """
    made = project({"pipeline.toml": text, "tell.toml": tell})
    up(made).exits(1)
    assert log(made, "tell!finally.x") == "failed a\n"
    assert log(made, "tell!finally.!finally.after") == "succeeded failed\n"
    made.write({"tell.toml": tell.replace('"${how}", "${which}"', '"${run.status}"')})
    made.cli("check", "pipeline.toml").exits(3).says("E467", "tell.toml:6")


def test_a_file_that_is_used_several_times_is_said_to_be_wrong_once(project: Make) -> None:
    twice = '[steps.a]\nuses = "i.toml"\n[steps.b]\nuses = "i.toml"\n'
    made = project({"pipeline.toml": twice, "i.toml": '[steps.x]\ncommand = ["echo", "${y}"]\n'})
    assert made.cli("check", "pipeline.toml").exits(3).says("1 problem in i.toml", "used by `a`").err.count("E460") == 1
    [told] = made.cli("check", "pipeline.toml", "--json").exits(3).json()
    assert told["place"]["file"] == "i.toml"
    assert [(one["file"], one["line"], one["message"]) for one in told["related"]] == [
        ("pipeline.toml", 2, "used by `a`")
    ]


def test_max_parallel_of_a_file_holds_for_each_use_of_it(project: Make) -> None:
    inner = "max-parallel = 1\n[steps.a]\nstub = true\n[steps.b]\nstub = true\n"
    text = '[steps.u]\nuses = "i.toml"\n[steps.v]\nfor-each = { i = [1, 2] }\nmax-parallel = 2\nuses = "i.toml"\n'
    made = project({"pipeline.toml": text, "i.toml": inner})
    nodes = {node["path"]: node for node in made.cli("plan", "pipeline.toml", "--json").ok().json()["nodes"].values()}
    assert nodes["u"]["max_parallel"] == nodes["v"]["body"]["max_parallel"] == 1 and nodes["v"]["max_parallel"] == 2
    made.write({"i.toml": inner.replace("= 1\n", '= "${env.MOST:-3}"\n', 1)})
    nodes = {node["path"]: node for node in made.cli("plan", "pipeline.toml", "--json").ok().json()["nodes"].values()}
    assert nodes["u"]["max_parallel"] == 3


def test_n52_the_time_of_a_file_holds_for_each_use_and_not_for_its_finally(project: Make) -> None:
    inner = """
        timeout = "1s"
        [steps.x]
        shell = "sleep 60"
        [finally.end]
        shell = 'sleep 1.1; echo "ended $RUNNER_RUN_STATUS"'
        """
    made = project({"pipeline.toml": '[steps.a]\nuses = "i.toml"\n', "i.toml": inner})
    plan = made.cli("plan", "pipeline.toml", "--json").ok().json()
    assert next(node for node in plan["nodes"].values() if node["path"] == "a")["timeout"] == 1.0
    found = up(made).exits(1).nodes()
    assert (found["a.x"]["status"], found["a.x"]["reason"]) == ("failed", "timeout")
    assert log(made, "a.!finally.end") == "ended failed\n"
    made.write({"pipeline.toml": '[steps.a]\nuses = "i.toml"\ntimeout = "2s"\n'})
    plan = made.cli("plan", "pipeline.toml", "--json").ok().json()
    assert next(node for node in plan["nodes"].values() if node["path"] == "a")["timeout"] == 2.0
