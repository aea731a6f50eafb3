"""The blocks that come with the runner, for real: a repository, archives, tables, servers, several cases in one run.

Those that `examples/15-blocks` uses are tested there, too, in the emulator of a cluster."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.run("up", "pipeline.toml", "--json", *words, env=env)


def log(made: Project, step: str) -> str:
    return made.cli("logs", "@last", step).ok().out


def without(made: Project, module: str) -> dict[str, str]:
    """The environment of steps whose Python lacks a module."""
    made.write({f"absent/{module}.py": "raise ImportError\n"})
    return {"PYTHONPATH": str(made.path("absent"))}


# git


def repository(made: Project) -> list[str]:
    """A repository `texts` with two commits, the first tagged `v1`; both commits."""
    env = made.environment()
    folder = made.path("texts")
    folder.mkdir()

    def git(*words: str) -> str:
        names = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(["git", *names, *words], cwd=folder, env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    commits = []
    for text in ("one", "two"):
        Path(folder, "a.txt").write_text(text)
        git("add", ".")
        git("commit", "-qm", text)
        commits.append(git("rev-parse", "HEAD"))
    git("tag", "v1", commits[0])
    return commits


def test_git_takes_a_branch_a_tag_or_a_commit_and_leaves_the_history_unless_told(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [params]
                first = ""
                [steps.get]
                for-each = { revision = ["HEAD", "main", "v1", "${first}"] }
                uses = "std:git"
                params = { url = "texts", revision = "${revision}", path = "made/${revision}/" }
                returns = ["commit"]
                [steps.all]
                uses = "std:git"
                params = { url = "texts", path = "all/", history = true }
                """
        }
    )
    first, second = repository(made)
    run = up(made, "--param", f"first={first}").ok()
    found = [node["returns"]["commit"]["json"] for label, node in run.nodes().items() if label.endswith("].git")]
    assert found == [second, second, first, first]
    assert made.read("made/main/a.txt") == "two" and made.read(f"made/{first}/a.txt") == "one"
    assert made.files("made/main/**/*") == ["made/main/a.txt"]
    assert made.exists("all/.git/HEAD") and made.read("all/a.txt") == "two"


# archives


def test_what_is_packed_is_unpacked_and_the_same_files_give_the_same_bytes(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [params]
                kinds = ["zip", "tar", "tar.gz", "tar.xz", "tar.bz2"]
                [steps.pack]
                for-each = { kind = "${kinds}" }
                uses = "std:pack"
                params = { files = ["pages/", "more.txt"], path = "made/${kind}.${kind}" }
                [steps.again]
                for-each = { kind = "${kinds}" }
                uses = "std:pack"
                params = { files = ["more.txt", "pages/"], path = "made/again/${kind}.${kind}" }
                [steps.unpack]
                for-each = { kind = "${kinds}" }
                uses = "std:unpack"
                params = { archive = "made/${kind}.${kind}", path = "made/un/${kind}/" }
                [steps.strip]
                needs = ["pack"]
                uses = "std:unpack"
                params = { archive = "made/zip.zip", path = "made/strip/", strip = 1 }
                """,
            "pages/a.txt": "a" * 3000,
            "pages/deep/tool": "#!/bin/sh\n",
            "more.txt": "",
        }
    )
    up(made).ok()
    for kind in ("zip", "tar", "tar.gz", "tar.xz", "tar.bz2"):
        assert made.path(f"made/{kind}.{kind}").read_bytes() == made.path(f"made/again/{kind}.{kind}").read_bytes()
        assert made.read(f"made/un/{kind}/pages/a.txt") == "a" * 3000 and made.exists(f"made/un/{kind}/more.txt")
        assert os.access(made.path(f"made/un/{kind}/pages/deep/tool"), os.X_OK)
    assert made.files("made/strip/**/*") == ["made/strip/a.txt", "made/strip/deep/tool"]


def tar(*members: tuple[str, str, str]) -> bytes:
    """Members as (kind, name, what it leads to or holds); kinds as tarfile has them."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind, name, said in members:
            about = tarfile.TarInfo(name)
            about.type = {"file": tarfile.REGTYPE, "link": tarfile.SYMTYPE, "pipe": tarfile.FIFOTYPE}[kind]
            about.linkname, content = (said, b"") if kind == "link" else ("", said.encode())
            about.size = len(content)
            archive.addfile(about, io.BytesIO(content))
    return out.getvalue()


def zipped(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, "x")
    return out.getvalue()


HOSTILE = {
    "above": (tar(("file", "../out.txt", "x")), "`../out.txt` would not stay in the folder"),
    "absolute": (tar(("file", "/tmp/out.txt", "x")), "`/tmp/out.txt` would not stay in the folder"),
    "zip": (zipped("a/../../out.txt"), "would not stay in the folder"),
    "through": (tar(("link", "a", "../.."), ("file", "a/out.txt", "x")), "`a` is a link and something else"),
    "link": (tar(("link", "a", "../../../pipeline.toml")), "the link `a` leads out of the folder"),
    "chain": (tar(("file", "d/e/x", ""), ("link", "d/e/up", "../.."), ("link", "g", "d/e/up/..")), "leads out of"),
    "pipe": (tar(("pipe", "p", "")), "`p` is neither a file nor a folder"),
    "large": (tar(("file", "a", "x" * 2000)), "more than 1000 bytes"),
    "broken": (tar(("file", "a", "x" * 2000))[:700], ""),
    "none": (b"text", "file could not be opened successfully"),
}


def test_an_archive_that_would_get_out_of_its_folder_is_refused(project: Make) -> None:
    text = """
        [steps.unpack]
        for-each = { name = { glob = "bad/*" } }
        tolerate = 100
        uses = "std:unpack"
        params = { archive = "bad/${name}", path = "made/${name}/", limit = 1000 }
        """
    made = project({"pipeline.toml": text, **{f"bad/{name}": content for name, (content, _) in HOSTILE.items()}})
    ends = up(made).ok().nodes()
    for name, (_, said) in HOSTILE.items():
        (end,) = ends[f"unpack[name={name}].unpack"]["attempts"]
        assert end["status"] == "failed", name
        assert said in log(made, f"unpack[name={name}].unpack")
    assert [made.path("made/through/a/out.txt")] == list(made.checkout.rglob("out.txt"))


# tables


def test_rows_are_checked_by_rules_and_each_that_is_wrong_is_told(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [steps.check]
                for-each = { file = { glob = "data/*" } }
                tolerate = 9
                uses = "std:validate"
                params.file = "data/${file}"
                params.least = 2
                params.report = "made/${file}.json"
                [steps.check.params.columns]
                id = { type = "integer", unique = true }
                day = { type = "date", required = false }
                size = { minimum = 0, maximum = 9 }
                kind = { enum = ["a", "b"] }
                code = { pattern = "^[A-Z]{2}$" }
                [steps.misspelt]
                on-failure = { run = "none", recover = "continue" }
                uses = "std:validate"
                params = { file = "data/good.csv", report = "x.json", columns = { id = { minimun = 1 } } }
                [handlers.none]
                stub = true
                """,
            "data/good.csv": "\ufeffid,day,size,kind,code\n1,2026-01-31,0,a,CH\n2,,9.0,b,GB\n",
            "data/good.json": json.dumps([{"id": n, "size": 1, "kind": "a", "code": "CH"} for n in (1, 2)]),
            "data/bad.csv": "id,day,size,kind,code\n1,2026-02-30,-1,c,ch\n1.5,,x,a,CH\n1,,,a,CH\n",
            "data/bad.jsonl": '{"id": true, "day": 3, "size": "2", "kind": "a", "code": "CH"}\n\n{"id": 1}\n',
            "data/few.csv": "id,day,size,kind,code\n1,,1,a,CH\n",
            "data/none.csv": "",
        }
    )
    ends = up(made).ok().statuses()
    well = {name: ends[f"check[file={name}].validate"] == "succeeded" for name in ("good.csv", "good.json", "bad.csv")}
    assert well == {"good.csv": True, "good.json": True, "bad.csv": False}
    assert log(made, "check[file=bad.csv].validate").splitlines() == [
        'row 1: day "2026-02-30" is no date',
        'row 1: size "-1" is less than 0',
        'row 1: kind "c" is none of ["a", "b"]',
        'row 1: code "ch" does not match ^[A-Z]{2}$',
        'row 2: id "1.5" is no integer',
        'row 2: size "x" is no number',
        'row 3: id "1" is in row 1 already',
        'row 3: size "" is missing',
        "data/bad.csv: 3 of 3 rows are wrong",
    ]
    said = json.loads(made.read("made/bad.jsonl.json"))
    assert (said["rows"], said["bad"], said["right"]) == (2, 2, False)
    assert said["found"][:2] == ["row 1: id true is no integer", "row 1: day 3 is no date"]
    assert log(made, "check[file=few.csv].validate") == "data/few.csv: 0 of 1 rows are wrong, and 2 are wanted\n"
    assert "none.csv: 0 of 0 rows" in log(made, "check[file=none.csv].validate")
    assert "there is no `minimun`, but type, enum, minimum" in log(made, "misspelt.validate")


def test_sqlite_reads_kinds_from_columns_and_takes_values_by_name(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [params]
                least = "2; DROP TABLE orders"
                [steps.ask]
                for-each = { kind = ["csv", "json", "jsonl"] }
                uses = "std:sqlite"
                params.files = ["o r.d/orders.csv", "people.jsonl"]
                params.query = "q.sql"
                params.values = { least = 5 }
                params.path = "made/a.${kind}"
                [steps.odd]
                uses = "std:sqlite"
                params.files = "people.jsonl"
                params.query = "odd.sql"
                params.values = { name = "${least}" }
                params.path = "made/odd.csv"
                [steps.wrong]
                on-failure = { run = "none", recover = "continue" }
                uses = "std:sqlite"
                params = { files = "people.jsonl", query = "wrong.sql", path = "made/wrong.csv" }
                [handlers.none]
                stub = true
                """,
            "o r.d/orders.csv": 'zip,total,"a ""b"""\n007,12.5,x\n070,5,\n100,2,z\n',
            "people.jsonl": '{"zip": "007", "tags": ["é"]}\n{"zip": "070"}\n',
            "q.sql": "SELECT o.zip, total * 2 AS double, tags FROM orders o JOIN people p USING (zip)\n"
            "WHERE total >= :least ORDER BY 1;",
            "odd.sql": "SELECT :name AS name, count(*) AS n FROM people",
            "wrong.sql": "SELECT * FROM nobody",
        }
    )
    up(made).ok()
    assert made.read("made/a.csv") == 'zip,double,tags\n007,25.0,"[""\\u00e9""]"\n070,10,\n'
    assert [row["double"] for row in json.loads(made.read("made/a.json"))] == [25.0, 10.0]
    assert len(made.read("made/a.jsonl").splitlines()) == 2
    assert made.read("made/odd.csv") == "name,n\n2; DROP TABLE orders,2\n"
    assert log(made, "wrong.sqlite") == "wrong.sql: no such table: nobody\n"


@pytest.mark.skipif(importlib.util.find_spec("duckdb") is None, reason="duckdb is not installed")
def test_duckdb_writes_parquet_and_reads_it(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [steps.write]
                uses = "std:duckdb"
                params = { files = "orders.csv", query = "q.sql", values = { least = 5 }, path = "made/large.parquet" }
                [steps.read]
                uses = "std:duckdb"
                params = { files = ["made/large.parquet"], query = "n.sql", path = "made/n.csv" }
                """,
            "orders.csv": "id,total\n1,12.5\n2,5\n3,2\n",
            "q.sql": "SELECT * FROM orders WHERE total >= $least -- the larger ones",
            "n.sql": "SELECT count(*) AS n, sum(total) AS total FROM large;",
        }
    )
    up(made).ok()
    assert (
        made.path("made/large.parquet").read_bytes()[:4] == b"PAR1" and made.read("made/n.csv") == "n,total\n2,17.5\n"
    )


def test_duckdb_that_is_missing_is_told(project: Make) -> None:
    text = '[steps.a]\nuses = "std:duckdb"\nparams = { files = "a.csv", query = "q.sql", path = "made/a.csv" }\n'
    made = project({"pipeline.toml": text, "a.csv": "a\n1\n", "q.sql": "SELECT 1"})
    up(made, **without(made, "duckdb")).exits(1).says("has no duckdb: `pip install duckdb` there")


# lines


def test_lines_are_split_and_merged_without_a_line_lost(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [steps.split]
                for-each = { name = ["some", "few", "none", "bare"] }
                uses = "std:split"
                params = { file = "data/${name}.csv", path = "made/${name}/", count = 11 }
                [steps.merge]
                for-each = { name = ["some", "few", "none", "bare"] }
                uses = "std:merge"
                params = { files = "made/${name}/", path = "made/${name}.csv" }
                [steps.squares]
                uses = "std:sharded"
                params = { file = "data/some.csv", path = "made/squares.csv", count = 3, command = ["sh", "square.sh"] }
                """,
            "data/some.csv": "n\n" + "".join(f"{n}\n" for n in range(100)),
            "data/few.csv": "n\n1\n2",
            "data/none.csv": "n\n",
            "data/bare.csv": "",
            "square.sh": """
                awk 'NR > 1 { $1 = $1 * $1 } 1' "$RUNNER_PARAM_part" > "$RUNNER_PARAM_done"
                """,
        }
    )
    up(made).ok()
    assert len(made.files("made/some/*")) == 11 and made.read("made/some/00.csv").startswith("n\n0\n1\n")
    assert made.files("made/few/*") == ["made/few/0.csv", "made/few/1.csv"]
    for name in ("some", "none", "bare"):
        assert made.read(f"made/{name}.csv") == made.read(f"data/{name}.csv")
    assert made.read("made/few.csv") == "n\n1\n2\n"
    assert made.read("made/squares.csv").splitlines() == ["n", *(str(n * n) for n in range(100))]


# servers


class Webhook(ThreadingHTTPServer):
    """Answers with the codes that it is given, one after the other, then 200; keeps what came."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.codes: list[int] = []
        self.heard: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/services/hunter2-is-the-key"


class Answer(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code = self.server.codes.pop(0) if self.server.codes else 200
        if code == 200:
            self.server.heard.append(said)
        self.send_response(code)
        self.end_headers()
        self.wfile.write(self.path.encode())  # a service that gives its key away

    do_GET = lambda self: (self.send_response(200), self.end_headers())  # noqa: E731

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_message_is_sent_however_the_run_ends_and_its_address_stays_secret(project: Make, webhook: Webhook) -> None:
    made = project(
        {
            "pipeline.toml": """
                [steps.fails]
                shell = "false"
                [finally.tell]
                uses = "std:notify"
                params = { text = 'ended "${run.status}"', field = "content", more = { username = "runner" } }
                """,
            "profiles/quick.toml": '[steps."**"]\nretry = { delay = "0s" }\n',
        }
    )
    webhook.codes = [503, 429]
    ends = up(made, "--profile", "quick", WEBHOOK_URL=webhook.address).exits(1).nodes()
    assert webhook.heard == [{"content": 'ended "failed"', "username": "runner"}]
    assert [end["status"] for end in ends["tell!finally.notify"]["attempts"]] == ["failed", "failed", "succeeded"]
    webhook.codes = [404]
    ends = up(made, "--profile", "quick", WEBHOOK_URL=webhook.address).exits(1).nodes()
    assert len(ends["tell!finally.notify"]["attempts"]) == 1, "an address that is wrong stays so"
    up(made, "--profile", "quick", WEBHOOK_URL="not-an-address").exits(1)
    assert "the secret WEBHOOK_URL is no address" in log(made, "tell!finally.notify")
    kept = [path.read_bytes() for path in made.path(".runner").rglob("*") if path.is_file()]
    assert kept and not [text for text in kept if b"hunter2" in text]


def test_waiting_for_a_file_an_address_and_a_port(project: Make, webhook: Webhook) -> None:
    made = project(
        {
            "pipeline.toml": """
                [params]
                host = ""
                [steps.slow]
                shell = "sleep 0.3; mkdir made; touch made/there.csv"
                [steps.wait]
                for-each = { target = ["made/*.csv", "http://${host}/x", "tcp://${host}"] }
                uses = "std:wait"
                params = { target = "${target}", every = 0.05, seconds = 20 }
                [steps.gone]
                on-failure = { run = "none", recover = "continue" }
                for-each = { target = ["nowhere/x", "tcp://127.0.0.1:1"] }
                tolerate = 2
                uses = "std:wait"
                params = { target = "${target}", every = 0.05, seconds = 0.1 }
                [handlers.none]
                stub = true
                """
        }
    )
    up(made, "--param", f"host=127.0.0.1:{webhook.server_address[1]}").ok()
    said = log(made, "gone")
    assert "nowhere/x is not there after 0 s: no such file" in said and "Connection refused" in said


KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """A store that speaks the language of S3: its client."""
    for name in ("boto3", "moto", "flask", "flask_cors"):
        pytest.importorskip(name)
    import boto3  # type: ignore[import-not-found,import-untyped,unused-ignore]
    from moto.server import ThreadedMotoServer  # type: ignore[import-not-found,unused-ignore]

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", "us-east-1", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b")
    yield client
    client.close()
    server.stop()


def test_files_and_folders_go_to_s3_and_come_back(project: Make, s3: Any) -> None:
    made = project(
        {
            "pipeline.toml": """
                [params]
                endpoint = ""
                [steps.put]
                for-each = { of = ["one.txt", "deep/"] }
                uses = "std:s3-put"
                params = { path = "data/${of}", url = "s3://here/in/${of}", endpoint = "${endpoint}" }
                [steps.get]
                needs = ["put"]
                for-each = { of = ["one.txt", "deep/"] }
                uses = "std:s3-get"
                params = { url = "s3://here/in/${of}", path = "made/${of}", endpoint = "${endpoint}" }
                """,
            "data/one.txt": "1",
            "data/deep/two.txt": "2",
            "data/deep/er/three.txt": "3",
        }
    )
    s3.create_bucket(Bucket="here")
    up(made, "--param", f"endpoint={s3.meta.endpoint_url}", **KEYS).ok()
    assert [made.read(f"made/{path}") for path in ("one.txt", "deep/two.txt", "deep/er/three.txt")] == ["1", "2", "3"]


def test_the_lake_of_the_examples(project: Make, s3: Any, webhook: Webhook) -> None:
    pytest.importorskip("duckdb")
    made = project({"runner.toml": ""})
    shutil.copytree(EXAMPLES / "16-lake", made.path("."), dirs_exist_ok=True)
    made.write({".env": "".join(f"{name}={text}\n" for name, text in {**KEYS, "WEBHOOK_URL": webhook.address}.items())})
    for bucket in ("incoming", "lake"):
        s3.create_bucket(Bucket=bucket)
    orders = b"id,country,total\n1,CH,10.5\n2,CH,2\n3,NO,7\n"
    s3.put_object(Bucket="incoming", Key="2026-11-20/orders.csv", Body=orders)
    s3.put_object(Bucket="incoming", Key="2026-11-21/orders.csv", Body=orders + b"3,no,-1\n")
    words = ("--profile", "team", "--param", f"endpoint={s3.meta.endpoint_url}", "--set", "defaults.retry.attempts=1")
    up(made, *words).ok()
    stored = s3.get_object(Bucket="lake", Key="by-country/2026-11-20.parquet")["Body"].read()
    assert stored[:4] == b"PAR1" and stored == made.path("made/by-country.parquet").read_bytes()
    up(made, *words, "--param", "day=2026-11-21").exits(1)
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="lake")["Contents"]] == [
        "by-country/2026-11-20.parquet"
    ]
    assert [said["text"] for said in webhook.heard] == [
        "orders of 2026-11-20: succeeded, 3 orders",
        "orders of 2026-11-21: failed, no orders",
    ]


AWS = """#!/bin/sh
# of the real one: s3 cp --no-progress [--endpoint-url URL] [--recursive] FROM TO
recursive= urls=
for word; do
  case "$word" in
    --recursive) recursive=-r ;;
    s3://*) urls="$urls store/${word#s3://}" ;;
    */*) urls="$urls $word" ;;
  esac
done
set -- $urls
mkdir -p "$(test -n "$recursive" && echo "$2" || dirname "$2")"
if test -n "$recursive"; then cp -r "$1." "$2"; else cp "$1" "$2"; fi
"""


def test_without_boto3_the_command_aws_copies(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [steps.put]
                for-each = { of = ["one.txt", "deep/"] }
                uses = "std:s3-put"
                params = { path = "data/${of}", url = "s3://here/in/${of}" }
                [steps.get]
                needs = ["put"]
                for-each = { of = ["one.txt", "deep/"] }
                uses = "std:s3-get"
                params = { url = "s3://here/in/${of}", path = "made/${of}" }
                [steps.mixed]
                on-failure = { run = "none", recover = "continue" }
                uses = "std:s3-get"
                params = { url = "s3://here/in/", path = "mixed" }
                [handlers.none]
                stub = true
                """,
            "data/one.txt": "1",
            "data/deep/er/two.txt": "2",
            "bin/aws": AWS,
        }
    )
    env = {"PATH": f"{made.path('bin')}:{made.environment()['PATH']}", **without(made, "boto3")}
    up(made, **env).ok()
    assert made.files("store/**/*") == ["store/here/in/deep/er/two.txt", "store/here/in/one.txt"]
    assert made.read("made/one.txt") == "1" and made.read("made/deep/er/two.txt") == "2"
    assert log(made, "mixed.s3-get").startswith("`url` and `path` end in / both")
    text = '[steps.a]\nuses = "std:s3-get"\nparams = { url = "s3://a/b", path = "made/b" }\n'
    made.write({"pipeline.toml": text, "bin/aws": "#!/bin/sh\nexit 3\n"})
    up(made, "--set", "steps.a.s3-get.retry.attempts=1", **env).exits(1)


# pages


def test_a_page_shows_values_as_text_whatever_they_hold(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [params]
                name = "<b>*a*</b> {{other}} \\u00000\\u0000"
                [steps.page]
                uses = "std:report"
                params.template = "page.md"
                params.values = { name = "${name}", other = 0.123456789, none = [] }
                params.files = ["t.csv", "dot.png"]
                params.path = "made/page.html"
                [steps.lacks]
                for-each = { what = ["lacks", "image"] }
                tolerate = 2
                uses = "std:report"
                params = { template = "${what}.md", path = "${what}.html" }
                """,
            "page.md": """
                # A {{name}}
                Text of {{ other }} and `{{x}}` <i>
                more.

                - one **two**
                - {{none}}

                {{t}}

                ```sh
                # no heading
                {{t}}
                ```

                | a | b |
                |---|---|
                | 1 | [x](https://example.org/?a=1&b=2) |

                ![dot](dot.png)
                """,
            "t.csv": "k,v\n<x>,1\n",
            "dot.png": b"\x89PNG",
            "lacks.md": "{{who}}",
            "image.md": "![x](../secret.png)",
        }
    )
    up(made).ok()
    page = made.read("made/page.html")
    assert "<title>A &lt;b&gt;*a*&lt;/b&gt; {{other}} 0</title>" in page
    assert "<h1>A &lt;b&gt;*a*&lt;/b&gt; {{other}} 0</h1>" in page
    assert "<p>Text of 0.123457 and <code>{{x}}</code> &lt;i&gt; more.</p>" in page
    assert "<li>one <strong>two</strong></li>\n<li></li>" in page
    assert "<table>\n<tr><th>k</th><th>v</th></tr>\n<tr><td>&lt;x&gt;</td><td>1</td></tr>\n</table>" in page
    assert "<pre># no heading\n{{t}}\n</pre>" in page
    assert '<td><a href="https://example.org/?a=1&amp;b=2">x</a></td>' in page
    assert 'src="data:image/png;base64,iVBORw=="' in page and "<script" not in page
    assert "lacks.md: nothing gives `who`; there is no value" in log(made, "lacks[what=lacks].report")
    assert "the image `../secret.png` is not among `files`" in log(made, "lacks[what=image].report")


# packages


def test_packages_of_another_python_are_refused(project: Make) -> None:
    text = '[steps.a]\nuses = "std:pip"\nparams = { requirements = "r.txt", python = "3.1" }\n'
    made = project({"pipeline.toml": text, "r.txt": ""})
    up(made).exits(1).says("the packages are to be for 3.1")


# rows to train on


def test_rows_are_held_back_by_seed_and_share_and_none_is_lost(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                [steps.a]
                for-each = { seed = [1, 2] }
                uses = "std:train"
                [steps.a.params]
                data = "rows.csv"
                seed = "${seed}"
                share = 0.25
                model = "made/model-${seed}"
                work = "made/rows-${seed}/"
                train = ["sh", "-c", 'tail -n +2 "$RUNNER_PARAM_rows" | wc -l > "$RUNNER_PARAM_fitted"']
                evaluate = ["sh", "-c", 'echo "score=$(cat "$RUNNER_PARAM_fitted")" >> "$RUNNER_RETURNS"']
                """,
            "rows.csv": "n\n" + "".join(f"{n}\n" for n in range(20)),
        }
    )
    up(made).ok()
    held = [set(made.read(f"made/rows-{seed}/test.csv").split()[1:]) for seed in (1, 2)]
    kept = [set(made.read(f"made/rows-{seed}/train.csv").split()[1:]) for seed in (1, 2)]
    assert [len(rows) for rows in held] == [5, 5] and held[0] != held[1]
    assert all(one | other == set(map(str, range(20))) for one, other in zip(held, kept, strict=True))
    assert made.read("made/model-1").strip() == "15"
