"""Files become documents, or a refusal that says why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.text.diagnostics import Diagnostic, Place, Refused
from runner.text.document import DEPTH, LIMIT, Document, load
from runner.text.sources import Sources

STEP = b"[steps.a]\nshell = 'true'\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(raw: bytes, kind: str = "pipeline") -> Document:
    Path("p.toml").write_bytes(raw)
    return load("p.toml", Sources("."), kind)


def refused(raw: bytes) -> Diagnostic:
    with pytest.raises(Refused) as raised:
        read(raw)
    assert raised.value.exit_code == 3
    (problem,) = raised.value.problems
    return problem


def missing(path: str) -> Diagnostic:
    with pytest.raises(Refused) as raised:
        load(path, Sources("."))
    (problem,) = raised.value.problems
    return problem


def test_a_file_becomes_text_and_data() -> None:
    doc = read(STEP)
    assert (doc.path, doc.data) == ("p.toml", {"steps": {"a": {"shell": "true"}}})


def test_a_missing_file_names_the_nearest_one(here: Path) -> None:
    (here / "pipeline.toml").write_bytes(STEP)
    problem = missing("pipelin.toml")
    assert problem == Diagnostic("E101", None, "there is no file `pipelin.toml`", "did you mean `pipeline.toml`?")
    assert missing("pipeline").hint == "did you mean `pipeline.toml`?"
    assert missing("none/at-all.toml").hint is None
    assert missing("pipeline.toml/x").code == "E101"
    assert missing("nul\0").code == "E101"


def test_a_missing_file_of_another_folder_keeps_the_folder(here: Path) -> None:
    (here / "jobs").mkdir()
    (here / "jobs" / "nightly.toml").write_bytes(STEP)
    assert missing("jobs/nihgtly.toml").hint == f"did you mean `{os.path.join('jobs', 'nightly.toml')}`?"


def test_a_directory_names_the_file_in_it(here: Path) -> None:
    (here / "jobs").mkdir()
    assert missing("jobs") == Diagnostic("E102", None, "`jobs` is a directory, not a file")
    (here / "jobs" / "a.toml").write_bytes(STEP)
    (here / "jobs" / "pipeline.toml").write_bytes(STEP)
    assert missing("jobs").hint == "name the file in it: `jobs/pipeline.toml`"


def test_an_unreadable_file_says_why(here: Path) -> None:
    (here / "loop.toml").symlink_to("loop.toml")
    problem = missing("loop.toml")
    assert problem.code == "E103"
    assert "too many levels of symbolic links" in problem.message


def test_a_forbidden_file_says_why(here: Path) -> None:
    (here / "p.toml").write_bytes(STEP)

    class Closed(Sources):
        def read(self, path: Path | str, limit: int | None = None) -> bytes:
            raise PermissionError(13, "Permission denied")

    with pytest.raises(Refused) as raised:
        load("p.toml", Closed("."))
    assert raised.value.problems[0].message == "cannot read `p.toml`: permission denied"


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"# nothing\n"])
def test_an_empty_pipeline_is_told_what_to_write(raw: bytes) -> None:
    problem = refused(raw)
    assert problem.code == "E104"
    assert "[steps.hello]" in str(problem.hint)


def test_another_file_may_be_empty() -> None:
    assert read(b"", kind="file").data == {}


def test_the_first_byte_that_is_not_utf8_has_a_place() -> None:
    problem = refused("a = '日本'\nb = 'é".encode() + b"\xff'\n")
    assert (problem.code, problem.place) == ("E105", Place("p.toml", 2, 7, 8))
    assert problem.message == "byte 0xFF is not UTF-8"


def test_utf16_is_recognised() -> None:
    problem = refused("a = 1\n".encode("utf-16"))
    assert (problem.code, problem.hint) == ("E105", "this is UTF-16: save the file as UTF-8")


def test_a_byte_order_mark_is_refused() -> None:
    assert refused(b"\xef\xbb\xbf" + STEP)[:2] == ("E106", Place("p.toml", 1, 1, 2))


def test_a_file_that_never_ends_is_not_read_whole() -> None:
    problem = missing("/dev/zero")
    assert problem.message == "`/dev/zero` is larger than 10 MiB"


def test_a_file_of_the_largest_size_is_read() -> None:
    raw = STEP + b"# " + b"x" * 98 + b"\n"
    raw += (b"#" + b"x" * (1 << 20) + b"\n") * 9
    raw += b"#" * (LIMIT - len(raw))
    assert "steps" in read(raw).data
    assert refused(raw + b"#").code == "E107"


@pytest.mark.parametrize(
    "raw",
    [
        b"a = " + b"[" * 10_000 + b"]" * 10_000,
        b"a = " + b"[" * 10_000,
        b"a = " + b"{a=" * 10_000 + b"1" + b"}" * 10_000,
        b"a" + b".a" * 10_000 + b" = 1",
        b"[a" + b".a" * 10_000 + b"]",
        b"[[a" + b".a" * 10_000 + b"]]",
        b"a = {b" + b".b" * 10_000 + b" = 1}",
        b"[a" + b".a" * 60 + b"]\nb" + b".b" * 60 + b" = 1",
        b"a = " + b"[" * 200 + b"]" * 200,
    ],
    ids=["lists", "open lists", "inline tables", "dots", "header", "list header", "dots inside", "sum", "two hundred"],
)
def test_what_is_nested_too_deep_has_a_place(raw: bytes) -> None:
    problem = refused(raw)
    assert (problem.code, problem.message) == ("E108", "nested more than 100 levels deep")
    assert problem.place is not None


def test_the_last_level_that_is_taken() -> None:
    inside = DEPTH - 1  # with the file's own table
    assert read(b"a = " + b"[" * DEPTH + b"]" * DEPTH).data
    assert refused(b"a = " + b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1)).place == Place("p.toml", 1, 5 + DEPTH, 6 + DEPTH)
    assert read(b"a" + b".a" * inside + b" = 1").data


def test_many_dots_in_a_text_are_no_depth() -> None:
    assert read(b"a = '" + b"." * 500 + b"'\n# " + b".a" * 500).data


def test_a_number_with_too_many_digits_has_a_place() -> None:
    problem = refused(b"a = 1\nb = " + b"7" * 5000)
    assert (problem.code, problem.place) == ("E132", Place("p.toml", 2, 5, 5005))


def test_line_ends_of_windows_do_not_move_a_place() -> None:
    doc = read(b"[steps.a]\r\nshell = '''\r\na\r\nb'''\r\nneeds = ['x']\r\n")
    assert doc.place(("steps", "a", "needs", 0)) == Place("p.toml", 5, 10, 13)
    assert doc.place(("steps", "a", "shell"), part=(2, 3)) == Place("p.toml", 4, 1, 2)
    assert refused(b"a = 1\r\n\r\nb = x\r\n").place == Place("p.toml", 3, 5, 6)


TEXT = b"""\
# a pipeline
name = "x"

[steps.train]
shell = '''
one ${a}
two ${b}
'''
retry = { attempts = 2, on = [75, 76] }
when = "a \\" > b"

[steps.train.resources]
cpu = 1
"""


@pytest.mark.parametrize(
    ("keys", "at", "part", "place"),
    [
        (("name",), "key", None, (2, 1, 5)),
        (("name",), "value", None, (2, 8, 11)),
        (("steps", "train"), "key", None, (4, 8, 13)),
        (("steps", "train"), "value", None, (4, 8, 13)),
        (("steps", "train"), "header", None, (4, 1, 14)),
        (("steps", "train", "when"), "header", None, (4, 1, 14)),
        (("steps", "train", "resources", "cpu"), "header", None, (12, 1, 24)),
        (("steps",), "key", None, (4, 2, 7)),
        (("steps", "train", "shell"), "value", None, (5, 9, 12)),
        (("steps", "train", "shell"), "value", (4, 8), (6, 5, 9)),
        (("steps", "train", "shell"), "value", (13, 17), (7, 5, 9)),
        (("steps", "train", "when"), "value", (4, 5), (10, 14, 15)),
        (("steps", "train", "when"), "value", (2, 3), (10, 11, 13)),
        (("steps", "train", "when"), "value", (90, 99), (10, 8, 18)),
        (("steps", "train", "retry", "on", 1), "value", None, (9, 35, 37)),
        (("steps", "train", "retry", "on"), "key", None, (9, 25, 27)),
        (("steps", "train", "retry", "delay"), "value", None, (9, 9, 40)),
        (("steps", "train", "image"), "key", None, (4, 8, 13)),
        (("steps", "other", "needs", 3), "value", (0, 1), (4, 2, 7)),
        (("params", "x"), "value", None, (2, 1, 5)),
        ((), "header", None, (2, 1, 5)),
    ],
)
def test_a_place_is_where_it_was_written(
    keys: tuple[str | int, ...], at: str, part: tuple[int, int] | None, place: tuple[int, int, int]
) -> None:
    doc = read(TEXT)
    assert doc.place(keys, at, part) == Place("p.toml", *place)  # type: ignore[arg-type]


def test_an_empty_file_has_a_place() -> None:
    assert read(b"", kind="file").place(("name",)) == Place("p.toml", 1, 1, 2)


def test_an_absolute_path_is_shown_from_the_current_folder(here: Path) -> None:
    (here / "p.toml").write_bytes(STEP)
    assert load(here / "p.toml", Sources(here)).path == "p.toml"


def test_a_valid_file_loads_nothing_that_explains(here: Path) -> None:
    (here / "p.toml").write_bytes(TEXT)
    code = (
        "import sys; from runner.text.document import load; from runner.text.sources import Sources\n"
        "load('p.toml', Sources('.'), 'pipeline')\n"
        "print(*sorted(m for m in sys.modules if m.startswith('runner.text.')))\n"
        "print('difflib' in sys.modules, 'unicodedata' in sys.modules, 'json' in sys.modules, 'hashlib' in sys.modules)"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    loaded, others = done.stdout.splitlines()
    assert loaded == "runner.text.diagnostics runner.text.document runner.text.near runner.text.sources"
    assert others == "False False False False"
