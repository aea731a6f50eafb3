"""What is generated is fresh, and the schemas keep to the shape that both TOML language servers digest."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import jsonschema
import pytest

from runner.model import schemas
from runner.model.data import schema as shipped
from runner.model.forms import Number, Text, key
from runner.model.gate import gate, kinds_of
from runner.model.generate import ROOT, files, own_flavors
from runner.model.language import KINDS as KINDS_OF_STEP, SERVICES
from runner.plugins import Flavor

KINDS = ("pipeline", "included", "profile", "project")
DRAFT_07 = {
    "$schema", "title", "description", "type", "properties", "additionalProperties", "required",
    "propertyNames", "items",
    "enum", "const", "pattern", "minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum",
    "maximum", "not",
    "anyOf", "allOf", "if", "then", "else", "$ref", "definitions", "default", "examples",
}  # fmt: skip
EXTENSIONS = {"x-taplo", "x-suggest", "x-suggest-keys", "x-tombi-additional-key-label"}
FRESH = files()


@pytest.mark.parametrize("path", FRESH)
def test_generated_files_are_fresh(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == FRESH[path], f"{path} is stale: run `make schema`"


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_draft_07(kind: str) -> None:
    jsonschema.Draft7Validator.check_schema(shipped(kind))


def nodes(schema: Any, path: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in a schema."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for word in ("properties", "definitions"):
        for name, inner in schema.get(word, {}).items():
            yield from nodes(inner, f"{path}/{word}/{name}")
    for word in ("items", "additionalProperties", "propertyNames", "not", "if", "then", "else"):
        yield from nodes(schema.get(word), f"{path}/{word}")
    for word in ("anyOf", "allOf"):
        for number, inner in enumerate(schema.get(word, ())):
            yield from nodes(inner, f"{path}/{word}/{number}")


ALL = [(f"{kind}{path}", node) for kind in KINDS for path, node in nodes(shipped(kind))]


def faulty(broken: Any) -> list[str]:
    return [path for path, node in ALL if broken(node)]


def test_only_words_of_draft_07() -> None:
    assert not faulty(lambda node: set(node) - DRAFT_07 - EXTENSIONS)


def test_no_all_of_beside_properties() -> None:
    assert not faulty(lambda node: "allOf" in node and ("properties" in node or "type" in node))


def test_references_stay_in_the_file_and_name_tables() -> None:
    for path, node in ALL:
        if "$ref" in node:
            kind = path.split("#")[0]
            assert node["$ref"].startswith("#/definitions/"), path
            target = shipped(kind)["definitions"][node["$ref"].rsplit("/", 1)[1]]
            assert target["type"] == "object", path
            assert set(node) <= {"$ref", "description"}, path


def test_every_table_says_whether_it_is_closed() -> None:
    assert not faulty(lambda node: node.get("type") == "object" and "additionalProperties" not in node)
    rules = [(f"{path}/{word}", node[word]) for path, node in ALL for word in ("if", "then", "else") if word in node]
    assert rules
    assert not [path for path, rule in rules if rule.get("additionalProperties") is not True]


def test_every_key_is_described() -> None:
    # but for what only takes away: `properties` in `if` and `then` describe no key
    offered = [
        (path, name, inner)
        for path, node in ALL
        if "/if" not in path and "/then" not in path and "/else" not in path
        for name, inner in node.get("properties", {}).items()
    ]
    assert len(offered) > 150
    assert not [(path, name) for path, name, inner in offered if not inner.get("description")]


def test_branches_of_any_of_differ_in_type() -> None:
    # so that the branch that was meant is known, and its errors are the ones to tell
    for path, node in ALL:
        if "anyOf" in node and "required" not in node["anyOf"][0]:
            scalars = [kinds_of(branch) - {dict} for branch in node["anyOf"]]
            assert sum(map(len, scalars)) == len(frozenset().union(*scalars)), path


def test_no_type_is_null() -> None:
    assert not faulty(lambda node: "null" in str(node.get("type")))


def test_a_class_without_descriptions_is_refused() -> None:
    @attrs.frozen
    class Bare:
        path: str = ""

    with pytest.raises(TypeError, match="Bare.path has no description"):
        schemas.table_of(Bare, {})


def test_every_service_of_ours_is_in_the_profile_schema() -> None:
    for service, (group, _) in SERVICES.items():
        known = shipped("profile")["definitions"][service]["properties"]["type"]["enum"]
        assert known == [name for flavor, _ in own_flavors()[group] for name in (flavor.name, *flavor.aliases)]


def test_settings_that_two_flavors_mean_differently_are_checked_by_type() -> None:
    @attrs.frozen
    class One:
        """One."""

        size: Number | None = key("A number.")

    @attrs.frozen
    class Two:
        """Two."""

        size: Text | None = key("A text.")

    services = {
        "executors": [(Flavor("one", None, ""), One), (Flavor("two", None, ""), Two), (Flavor("any", None, ""), None)]
    }
    accepts = gate(schemas.build(services)["profile"])

    def says(**settings: Any) -> bool:
        return accepts({"executor": settings})

    assert says(type="one", size=1)
    assert says(type="two", size="1")
    assert says(type="any", colour="red")
    assert not says(type="one", size="1")
    assert not says(type="two", size=1)
    assert not says(type="two", colour="red")


def test_the_schema_files_are_written_where_they_are_read(tmp_path: Path) -> None:
    assert {path.name for path in (ROOT / "schema").iterdir()} >= {f"{kind}.json" for kind in KINDS}


# documentation

OFFERED = {
    f"{kind}{path}/{name}": (name, inner, shipped(kind))
    for kind in KINDS
    for path, node in nodes(shipped(kind))
    if not {"if", "then", "else"} & set(path.split("/"))
    for name, inner in node.get("properties", {}).items()
}


def shown(inner: dict[str, Any]) -> list[str]:
    """The examples of a key, one for each meaning that it has."""
    found = re.findall(r"Example: `(.+)`$|Example:\n\n```toml\n((?s:.+?))\n```", inner["description"], re.MULTILINE)
    return [line or block for line, block in found]


def test_every_key_shows_an_example() -> None:
    assert [path for path, (_, inner, _) in OFFERED.items() if not shown(inner)] == []


def test_examples_are_right_and_say_more_than_the_default() -> None:
    for path, (name, inner, whole) in OFFERED.items():
        accepts = gate({**inner, "definitions": whole["definitions"]})
        for text in shown(inner):
            (found, value), *rest = tomllib.loads(text).items()
            assert (found, rest) == (name, []), path
            assert accepts(value), f"{path}: {text}"
            assert value != inner.get("default", ...), f"{path}: {text} is the default"


def test_defaults_are_shown() -> None:
    told = [path for path, (_, inner, _) in OFFERED.items() if "default" in inner]
    assert len(told) > 50
    for path in told:
        _, inner, _ = OFFERED[path]
        default = inner["default"]
        assert f"Default: `{json.dumps(default)}`" in inner["description"], path
        assert type(default) in kinds_of(inner) or "anyOf" in inner, path


def test_keys_that_not_every_kind_of_step_takes_say_so() -> None:
    step = shipped("pipeline")["definitions"]["Step"]
    for rule in step["then"]["allOf"][: len(KINDS_OF_STEP)]:
        (kind,) = rule["if"]["required"]
        for name in set(step["properties"]) - set(rule["then"]["propertyNames"]["enum"]) - set(KINDS_OF_STEP):
            note = re.search("^(Only|Not) for (.+)[.]$", step["properties"][name]["description"], re.MULTILINE)
            assert note, name
            assert (f"`{kind}`" in note[2]) == (note[1] == "Not"), (kind, name, note[0])


def test_settings_that_not_every_service_takes_say_so() -> None:
    for service in SERVICES:
        table = shipped("profile")["definitions"][service]
        for rule in table["then"]["allOf"]:
            names = rule["if"]["properties"]["type"]["enum"]
            allowed = rule["then"]["propertyNames"]["enum"]
            for name, inner in table["properties"].items():
                notes = re.findall("^Only for (.+)[.]$", inner["description"], re.MULTILINE)
                told = any(f"`{names[0]}`" in note for note in notes) or not notes
                assert told == (name in allowed), (service, names, name)


def test_descriptions_are_short() -> None:
    first = {path: inner["description"].split("\n\n")[0] for path, (_, inner, _) in OFFERED.items()}
    assert {path: text for path, text in first.items() if len(text) > 200 or not text.endswith((".", "`"))} == {}
