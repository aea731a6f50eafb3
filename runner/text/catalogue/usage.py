"""Sentences of family 9: the command line."""

from runner.text.catalogue.code import Code

USAGE: dict[str, Code] = {
    "E910": Code("there is no verb `{verb}`", "did you mean `{near}`?"),
    "E911": Code("`{verb}` has no option `{option}`", "did you mean `{near}`?"),
    "E912": Code("{message}", None),
    "E913": Code("the variable {variable} is `{value}`: {problem}", "did you mean `{near}`?"),
    "E914": Code("`{verb}` has no use for the word `{word}`", None),
    "E915": Code("the run has no step `{text}`", "did you mean `{near}`?"),
    "E916": Code("`{text}` can mean {names}", "write more of the name"),
    "E917": Code("`{step}` has no attempt {attempt}; the last one is {most}", None),
    "E918": Code("only one step can be followed; running are: {names}", "name one of them"),
    "E920": Code("`{flag}` takes NAME=VALUE, and `{word}` is not that"),
    "E921": Code("`{flag}`: there is no step `{name}`", "did you mean `{near}`?"),
    "E922": Code("no step has the tag `{tag}`", "did you mean `{near}`?"),
    "E923": Code("nothing says `{key}`", "did you mean `{near}`?"),
    "E924": Code("there is no code `{name}`", "did you mean `{near}`?"),
    "E925": Code(
        "`{step}` is not selected, and no earlier run of this pipeline has its results",
        "select it too, or run the whole pipeline once",
    ),
    "E926": Code("no step is named by all of these options", "several of one kind add up; several kinds narrow"),
    "E930": Code("`{text}`: {why}", "did you mean `{near}`?"),
    "E931": Code("`{text}` may be {names}", "write more of the name"),
    "E932": Code("a run is called `{name}` already", "choose another name, or leave `--name` out"),
    "E934": Code("`-j` takes a whole number from 1, and this is {given}"),
    "E935": Code("`{name}` is a run of `{other}`, not of `{pipeline}`"),
    "E936": Code("`--changed` compares with an earlier run, and none is named", "write `--resume --changed`"),
    "E937": Code(
        "nothing of `{name}` is left to do: it succeeded", "name the steps that are to run again, or say `--changed`"
    ),
    "E939": Code("`{name}` was a mock: nothing of it was done, so there is nothing to go on with"),
    "E940": Code("a mock does nothing that `--resume` could keep", "leave `--resume` out, or run it"),
    "E938": Code("the pipeline of `{name}`, `{path}`, is not there any more"),
    "E941": Code(
        "a run that is left (`--detach`) has nobody who stops it at its first failure: `--fail-fast`",
        "leave out one of the two",
    ),
    "E945": Code("there is no image to build: {why}"),
    "E950": Code(
        "the executor `{executor}` has no files to render: it starts steps itself",
        "`--profile` of one that has, such as `std:argo`",
    ),
    "E951": Code("a Workflow of this can't be made: {why}"),
    "E955": Code(
        "what can be rendered for `kubernetes` is a job file: here are {count} steps, and no Job waits for another",
        "`runner up` makes their Jobs one after the other; `argo` renders a pipeline",
    ),
    "E960": Code("`{path}` is there already, nothing was written", "name an empty folder: `runner init DIR`"),
    "E961": Code("cannot write `{path}`: {why}", None),
    "E963": Code("`{path}` can't be added to, nothing was written: {why}"),
    "E943": Code("`{name}` is over: {status}"),
    "E962": Code("`{name}` can't be the name of a plug-in", "lower-case words with `-` between them: `company-batch`"),
    "E970": Code("no file `{path}` was put by {who}", "did you mean `{near}`?"),
    "E971": Code("`{path}` {what}: nothing was written", "`--force` puts the file in its place"),
    "E972": Code("the place of `{path}` is not in the project: a link leads out of it", "say where: `-o DEST`"),
    "E980": Code("there is no template `{name}`", "there is {names}"),
    "E981": Code("there is neither a block nor a profile `{name}`", "did you mean `{near}`?"),
    "E982": Code("`{name}` can't be read", "`runner check {path}` says why"),
    "E990": Code("`{path}` is CUE, and what is written here is TOML", "`cue fmt {path}` formats it"),
    "E991": Code("`{key}` is a table, not a value", "name a key in it: `{key}.NAME`"),
    "E992": Code(
        "`{key}` is not a key", 'names with dots between them, in quotes what is no word: `steps."a.b".timeout`'
    ),
    "E993": Code("there is a step `{name}` already"),
    "E994": Code("there is no place for `{key}` in the way that this file is written", "write it there by hand"),
    "E995": Code(
        "`{name}` is not a file of this project: it comes with {whose}",
        'say `extends = "{name}"` in one, and set it there',
    ),
    "E996": Code("a step does one thing, and this one {what}", "say one of {kinds}"),
}
