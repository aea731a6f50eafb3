"""Sentences of family 5: profiles and layers."""

from runner.text.catalogue.code import Code

PROFILES: dict[str, Code] = {
    "E501": Code("there is no profile `{name}` in {folders}", "did you mean `{near}`?"),
    "E502": Code("profiles extend each other in a circle: {path}", "take one `extends` out"),
    "E503": Code("no step is called `{name}` here", "did you mean `{near}`?"),
    "E504": Code("no step has the tag `{name}`", "did you mean `{near}`?"),
    "E505": Code("there is no profile `{path}`"),
    "E506": Code("the package `{package}` has no profile `{name}`", "did you mean `{near}`?"),
    "E507": Code("`{path}` is a profile, and what is run is a pipeline", "`--profile {name}` runs one so"),
    "E510": Code("`{key}` means nothing {where}"),
    "E511": Code("`[build]` does not say what to start from", 'write `base = "python:3.12-slim"`, or a `dockerfile`'),
    "E512": Code("there is no file `{path}` in the project", "did you mean `{near}`?"),
    "E513": Code("`{text}` is no {what}"),
    "E514": Code("`{path}` does not say what to install: {why}"),
    "E516": Code("`profile` is the name of a profile, and `{name}` is not filled in", "write the name itself"),
    "E517": Code("`{text}` is no cron time: {why}", 'such as `"0 3 * * *"`: at three o\'clock'),
    "E518": Code("there is no timezone `{name}`", "did you mean `{near}`?"),
    "W503": Code("no step matches `{name}` here"),
    "W517": Code("in `{zone}` clocks change, and `{text}` is {what}", 'choose another hour, or `timezone = "UTC"`'),
}
