"""Files between steps: N20 to N25, N46."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Plan = Callable[..., Any]


def test_n21_a_reader_comes_after_every_writer_that_it_meets(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.read]
inputs = ["out/*.csv"]
shell = "true"
[steps.one]
outputs = ["out/a.csv"]
shell = "true"
[steps.two]
outputs = ["out/b.csv"]
shell = "true"
[steps.else]
outputs = ["out/sub/b.csv"]
shell = "true"
""")
    assert found.needs("read") == {"one", "two"}


def test_n21_items_count_as_a_star_and_known_parameters_are_filled_in(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
day = "monday"
[steps.w]
for-each = { s = ["a", "b"] }
outputs = ["lake/${day}/${s}.csv"]
shell = "true"
[steps.r]
inputs = ["lake/monday/a.csv"]
shell = "true"
[steps.other]
outputs = ["lake/tuesday/a.csv"]
shell = "true"
""")
    assert found.needs("r") == {"w"}


def test_n21_a_folder_is_everything_below(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.w]
outputs = ["model/"]
shell = "true"
[steps.r]
inputs = ["model/weights/0.bin"]
shell = "true"
""")
    assert found.needs("r") == {"w"}


def test_n25_a_named_file_of_another_step_is_a_reference_and_an_edge(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.w]
outputs = { bam = "a.bam" }
shell = "true"
[steps.r]
inputs = { bam = "${steps.w.bam}" }
command = ["cat", "${bam}"]
""")
    assert found.needs("r") == {"w"}
    assert found.node("r")["do"]["argv"] == ["cat", ["own", "bam"]]


def test_n22_two_unordered_writers_of_one_path_are_told_with_both_places(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.a]
outputs = ["o.txt"]
shell = "true"
[steps.b]
outputs = ["o.txt"]
shell = "true"
""")
    problem = found.problem("E310")
    assert problem.place.line == 7
    assert problem.related[0][0].line == 4


def test_n22_ordered_writers_and_cases_of_one_choose_may_share_a_path(planned: Plan) -> None:
    found = planned("""
name = "x"
[params]
kind = "big"
[steps.a]
outputs = ["o.txt"]
shell = "true"
[steps.b]
needs = ["a"]
outputs = ["o.txt"]
shell = "true"
[steps.c]
choose = "kind"
[steps.c.cases.big]
outputs = ["p.txt"]
shell = "true"
[steps.c.cases.small]
outputs = ["p.txt"]
shell = "true"
""")
    assert found.codes == []


def test_n22_the_path_of_an_item_names_all_for_each_names(planned: Plan) -> None:
    found = planned("""
name = "x"
[steps.m]
for-each = { a = [1, 2], b = [3] }
outputs = ["out/${a}.txt"]
shell = "true"
""")
    assert "`${b}`" in found.problem("E315").hint


def test_n24_an_input_that_nobody_makes_is_told_with_a_near_path(planned: Plan) -> None:
    found = planned(
        """
name = "x"
[steps.a]
inputs = ["data/raw.cvs"]
shell = "true"
""",
        {"data/raw.csv": "1"},
    )
    assert found.problem("E314").hint == "did you mean `data/raw.csv`?"


def test_n5_an_input_glob_and_a_glob_source_that_match_nothing_are_errors(planned: Plan) -> None:
    found = planned(
        """
name = "x"
[steps.a]
inputs = ["dta/*.csv"]
shell = "true"
[steps.m]
for-each = { s = { glob = "dta/*.fastq" } }
shell = "true"
[steps.o]
for-each = { s = { glob = "dta/*.txt", optional = true } }
shell = "true"
""",
        {"data/a.csv": "1"},
    )
    assert found.codes == ["E316", "E316"]
    assert {problem.place.line for problem in found.problems} == {4, 7}


def test_n5_the_item_is_what_the_one_wildcard_stands_for(planned: Plan) -> None:
    files = {"data/a.wav": "", "data/._a.wav": "", "data/.tmp/b.wav": "", "data/sub/c.wav": ""}
    text = 'name = "x"\n[steps.m]\nfor-each = {{ s = {{ glob = "{}" }} }}\nshell = "true"\n'
    assert planned(text.format("data/*.wav"), files).node("m")["each"]["s"] == ["lit", ["a"]]
    both = planned(text.format("**/*.wav"), files).node("m")["each"]["s"]
    assert both == ["lit", ["data/a.wav", "data/sub/c.wav"]]


@pytest.mark.parametrize("path", ["../x", "/abs/x", "a/../../x"])
def test_n46_a_path_that_leaves_the_project_is_an_error(planned: Plan, path: str) -> None:
    found = planned(f'name = "x"\n[steps.a]\noutputs = ["{path}"]\nshell = "true"\n')
    assert found.codes == ["E311"]


def test_n46_a_nul_in_a_path_is_an_error(planned: Plan) -> None:
    found = planned('name = "x"\n[steps.a]\noutputs = ["a\\u0000b"]\nshell = "true"\n')
    assert found.codes == ["E312"]


def test_n20_the_root_is_the_folder_of_the_nearest_project_file(planned: Plan) -> None:
    found = planned(
        'name = "x"\n[steps.a]\ninputs = ["in.txt"]\nshell = "true"\n',
        {"in.txt": "", "runner.toml": ""},
    )
    assert found.codes == []


def test_n24_the_input_of_every_item_that_is_known_must_be_there(planned: Plan) -> None:
    text = """
name = "x"
[params]
tables = ["orders", "items"]
[steps.m]
for-each = { table = "${tables}" }
inputs = { sql = "sql/${table}.sql" }
shell = "true"
"""
    assert planned(text, {"sql/orders.sql": "", "sql/items.sql": ""}).codes == []
    problem = planned(text + "\n", {"sql/orders.sql": ""}, params=('tables=["orders","customers"]',)).problem("E329")
    assert "sql/customers.sql" in problem.message and 'table = "customers"' in problem.message
    assert problem.place.line == 7
