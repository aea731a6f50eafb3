"""How long steps took in earlier runs, of what real runs have left."""

import json

from runner.run import index
from runner.run.pace import pace

TEXT = """
    name = "p"

    [steps.a]
    shell = "true"
    cache = true

    [steps.b]
    for-each = { n = [1, 2, 3] }
    shell = "test ! -e bad"
    """


def test_the_newest_run_that_succeeded_counts_and_older_ones_know_what_it_took_from_the_cache(project):
    made = project({"pipeline.toml": TEXT})
    root = made.root
    assert pace(root, "p", "") is None
    for _ in range(2):
        made.run("up").ok()
    made.write({"bad": ""})
    made.run("up").exits(1)
    found = pace(root, "p", "")
    newest, first = index.runs(root)[1:]
    assert found is not None and found.at_once > 0
    assert {id.split("-")[0]: n for id, n in found.counts.items()} == {"a": 1, "b": 3}
    assert pace(root, "other", "") is None
    without = pace(root, "p", newest["run"])
    assert without is not None and without.seconds.keys() == found.seconds.keys()
    # a run whose log is gone is passed over
    for entry in (newest, first):
        (root / ".runner" / "runs" / entry["run"] / "journal").write_bytes(b"")
    assert pace(root, "p", "") is None


def test_only_so_many_runs_of_the_index_are_looked_at(tmp_path, monkeypatch):
    (tmp_path / ".runner").mkdir()
    entry = {
        "name": "n",
        "pipeline": "p",
        "status": "succeeded",
        "store": {"type": "file-system"},
        "start": 0,
        "end": 1,
    }
    lines = (json.dumps({**entry, "run": f"R{n}"}) for n in range(1000))
    index.path(tmp_path).write_text("".join(f"{line}\n" for line in lines))
    opened = []
    monkeypatch.setattr("runner.run.pace.open_store", lambda *words, **more: opened.append(words) or _refuse())
    assert pace(tmp_path, "p", "") is None
    assert len(opened) == 3


def _refuse():
    raise OSError("not here")
