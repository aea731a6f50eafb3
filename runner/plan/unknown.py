"""What somebody meant by a name that nothing has: the words for every mistake with names (LANGUAGE 5)."""

from __future__ import annotations

import re
from typing import Any

from runner.plan import scope
from runner.plan.steps import Step, Tree
from runner.resolve.hints import listed
from runner.resolve.references import meant
from runner.rules.last import LAST
from runner.text.diagnostics import Diagnostic, Place, diagnose

Table = dict[str, Any]


class Unknown:
    """Explains names of one tree."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._elsewhere: dict[tuple[int, str], list[str]] | None = None

    def name(self, step: Step, parts: list[Any], place: Place | None, condition: bool) -> Diagnostic:
        """A bare name that means nothing where it stands."""
        name = str(parts[0])
        short = meant(parts)
        if short is not None:
            known = scope.look(step, short.partition(".")[0].partition("[")[0], scope.View())
            if known is not None:
                return diagnose("E460", place, name=name, hint=f"write {_written(short, condition)}")
        target = scope.find_step(step, str(parts[1]) if name == "needs" and len(parts) > 2 else name)
        if target is not None and target is not step and len(parts) > 1:
            rest = [str(part) for part in parts[1 + (name == "needs") :] if part != "outputs"]
            hint = f"write {_written('.'.join(['steps', target.name, *rest]), condition)}"
            return diagnose("E460", place, name=name, hint=hint)
        if name == "secrets" and len(parts) > 1:
            hint = f'the step says `secrets = ["{parts[1]}"]`, and its program reads the variable'
            return diagnose("E460", place, name=name, hint=hint)
        args = self.tree.guess(name, scope.names(step))
        others = self.elsewhere().get((id(step.home), name), [])
        if "near" not in args and others:
            soft = step.graph.role == "finally"
            args = {"hint": f"write {_written(others[0] + (':-0' if soft and not condition else ''), condition)}"}
        elif "near" not in args and self._outside(step, name):
            args = {
                "hint": f"it stands outside of `{step.home.doc.path}`: write it into `[params]` there, and hand it in"
            }
        said = str(step.table.get("when", ""))
        if condition and "near" not in args and not others and re.search(rf"[=!]= *{re.escape(name)}$", said):
            text = f"text stands in quotes: `'{name}'`"
            args = {"hint": f"{args['hint']}; {text}" if "hint" in args else text}
        return diagnose("E460", place, name=name, **args)

    @staticmethod
    def _outside(step: Step, name: str) -> bool:
        """Whether the step that uses this file could hand that name in."""
        user = step.home.user
        return user is not None and scope.look(user, name, scope.View(params=False, files=False)) is not None

    def elsewhere(self) -> dict[tuple[int, str], list[str]]:
        """Names that steps of a file have for themselves or return, as others there write them: `steps.fetch.raw`."""
        if self._elsewhere is None:
            self._elsewhere = {}
            for step in self.tree.steps:
                if step.role in ("step", "finally"):
                    for name in [*step.each, *step.files, *(entry["name"] for entry in step.returns)]:
                        self._elsewhere.setdefault((id(step.home), name), []).append(f"steps.{step.name}.{name}")
        return self._elsewhere

    def step(self, step: Step, name: str, key: str, place: Place | None) -> Diagnostic:
        """A step that a reference names and that is not there."""
        if name in step.home.doc.data.get("handlers", {}):
            return diagnose("E308", place, name=name)
        names = (other for other in scope.step_names(step) if other != step.name)
        return diagnose("E250", place, name=name, key=key, **self.tree.guess(name, names))

    def sibling(self, step: Step, name: str, key: str, place: Place | None) -> Diagnostic:
        """A step that `needs` or `after` names and that does not stand beside this one."""
        if name in step.home.doc.data.get("handlers", {}):
            return diagnose("E308", place, name=name)
        args = self.tree.guess(name, (other for other in step.graph.steps if other not in (step.name, LAST)))
        if "near" in args:
            return diagnose("E250", place, name=name, key=key, **args)
        if step.graph.role == "finally" and name in step.home.top.steps:
            hint = "steps of `[finally]` wait for each other only; all others have ended before"
            return diagnose("E250", place, name=name, key=key, hint=hint)
        around = scope.find_step(step, name)
        if around is not None and step.graph.owner is not None:
            outer = next(one for one, _ in scope.outward(step) if one.graph is around.graph)
            hint = f'`{name}` stands outside: write `{key} = ["{name}"]` in `{outer.path}`'
            return diagnose("E250", place, name=name, key=key, hint=hint)
        inner = self._holder(step, name)
        if inner is not None:
            args = {"hint": f'`{name}` is inside `{inner}`: write `{key} = ["{inner}"]`'}
        return diagnose("E250", place, name=name, key=key, **args)

    def _holder(self, step: Step, name: str) -> str | None:
        """The sibling that has a step of this name inside."""
        if self.tree.guess.left < 0:
            return None
        for other in self.tree.steps:
            if other.name == name and other.role == "step":
                current: Step | None = other
                while current is not None and current.graph is not step.graph:
                    current = current.graph.owner
                if current is not None and current is not step:
                    return current.name
        return None

    def given(self, step: Step, target: Step, parts: list[Any], place: Place | None, condition: bool) -> Diagnostic:
        """`steps.STEP.NAME` where the step has no such name."""
        name = str(parts[2])
        has = [entry["name"] for entry in target.returns] + list(target.files) + list(target.each) + ["status"]
        args = self.tree.guess(name, has)
        if name in ("outcome", "conclusion", "state", "result"):
            args = {"near": "status"}
        if len(parts) > 3 and parts[3] in has:
            args = {"near": None, "hint": f"write {_written(f'steps.{target.name}.{parts[3]}', condition)}"}
        elif "near" not in args:
            args = {}
        return diagnose("E466", place, name=name, step=target.name, has=listed(has), **args)


def _written(reference: str, condition: bool) -> str:
    return f"`{reference}`" if condition else f"`${{{reference}}}`"
