"""What the project's data for tests know of Kubernetes: its own description of its objects, made strict."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
OPENAPI = Path(os.environ.get("RUNNER_TEST_DATA", BESIDE)) / "kubernetes" / "swagger.json"


@cache
def definitions() -> Any:
    """Every kind of object, with no key beside those that it has."""
    found = json.loads(OPENAPI.read_text())["definitions"]
    for name, one in found.items():
        if "properties" in one:
            one["additionalProperties"] = False
        if name.endswith((".Quantity", ".IntOrString")):
            found[name] = {"type": ["string", "integer"]}
    return found


@pytest.fixture
def valid() -> Callable[[dict[str, Any], str], None]:
    """valid(document, "core.v1.Pod"): Kubernetes knows all of it."""
    if not OPENAPI.is_file():
        pytest.skip(f"no description of the Kubernetes API at {OPENAPI}")
    from jsonschema import Draft7Validator

    def check(document: dict[str, Any], kind: str) -> None:
        schema = {"$ref": f"#/definitions/io.k8s.api.{kind}", "definitions": definitions()}
        faults = [f"{list(fault.path)}: {fault.message}" for fault in Draft7Validator(schema).iter_errors(document)]
        assert not faults, "\n".join(faults)

    return check
