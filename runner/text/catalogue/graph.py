"""Sentences of family 3: the graph and its files."""

from runner.text.catalogue.code import Code

GRAPH: dict[str, Code] = {
    "E301": Code("the steps wait for each other in a circle: {path}", "take one of these edges out"),
    "E302": Code("a template extends itself: {path}", "take one `extends` out"),
    "E303": Code("`{name}` waits for itself", "take it out"),
    "E305": Code(
        "`{name}` is a handler: it can't have a handler of its own", "wrap the steps in a group and guard that"
    ),
    "E306": Code(
        "`[finally]` runs whatever happened, so `{step}` may have given nothing",
        "write a default, as in `${{steps.{step}.{name}:-0}}`",
    ),
    "E307": Code("a {role} can't have `{key}`: it runs when {when}", "take the key out"),
    "E308": Code("`{name}` is a handler: it runs only when a step fails, and nothing can wait for it"),
    "E309": Code(
        "`{name}` of `{step}` is missing where the handler `{handler}` stands in for it",
        "let the handler return `{name}`, or write a default",
    ),
    "E310": Code("`{one}` and `{two}` may both write `{path}`", 'order them: `needs = ["{one}"]` in `{two}`'),
    "E311": Code(
        "the path `{path}`{said} leaves the project", "paths are relative to the project's root and stay below it"
    ),
    "E312": Code("the path `{path}`{said} holds a NUL or a newline", "take it out"),
    "E313": Code("`{path}`{said} lies in `.runner`, which belongs to the runner", "write to another folder"),
    "E314": Code("no step writes `{path}`, and there is no such file in the project", None),
    "E315": Code("several items would write `{path}`", "put {names} into the path"),
    "E316": Code("nothing matches `{path}`", "if that may be so: `{write}`"),
    "E317": Code("`{two}` writes `{path}` twice", "keep one of the two"),
    "E318": Code("the path `{path}`{said} is the project itself", "name a file or a folder in it"),
    "E319": Code("there is no notebook `{path}`", "did you mean `{near}`?"),
    "E320": Code("`{what}` holds a NUL, which no process can be given", "take it out"),
    "E321": Code(
        "`{file}` is imported here, but git ignores it: an isolated step would not find it",
        "add it to git, or name it in `inputs`",
    ),
    "E322": Code("the link `{path}` leads to nothing or to a folder above itself", "take it away"),
    "E323": Code("two items would write `{path}` ({one}; {two})", "take out one of the two"),
    "E329": Code("no step writes `{path}` ({item}), and there is no such file in the project", "put it there"),
    "E330": Code("`{path}` is included twice", "keep one of the two"),
    "E331": Code("`{name}` stands in two files", "give one of the two another name"),
    "E332": Code("`{path}` is this file itself", "take it out"),
    "E333": Code("files use each other in a circle: {path}", "take one `uses` out"),
    "E334": Code("more than {limit} files use each other, one within the other", "use some of them side by side"),
    "E335": Code("the package `{package}` has no block `{name}`", "did you mean `{near}`?"),
    "E336": Code("`{path}` is a profile, and a step can use a pipeline or a job", "name it by `--profile`"),
    "E337": Code("more than {limit} steps come of this", "let files that are used often use less in their turn"),
    "W318": Code(
        "`{name}` is cached and names no input and no file of code: nothing would ever run it again",
        "name what it depends on in `inputs`, or in `cache = {{ code = [...] }}`",
    ),
    "W304": Code("`{name}` stands in `needs` too, which waits for it already", "keep one of the two"),
    "W340": Code("no step names the handler `{name}`", '`on-failure = "{name}"` in a step does'),
    "W341": Code("no step extends the template `{name}`", '`extends = "{name}"` in a step does'),
}
