"""Arguments that a wrapper takes from outside, so that all nodes of one shape share it."""

from __future__ import annotations

from runner_executors.argo_workflow.tasks import Call


class Lifted:
    """given: name of an input -> its value outside."""

    def __init__(self) -> None:
        self.given: dict[str, str] = {}

    def call(self, inside: Call, keep: tuple[str, ...] = ("key",)) -> Call:
        """The call with its arguments taken from outside, but for those that are made inside."""
        given = inside.arguments.items()
        return Call(
            inside.template, {name: value if name in keep else self.value(name, value) for name, value in given}
        )

    def value(self, name: str, value: str) -> str:
        """The reference that stands for a value."""
        number, own = 1, name
        while self.given.setdefault(own, value) != value:
            number += 1
            own = f"{name}{number}"
        return f"{{{{inputs.parameters.{own}}}}}"
