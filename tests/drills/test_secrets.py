"""Secret values are nowhere: not under .runner/, not in what a verb prints, in no spelling (DESIGN 1, PROTOCOL 3)."""

from __future__ import annotations

import base64
import html
import json
import shlex
import urllib.parse
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
SECRET = "p@ss/w0rd+\"q'uo te\\é€-4711"
LINES = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA7bq+x/9f\nzQ==abcdefgh12345678\n-----END KEY-----"
TEXT = "plain-Secret-90210-value"
VERBS = [
    "show @last", "show @last --json", "show @last a --json", "logs @last a", "logs @last a --json", "runs",
    "runs --json", "plan pipeline.toml", "plan pipeline.toml --json", "check pipeline.toml --json",
    "explain pipeline.toml",
    "explain pipeline.toml --json", "explain pipeline.toml steps.a", "list --json", "graph pipeline.toml",
]  # fmt: skip


def spellings(value: str) -> set[bytes]:
    """What a value looks like in a file or on a screen, written down apart from the code under test."""
    raw = value.encode()
    texts = {
        value,
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        shlex.quote(value)[1:-1] if shlex.quote(value) != value else value,
        urllib.parse.quote(value),
        urllib.parse.quote(value, safe=""),
        urllib.parse.quote_plus(value),
        html.escape(value),
        raw.hex(),
        raw.hex().upper(),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }
    found = {text.encode() for text in texts}
    for before in (b"x", b"xy"):  # within a longer text: `user:secret` of basic authentication
        coded = base64.b64encode(before + raw + b"tail")
        found.add(coded[4 : (len(before) + len(raw)) * 4 // 3 - 2])
    if "\n" in value:
        found |= {line.strip().encode() for line in value.splitlines() if len(line.strip()) >= 8}
        found = {one for one in found if (b"BEGIN" not in one and b"END" not in one) or len(one) > 40}
    return found


def leaks(made: Project, values: Iterable[str], *outcomes: Outcome) -> list[str]:
    """Where a value can be read: files under .runner/, compressed ones too, and what was printed."""
    needles = [needle for value in values for needle in spellings(value)]
    found = []
    for path in made.path(".runner").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for text in (data, inflated(data)):
                found += [f"{path}: {needle!r}" for needle in needles if needle in text]
    for outcome in outcomes:
        data = (outcome.out + outcome.err).encode("utf-8", "surrogateescape")
        found += [f"printed: {needle!r}" for needle in needles if needle in data]
    return found


def inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data, 47)
    except zlib.error:
        return b""


def up(made: Project, *words: str, code: int = 0, **env: str) -> Outcome:
    return made.run("up", "pipeline.toml", "--json", *words, env=env).exits(code)


def reading(made: Project, **env: str) -> list[Outcome]:
    """Every verb that reads, with the secret in its environment."""
    return [made.cli(*verb.split(), env=env) for verb in VERBS]


PRINTING = r"""
import base64, html, json, os, shlex, sys, time, urllib.parse

def f():
    s = os.environ["TOKEN"]
    raw = s.encode()
    texts = [
        s, json.dumps(s), json.dumps(s, ensure_ascii=False), json.dumps({"k": [s]}), repr(s), shlex.quote(s),
        urllib.parse.quote(s), urllib.parse.quote(s, safe=""), urllib.parse.quote_plus(s), html.escape(s),
        raw.hex(), raw.hex().upper(), base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode(),
        "Basic " + base64.b64encode(b"x" + raw + b"tail").decode(),
        "Basic " + base64.b64encode(b"xy" + raw + b"tail").decode(), base64.encodebytes(raw * 9).decode(),
        "https://user:" + urllib.parse.quote(s) + "@host/", *s.splitlines(),
    ]
    for text in texts:
        print("<" + text + ">")
        print(text, file=sys.stderr)
    sys.stdout.flush()
    for text in texts:  # split over writes, wherever a buffer may end
        data = text.encode()
        for at in range(0, len(data), 7):
            os.write(1, data[at : at + 7])
            if at == 14:
                time.sleep(0.01)
        os.write(1, b"\n")
    print("the end")
"""
SPLIT = """
for i in 1 2 3; do printf %s "${TOKEN:0:9}"; sleep 0.02; printf %s "${TOKEN:9}"; done; exit 3
"""
STEPS = """
name = "x"
[steps.a]
secrets = ["TOKEN"]
python = "w:f"
[steps.b]
secrets = ["TOKEN"]
shell = '''
echo "$TOKEN"; printf %s "$TOKEN" | base64; printf %s "$TOKEN" | od -An -tx1; printf '%q\\n' "$TOKEN"
set -x; : "$TOKEN"; env | grep TOKEN
'''
[steps.c]
secrets = ["TOKEN"]
command = ["bash", "split.sh"]
[steps.d]
shell = "env | grep -c TOKEN || true; cat /proc/$PPID/environ > /dev/null || true"
"""


@pytest.mark.parametrize("value", [SECRET, LINES, TEXT], ids=["odd", "lines", "plain"])
@pytest.mark.parametrize("log", ["file-system", "chunked-fs"])
def test_a_step_that_prints_its_secret_in_every_spelling(project: Make, value: str, log: str) -> None:
    made = project({"pipeline.toml": STEPS, "w.py": PRINTING, "split.sh": SPLIT})
    outcome = up(made, "--set", f"run-log.type={log}", code=1, TOKEN=value)
    logs = b"".join(path.read_bytes() for path in made.path(".runner").glob("runs/*/logs/*"))
    assert b"***" in logs and b"the end" in logs
    assert leaks(made, [value], outcome, *reading(made, TOKEN=value)) == []


def test_the_search_for_leaks_finds_them(project: Make) -> None:
    made = project({"pipeline.toml": STEPS.replace('secrets = ["TOKEN"]\n', ""), "w.py": PRINTING, "split.sh": SPLIT})
    outcome = up(made, code=1, TOKEN=SECRET)
    found = "".join(leaks(made, [SECRET], outcome))
    assert all(repr(needle) in found for needle in spellings(SECRET))


RETURNING = {
    "shell": """shell = 'echo "s=$TOKEN" >> "$RUNNER_RETURNS"'""",
    "block": """shell = '{ echo "s<<END"; echo "$TOKEN"; echo END; } >> "$RUNNER_RETURNS"'""",
    "base64": """shell = 'printf "s=%s" "$(printf %s "$TOKEN" | base64 -w 0)" >> "$RUNNER_RETURNS"'""",
    "python": 'python = "w:text"',
    "inside": 'python = "w:inside"',
    "object": 'python = "w:text"',
    "metrics": """shell = 'echo "s=1" >> "$RUNNER_RETURNS"; echo "$TOKEN=1" >> "$RUNNER_METRICS"'""",
}


@pytest.mark.parametrize("how", RETURNING)
@pytest.mark.parametrize("value", [SECRET, TEXT], ids=["odd", "plain"])
def test_a_step_that_returns_its_secret_fails(project: Make, how: str, value: str) -> None:
    kind = '[{ name = "s", kind = "object" }]' if how == "object" else '["s"]'
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.a]
                secrets = ["TOKEN"]
                returns = {kind}
                retry = {{ attempts = 3 }}
                {RETURNING[how]}
                [steps.b]
                after = ["a"]
                params = {{ s = "${{steps.a.s:-none}}" }}
                python = "w:show"
                """,
            "w.py": """
                import os
                def text(): return os.environ["TOKEN"]
                def show(s): print(s)
                def inside(): return {"deep": [{"x": "Bearer " + os.environ["TOKEN"]}]}
                """,
        }
    )
    outcome = up(made, code=1, TOKEN=value)
    node = outcome.nodes()["a"]
    if how != "metrics":
        assert (node["status"], node["reason"], len(node["attempts"])) == ("failed", "secret-leak", 1)
        assert node["returns"] == {}
    assert leaks(made, [value], outcome, *reading(made, TOKEN=value)) == []


RAISING = r"""
import os
def f():
    token = os.environ["TOKEN"]
    raise ValueError(f"could not log in with {token!r}: {token}")
def g():
    exec(compile("1/0 # " + os.environ["TOKEN"].replace("\n", " "), os.environ["TOKEN"], "exec"))
def h():
    import sys
    sys.exit("no login with " + os.environ["TOKEN"])
def i():
    print(open(os.environ["TOKEN"]))
def j():
    return {os.environ["TOKEN"]: {1}}
def k():
    import warnings, logging
    warnings.warn("warned of " + os.environ["TOKEN"])
    logging.error("logged %s", os.environ["TOKEN"])
    class Odd(Exception):
        pass
    Odd.__name__ = os.environ["TOKEN"]
    raise Odd
"""


@pytest.mark.parametrize("function", list("fghijk"))
def test_an_error_text_that_holds_the_secret(project: Make, function: str) -> None:
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.a]
                secrets = ["TOKEN"]
                returns = ["r"]
                python = "w:{function}"
                on-failure = "h"
                [handlers.h]
                shell = 'cat "$RUNNER_FAILED_LOG"; env'
                [finally.f]
                shell = 'cat "$RUNNER_RUN_RECORD"; env'
                """,
            "w.py": RAISING,
        }
    )
    for value in (SECRET, LINES, TEXT):
        outcome = up(made, code=1, TOKEN=value)
        assert leaks(made, [value], outcome, *reading(made, TOKEN=value)) == [], value


FILES = """
name = "x"
[params]
who = "me"
[steps.a]
secrets = ["TOKEN", "OTHER"]
shell = 'test "$TOKEN" = "$(cat expected)" && test -n "$OTHER" && echo "$TOKEN $OTHER"'
[steps.b]
secrets = { KEY = { name = "TOKEN", file = true } }
shell = 'test "$(cat "$KEY")" = "$(cat expected)"; cat "$KEY"; echo "$KEY" > where; [[ "$KEY" = /dev/shm/* ]]'
[steps.c]
secrets = { KEY = "TOKEN" }
python = "w:f"
"""
PROVIDERS = {
    "env": 'type = "env"',
    "env-map": 'type = "env"\nmap = { TOKEN = "THE_TOKEN", OTHER = "THE_OTHER" }',
    "dotenv": 'type = "dotenv"\npath = "my.env"',
    "file": 'type = "file"\npath = "mounted"',
    "command": 'type = "command"\ncommand = ["bash", "vault.sh", "{name}"]',
}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider(project: Make, provider: str) -> None:
    other = "other-value-5-6-7"
    made = project(
        {
            "pipeline.toml": FILES,
            "profiles/p.toml": f"[secrets]\n{PROVIDERS[provider]}\n",
            "expected": TEXT,
            "my.env": f"export TOKEN='{TEXT}'\nOTHER={other}\n",
            "mounted/TOKEN": TEXT + "\n",
            "mounted/OTHER": other,
            "vault.sh": f'case "$1" in TOKEN) echo "{TEXT}";; OTHER) echo {other}; echo {TEXT} >&2;; esac\n',
            "w.py": "import os\ndef f(): print(os.environ['KEY'])\n",
        }
    )
    env = {"TOKEN": TEXT, "OTHER": other} if provider == "env" else {}
    if provider == "env-map":
        env = {"THE_TOKEN": TEXT, "THE_OTHER": other}
    outcome = up(made, "--profile", "p", **env)
    assert leaks(made, [TEXT, other], outcome, *reading(made, **env)) == []
    assert not Path(made.read("where").strip()).exists()


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("empty", [True, False], ids=["empty", "missing"])
def test_n40_an_empty_secret_counts_as_missing(project: Make, provider: str, empty: bool) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.first]
                shell = "touch ran"
                [steps.a]
                needs = ["first"]
                secrets = ["TOKEN", "OTHER"]
                shell = "true"
                """,
            "profiles/p.toml": f"[secrets]\n{PROVIDERS[provider]}\n",
            "my.env": "TOKEN=\nOTHER=\n" if empty else "",
            "mounted/none": "",
            "vault.sh": "true\n" if empty else "echo looked for in vain >&2; exit 1\n",
        }
    )
    if empty:
        made.write({"mounted/TOKEN": "", "mounted/OTHER": "\n"})
    names = ("THE_TOKEN", "THE_OTHER") if provider == "env-map" else ("TOKEN", "OTHER")
    env = dict.fromkeys(names, "") if empty else {}
    made.run("up", "pipeline.toml", "--profile", "p", env=env).exits(4).says("`TOKEN`", "`OTHER`")
    assert not made.exists("ran")


def test_n40_short_values_are_not_masked_and_warned_of(project: Make) -> None:
    text = '[steps.a]\nsecrets = ["TOKEN"]\nshell = \'echo "transforming data at $TOKEN"\'\n'
    made = project({"pipeline.toml": 'name = "x"\n' + text})
    made.run("up", "pipeline.toml", env={"TOKEN": "a"}).ok().says("warning[W704]", "`TOKEN`")
    made.cli("logs", "@last", "a").says("transforming data at a")
    made.run("up", "pipeline.toml", env={"TOKEN": "abcdef"}).ok().silent("W704")
    made.cli("logs", "@last", "a").says("transforming data at ***")


def test_a_secret_of_one_step_is_masked_in_all_and_given_to_none(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                secrets = ["TOKEN"]
                shell = 'echo "$TOKEN" > kept'
                [steps.b]
                needs = ["a"]
                shell = 'echo "${TOKEN-unset}" > seen; cat kept'
                [steps.c]
                needs = ["a"]
                python = "w:f"
                returns = ["s"]
                """,
            "w.py": "def f(): return open('kept').read()\n",
        }
    )
    outcome = up(made, code=1, TOKEN=TEXT)
    assert made.read("seen") == "unset\n" and made.read("kept") == TEXT + "\n"
    assert outcome.nodes()["c"]["reason"] == "secret-leak"
    assert leaks(made, [TEXT], outcome, *reading(made, TOKEN=TEXT)) == []


@pytest.mark.parametrize("where", ["param", "name", "file"])
def test_a_secret_that_comes_in_by_another_way(project: Make, where: str) -> None:
    """A value given as a parameter is the user's own word; it is masked where a step prints it."""
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.a]
                secrets = ["TOKEN"]
                inputs = { f = "in.txt" }
                shell = 'cat "$RUNNER_PARAM_f"; echo "$RUNNER_RUN_NAME"'
                """,
            "in.txt": TEXT if where == "file" else "nothing",
        }
    )
    outcome = up(made, TOKEN=TEXT)
    assert leaks(made, [TEXT], outcome) == []


@pytest.mark.parametrize("line", ['env = { T = "${env.TOKEN}" }', "when = \"env.TOKEN == 'x'\""])
def test_n40_env_of_a_secret_is_an_error_of_check(project: Make, line: str) -> None:
    text = f'name = "s"\n[steps.a]\nsecrets = ["TOKEN"]\nshell = "true"\n[steps.b]\n{line}\nshell = "true"\n'
    made = project({"pipeline.toml": text})
    for verb in ("check", "plan", "up"):
        made.cli(verb, "pipeline.toml", env={"TOKEN": TEXT}).exits(3).says("TOKEN", "pipeline.toml:6:").silent(TEXT)
    assert leaks(made, [TEXT], *reading(made, TOKEN=TEXT)) == []
    text = text.replace('secrets = ["TOKEN"]\n', "")
    made = project({"pipeline.toml": text})
    made.cli("check", "pipeline.toml", env={"TOKEN": TEXT}).ok().says("warning[", "TOKEN").silent(TEXT)


def test_a_crash_of_our_own_keeps_no_secret(project: Make) -> None:
    made = project({"pipeline.toml": STEPS, "w.py": PRINTING, "split.sh": SPLIT, "sitecustomize.py": CRASH})
    outcome = made.run("up", "pipeline.toml", env={"TOKEN": TEXT, "PYTHONPATH": f"{made.root}:{path()}"}).exits(70)
    assert made.files(".runner/crash-*")
    assert leaks(made, [TEXT], outcome) == []


def path() -> str:
    import os

    return os.environ.get("PYTHONPATH", "")


CRASH = r"""
import sys
if "runner" in " ".join(sys.orig_argv):
    import runner.run.traverse as t
    def walk(self, signals):
        token = list(self.secrets.values())[0]
        raise RuntimeError("a fault that shows " + token)
    t.Driver.walk = walk
"""
