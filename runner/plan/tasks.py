"""What one task does, ready for an agent: the `do` of a plan's node (LANGUAGE 3, N10 to N16)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from runner.plan import scope
from runner.plan.amounts import CORES, COUNT, DEVICES, DURATION, FACTOR, SIZE, amount, fixed
from runner.plan.code import code, functions
from runner.plan.compile import Compiler
from runner.plan.scope import Ambiguous, Found, View
from runner.plan.steps import Step
from runner.plugins import find
from runner.resolve.hints import listed
from runner.resolve.layers import Keys
from runner.text.diagnostics import Place, Refused, diagnose

if TYPE_CHECKING:
    from runner.resolve.signatures import Missing

Table = dict[str, Any]
SHELLS = ("bash", "sh", "dash", "zsh", "ksh")
SIZES = ("memory", "disk", "shm")
KEYS = frozenset({"needs", "after", "when", "timeout", "cache", "python", "shell", "command", "runtime", "workdir"})


def do(step: Step, compiler: Compiler) -> Table:
    """The `do` of a task. Problems go to the compiler."""
    table = step.table
    out: Table = {"kind": step.kind}
    if step.kind == "shell":
        out["script"] = table["shell"]
        given = table.get("interpreter", "bash")
        out["interpreter"] = [given] if isinstance(given, str) else list(given)
        _no_references(step, compiler)
    elif step.kind == "command":
        out["argv"] = [compiler.value(step, ("command", i), word) for i, word in enumerate(table["command"])]
    elif step.kind == "python":
        module, _, function = table["python"].partition(":")
        out["module"], out["function"] = module, function
    elif step.kind == "notebook":
        out["notebook"] = table["notebook"]
        if not compiler.sources.exists(compiler.sources.root / table["notebook"]):
            beside = table["notebook"].rpartition("/")[0]
            names = compiler.sources.listdir(compiler.sources.root / beside)
            known = [f"{beside}/{name}" if beside else name for name in names if name.endswith(".ipynb")]
            args = compiler.tree.guess(table["notebook"], known)
            compiler.problems.append(diagnose("E319", step.place(("notebook",)), path=table["notebook"], **args))
        elif not table["notebook"].endswith(".ipynb"):
            args = {"value": table["notebook"], "expected": "a notebook, which ends in `.ipynb`"}
            hint = (
                f'a script: `command = ["python", "{table["notebook"]}"]`'
                if table["notebook"].endswith(".py")
                else None
            )
            compiler.problems.append(diagnose("E246", step.place(("notebook",)), hint=hint, **args))
    elif step.kind == "container":
        box = table["container"]
        words = [(key, i, word) for key in ("command", "args") for i, word in enumerate(box.get(key, ()))]
        out["argv"] = [compiler.value(step, ("container", key, i), word) for key, i, word in words]
        out["entry_point"] = "command" not in box  # the image's own goes before the words
        out["image"] = fixed(step, compiler, ("container", "image"), box["image"])
    elif step.kind == "stub":
        stub = table["stub"]
        values = stub.get("returns", {}) if isinstance(stub, dict) else {}
        out["stub"] = {k: compiler.value(step, ("stub", "returns", k), v) for k, v in values.items()}
    out["takes"] = takes(step, compiler)
    out["returns"] = [_return(step, compiler, entry) for entry in step.returns]
    out["inputs"] = [_entry(entry) for entry in step.reads]
    out["outputs"] = [_entry(entry) for entry in step.writes]
    _below_env(step, compiler)
    out["env"] = {k: compiler.value(step, ("env", k), v) for k, v in table.get("env", {}).items()}
    out["secrets"] = secrets(table)
    out["resources"] = resources(step, compiler)
    for key in ("image", "workdir", "runtime"):
        if key in table:
            out[key] = fixed(step, compiler, (key,), table[key])
    if isinstance(out.get("runtime"), str):
        out["runtime"] = {"type": "venv", "file": out["runtime"]}
    out["isolate"] = bool(table.get("isolate", False))
    out["cache"] = _cache(step, compiler, table.get("cache", False))
    if sent := compiler.tree.sent(step):
        out["profile"] = sent
    identity = code(step, compiler)
    if identity["files"] or identity["globs"]:
        out["code"] = identity
    return out


def secrets(table: Table) -> list[Table]:
    """Secrets of a step, one form: environment name, secret name, whether it comes as a file."""
    given = table.get("secrets", [])
    pairs = [(name, name) for name in given] if isinstance(given, list) else list(given.items())
    out = []
    for variable, name in pairs:
        entry = {"name": name} if isinstance(name, str) else dict(name)
        out.append({"env": variable, "name": entry["name"], **({"file": True} if entry.get("file") else {})})
    return out


def resources(step: Step, compiler: Compiler) -> Table:
    """Numbers only: cpu in cores, sizes in bytes, gpu in devices."""
    out: Table = {}
    for key, value in step.table.get("resources", {}).items():
        keys = ("resources", key)
        what = SIZE if key in SIZES else {"cpu": CORES, "gpu": DEVICES}.get(key)
        known = fixed(step, compiler, keys, value) if what is None else amount(step, compiler, keys, value, what)
        if known is not None:
            out[key] = known
    return out


RETRY = {"attempts": COUNT, "delay": DURATION, "factor": FACTOR, "max-delay": DURATION}


def retry(step: Step, compiler: Compiler) -> Table:
    """`retry` in plain numbers (seconds)."""
    given = step.table.get("retry", {})
    out: Table = {"attempts": 1}
    for key, what in RETRY.items():
        if key in given:
            out[key.replace("-", "_")] = amount(step, compiler, ("retry", key), given[key], what)
    if "on" in given:
        out["on"] = list(given["on"])
    return out


def takes(step: Step, compiler: Compiler) -> Table | None:
    """What a task is handed by name: what its function asks for (N13), or its `params`; None: all in scope (N12)."""
    if step.kind == "stub":
        return {}
    if step.kind == "python":
        found = arguments(step, compiler, step.table["python"], ("python",), View())
        if found is not None:
            return found
    if step.kind == "shell":
        mentioned(step, compiler)
    if step.params is not None:
        out = {name: compiler.own_param(step, name) for name in step.params}
        return {**out, **_items(step)}
    return None


MENTION = re.compile(r"RUNNER_PARAM_([A-Za-z_][A-Za-z0-9_]*)(:?[-+=?])?")


def mentioned(step: Step, compiler: Compiler) -> None:
    """What a script names as `RUNNER_PARAM_x` is asked for: the edge is made; what nothing gives is a warning."""
    script = step.table["shell"]
    seen = {found.group(1) for found in MENTION.finditer(script) if found.group(2) == "="}  # set by the script itself
    for found in MENTION.finditer(script):
        name, default = found.group(1), found.group(2)
        if name in seen or name in step.files or name in step.each or name == step.loop.get("as"):
            continue
        seen.add(name)
        if step.params is not None:
            if name not in step.params:
                hint = "add it to the `params` of the step"
                compiler.problems.append(
                    diagnose("W476", step.place(("shell",), part=found.span()), name=name, hint=hint)
                )
            continue
        meant = scope.look(step, name, View(files=False))
        if isinstance(meant, Found) and meant.giver is not None:
            compiler.link(step, meant.giver, ("shell",), default is not None)
        elif isinstance(meant, Ambiguous):
            place = step.place(("shell",), part=found.span())
            compiler.ambiguous(name, meant, place, _say_which(name, meant))
        elif meant is None:
            place = step.place(("shell",), part=found.span())
            near = compiler.tree.guess(name, scope.names(step))
            compiler.problems.append(diagnose("W476", place, name=name, **near))


def _items(step: Step) -> Table:
    out: Table = {name: ["item", step.id, step.depth, name] for name in step.each}
    if "as" in step.loop:
        out[step.loop["as"]] = ["round", step.id, step.inner - 1, step.loop["as"]]
    return out


def all_in_scope(step: Step, compiler: Compiler) -> Table:
    """Everything that a task sees without asking (N12). Asked once all edges are known."""
    seen, doubtful = scope.visible(step)
    names = step.home.parameters.known if step.home.user is None else step.home.names
    out: Table = {name: compiler.param(step.home, name) for name in names if name not in step.files}
    for name, found in seen.items():
        if name not in step.files:
            out[name] = compiler.meaning(step, found.leaf)
    for name, ambiguous in doubtful.items():
        out.pop(name, None)
        said = re.search(rf"RUNNER_PARAM_{re.escape(name)}\b", str(step.table.get("shell", "")))
        if said:
            place = step.place(("shell",), part=said.span())
            compiler.ambiguous(name, ambiguous, place, _say_which(name, ambiguous))
    return out


def arguments(step: Step, compiler: Compiler, target: str, keys: Keys, view: View) -> Table | None:
    """The arguments of a function, by name (N13); None where it takes all in scope or can't be read."""
    from runner.plan.unlike import unlike
    from runner.resolve.signatures import Missing, Signature, signature  # with `ast`: only where there is Python

    read = signature(compiler.sources.root, target, compiler.sources)
    if isinstance(read, Missing):
        _missing(step, compiler, target, keys, read)
        return {}
    if not isinstance(read, Signature) or read.takes_all:
        return None
    if read.silent and step.returns:
        where, first = f"{read.file}:{read.line}", step.returns[0]["name"]
        compiler.problems.append(diagnose("W478", step.place(keys), function=target, where=where, name=first))
    out: Table = {}
    for argument in read.args:
        name, has_default, _ = argument
        if name in step.files and not view.gathered:
            continue
        found = scope.look(step, name, view)
        if isinstance(found, Ambiguous):
            compiler.ambiguous(name, found, step.place(keys), _say_which(name, found))
        elif found is not None:
            if found.giver is not None:
                compiler.link(step, found.giver, keys, has_default)
            out[name] = compiler.meaning(step, found.leaf)
            if not view.gathered and argument.annotation is not None:
                compiler.problems += unlike(argument, out[name], read, compiler, step.place(keys))
        elif not has_default:
            own = [*(entry["name"] for entry in step.returns), *step.each]
            known = own if view.gathered else scope.names(step)
            close = compiler.tree.guess(name, known).get("near")
            hint = f"did you mean `{close}`?" if close else "name it in `params`, or give the argument a default"
            if view.gathered and not close:
                hint = f"a reducer is handed lists, by name: {listed(own)}"
            where = f"{read.file}:{read.line}"
            compiler.problems.append(
                diagnose("E469", step.place(keys), name=name, function=target, where=where, hint=hint)
            )
    return out


def _say_which(name: str, found: Ambiguous) -> str:
    return f'say which: `params = {{ {name} = "${{{min(found.givers)}}}" }}`'


def _missing(step: Step, compiler: Compiler, target: str, keys: Keys, read: Missing) -> None:
    """A function that is not there: the half of `module:function` that is wrong, or the line of the source."""
    colon = target.index(":")
    if "line" in read.args:
        if read.args["file"] in compiler.broken:
            return
        compiler.broken.add(read.args["file"])
        said = step.place(keys)
        related = ((said, f"`{step.name}` runs it"),) if said else ()
        compiler.problems.append(diagnose(read.code, _line(compiler, read.args), related=related, **read.args))
        return
    part = (0, colon) if read.code == "E430" else (colon + 1, len(target))
    compiler.problems.append(diagnose(read.code, step.place(keys, part=part), **read.args))


def _line(compiler: Compiler, args: Table) -> Place:
    """The place of a syntax error."""
    from os.path import relpath

    path = str(compiler.sources.root / args["file"])
    near_by = relpath(path)
    return Place(path if near_by.startswith("..") else near_by, args["line"], args["col"], args["col"] + 1)


def reducer(step: Step, compiler: Compiler) -> tuple[Table | None, list[str]]:
    """The `do` of a map's reducer and the names it gives; None without one."""
    given = step.table.get("reduce")
    if given is None:
        return None, []
    names = [entry["name"] for entry in step.returns]
    base: Table = {
        "takes": {},
        "inputs": [],
        "outputs": [],
        "env": {},
        "secrets": [],
        "resources": {},
        "isolate": False,
        "cache": False,
    }
    if sent := compiler.tree.sent(step):
        base["profile"] = sent
    for key in ("runtime", "image"):
        if key in step.table:
            base[key] = fixed(step, compiler, (key,), step.table[key])
    if isinstance(base.get("runtime"), str):
        base["runtime"] = {"type": "venv", "file": base["runtime"]}
    if isinstance(given, str):
        module, _, function = given.partition(":")
        found = arguments(step, compiler, given, ("reduce",), View(gathered=True))
        if found is None:
            found = {name: ["each", step.id, step.depth, name] for name in names}
        return {
            **base,
            **_code([given], compiler),
            "kind": "python",
            "module": module,
            "function": function,
            "takes": found,
            "returns": [_return(step, compiler, entry) for entry in step.returns],
        }, names
    built: Table = {}
    for name, what in given.items():
        keys = ("reduce", name)
        if name not in names:
            args = compiler.tree.guess(name, names)
            compiler.problems.append(diagnose("E472", step.place(keys, "key"), name=name, **args))
        elif ":" in what:
            found = arguments(step, compiler, what, keys, View(gathered=True))
            base["takes"].update(found or {})
            built[name] = what
        else:
            built[name] = what
    base["takes"].update({name: ["each", step.id, step.depth, name] for name in built})
    returns = [_return(step, compiler, entry) for entry in step.returns if entry["name"] in built]
    kind = "python" if any(":" in what for what in built.values()) else "reduce"
    ours = _code([what for what in built.values() if ":" in what], compiler)
    return {**base, **ours, "kind": kind, "builtins": built, "returns": returns}, list(built)


def _code(targets: list[str], compiler: Compiler) -> Table:
    """The code of a reducer, as of a step."""
    files = functions(targets, compiler)
    return {"code": {"files": files, "globs": []}} if files else {}


def _return(step: Step, compiler: Compiler, entry: Table) -> Table:
    out = {"name": entry["name"], "kind": entry.get("kind", "json")}
    if "type" in entry:
        out["type"] = entry["type"]
    if "serialiser" in entry:
        plugins = compiler.tree.layers.files.plugins
        try:
            out["serialiser"] = find("serialisers", entry["serialiser"], plugins).implementation
        except Refused as refused:
            place = step.place(("returns", step.returns.index(entry), "serialiser"))
            compiler.problems += [problem._replace(place=place) for problem in refused.problems]
    return out


def _cache(step: Step, compiler: Compiler, given: Any) -> Any:
    """`cache` in plain numbers: `expires` in seconds."""
    if isinstance(given, dict) and "expires" in given:
        return {**given, "expires": amount(step, compiler, ("cache", "expires"), given["expires"], DURATION)}
    return given


def _entry(entry: Table) -> Table:
    return {key: value for key, value in entry.items() if key not in ("keys", "raw", "pattern")}


def _below_env(step: Step, compiler: Compiler) -> None:
    """Keys that a step has, written below the header of its `env`: they are variables there."""
    for name in sorted(KEYS & step.table.get("env", {}).keys()):
        origin = step.laid.origin(("env", name))
        if origin is None or origin.doc is None:
            continue
        keys = (*origin.keys, "env")
        if origin.doc.place((*keys, name), "header") != origin.doc.place(keys[:-1], "header"):
            place = origin.doc.place((*keys, name), "key")
            compiler.problems.append(diagnose("W477", place, name=name, header=f"[{'.'.join(map(str, keys))}]"))


def program(step: Step) -> str:
    """What runs the script of a step."""
    given = step.table.get("interpreter", "bash")
    return given if isinstance(given, str) else str(given[0])


def of_shell(step: Step) -> bool:
    """Whether a script is one of a shell."""
    return program(step).rpartition("/")[2] in SHELLS


def _no_references(step: Step, compiler: Compiler) -> None:
    """`${x}` in `shell` is bash's own; a name that only the pipeline knows is a mistake worth a warning (section 5)."""
    script = step.table["shell"]
    if not of_shell(step):
        return
    for found in re.finditer(r"\$\{([A-Za-z_][A-Za-z0-9_]*|(?:steps|run|env|git)\.[^}\n]*)\}", script):
        name, code = found.group(1), "W474"
        if "." in name:
            # `${env.X}` may be the text of another language, in a here-document; `${steps.a.x}` is ours
            code = "E474" if name.startswith("steps.") else "W475"
        elif set_in(script, name) or name in step.table.get("env", {}):
            continue
        if code == "W474" and scope.look(step, name, View()) is None:
            continue
        place = step.place(("shell",), part=found.span())
        compiler.problems.append(diagnose(code, place, name=name, text=found.group(0)))


def set_in(script: str, name: str) -> bool:
    """Whether a script sets a variable itself."""
    return re.search(rf"(?m)\b{name}=|\b(for|read|local|mapfile.*)\s+.*\b{name}\b", script) is not None
