"""Sentences of family 8: plug-ins."""

from runner.text.catalogue.code import Code

PLUGINS: dict[str, Code] = {
    "E801": Code("there is no {group} `{name}`", None),
    "E802": Code("the plug-in `{path}` of {origin} cannot be used: {problem}", "install it again, or ask its author"),
    "E803": Code("{where} of type `{type}` needs `{key}`", None),
    "E804": Code(
        "the {group} `{name}` of {origin} is made for contract {made}, and this runner-up has contract {here}",
        "install a version of it that fits",
    ),
    "E805": Code(
        "there are several of the name `{name}` among installed plug-ins ({group}): {some}",
        'uninstall one, or choose: `[plugins]` with `{table} = {{ {name} = "module:FLAVOR" }}` in `runner.toml`',
    ),
    "E806": Code(
        "the {group} `{name}` of {origin} failed in `{method}`: {problem}",
        "what the run had done is kept; the plug-in's author can mend this",
    ),
    "W801": Code("the view `{name}` of {origin} failed in `{method}`: {problem}", "the run goes on without it"),
}
