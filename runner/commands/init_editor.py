"""`runner init --editor NAME`: the files by which an editor completes, explains and checks pipelines and profiles.

What is there already is added to, and never loses a word; where that can't be done nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from runner.commands.names import load, pipelines, table
from runner.text.diagnostics import Refused, diagnose

FILES = {"pipeline": ["pipeline.toml"], "profile": ["profiles/*.toml"], "project": ["runner.toml"]}
NAMED = ("label", "path", "name")  # two tables of a list that have one of these in common are about the same

TASK = {
    "label": "runner check",
    "type": "process",
    "command": "runner",
    "args": ["check", "${relativeFile}"],
    "presentation": {"reveal": "silent"},
    "problemMatcher": {
        "owner": "runner",
        "fileLocation": ["relative", "${workspaceFolder}"],
        "pattern": [
            {"regexp": "^(error|warning)\\[([EW][0-9]+)\\]: (.*)$", "severity": 1, "code": 2, "message": 3},
            {"regexp": "^ *--> (.+):([0-9]+):([0-9]+)$", "file": 1, "line": 2, "column": 3},
        ],
    },
}
LUA = """\
-- Read by Neovim 0.11 and later where `exrc` is set; it asks once whether you trust this file.
vim.lsp.config("tombi", { cmd = { "tombi", "lsp" }, filetypes = { "toml" }, root_markers = { "tombi.toml", ".git" } })
vim.lsp.enable("tombi")

-- `:make` in a pipeline or profile runs `runner check` and lists what it finds.
vim.api.nvim_create_autocmd("FileType", {
  pattern = "toml",
  callback = function()
    vim.bo.makeprg = "runner check %:S"
    vim.bo.errorformat = "%Eerror[%*[^]]]: %m,%Wwarning[%*[^]]]: %m,%C%*\\\\s--> %f:%l:%c,%-G%.%#"
  end,
})
"""
HELIX = {
    "language-server": {"tombi": {"command": "tombi", "args": ["lsp"]}},
    "language": [{"name": "toml", "language-servers": ["tombi"]}],
}


class Editor(NamedTuple):
    """What one editor wants: path -> what has to stand in it; and what its user does next."""

    files: Mapping[str, Any]
    next: str


def _tombi(files: Mapping[str, list[str]]) -> dict[str, Any]:
    rows = [{"path": f".runner/schema/{kind}.json", "include": names} for kind, names in files.items()]
    return {"tombi.toml": {"schemas": rows}}


def _taplo(files: Mapping[str, list[str]]) -> dict[str, Any]:
    rows = [{"include": names, "schema": {"path": f".runner/schema/{kind}.json"}} for kind, names in files.items()]
    return {".taplo.toml": {"rule": rows}}


def _vscode(files: Mapping[str, list[str]]) -> Editor:
    wanted = {
        ".vscode/extensions.json": {"recommendations": ["tombi-toml.tombi"]},
        ".vscode/settings.json": {"[toml]": {"editor.quickSuggestions": {"strings": "on"}}},
        ".vscode/tasks.json": {"version": "2.0.0", "tasks": [TASK]},
    }
    return Editor(wanted | _tombi(files) | _taplo(files), "VS Code: install the extension Tombi, which it will propose")


def _neovim(files: Mapping[str, list[str]]) -> Editor:
    return Editor(
        {".nvim.lua": LUA} | _tombi(files), "Neovim: `pip install tombi`, and `vim.o.exrc = true` in your init.lua"
    )


def _helix(files: Mapping[str, list[str]]) -> Editor:
    return Editor({".helix/languages.toml": HELIX} | _tombi(files), "Helix: `pip install tombi`")


def _zed(files: Mapping[str, list[str]]) -> Editor:
    wanted = {".zed/settings.json": {"languages": {"TOML": {"language_servers": ["tombi", "!taplo", "..."]}}}}
    return Editor(wanted | _tombi(files), "Zed: install the extension Tombi")


def _pycharm(files: Mapping[str, list[str]]) -> Editor:
    return Editor({".idea/jsonSchemas.xml": files}, "PyCharm: open the project anew")


EDITORS: dict[str, Callable[[Mapping[str, list[str]]], Editor]] = {
    "vscode": _vscode,
    "neovim": _neovim,
    "helix": _helix,
    "zed": _zed,
    "pycharm": _pycharm,
}
OPTION: Any = (
    ("--editor",),
    {
        "action": "append",
        "default": [],
        "choices": tuple(EDITORS),
        "metavar": "NAME",
        "help": f"what an editor needs, also in a project that is there: {', '.join(EDITORS)} (may be repeated)",
    },
)


def begun(folder: Path) -> bool:
    """Whether a folder has a pipeline, or a `runner.toml`: then an editor's files are all that is missing."""
    return any((folder / name).exists() for name in ("pipeline.toml", "runner.toml")) or bool(pipelines(folder))


def plan(folder: Path, editors: Sequence[str]) -> dict[Path, str]:
    """The files to write and their texts, what is there already laid below. Raises Refused; nothing is written yet."""
    here = [path.name for path in pipelines(folder)]
    files = {**FILES, "pipeline": list(dict.fromkeys([*FILES["pipeline"], *here]))}
    wanted: dict[str, Any] = {}
    for name in dict.fromkeys(editors):
        wanted |= EDITORS[name](files).files
    if "tombi.toml" in wanted:
        place, want = _where(folder, wanted.pop("tombi.toml"))
        wanted[place] = want
    texts: dict[Path, str] = {}
    problems = []
    for name, want in wanted.items():
        path = folder / name
        try:
            had = path.read_text(encoding="utf-8") if path.exists() else ""
            text = FORMS[Path(name).suffix](had, want)
            if text != had:
                texts[path] = text
        except (OSError, ValueError, TypeError) as error:
            problems.append(diagnose("E963", None, path=path, why=_why(error), hint=f"put in yourself: {_short(want)}"))
    if problems:
        raise Refused(problems)
    return texts


def _where(folder: Path, want: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The file in which tombi is told something here: a new one would take the place of all that another says."""
    tools = table((load(folder / "pyproject.toml") or {}).get("tool"))
    if (folder / ".tombi.toml").exists():
        return ".tombi.toml", want
    if "tombi" in tools and not (folder / "tombi.toml").exists():
        return "pyproject.toml", {"tool": {"tombi": want}}
    return "tombi.toml", want


def advice(editors: Sequence[str]) -> list[str]:
    """What is left for the user to do, an editor a line."""
    return [EDITORS[name](FILES).next for name in dict.fromkeys(editors)]


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno} is no plain JSON"
    return str(error)


def _short(want: Any) -> str:
    return want if isinstance(want, str) else json.dumps(want)


def laid(had: Any, want: Any) -> None:
    """Put into a table what it lacks of another. Raises TypeError where it has something of another kind."""
    for key, value in want.items():
        if key not in had:
            had[key] = value
        elif isinstance(value, (dict, list)) and not isinstance(had[key], type(value)):
            raise TypeError(f"`{key}` is no {'table' if isinstance(value, dict) else 'list'}")
        elif isinstance(value, dict):
            laid(had[key], value)
        elif isinstance(value, list):
            for item in value:
                same = next((other for other in had[key] if _same(other, item)), None)
                if same is None:
                    had[key].append(item)
                elif isinstance(item, dict) and item.get("label") is None:  # a task may have been changed to taste
                    laid(same, item)


def _same(had: Any, want: Any) -> bool:
    if not isinstance(had, dict) or not isinstance(want, dict):
        return bool(had == want)
    names = [name for name in NAMED if name in want]
    if not names and "schema" in want:
        return "schema" in had and _same(had["schema"], want["schema"])
    return any(had.get(name) == want[name] for name in names)


def _json(text: str, want: Any) -> str:
    had = json.loads(text) if text.strip() else {}
    if not isinstance(had, dict):
        raise TypeError("it is no table")
    laid(had, want)
    line = next((line for line in text.splitlines() if line[:1] in (" ", "\t")), "  ")
    return json.dumps(had, indent=line[: len(line) - len(line.lstrip())], ensure_ascii=False) + "\n"


def _toml(text: str, want: Any) -> str:
    import tomlkit

    had = tomlkit.parse(text)
    laid(had, want)
    return tomlkit.dumps(had)


def _lua(text: str, want: str) -> str:
    if text.strip() and want.strip() not in text:
        raise ValueError("it has a program of yours")
    return text or want


def _xml(text: str, want: Mapping[str, list[str]]) -> str:
    """The mappings of JSON Schemas as JetBrains keeps them: one entry a kind of file."""
    from xml.etree import ElementTree as ET

    name = "JsonSchemaMappingsProjectConfiguration"
    start = f'<project version="4"><component name="{name}"><state><map /></state></component></project>'
    try:
        top = ET.fromstring(text or start, ET.XMLParser(target=ET.TreeBuilder(insert_comments=True)))
    except ET.ParseError as error:
        raise ValueError(f"it is no XML ({error})") from None
    table = top.find(f"component[@name='{name}']/state/map")
    if table is None:
        raise ValueError(f"it has no `{name}`")
    for kind, paths in want.items():
        title = f"runner-up {kind}"
        if table.find(f"entry[@key='{title}']") is not None:
            continue
        info = ET.SubElement(ET.SubElement(ET.SubElement(table, "entry", key=title), "value"), "SchemaInfo")
        options = {"name": title, "relativePathToSchema": f".runner/schema/{kind}.json"}
        for option, value in (options | {"schemaVersion": "JSON Schema version 7"}).items():
            ET.SubElement(info, "option", name=option, value=value)
        rows = ET.SubElement(ET.SubElement(info, "option", name="patterns"), "list")
        for path in paths:
            item = ET.SubElement(rows, "Item")
            match = {"pattern": "true", "path": path, "mappingKind": "Pattern"} if "*" in path else {"path": path}
            for option, value in match.items():
                ET.SubElement(item, "option", name=option, value=value)
    ET.indent(top)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(top, encoding="unicode") + "\n"


FORMS: dict[str, Callable[[str, Any], str]] = {".json": _json, ".toml": _toml, ".lua": _lua, ".xml": _xml}
