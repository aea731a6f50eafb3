"""What people type at first and what they are told: verbs of other tools, a run that is a step, a key for a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest

from runner.commands.codes import ordered
from runner.testing.project import Project

Make = Callable[..., Project]
PIPELINE = {"pipeline.toml": 'description = "Says hello"\n[steps.hello]\nshell = "echo hello"\nsecrets = ["TOKEN"]\n'}


@pytest.mark.parametrize(
    ("verb", "meant"),
    [("run", "up"), ("ps", "runs"), ("stop", "cancel"), ("validate", "check"), ("status", "show"), ("grap", "graph")],
)
def test_a_verb_of_another_tool(project: Make, verb: str, meant: str) -> None:
    project(PIPELINE).cli(verb, "pipeline.toml").exits(2).says(f"did you mean `{meant}`?")


def test_no_pipeline_here(project: Make) -> None:
    project({}).cli("up").exits(3).says("there is no file `pipeline.toml`", "`runner init` write one")


def test_the_pipeline_is_further_up(project: Make) -> None:
    made = project({}, folder="data/raw")
    (made.root.parents[1] / "pipeline.toml").write_text(PIPELINE["pipeline.toml"], encoding="utf-8")
    made.cli("list").exits(3).says("there is `../../pipeline.toml`")
    made.cli("list", "../../pipeline.toml").ok()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("up greet", 3, "there is no file `greet`\n  = there is `pipeline.toml`"),
        ("up pipeline.toml hello", 2, "no use for the word `hello`\n  = if that is a step: `--only hello`"),
        ("up --only hello,bye", 2, "write `--only hello --only bye`"),
        ("up --only halo", 2, "there is no step `halo`\n  = there is `hello` and `bye`"),
        ("up --tag fast", 2, "no step has the tag `fast`\n  = there is `slow`"),
        ("up --param who", 2, "write `--param who=VALUE`"),
        ("check --set who=x", 3, "a parameter is set by `--param who=x`"),
        ("catalog lss", 2, "catalog: it takes one of 'ls', 'get', 'diff', 'gc', and this is 'lss'"),
        ("catalog", 2, "it takes ls|get|diff|gc, and that is not said"),
        ("graph --format x", 2, "`--format` takes one of 'tree', 'mermaid', 'dot', 'svg', 'html', and this is 'x'"),
        ("logs @lst", 2, "did you mean `@last`?"),
        ("render", 2, "such as `std:argo`"),
    ],
)
def test_words_that_mean_another_thing(project: Make, words: str, code: int, said: str) -> None:
    text = "[steps.hello]\nshell = 'true'\n[steps.bye]\ntags = ['slow']\nshell = 'true'\n"
    project({"pipeline.toml": text}).cli(*words.split()).exits(code).says(said)


def test_a_program_that_is_none(project: Make) -> None:
    text = "".join(
        f"[steps.{n}]\ncommand = ['{word}']\n" for n, word in zip("abc", ("./a.py", "./sub", "./no.sh"), strict=True)
    )
    made = project({"pipeline.toml": text, "a.py": "print()\n", "sub/x": ""})
    made.cli("up").exits(1).says(
        "failed: a exited 126 (",
        "`./a.py` may not be executed: `chmod +x ./a.py`, or name its interpreter before it",
        "`./sub` is a folder, no program",
        "`./no.sh`: there is no such file to execute",
    )


def test_a_module_and_an_environment_that_are_not_there(project: Make) -> None:
    text = "[steps.a]\npython = 'm:f'\n[steps.b]\npython = 'm:f'\nruntime = '.venv'\n"
    made = project({"pipeline.toml": text, "m.py": "def f():\n    import no_such_module\n"})
    made.cli("up").exits(1).says(
        "No module named 'no_such_module' (neither in the project nor in the Python of "
        f"{sys.prefix}; `runtime` or `image` bring another)",
        ".venv/bin/python`: make that environment, or set `runtime` of this step",
    )


def test_a_step_where_a_run_stands(project: Make) -> None:
    made = project(PIPELINE)
    made.cli("up", env={"TOKEN": "correct-horse"}).ok()
    made.cli("show", "hello").exits(2).says("no run has that name", "`@last hello`")


def test_a_key_where_a_file_stands(project: Make) -> None:
    made = project(PIPELINE)
    made.cli("explain", "steps.hello.shell").ok().says('"echo hello"  pipeline  pipeline.toml:3')
    made.cli("explain", "catalog").ok().says('catalog.type  "file-system"  built in')


def test_explain_a_code(project: Make) -> None:
    made = project({})
    made.cli("explain", "E250").ok().says("E250: unknown step `NAME` in `KEY`", "exits with 3")
    made.cli("explain", "W474").ok().says('`"$RUNNER_PARAM_NAME"`', "a warning")
    made.cli("explain", "e250").ok().says("wrong:", '    needs = ["prepair"]', "right:", '    needs = ["prepare"]')
    made.cli("explain", "E25O").exits(2).says("E924", "did you mean `E25")
    told = json.loads(made.cli("explain", "W474", "--json").ok().out)
    assert (told["severity"], told["exit"]) == ("warning", 0) and "```toml" in told["page"]


def test_explain_lists_codes(project: Make) -> None:
    made = project({})
    every = made.cli("explain", "--codes").ok().out
    assert [line.split()[0] for line in every.splitlines() if line.startswith("  ")] == ordered()
    some = made.cli("explain", "E72").ok().out
    assert some.splitlines()[0] == "the environment and stores" and "E720" in some and "E730" not in some


def test_a_secret_that_is_not_there(project: Make) -> None:
    made = project({**PIPELINE, "profiles/file.toml": '[secrets]\ntype = "dotenv"\npath = "none.env"\n'})
    made.cli("up").exits(4).says("`TOKEN` is unset or empty (`hello` needs it)", "export it")
    twice = PIPELINE["pipeline.toml"].replace('["TOKEN"]', '{ A = "TOKEN", B = "TOKEN" }')
    made.write({"pipeline.toml": twice})
    made.cli("up").exits(4).says("(`hello` needs it)")
    made.write(
        {
            "pipeline.toml": 'name = "x"\n[defaults]\nsecrets = ["TOKEN"]\n[steps.a]\nstub = true\n'
            + "".join(f"[steps.{name}]\nshell = 'true'\n" for name in "bcde")
        }
    )
    made.cli("up", "--only", "b", "--only", "c").exits(4).says("(`b` and `c` need it)", "--> pipeline.toml:3:11")
    made.cli("up").exits(4).says("(`a`, `b` and 3 more need it)")
    made.cli("up", "--profile", "file").exits(4).says("can't read none.env: no such file or directory")


def test_the_log_of_a_step_that_another_run_has_done(project: Make) -> None:
    text = 'name = "x"\n[params]\nn = 1\n[steps.a]\ncache = true\nparams = ["i"]\nfor-each = { i = ["x", "y"] }\n'
    made = project({"pipeline.toml": text + 'shell = "echo hello $RUNNER_PARAM_i"\n[steps.b]\nshell = "echo b"\n'})
    made.cli("up", "--name", "one").ok()
    made.cli("up", "--name", "two").ok()
    said = made.cli("logs", "two", "a[i=y]").ok()
    assert (said.out, said.err) == ("", "a[i=y] was done by one: runner logs one 'a[i=y]'\n")
    said = made.cli("logs", "two").ok()
    assert (said.out, said.err) == ("== b~1 ==\nb\n", "a[i=x] and 1 more were done by one: runner logs one\n")
    made.cli("logs", "two", "-f", "a[i=y]").ok().says("was done by one")
    made.cli("catalog", "gc", "--run", "one", "--force").ok()
    assert made.cli("logs", "two", "a[i=y]").ok().err == "a[i=y] was done by a run that is gone\n"


def test_list_tells_what_the_pipeline_is_for(project: Make) -> None:
    project(PIPELINE).cli("list").ok().says("Says hello")


def test_a_profile_of_a_job_names_a_step_that_is_not_there(project: Make) -> None:
    job = {"pipeline.toml": 'name = "nightly"\n[job]\nshell = "true"\n'}
    made = project({**job, "profiles/p.toml": '[steps.nightli]\ntimeout = "1m"\n'})
    made.cli("check", "--profile", "p").exits(3).says("no step is called `nightli` here", "did you mean `nightly`?")
    made.cli("up", "--set", "steps.nightly.timeout=1m").ok()


def test_what_a_handler_recovered_blocks_nobody(project: Make) -> None:
    text = """
        [steps.mended]
        shell = "exit 1"
        on-failure = { run = "mend", recover = "continue" }
        [steps.bad]
        after = ["mended"]
        shell = "sleep 0.3; exit 1"
        [steps.last]
        needs = ["mended", "bad"]
        shell = "true"
        [handlers.mend]
        shell = "true"
        """
    said = project({"pipeline.toml": text}).cli("up").exits(1)
    said.says("blocked   last  needs bad").silent("needs mended", "needs bad, mended")


def test_a_short_option_that_there_is_not(project: Make) -> None:
    project(PIPELINE).cli("up", "-p", "dev").exits(2).says("`up` has no option `-p`", "`--profile`, `--param`")
    project(PIPELINE).cli("up", "-x").exits(2).says("`runner up --help` lists all")


def test_a_list_on_the_command_line(project: Make) -> None:
    made = project({"pipeline.toml": '[params]\ncities = ["a"]\n[steps.a]\ncommand = ["echo", "${cities}"]\n'})
    made.cli("up", "--param", "cities=Oslo").exits(3).says("""is not a list in JSON, such as ["a", "b"]""")


def test_a_file_among_the_profiles_is_checked_as_one(project: Make) -> None:
    made = project({**PIPELINE, "profiles/big.toml": '[params]\nn = 1\n[steps.hello]\ntimeout = "1m"\n'})
    made.cli("check", "profiles/big.toml").ok().says("profiles/big.toml: ok")


def test_a_profile_where_a_pipeline_is_asked_for(project: Make) -> None:
    made = project({**PIPELINE, "profiles/dev.toml": '[executor]\ntype = "local"\n'})
    for verb in ("up", "plan", "list", "graph"):
        made.cli(verb, "profiles/dev.toml").exits(3).says("`profiles/dev.toml` is a profile", "`--profile dev`")
    made.cli("up", "dev").exits(3).says("`--profile dev`")
    made.cli("plan", "--profile", "dev.toml").exits(3).says("did you mean `dev`?")
    made.cli("check", "profiles/dev.toml").ok()


def test_words_that_are_options_of_another_tool(project: Make) -> None:
    made = project(PIPELINE)
    made.cli("up", "pipeline.toml", "n=3").exits(2).says("if that is a parameter: `--param n=3`")
    made.cli("up", "pipeline.toml", "hello").exits(2).says("if that is a step: `--only hello`")
    made.cli("up", "--dry").exits(2).says("did you mean `--dry-run`?")
    made.cli("up", "--verbose").exits(2).says("`runner up --help` lists all")


def test_every_word_that_selects_nothing_is_named(project: Make) -> None:
    made = project(PIPELINE)
    made.cli("plan", "--only", "hello", "--only", "other").exits(2).says("no step `other`")
    made.write({"pipeline.toml": "[steps.a]\ntags = ['x']\nshell = 'true'\n[steps.b]\nshell = 'true'\n"})
    made.cli("plan", "--tag", "x", "--tag", "two").exits(2).says("the tag `two`")
    made.cli("plan", "--only", "b", "--tag", "x").exits(2).says("no step is named by all of these options")
    made.cli("plan", "--tag", "one", "--tag", "two").exits(2).says("the tag `one`", "the tag `two`")


def test_an_option_that_another_verb_has_or_a_word_without_it_is_answered_with_what_to_type(project: Make) -> None:
    found = project(PIPELINE)
    found.cli("retry", "@last", "--profile", "dev").exits(2).says("`runner up --resume RUN --profile ...`")
    found.cli("catalog", "get", "x", "--run", "y").exits(2).says("`runner catalog get PATH RUN`")
