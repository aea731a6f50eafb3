"""What shell and command steps give back through $RUNNER_RETURNS and $RUNNER_METRICS (N15, N16)."""

from __future__ import annotations

from typing import Any

import pytest


def names(*returns: str, kind: str = "json") -> list[dict[str, Any]]:
    return [{"name": name, "kind": kind} for name in returns]


def given(end: dict[str, Any]) -> dict[str, Any]:
    assert end["status"] == "succeeded", end
    return {name: value["json"] for name, value in end["returns"].items()}


def test_n15_text_that_looks_like_a_number_stays_text(project: Any) -> None:
    """field D17."""
    script = r"""
        printf '%s\n' a=7e013608 b=08 c=1_2344_5678 d=1.10 e=-0 f=123456789012345678901234567890 >> "$RUNNER_RETURNS"
        printf '%s\n' g= h=x=y:z,w i=True j=NaN k=true l=0.5 m='{"a":1}' >> "$RUNNER_RETURNS"
    """
    end = project.shell(script, returns=names(*"abcdefghijklm"))
    assert given(end) == {
        "a": "7e013608", "b": "08", "c": "1_2344_5678", "d": "1.10", "e": "-0", "f": 123456789012345678901234567890,
        "g": "", "h": "x=y:z,w", "i": "True", "j": "NaN", "k": True, "l": 0.5, "m": {"a": 1},
    }  # fmt: skip


def test_n16_a_bom_carriage_returns_and_no_last_newline(project: Any) -> None:
    """field D22."""
    end = project.shell(r"""printf '\357\273\277n=5\r\nlast=7' >> "$RUNNER_RETURNS" """, returns=names("n", "last"))
    assert given(end) == {"n": 5, "last": 7}


def test_n16_the_last_line_of_a_name_wins_and_blocks_hold_lines(project: Any) -> None:
    script = r"""printf 'n=1\nn=2\nt<<END\na=b\n\nc\nEND\n' >> "$RUNNER_RETURNS" """
    assert given(project.shell(script, returns=names("n", "t"))) == {"n": 2, "t": "a=b\n\nc"}


@pytest.mark.parametrize(
    ("text", "says"),
    [(r"n=1\nAAAA\n", "AAAA"), (r"n<<END\nx\n", "END"), (r"text<<END\nlast lineEND\n", "END"), (r"1x=2\n", "1x")],
)
def test_n16_lines_of_no_form_fail_the_step(project: Any, text: str, says: str) -> None:
    """field part 2, 12."""
    end = project.shell(f"""printf '{text}' >> "$RUNNER_RETURNS" """, returns=names("n", "text"))
    assert (end["status"], end["reason"], end["returns"]) == ("failed", "bad-return", {})
    assert says in end["error"]["message"]


def test_n16_a_name_that_is_not_declared_is_a_warning(project: Any) -> None:
    end = project.shell("""printf 'n=1\nother=2\n' >> "$RUNNER_RETURNS" """, returns=names("n"))
    assert given(end) == {"n": 1}
    assert any("other" in warning for warning in end["warnings"])


def test_a_return_that_is_not_given(project: Any) -> None:
    end = project.shell("true", returns=names("n", "m"))
    assert (end["status"], end["reason"]) == ("failed", "missing-return")
    assert "`n` and `m`" in end["error"]["message"]


def test_n15_a_declared_type_decides(project: Any) -> None:
    returns = [{"name": "sha", "kind": "json", "type": "text"}, {"name": "x", "kind": "json", "type": "number"}]
    end = project.shell("""printf 'sha=12345\nx=3\n' >> "$RUNNER_RETURNS" """, returns=returns)
    assert given(end) == {"sha": "12345", "x": 3}


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "NaN"])
def test_n15_a_metric_may_be_nan(project: Any, text: str) -> None:
    end = project.shell(f"echo loss={text} >> $RUNNER_RETURNS", returns=names("loss", kind="metric"))
    assert given(end) == {"loss": None}
    assert any("loss" in warning for warning in end["warnings"])


def test_an_object_of_a_shell_step_is_a_file(project: Any) -> None:
    returns = names("m", kind="object")
    end = project.shell("echo content > m.bin; echo m=m.bin >> $RUNNER_RETURNS", returns=returns)
    assert end["status"] == "succeeded", end
    assert project.catalog.read(end["returns"]["m"]["sha256"]) == b"content\n"
    end = project.shell("echo m=none.bin >> $RUNNER_RETURNS", returns=returns)
    assert (end["status"], end["reason"]) == ("failed", "bad-return") and "none.bin" in end["error"]["message"]


def test_metrics_by_lines_and_by_json(project: Any) -> None:
    script = """
        for i in 1 2 3; do echo "loss=0.$i" >> "$RUNNER_METRICS"; done
        echo '{"name": "acc", "value": 1, "at": 3}' >> "$RUNNER_METRICS"
        echo nonsense >> "$RUNNER_METRICS"
    """
    end = project.shell(script)
    assert end["status"] == "succeeded" and end["metrics"] == {"loss": 0.3, "acc": 1}
    assert any("line 5" in warning for warning in end["warnings"])
    assert len(project.catalog.read(end["series"]["sha256"]).splitlines()) == 5


def test_what_a_step_tells_of_its_progress_lies_beside_its_metrics_and_is_kept_nowhere(project: Any) -> None:
    end = project.shell('echo 12 100 > "$RUNNER_PROGRESS"; cat "$(dirname "$RUNNER_METRICS")/progress"')
    assert end["status"] == "succeeded" and end["log"]["bytes"] == len("12 100\n")
    assert "progress" not in end and end["warnings"] == []
