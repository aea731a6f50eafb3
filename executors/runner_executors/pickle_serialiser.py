"""The serialiser `pickle`: objects between Python steps. Its implementation is a module with `dump` and `load`."""

from __future__ import annotations

from runner.plugins import Flavor

FLAVOR = Flavor("pickle", None, "pickle", about="The standard library's; whatever Python can take apart.")
