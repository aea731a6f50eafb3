"""All sentences: every problem that this program can name, one entry a code.

How to add one: write it into the block of its topic, or append a block

    # --- TOPIC: the folder that finds these ---
    CODES |= {
        "E299": Code("the sentence, with `{fields}` in it", "the hint, or None"),
    }

A sentence is lower-case, has no full stop and puts names in backticks. A hint says what to write; it is left out when
an argument that it names is not given (`did you mean {near}` without a near word). `{{` and `}}` are braces.
A code is never used for something else, and never given a second time; a test reads this file for that.

Families: E1 text, E2 keys, names and values, E3 graph and files, E4 parameters, references and conditions,
E5 profiles and layers, E6 capabilities and reachability (exit code 3); E7 environment and stores (4); E8 plug-ins (5);
E9 usage (2). W is a warning, its digits follow the same families.
"""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """Sentence and hint of a code: templates for str.format."""

    sentence: str
    hint: str | None = None


CODES: dict[str, Code] = {}

# --- files as text: runner/text/document.py ---
CODES |= {
    "E101": Code("there is no file `{path}`", "did you mean `{near}`?"),
    "E102": Code("`{path}` is a directory, not a file", "name the file in it: `{near}`"),
    "E103": Code("cannot read `{path}`: {why}"),
    "E104": Code(
        "`{path}` has no step yet",
        'a pipeline needs at least one step; for example\n[steps.hello]\ncommand = ["echo", "hello"]',
    ),
    "E105": Code("byte 0x{byte} is not UTF-8", "save the file as UTF-8"),
    "E106": Code("the file starts with a byte order mark", "save it as UTF-8 without BOM"),
    "E107": Code("`{path}` is larger than {limit}", "a pipeline holds text; keep data in files of its own"),
    "E108": Code("nested more than {limit} levels deep", None),
}

# --- TOML syntax: runner/text/syntax.py ---
CODES |= {
    "E110": Code("not TOML: {what}", None),
    "E111": Code("`{name}` is set twice", "keep one of the two"),
    "E112": Code("the table `[{name}]` stands here twice", "put all its keys below one header"),
    "E113": Code("`{name}` is {kind} already, it cannot be a table too", None),
    "E114": Code("`{name}` is a complete {kind}, nothing can be added to it", "write it as its own table: `[{name}]`"),
    "E115": Code("an inline table ends on the line where it starts", "use a table of its own: `[{name}]`"),
    "E116": Code("text needs quotes", "write {write}"),
    "E117": Code("`{word}` is not a value", "write {write}"),
    "E118": Code("the closing {quote} is missing", None),
    "E119": Code("this {quote} is never closed", "end the text with {quote}"),
    "E120": Code("`{escape}` is not an escape", None),
    "E121": Code("`:` between key and value", "write `{name} = ...`"),
    "E122": Code("`{char}` is not a quote in TOML", "write {write}"),
    "E123": Code("a `,` is missing before this", None),
    "E124": Code("this `{bracket}` is never closed", "end it with `{close}`"),
    "E125": Code("a header ends with `{close}`", "write `{write}`"),
    "E126": Code("`{name}` has no value", "write `{name} = ...`"),
    "E127": Code("`{text}` cannot be a key", "write {write}"),
    "E128": Code("`{text}` is not a {kind}", None),
    "E129": Code("the character U+{number} may not stand here", "delete it"),
    "E130": Code("this belongs to nothing: the line was complete before it", None),
    "E131": Code("`{name}` is {kind}, it cannot be a list of tables too", None),
    "E132": Code("a number with {digits} digits", "write it in quotes"),
    "E133": Code("a merge conflict was left in the file", "resolve it, then delete the marker lines"),
    "E134": Code("no `,` before `}}`", "delete the comma"),
    "E135": Code("a value is missing before `{text}`", None),
    "E136": Code("a key is missing before `=`", None),
    "E137": Code("a name is missing here", None),
    "E138": Code("`{name}` is {kind} already, it cannot have a value too", None),
    "E140": Code("this is neither a header nor a key with its value", None),
    "E139": Code("`{name}` has a header of its own", "put this key below it: `[{name}]`"),
}

# --- the line for editors: runner/text/directive.py ---
CODES |= {
    "W101": Code("editors do not understand this line", "write `#:schema {path}`"),
    "W102": Code("there is no schema `{path}`", "`runner schema` writes it"),
}

# --- the command line: runner/cli.py, runner/options.py, runner/commands/{find,logs}.py ---
CODES |= {
    "E910": Code("there is no verb `{verb}`", "did you mean `{near}`?"),
    "E911": Code("`{verb}` has no option `{option}`", "did you mean `{near}`?"),
    "E912": Code("{message}", None),
    "E913": Code("the variable {variable} is `{value}`: {problem}", "did you mean `{near}`?"),
    "E914": Code("`{verb}` has no use for the word `{word}`", None),
    "E915": Code("the run has no step `{text}`", "did you mean `{near}`?"),
    "E916": Code("`{text}` can mean {names}", "write more of the name"),
    "E917": Code("`{step}` has no attempt {attempt}; the last one is {most}", None),
    "E918": Code("only one step can be followed; running are: {names}", "name one of them"),
}

# --- names of steps, handlers, templates: runner/plan/steps.py, order.py, compile.py ---
CODES |= {
    "E250": Code("unknown step `{name}` in `{key}`", "did you mean `{near}`?"),
    "E251": Code("unknown handler `{name}` in `{key}`", "did you mean `{near}`?"),
    "E252": Code("unknown template `{name}`", "did you mean `{near}`?"),
    "E253": Code(
        "step `{name}` has no kind",
        "add one of `shell`, `command`, `python`, `notebook`, `container`, `steps`, `choose`, `uses`, `stub`",
    ),
    "E254": Code("step `{name}` has two kinds, `{one}` and `{two}`", "keep one of them"),
}

# --- the graph and its files: runner/plan/order.py, paths.py, check.py ---
CODES |= {
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
    "E329": Code("no step writes `{path}` ({item}), and there is no such file in the project", "put it there"),
    "W318": Code(
        "`{name}` is cached and names no input and no file of code: nothing would ever run it again",
        "name what it depends on in `inputs`, or in `cache = {{ code = [...] }}`",
    ),
    "E316": Code("nothing matches `{path}`", "if that may be so: `{write}`"),
    "E317": Code("`{two}` writes `{path}` twice", "keep one of the two"),
    "E318": Code("the path `{path}`{said} is the project itself", "name a file or a folder in it"),
    "E320": Code("`{what}` holds a NUL, which no process can be given", "take it out"),
    "E321": Code(
        "`{file}` is imported here, but git ignores it: an isolated step would not find it",
        "add it to git, or name it in `inputs`",
    ),
    "E322": Code("the link `{path}` leads to nothing or to a folder above itself", "take it away"),
    "E323": Code("two items would write `{path}` ({one}; {two})", "take out one of the two"),
    "E330": Code("`{path}` is included twice", "keep one of the two"),
    "E331": Code("`{name}` stands in two files", "give one of the two another name"),
    "E333": Code("files use each other in a circle: {path}", "take one `uses` out"),
    "E334": Code("more than {limit} files use each other, one within the other", "use some of them side by side"),
    "E335": Code("the package `{package}` has no block `{name}`", "did you mean `{near}`?"),
    "E336": Code("`{path}` is a profile, and a step can use a pipeline or a job", "name it by `--profile`"),
    "E337": Code("more than {limit} steps come of this", "let files that are used often use less in their turn"),
    "E332": Code("`{path}` is this file itself", "take it out"),
    "E319": Code("there is no notebook `{path}`", "did you mean `{near}`?"),
}

# --- parameters: runner/resolve/parameters.py ---
CODES |= {
    "E450": Code("unknown parameter `{name}`", "did you mean `{near}`?"),
    "E451": Code("`{said}`: {why}"),
    "E452": Code("parameter `{name}`: {why}"),
    "E453": Code("parameter `{name}` is {old} and can't become {new}", "a layer may not change a parameter's kind"),
    "E456": Code("`[types.{name}]` makes no sense: {why}", None),
    "E455": Code("`{said}`: there is no parameter `{name}`", "did you mean `{near}`?"),
    "E454": Code("parameter `{name}` has no value", "give one: `--param {name}=...`"),
}

# --- references and conditions in their place: runner/plan/compile.py, tasks.py, nodes.py ---
CODES |= {
    "E460": Code("nothing here is called `{name}`", "did you mean `{near}`?"),
    "E461": Code(
        "`env.{name}` is a secret: a reference would write its value into the plan", "name it in `secrets` instead"
    ),
    "W461": Code(
        "`env.{name}` looks like a secret, and its value is written into the plan", "name it in `secrets` instead"
    ),
    "E462": Code("the variable `{name}` is not set", "set it, or write a default: `${{env.{name}:-text}}`"),
    "E463": Code("`{name}` can't be used here", "only `env.X`, `git.X` and `run.X` are known outside of steps"),
    "E464": Code("`{name}` may mean {givers}", "write the one that you mean"),
    "E465": Code("`{text}` is no value", "write `steps.{step}.NAME`, or `steps.{step}.status`"),
    "E466": Code("`{step}` gives no `{name}`; it has {has}", "did you mean `{near}`?"),
    "E467": Code("`{text}` is not known; there is {has}"),
    "E468": Code(
        "`git.{name}` is not known here: this is no git checkout, or it has no {name}",
        "write a default: `${{git.{name}:-text}}`",
    ),
    "E469": Code("`{function}` ({where}) needs `{name}`, and nothing gives it", "did you mean `{near}`?"),
    "E470": Code("`{key}` must be known before the run", "use literals, parameters, `env` and `git` only"),
    "E471": Code("{why}"),
    "E472": Code("`{name}` is not in `returns`, so it can't be reduced", "did you mean `{near}`?"),
    "E474": Code("`{text}` is not filled in inside `shell`", "hand it in by `env` or `params`, and write `$NAME` here"),
    "W474": Code("`{text}` is bash's own here, and nothing sets it", 'write `"$RUNNER_PARAM_{name}"`'),
    "W475": Code("`{text}` is not filled in inside `shell`", "hand it in by `env`, and write `$NAME` here"),
    "W478": Code("`{function}` ({where}) has no `return`, and `{name}` is asked of it", "end it with `return {name}`"),
    "W477": Code(
        "`{name}` is an environment variable here: it stands below `{header}`",
        "the `{name}` of the step is written above `{header}`",
    ),
    "W476": Code("`RUNNER_PARAM_{name}` is not set here: nothing gives `{name}`", "did you mean `{near}`?"),
    "E475": Code("`{op}` can't compare {left} with {right}"),
    "E476": Code("`{asker}` needs true or false, and {name} is {kind}", "compare it with something"),
    "E477": Code(
        "`{name}` is the list over the items of `{step}`, which has a `for-each`",
        'make it one value in `{step}`: `reduce = {{ {name} = "max" }}`',
    ),
    "E478": Code("`{op}` needs {what}, and this is {kind}"),
    "E480": Code("no step {where} returns `{name}`", "did you mean `{near}`?"),
    "E481": Code("case `{case}` of `{step}` must return {names}, as all cases do", "write `returns = [{write}]`"),
    "E482": Code("`{name}` needs a list to go over, and this is {kind}", "write a list, or `{{ range = 5 }}`"),
    "E484": Code("`{name}` is returned by {steps}", 'say which: `{{ name = "{name}", from = "{one}.{name}" }}`'),
    "E485": Code("`{file}` has no parameter `{name}`", "did you mean `{near}`?"),
    "E486": Code("`{file}` needs a value for `{name}`", "give it one: `params = {{ {name} = ... }}`"),
    "E487": Code("parameter `{name}` of `{file}` is {old}, and this is {new}"),
    "E488": Code("parameter `{name}` of `{file}`: {why}"),
    "E489": Code("`{file}` returns no `{name}`", "did you mean `{near}`?"),
    "E490": Code(
        "what `{name}` stands for here has more than {limit} parts",
        "it holds a name twice that does so in its turn: hand the parts in by themselves",
    ),
    "E483": Code(
        "a range is a whole number, or up to three: [from, to, step], no step of 0",
        "write `{{ range = 5 }}` or `{{ range = [1, 9, 2] }}`",
    ),
}

# --- profiles and layers: runner/resolve/project.py, layers.py ---
CODES |= {
    "E501": Code("there is no profile `{name}` in {folders}", "did you mean `{near}`?"),
    "E505": Code("there is no profile `{path}`"),
    "E506": Code("the package `{package}` has no profile `{name}`"),
    "E502": Code("profiles extend each other in a circle: {path}", "take one `extends` out"),
    "E503": Code("no step is called `{name}` here", "did you mean `{near}`?"),
    "W503": Code("no step matches `{name}` here"),
    "E504": Code("no step has the tag `{name}`", "did you mean `{near}`?"),
}

# --- what an executor can't do: runner/plan/gaps.py ---
CODES |= {
    "E603": Code("this file needs runner {wanted}, and this is {version}", "install a runner that fits"),
    "E610": Code("the executor `{executor}` can't run {what}"),
    "E612": Code("steps of the executor `{executor}` can't reach the {service} `{kind}`"),
    "W611": Code("`[{service}]` means nothing to the executor `{executor}`", "keep it in a profile of one that does"),
    "W610": Code(
        "`{file}` describes a conda environment; this executor takes one that is there already",
        "make the environment, and name its folder",
    ),
}

# --- the place: stores, secrets, what a run needs to begin: runner/commands/up.py ---
CODES |= {
    "E701": Code("{why}"),
    "E702": Code("the run log can't be opened: {why}"),
    "E703": Code("the catalog can't be opened: {why}"),
    "E704": Code("the run can't go on: {why}"),
    "E705": Code("{why}"),
    "E707": Code("`{name}` still runs (pid {pid})", "wait for it, or end it: `kill {pid}`"),
    "E708": Code("`{name}` is gone on with by `{heir}` already", "`runner up --resume {heir}`, once that has ended"),
    "E709": Code("`{name}` ({process}) still runs, and writes `{path}`{other}{more}", None),
    "E720": Code("the executor `docker` needs the library `docker`", "pip install 'runner-up[docker]'"),
    "E721": Code("no Docker Engine answers at `{host}`: {why}", "start it, or say in DOCKER_HOST where it is"),
    "E712": Code("records of this run are lost: {what}", "let no step write below `.runner`, and run it anew"),
    "W704": Code("the secret `{name}` has fewer than 6 characters: it is not masked in logs"),
    "W705": Code("`-j {wanted}` is lowered to {given}: this process may not open more files or processes"),
    "W706": Code(
        "`{step}` asks for {asked}, and this machine has {there}: it {then}{others}",
        "a profile can ask for less here: `resources = {{ {kind} = {enough} }}`",
    ),
    "W708": Code("no other run is kept from writing the outputs of this one meanwhile: {why}"),
    "W710": Code("the run log of `{name}` is damaged: some of its records are lost ({count} stretches hold none)"),
    "W711": Code("the log of `{step}` is gone ({size} bytes): `{path}`"),
    "W709": Code("somebody has removed `{path}` while the run went on: it is back, what lay beside it is lost"),
    "W707": Code("that `{name}` has ended ({status}) could not be noted: {why}", "`runner show {name}` knows it"),
}

# --- usage of verbs that plan: runner/resolve/said.py, runner/run/select.py, runner/commands/explain.py ---
CODES |= {
    "E920": Code("`{flag}` takes NAME=VALUE, and `{word}` is not that"),
    "E921": Code("`{flag}`: there is no step `{name}`", "did you mean `{near}`?"),
    "E922": Code("no step has the tag `{tag}`", "did you mean `{near}`?"),
    "E923": Code("nothing says `{key}`", "did you mean `{near}`?"),
    "E924": Code("there is no code `{name}`", "did you mean `{near}`?"),
    "E925": Code(
        "`{step}` is not selected, and no earlier run of this pipeline has its results",
        "select it too, or run the whole pipeline once",
    ),
}

# --- keys and values of a file: runner/model ---
CODES |= {
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
    "E248": Code("there is no {what} `{value}`", None),
    "E247": Code(
        "`{value}` is not a value that can travel", "JSON has no such number: write a text, or leave the key out"
    ),
}

# --- plug-ins: runner/plugins.py ---
CODES |= {
    "E801": Code("there is no {group} `{name}`", None),
    "E802": Code("the plug-in `{path}` of {origin} cannot be used: {problem}", "install it again, or ask its author"),
    "E803": Code("{where} of type `{type}` needs `{key}`", None),
}

# --- runner init, runner schema: runner/commands/init.py, schema.py ---
CODES |= {
    "E960": Code("`{path}` is there already, nothing was written", "name an empty folder: `runner init DIR`"),
    "E961": Code("cannot write `{path}`: {why}", None),
}

# --- `${...}` and conditions as they are written: runner/resolve/references.py, conditions.py, leaf.py ---
CODES |= {
    "E401": Code("this `${{` is never closed", "end it with `}}`; a literal `${{` is `$${{`"),
    "E402": Code("`{text}` is no reference", "write `${{NAME}}` or `${{steps.STEP.NAME}}`; a literal `${{` is `$${{`"),
    "E403": Code("`{name}` alone is no reference", None),
    "E404": Code("a default is plain text: nothing is filled in behind `:-`", "hand both values to the step"),
    "E410": Code("`{text}` in a condition: names stand there without `${{}}`", "write `{write}`"),
    "E411": Code("`{word}` is not a value of a condition", "write `{write}`"),
    "E412": Code("`{op}` is not an operator of a condition", "write `{write}`"),
    "E413": Code("`{op}`: a condition compares, it does not compute", "let a step return the result, and name that"),
    "E414": Code("comparisons can't be chained", "write `{write}`"),
    "E415": Code("this text is never closed", "end it with {quote}"),
    "E416": Code("this `{bracket}` of the condition is never closed", "end it with `{close}`"),
    "E417": Code("this `{bracket}` of the condition closes nothing", "delete it, or open it before"),
    "E418": Code("a value is missing {where}", None),
    "E419": Code("`and`, `or` or a comparison is missing before `{text}`", None),
    "E420": Code("`{text}` has no place in a condition", None),
    "E421": Code("a condition may be nested {limit} levels deep, not more", "let a step return part of it"),
    "E422": Code("`{name}(...)`: the one function of a condition is `len(x)`", "let a step return it, and name that"),
    "E423": Code("`{text}` is not a number", "write text in quotes: '...'"),
    "E424": Code("`{text}`: a condition has no defaults", "what is absent is `none`: compare with that"),
    "E425": Code("a date in a condition stands in quotes", "write `{write}`"),
    "E427": Code("an index is a whole number from 0, or a key in quotes", "as in `xs[0]` or `table['key']`"),
}

# --- functions of Python steps: runner/resolve/signatures.py ---
CODES |= {
    "E430": Code("there is no module `{module}` in the project", "did you mean `{near}`?"),
    "E431": Code("there is no function `{function}` in {file}", "did you mean `{near}`?"),
    "E432": Code("{file} is not Python: {why}"),
    "E433": Code("`{function}` of `{module}` is imported in a circle: nobody defines it"),
}

# --- runner catalog: runner/commands/catalog_get.py, runner/run/bring.py ---
CODES |= {
    "E970": Code("no file `{path}` was put by {who}", "did you mean `{near}`?"),
    "E971": Code("`{path}` {what}: nothing was written", "`--force` puts the file in its place"),
    "E710": Code("the content of `{path}` ({sha}) is no longer in the catalog", "run the step that makes it again"),
    "E711": Code(
        "the catalog has something else for `{path}` than was put there: the blob {sha} is damaged",
        "run the step that makes it again",
    ),
    "E715": Code("another `runner catalog gc` is at work here"),
    "E716": Code(
        "what `{name}` refers to can't be read, so nothing is removed: {why}",
        "bring its run log back, or remove the run by name: `--run {name}`",
    ),
    "E972": Code("the place of `{path}` is not in the project: a link leads out of it", "say where: `-o DEST`"),
}

# --- runs by name: runner/run/index.py, begin.py, adopt.py ---
CODES |= {
    "E930": Code("`{text}`: {why}", "did you mean `{near}`?"),
    "E931": Code("`{text}` may be {names}", "write more of the name"),
    "E935": Code("`{name}` is a run of `{other}`, not of `{pipeline}`"),
    "E932": Code("a run is called `{name}` already", "choose another name, or leave `--name` out"),
    "E936": Code("`--changed` compares with an earlier run, and none is named", "write `--resume --changed`"),
    "E937": Code(
        "nothing of `{name}` is left to do: it succeeded", "name the steps that are to run again, or say `--changed`"
    ),
    "E938": Code("the pipeline of `{name}`, `{path}`, is not there any more"),
    "E934": Code("`-j` takes a whole number from 1, and this is {given}"),
    "E706": Code("the run log of `{name}` can't be read: {why}"),
}
