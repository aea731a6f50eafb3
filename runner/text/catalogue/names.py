"""Sentences of family 2: keys, names and values."""

from runner.text.catalogue.code import Code

NAMES: dict[str, Code] = {
    "E230": Code("unknown key `{key}` in {where}", None),
    "E231": Code("a profile may not set `{key}`", None),
    "E232": Code(
        "`{key}` does not belong in a job file", "a file with `[job]` has one step; use `[steps.NAME]` for more"
    ),
    "E233": Code("`{key}` does not belong to {what}", None),
    "E234": Code("{where} does not say what to run", "write one of {kinds}"),
    "E235": Code("a step has one kind, this one has {kinds}", "keep one of them, or make two steps"),
    "E236": Code("{where} has no `{key}`", None),
    "E237": Code("this pipeline has no steps", "write `[steps.NAME]` with one of `shell`, `command`, `python`..."),
    "E238": Code("`{key}` must be {expected}, not {found}", None),
    "E239": Code("`{value}` is not a duration", 'such as "30s", "5m" or "1h30m"'),
    "E240": Code("`{value}` is not a size", 'a whole number and one of k M G T Ki Mi Gi Ti, such as "512Mi"'),
    "E241": Code("`{key}` must be {limit}, not {value}", None),
    "E242": Code("`{key}` is empty", None),
    "E243": Code("`{value}` is not a value of `{key}`", None),
    "E244": Code("`{name}` is not a name: {rule}", None),
    "E245": Code("`{name}` is a word of the language", "use another name; taken are {words}"),
    "E246": Code("`{value}` is not {expected}", None),
    "E247": Code(
        "`{value}` is not a value that can travel", "JSON has no such number: write a text, or leave the key out"
    ),
    "E248": Code("there is no {what} `{value}`", None),
    "E250": Code("unknown step `{name}` in `{key}`", "did you mean `{near}`?"),
    "E251": Code("unknown handler `{name}` in `{key}`", "did you mean `{near}`?"),
    "E252": Code("unknown template `{name}`", "did you mean `{near}`?"),
    "E253": Code(
        "step `{name}` has no kind",
        "add one of `shell`, `command`, `python`, `notebook`, `container`, `steps`, `choose`, `uses`, `stub`",
    ),
    "E254": Code("step `{name}` has two kinds, `{one}` and `{two}`", "keep one of them"),
    "W255": Code("`{key}` means nothing without a `for-each`", "take it out, or say what to go over"),
    "W256": Code("`retry` does not say how often: nothing runs again", "say how many runs in all: `attempts = 3`"),
    "W257": Code("`tolerate` lets all {count} items fail", "a smaller number, so that a failure can be seen"),
    "W258": Code("this step may take {own}, and the whole run ends after {limit}", "the `timeout` of the file is less"),
}
