"""Functions that the shapes call."""

from __future__ import annotations

from pathlib import Path


def train(island: str, log: Path) -> tuple[float, dict[str, object]]:
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(island)
    return len(island) / 10, {"island": island, "seen": {1, 2}}


def best(accuracy: list[float], model: list[dict[str, object]], island: list[str]) -> tuple[float, dict[str, object]]:
    top = max(range(len(accuracy)), key=accuracy.__getitem__)
    assert model[top]["island"] == island[top]
    return accuracy[top], model[top]


def report(accuracy: float, model: dict[str, object], page: Path) -> None:
    page.write_text(f"{model['island']} {accuracy}")


def models() -> tuple[dict[str, set[int]], list[str]]:
    return {"a": {1}, "b": {1, 2}}, ["a", "b"]


def one(models: dict[str, set[int]], name: str) -> int:
    return len(models[name])


def total(size: list[int]) -> int:
    return sum(size)
