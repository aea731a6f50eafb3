"""Steps of a run, found by what people type (N28)."""

import pytest

from runner.commands.find import find
from runner.text.diagnostics import Refused

NODES = {
    "fetch": {"path": "fetch", "type": "task", "depth": 0, "parent": None},
    "train": {"path": "train", "type": "map", "depth": 0, "parent": None, "body": {"type": "task", "depth": 1}},
    "train-big": {"path": "train-big", "type": "task", "depth": 0, "parent": None},
    "arch": {"path": "arch", "type": "map", "depth": 0, "parent": None, "body": {"type": "graph", "depth": 1}},
    "arch.fit": {"path": "arch.fit", "type": "map", "depth": 1, "parent": "arch", "body": {"type": "task", "depth": 2}},
}
LABELS = {
    "fetch -": ("fetch", "fetch", "succeeded"),
    "train -": ("train", "train", "failed"),
    "train 0": ("train", "train[island=Biscoe]", "succeeded"),
    "train 1": ("train", "train[island=Dream]", "failed"),
    "train-big -": ("train-big", "train-big", "blocked"),
    "arch -": ("arch", "arch", "succeeded"),
    "arch 0": ("arch", "arch[arch=vit]", "succeeded"),
    "arch.fit 0": ("arch.fit", "arch[arch=vit].fit", "succeeded"),
    "arch.fit 0.0": ("arch.fit", "arch[arch=vit].fit[0]", "succeeded"),
    "arch.fit 0.1": ("arch.fit", "arch[arch=vit].fit[1]", "succeeded"),
}
RUN = {"nodes": {a: {"path": path, "label": label, "status": s} for a, (path, label, s) in LABELS.items()}}


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("fetch", ["fetch -"]),
        ("train", ["train -", "train 0", "train 1"]),
        ("train[island=Dream]", ["train 1"]),
        ("train[1]", ["train 1"]),
        ("train 1", ["train 1"]),
        ("arch[0].fit[1]", ["arch.fit 0.1"]),
        ("arch[arch=vit].fit", ["arch.fit 0", "arch.fit 0.0", "arch.fit 0.1"]),
        ("arch.fit", ["arch.fit 0", "arch.fit 0.0", "arch.fit 0.1"]),
        ("fe", ["fetch -"]),
        ("train-b", ["train-big -"]),
        ("train[island=D", ["train 1"]),
        ("@failed", ["train -", "train 1"]),
    ],
)
def test_n28_a_step_is_found_by(text, addresses):
    assert find(RUN, NODES, text) == (addresses, None)


def test_n28_an_attempt_follows_a_tilde():
    assert find(RUN, NODES, "train[island=Dream]~2") == (["train 1"], 2)
    assert find(RUN, NODES, "fetch~1") == (["fetch -"], 1)


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("fetsh", "E915", "did you mean `fetch`?"),
        ("zzz", "E915", "`runner show RUN` lists all steps"),
        ("fetch~0", "E915", "did you mean `fetch`?"),
        ("tra", "E916", "`runner show RUN` lists all steps"),
    ],
)
def test_what_is_not_found_is_a_usage_error(text, code, hint):
    with pytest.raises(Refused) as caught:
        find(RUN, NODES, text)
    (problem,) = caught.value.problems
    assert (problem.code, problem.hint) == (code, hint)
    assert caught.value.exit_code == 2


def test_a_map_of_ten_thousand_items_is_searched_in_one_pass():
    nodes = {f"train {i}": {"path": "train", "label": f"train[{i}]", "status": "failed"} for i in range(10_000)}
    assert len(find({"nodes": nodes}, NODES, "train").addresses) == 10_000
    assert find({"nodes": nodes}, NODES, "train[9999]").addresses == ["train 9999"]
