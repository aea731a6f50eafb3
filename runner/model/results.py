"""The JSON that programs read, as tables of keys: a plan (`plan --json`) and a run (`show --json`, `up --json`).

One line a key: its name (with `?` where it may be missing), its type, what it says. Types: those of JSON Schema, `any`,
`[T]` a list, `{T}` a table with names of its own, a word with a capital one of these tables, `|` one of several.
"""

from __future__ import annotations

from typing import Any

WORDS = {
    "status": ["succeeded", "cached", "failed", "errored", "cancelled", "skipped", "blocked", "running", "waiting"],
    "end": ["succeeded", "cached", "failed", "errored", "cancelled", "running"],
    "result": ["succeeded", "failed", "cancelled"],
    "kind": ["shell", "command", "python", "notebook", "container", "stub", "reduce"],
}

RUN = """
Run: A run: what became of each step
run         string            the id of the run, sorts by time
name        string            its name, such as `brisk-otter-3`
plan        string            the digest of its plan
status      result|null       how it ended; null while it has not
start       number|null       seconds since 1970
end         number|null       seconds since 1970; null while it has not ended
params      {any}             the parameters of the pipeline, with the values of this run
tick?       string            the id of the run that has the tick of the schedule; nothing runs in this one
nodes       {Node}            by address: `<id> <key>`; the key counts items and rounds from 0, `-` for none

Node: A step, an item of a map, a round of a loop, or what holds them
path        string            the step's name, with those of the groups around it: `sample.sort`
label       string            what people read and type: `train[island=Dream]`
status      status            where it is, or how it ended
class       string|null       what the end means to those that wait for it: ok, bad, skip; null while it has none
reason      string|null       why it ended so, in one word: `exit`, `timeout`, `needs`
handled     string|boolean|null  what its handler made of a failure: continue, skip; false: it counts
attempts    [Attempt]         each time that it was started, the first one first
returns     {Return}          what it gave, by name
files       [File]            the files that it put into the catalog
params_in   {any}             the parameters that it took
start       number|null       of its first attempt, or of the first that is inside: seconds since 1970
end         number|null       of its last one: seconds since 1970
error?      Error             what went wrong

Attempt: One start of a step: how it went and what it took
v?          integer           the version of the record
node?       string            the path of the step
id?         string            the id of the step in the plan
key?        string            which item or round it is
n           integer           its number, from 1
attempt     string            its id
run?        string            the id of the run in which it ran
status      end               how it ended
exit?       integer|null      the exit code
signal?     integer|null      the number of the signal that ended it
reason?     string|null       why it did not succeed, in one word
error?      Error|null        what went wrong
start?      number            seconds since 1970
end?        number            seconds since 1970
at?         number            when it was begun, where nothing else is known of it
run_s?      number            seconds that the command ran
user_s?     number            processor seconds in the program
sys_s?      number            processor seconds in the kernel
max_rss?    integer           the most memory that it had, in bytes
pid?        integer|null      the number of its process
params_in?  {any}             the parameters that it took
item?       {any}             the values of the item
returns?    {Return}          what it gave
files?      [File]            what it put
metrics?    {number|null}     the last value of each metric that it logged
series?     Blob              all values that it logged
definition? string            digest of what the step says
inputs?     string|null       digest of what it took
code?       Code              which code it ran
fingerprint? string           what its result is kept under, of a step that is cached
via?        string            how it was started: fresh, fork0, fork1, container, carrier, mock
log?        Log               what it printed
slot?       integer|string    where its log lies until it has ended
warnings?   [string]          what is to be said of it, though it may have succeeded
adopted?    Origin            where it was done, if this run only keeps it
superseded_by? string         the attempt that was committed before it

Return: A value that a step gave
kind        string            json, metric or object
json?       any               the value
sha256?     string            of an object, or of a long value: the digest of its bytes
size?       integer           in bytes
blob?       string            where the catalog has it
serialiser? string            what reads it
python?     string            the version of Python that wrote it

File: A file that a step put into the catalog
path        string            from the root of the project
sha256      string            the digest of its bytes
size        integer           in bytes
mode?       integer           its permissions
kind?       string            what it is for: file, figure, table, report, plot, metrics, notebook
name?       string            the name of the output
x?          string            of a plot: the column of its axis
y?          string            of a plot: the column of its values

Error: What went wrong
type?       string            the class of the exception, or `exit`, `signal`
message?    string            one sentence
traceback?  string|null       of Python
file?       string|null       where it was raised
line?       integer|null      the line in that file

Blob: Bytes in the catalog
sha256      string            their digest
size        integer           in bytes

Code: Which code ran
digest?     string            of the files of the project that the step names or imports
image?      string            the image

Log: What an attempt printed
bytes       integer           how much
truncated   boolean           whether its middle was left out

Origin: The attempt that did what another run keeps
run         string|null       the id of its run
attempt     string|null       its id
"""

PLAN = """
Plan: What would run: frozen, the same bytes for the same files
v           integer           the version of the format
name        string            of the pipeline
description string            of the pipeline
params      {any}             expressions of the parameters: `["lit", 3]` is 3
types       {string}          what kind of value each parameter takes
inputs      Outside           what was asked of the world while it was made
profile     Profile           where and how it runs
profiles?   {Profile}         those to which single steps are sent
max_parallel integer|null     the most steps that run at once
timeout     number|null       seconds for the whole run
returns     {any}             what the pipeline gives where another uses it
steps       [string]          ids of the steps at the top, in an order in which they can run
finally     [string]          ids of those that run at the end, whatever happened
nodes       {Task|Graph|Choice|Map|Loop}  every step by its id
digest      string            of all of the above
would?      {Would}           of steps that may be spared: what becomes of them
resumes?    string            the run from which this one would go on

Outside: What was asked of the world while a plan was made
env         {string|null}     variables of the environment
git         {string|null}     facts of the checkout

Profile: Where and how steps run
name        string            of the profile
executor    {any}             its type and settings
run-log?    {any}             where records are kept
catalog?    {any}             where files are kept
secrets?    {any}             where secrets come from: never their values
volumes?    {any}             volumes of the place
build?      {any}             what its image is made of
schedule?   {any}             when it runs by itself

Would: What becomes of a step
would       string            cached, adopted, run, unknown or skip
why         [any]             what differs, each with `what`, `name`, `how`
counts?     {integer}         of its instances

Common: -
id          string            the step's id: the same for the same name
path        string            its name, with those around it; parts that nobody wrote end in `!reduce` or so
parent      string|null       the id of what it stands in
depth       integer           how many items and rounds its key counts
needs       [string]          ids that must have succeeded
after       [string]          ids that must have ended
description? string           what it is for
tags?       [string]          names by which it is selected
when?       any               the condition under which it runs
handler?    Handler           what runs if it fails

Handler: What runs if a step fails
node        string            its id
name        string            its name in `[handlers]`
recover     boolean|string    how it stands in for the step: false, continue or skip

Task: A step that does something
type        =task             a task
depth?      integer           how many items and rounds its key counts
do          Do                what it does
retry       Retry             how often it is tried
timeout?    number            seconds for one attempt
delay?      number            seconds between two rounds
definition  string            digest of what it does

Graph: A group of steps, or a file that is used
type        =graph            a group
depth?      integer           how many items and rounds its key counts
steps       [string]          ids of those in it, in an order in which they can run
returns     {any}             what it gives, by name: an expression
uses?       string            the file that it uses
max_parallel? integer         the most steps in it that run at once
timeout?    number            seconds for all of it

Choice: A step that runs one of its cases
type        =choice           a choice
depth?      integer           how many items and rounds its key counts
subject     any               the expression whose value chooses
cases       [any]             pairs of a value and the id of its case
default     string|null       the id of the case for all other values
returns     [string]          names that every case gives
max_parallel? integer         the most steps in it that run at once
timeout?    number            seconds for all of it

Map: A step that is done for each item
type        =map              a map
depth?      integer           how many items and rounds its key counts
each        {any}             the items, by the name of their variable: an expression
names?      [string]          of several variables: the last one varies fastest
filter?     any               the condition that an item has to meet
tolerate?   number            how many items may fail
batch?      integer           how many items one task does
max_parallel? integer         the most items that run at once
stop_when?  any               the condition after which no more items begin
returns     [string]          names that become lists, or what the reducer makes of them
reduce?     Reduce            what makes one value of all
body        Task|Graph|Choice|Map|Loop  what is done

Reduce: What makes one value of those of all items
node        string            the id of the task that does
names       [string]          the returns that it makes

Loop: A step that is done again and again
type        =loop             a loop
depth?      integer           how many items and rounds its key counts
as          string|null       the name of the variable that counts the rounds
max         integer           the most rounds
until       any               the condition that ends it
delay       number            seconds between two rounds
exhausted   string            what the last round without an end means: fail or succeed
returns     [string]          names of what the last round gave
body        Task|Graph|Choice|Map|Loop  what is done

Retry: How often a task is tried
attempts    integer           the most attempts
delay?      number            seconds before the second
factor?     number            by which the delay grows
max_delay?  number            seconds at most
on?         [any]             the ends after which it is tried again

Do: What a task does
kind        kind              what kind of step it is
script?     string            of a shell step
interpreter? [string]         of a shell step
argv?       [any]             the words of a command: expressions
module?     string            of a Python function
function?   string            of a Python function
notebook?   string            its path
entry_point? boolean          whether the image's own entry point goes before the words
stub?       {any}             what a stub gives: expressions
builtins?   {string}          of a reducer: what it does with each return
checks?     [any]             kinds of values that are compared before it runs
takes       {any}             its parameters: expressions
returns     [Promise]         what it gives
inputs      [Input]           files that it reads
outputs     [Output]          files that it makes
env         {any}             variables of its environment: expressions
secrets     [Secret]          secrets by name
resources   {any}             cpu in processors, memory and disk in bytes, gpu in devices
image?      string            the image in which it runs
workdir?    string            the folder in which it runs
runtime?    {any}             the Python that it runs with
isolate     boolean           whether it sees its inputs alone
cache       boolean|{any}     whether its result is kept for other runs
profile?    string            the profile that runs it, where that is another
code?       Sources           files of the project that are its code
mock?       boolean           whether it only pretends

Promise: A return that a step promises
name        string            its name
kind        string            json, metric or object
type?       string            the kind of its value
serialiser? string            what writes it

Input: A file that a step reads
name?       string            of the input
path        string|[any]      from the root of the project, or an expression
glob        boolean           whether it is a pattern
optional?   boolean           whether it may be missing
writers?    [string]          ids of the steps that make it
project?    [string]          files of the project that the pattern met while the plan was made

Output: A file that a step makes
name?       string            of the output
kind        string            what it is for
path        string|[any]      from the root of the project, or an expression
glob?       boolean           whether it is a pattern
optional?   boolean           whether it may be missing
always?     boolean           whether a failure puts it, too
keep?       boolean           whether it stays where it is
x?          string            of a plot: the column of its axis
y?          string            of a plot: the column of its values

Secret: A secret that a step is given
env         string            the variable that holds it, or the path of its file
name        string            the name of the secret
file?       boolean           whether it comes as a file

Sources: Files that are a step's code
files       [string]          paths from the root of the project
globs       [string]          patterns of such paths
"""


def tables(text: str) -> dict[str, dict[str, Any]]:
    """JSON Schema of each table, by its name, in order. Keys that nobody told of are allowed: versions add some."""
    found: dict[str, dict[str, Any]] = {}
    for block in text.strip().split("\n\n"):
        (head, *lines) = block.split("\n")
        name, _, about = head.partition(": ")
        properties, required = {}, []
        for line in lines:
            key, kind, said = line.split(None, 2)
            if not key.endswith("?"):
                required.append(key)
            properties[key.removesuffix("?")] = {"description": said, **_type(kind)}
        found[name] = {"type": "object", "description": about, "required": required, "properties": properties}
    common = found.pop("Common", None)
    if common is not None:  # what every node has, whatever it is; inside of another it is a body, and has it not
        for name in ("Task", "Graph", "Choice", "Map", "Loop"):
            body = found[name]
            node = {**common, "description": body["description"]}
            node["required"] = [*common["required"], *body["required"]]
            node["properties"] = {**common["properties"], **body["properties"], "depth": common["properties"]["depth"]}
            found[name], found[f"{name}Body"] = node, body
        for name in ("MapBody", "LoopBody", "Map", "Loop"):
            kinds = [{"$ref": f"#/definitions/{one}Body"} for one in ("Task", "Graph", "Choice", "Map", "Loop")]
            found[name]["properties"]["body"] = {"description": "what is done", "anyOf": kinds}
    return found


def _type(text: str) -> dict[str, Any]:
    if text[0] == "[" and _whole(text):
        return {"type": "array", "items": _type(text[1:-1])}
    if text[0] == "{" and _whole(text):
        return {"type": "object", "additionalProperties": _type(text[1:-1])}
    if "|" in text:
        found = [_type(one) for one in text.split("|")]
        if all(one.keys() == {"type"} for one in found):
            return {"type": [one["type"] for one in found]}
        return {"anyOf": found}
    if text == "any":
        return {}
    if text[0] == "=":
        return {"const": text[1:]}
    if text in WORDS:
        return {"enum": WORDS[text]}
    return {"$ref": f"#/definitions/{text}"} if text[0].isupper() else {"type": text}


def _whole(text: str) -> bool:
    """Whether the first bracket closes at the end."""
    return text.endswith({"[": "]", "{": "}"}[text[0]]) and "|" not in text.partition(text[-1])[2]


def build(draft: str) -> dict[str, dict[str, Any]]:
    """The schemas by name."""
    out = {}
    for name, text in (("run", RUN), ("plan", PLAN)):
        (_, top), *rest = tables(text).items()
        out[name] = {"$schema": draft, "title": f"runner-up {name}", **top, "definitions": dict(rest)}
    return out
