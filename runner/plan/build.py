"""From what was resolved to the plan: a frozen JSON tree that every executor reads, and every problem on the way."""

from __future__ import annotations

from typing import Any, NamedTuple

from runner.plan import order, paths, tasks, used
from runner.plan.amounts import COUNT, DURATION
from runner.plan.check import rules
from runner.plan.compile import Compiler
from runner.plan.lint import lint
from runner.plan.mocked import mocked, pretends
from runner.plan.nodes import Emitter
from runner.plan.process import processes
from runner.plan.scope import find_step
from runner.plan.services import other_tables, profile_table, setting
from runner.plan.steps import Step, Tree
from runner.plan.walk import references
from runner.resolve.naming import pipeline_name
from runner.resolve.resolved import Resolved
from runner.resolve.said import spoken
from runner.rules.keys import digest
from runner.text.diagnostics import Diagnostic, with_ways
from runner.text.sources import Sources

Table = dict[str, Any]
VERSION = 1


class Built(NamedTuple):
    """The plan (None when there are errors), its tree for `explain`, and all problems."""

    plan: Table | None
    tree: Tree
    problems: tuple[Diagnostic, ...]

    @property
    def errors(self) -> list[Diagnostic]:
        """Problems that forbid a plan."""
        return [problem for problem in self.problems if problem.severity == "error"]


def build(resolved: Resolved, sources: Sources) -> Built:
    """Make the plan: same files, same answers of the world, same bytes."""
    tree = Tree(resolved.layers, resolved.parameters)
    tree.problems[:0] = resolved.problems
    compiler = Compiler(tree, sources)
    for step in tree.steps:
        compiler.secrets.update(entry["env"] for entry in tasks.secrets(step.table))
        compiler.secrets.update(entry["name"] for entry in tasks.secrets(step.table))
        if step.task:
            paths.declare(step)
    order.say(tree, compiler.names)
    _references(tree, compiler)
    tree.problems += used.given(tree, compiler)
    files = paths.Paths(compiler)
    files.join()
    emitter = Emitter(compiler, files)
    drafts = emitter.drafts()
    sorted_graphs: dict[int, list[Step]] = {}
    index_of: dict[str, dict[str, int]] = {}
    for graph in order.graphs(tree):
        found, cycles = order.sort(graph)
        tree.problems += cycles
        sorted_graphs[id(graph)] = found
        index_of[f"{graph.role} {graph.name}"] = {step.name: number for number, step in enumerate(found)}
    files.two_writers(index_of)
    rules(tree, compiler, resolved)
    tree.problems += processes(tree, sources)
    returns = emitter.exports(tree.home)
    params = {name: compiler.parameter(name) for name in resolved.parameters.known}
    profile = profile_table(resolved.layers, compiler)
    others = other_tables(tree, compiler)
    for name, table in {"": profile, **others}.items():
        if "build" in table:
            from runner.plan.image import image  # few profiles have it

            tree.problems += image(resolved.layers.others.get(name, resolved.layers), sources, table)
    limit, timeout = (
        setting(resolved, compiler, "max-parallel", COUNT),
        setting(resolved, compiler, "timeout", DURATION),
    )
    if any(problem.severity == "error" for problem in tree.problems):
        return Built(None, tree, _sorted(tree, resolved))
    tree.problems += lint(tree, compiler)
    nodes = emitter.nodes(drafts, sorted_graphs)
    plugins = resolved.files.plugins
    mocks = [name for name, table in {"": profile, **others}.items() if pretends(table["executor"], plugins)]
    if mocks:
        nodes = mocked(nodes, lambda do: do.get("profile", "") in mocks)
    plan: Table = {
        "v": VERSION,
        "name": pipeline_name(tree.doc.data, resolved.ask.file),
        "description": tree.doc.data.get("description", ""),
        "params": params,
        "types": resolved.parameters.kinds,
        "inputs": {"env": dict(sorted(compiler.env.items())), "git": dict(sorted(compiler.git.items()))},
        "profile": profile,
        **({"profiles": others} if others else {}),
        "max_parallel": limit,
        "timeout": timeout,
        "returns": returns,
        "steps": [step.id for step in sorted_graphs[id(tree.top)]],
        "finally": [step.id for step in sorted_graphs[id(tree.last)]],
        "nodes": nodes,
    }
    plan["digest"] = digest(plan)
    return Built(plan, tree, _sorted(tree, resolved))


def _references(tree: Tree, compiler: Compiler) -> None:
    """Enter the edges of every `steps.X` first: bare names are looked up among direct needs (N8)."""
    for step in tree.steps:
        for keys, name, soft in references(step):
            target = find_step(step, name)
            if (
                target is not None
                and target is not step
                and (step.graph.role != "finally" or target.graph.role == "finally")
            ):
                compiler.link(step, target, keys, soft)


def _sorted(tree: Tree, resolved: Resolved) -> tuple[Diagnostic, ...]:
    unique = dict.fromkeys(tree.problems)
    return tuple(spoken(with_ways(unique, resolved.files.library.ways), resolved.ask.sets))
