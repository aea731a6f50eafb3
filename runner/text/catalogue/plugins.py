"""Sentences of family 8: plug-ins."""

from runner.text.catalogue.code import Code

PLUGINS: dict[str, Code] = {
    "E801": Code("there is no {group} `{name}`", None),
    "E802": Code("the plug-in `{path}` of {origin} cannot be used: {problem}", "install it again, or ask its author"),
    "E803": Code("{where} of type `{type}` needs `{key}`", None),
}
