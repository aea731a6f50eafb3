"""Secrets in logs, returns and errors: masked in every spelling of PROTOCOL section 3."""

from __future__ import annotations

import base64
import json
import random
import shlex
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from runner.agent.redact import Redactor, maskable

SECRET = "p@ss'w\"ord +/=%é$"
LINES = "-----BEGIN KEY-----\nMIIabcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ\n-----END KEY-----\n"

SPELT = {
    "raw": SECRET,
    "json": json.dumps(SECRET)[1:-1],
    "json, unicode": json.dumps(SECRET, ensure_ascii=False)[1:-1],
    "shell": shlex.quote(SECRET),
    "url": urllib.parse.quote(SECRET, safe=""),
    "url, plus": urllib.parse.quote_plus(SECRET),
    "hex": SECRET.encode().hex(),
    "HEX": SECRET.encode().hex().upper(),
    "repr": repr(SECRET),
    "base64": base64.b64encode(SECRET.encode()).decode(),
    "base64, after one": base64.b64encode(b"x" + SECRET.encode() + b"tail").decode(),
    "base64, after two": base64.b64encode(b"xy" + SECRET.encode() + b"tail").decode(),
    "base64, for URLs": base64.urlsafe_b64encode(b"xy" + SECRET.encode()).decode(),
}


@pytest.mark.parametrize("how", SPELT)
def test_every_spelling_is_masked(how: str) -> None:
    redactor = Redactor([SECRET])
    found = redactor.mask(f"before {SPELT[how]} after")
    assert found.startswith("before ") and found.endswith(" after")
    middle = found[len("before ") : -len(" after")]
    assert "***" in middle and len(middle) <= 3 + 9, middle  # of base64, what mixes with its neighbours stays
    assert redactor.finds(SPELT[how].encode())


@pytest.mark.parametrize("how", SPELT)
def test_every_spelling_is_masked_wherever_a_chunk_ends(how: str) -> None:
    data = f"one {SPELT[how]} two".encode()
    whole = Redactor([SECRET]).mask_bytes(data)
    for at in range(len(data) + 1):
        redactor = Redactor([SECRET])
        assert redactor.feed(data[:at]) + redactor.feed(data[at:]) + redactor.flush() == whole
    redactor = Redactor([SECRET])
    assert b"".join(redactor.feed(data[i : i + 1]) for i in range(len(data))) + redactor.flush() == whole


def test_one_value_may_begin_with_another() -> None:
    redactor = Redactor(["abcdef", "abcdefXYZ123"])
    assert redactor.feed(b"(abcdef") + redactor.feed(b"XYZ123) (abcdef") + redactor.feed(b"X)") == b"(***) (***X)"


def test_one_value_may_end_as_another_begins() -> None:
    redactor = Redactor(["secretAB1", "AB1CDEF"])
    assert redactor.feed(b"(secretAB1CD") + redactor.feed(b"X (AB1") + redactor.feed(b"CDEF)") == b"(***CDX (***)"


def test_each_line_of_a_long_secret() -> None:
    redactor = Redactor([LINES])
    for line in LINES.splitlines():
        assert redactor.mask(f"[{line}]") == "[***]"
    assert "MIIabc" not in redactor.mask(json.dumps({"key": LINES}))


def test_wrapped_base64() -> None:
    for shift in range(3):
        coded = base64.encodebytes(b"x" * shift + LINES.encode())
        redactor = Redactor([LINES])
        found = redactor.feed(coded[:50]) + redactor.feed(coded[50:]) + redactor.flush()
        longest = max(len(part) for part in found.replace(b"\n", b"").split(b"***"))
        assert longest <= 8, found


def test_n40_short_values_are_not_masked() -> None:
    assert maskable(["a", "12345", "123456"]) == ["123456"]
    assert Redactor(["a"]).mask("transforming data") == "transforming data"
    assert not Redactor(["a"]).finds(b"data")


def test_nothing_else_is_held_back() -> None:
    redactor = Redactor(["abcdef123456"])
    assert redactor.feed(b"Password: ") == b"Password: "
    assert redactor.feed(b"abcdef") == b""
    assert redactor.feed(b"!") == b"abcdef!"


def test_a_stream_without_secrets_comes_through_whole() -> None:
    data = random.Random(1).randbytes(300_000)
    redactor = Redactor([SECRET, LINES])
    out = b"".join(redactor.feed(data[i : i + 4096]) for i in range(0, len(data), 4096)) + redactor.flush()
    assert out == data


def test_a_step_that_prints_its_secret(project: Any) -> None:
    script = 'echo "token $TOKEN"; printf %s "$TOKEN" | base64; set -x; true "$TOKEN"; set +x; env > got'
    call = {**project.call("shell", script=script), "secrets": [{"env": "TOKEN", "name": "T"}]}
    handle = project.begin(call, {"T": SECRET})
    end = project.wait(handle)
    assert end["status"] == "succeeded"
    log = Path(handle.call["log"]).read_bytes().decode()
    assert log.startswith("token ***\n***")
    assert "ss'w" not in log and 'w"ord' not in log
    assert f"TOKEN={SECRET}" in project.text("got")
    assert SECRET not in json.dumps(end)


@pytest.mark.parametrize("how", ["raw", "hex", "base64, after one", "url"])
def test_a_step_that_returns_its_secret_fails(project: Any, how: str) -> None:
    call = project.call(
        "shell", script='printf "n=%s\\n" "$RUNNER_PARAM_x" > "$RUNNER_RETURNS"', params={"x": SPELT[how]}
    )
    call["returns"] = [{"name": "n", "kind": "json"}]
    end = project.wait(project.begin(call, {"T": SECRET}))
    assert (end["status"], end["reason"]) == ("failed", "secret-leak")
    assert end["returns"] == {} and "`n`" in end["error"]["message"]


def test_an_object_that_holds_a_secret_fails_too(project: Any) -> None:
    (project.root / "w.py").write_text("import os\nclass A: pass\ndef f():\n    return {'x': os.environ['TOKEN']}\n")
    call = project.call("python", module="w", function="f", returns=[{"name": "m", "kind": "object"}])
    call["secrets"] = [{"env": "TOKEN", "name": "T"}]
    end = project.wait(project.begin(call, {"T": SECRET}))
    assert (end["status"], end["reason"], end["returns"]) == ("failed", "secret-leak", {})


def test_an_error_text_is_masked(project: Any) -> None:
    (project.root / "w.py").write_text("import os\ndef f():\n    raise ValueError(os.environ['TOKEN'])\n")
    call = project.call("python", module="w", function="f")
    call["secrets"] = [{"env": "TOKEN", "name": "T"}]
    handle = project.begin(call, {"T": SECRET})
    end = project.wait(handle)
    assert end["error"]["message"] == "***" and "ss'w" not in json.dumps(end)
    assert "ss'w" not in Path(handle.call["log"]).read_text()


def test_n40_a_secret_as_a_file_in_memory(project: Any) -> None:
    call = project.call("shell", script='stat -c %a "$KEY"; echo "$KEY" > where; cat "$KEY" > got')
    call["secrets"] = [{"env": "KEY", "name": "K", "file": True}]
    handle = project.begin(call, {"K": LINES})
    end = project.wait(handle)
    assert end["status"] == "succeeded" and Path(handle.call["log"]).read_text() == "600\n"
    assert project.text("got") == LINES
    where = Path(project.text("where").strip())
    assert not where.exists() and str(project.root) not in str(where)


def test_n40_an_empty_secret_counts_as_missing(project: Any) -> None:
    call = project.call("shell", script="true")
    call["secrets"] = [{"env": "KEY", "name": "K"}]
    for values in ({}, {"K": ""}):
        end = project.wait(project.begin(call, values))
        assert end["status"] == "errored" and "`K`" in end["error"]["message"]
