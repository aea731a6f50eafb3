"""Where keys stand in a CUE text: found by braces and labels, also those that stand for many names."""

from __future__ import annotations

import pytest

from runner.text.labels import Labels

TEXT = r'''
package demo // steps: no

import "list"

_sizes: [1, 2]
let x = {a: 1}
name: "grid"
params: a: b: 3
steps: {
	for s in _sizes if s > 0 {
		"train-\(s)": {
			shell: "echo \(len("a: {")) {"
			tags: ["a", "b",
				"c"]
		}
	}
	total: {
		retry: {attempts: 3, delay: "2s"}, timeout: *"3m" | string
		shell: """
			env: 1
			b {
			"""
		"quoted ä": #"a "raw" text"#
		"\u00e4"?: 1
	}
	[string]: after: ["x"]
	#Base & {
		z: 1
	}
}
returns: [{name: "a", from: "x"}, {name: "b"}]
'''
LABELS = Labels(TEXT)


@pytest.mark.parametrize(
    ("keys", "key", "value"),
    [
        (("name",), "name", '"grid"'),
        (("params", "a", "b"), "b", "3"),
        (("steps", "train-1", "shell"), "shell", r'"echo \(len("a: {")) {"'),
        (("steps", "train-1", "tags", 2), '"c"', '"c"'),
        (("steps", "train-1"), r'"train-\(s)"', r'"train-\(s)"'),
        (("steps", "total", "retry", "delay"), "delay", '"2s"'),
        (("steps", "total", "timeout"), "timeout", '"3m"'),
        (("steps", "total", "quoted ä"), '"quoted ä"', '#"a "raw" text"#'),
        (("steps", "total", "ä"), r'"\u00e4"', "1"),
        (("steps", "other", "after", 0), '"x"', '"x"'),
        (("steps", "z"), "z", "1"),
        (("returns", 1, "name"), "name", '"b"'),
    ],
)
def test_a_key_is_found_where_it_is_written(keys: tuple[str | int, ...], key: str, value: str) -> None:
    spot, size = LABELS.find(keys)
    assert spot is not None and size == len(keys)
    assert (TEXT[spot.key : spot.key_end], TEXT[spot.value : spot.value_end]) == (key, value)


def test_what_is_nowhere_gives_what_is_around_it() -> None:
    spot, size = LABELS.find(("steps", "total", "image", "x"))
    assert size == 2 and spot is not None and TEXT[spot.key : spot.key_end] == "total"
    assert LABELS.find(("env", "b")) == (None, 0)
    assert LABELS.find(()) == (None, 0)


@pytest.mark.parametrize("text", ['a: "', '"\\(', "}}]) a: 1", "a: {[(", '#"', "a: b: c: {", "\\", '"\\(")', "é: 1"])
def test_a_text_that_is_none_is_read_to_its_end(text: str) -> None:
    Labels(text).find(("a", "b"))


def test_a_long_text_is_read_once() -> None:
    """Nested or not, the number of labels is that of the text."""
    many = Labels("".join(f"a{n}: {{b: [{n}, {{c: 1}}]}}\n" for n in range(2000)))
    assert len(many.spots) == 2000 * 4
    deep = Labels("a: {" * 3000)
    assert len(deep.spots) == 3000
