"""The page of environment variables: those that runner reads, and those that steps find."""

from __future__ import annotations

from runner.options import PREFIX
from runner.reference.cli import rows, verbs
from runner.reference.markdown import code, head, table

LEAD = """\
`RUNNER_UP_*` is read by `runner` and never inherited by a step; the rest of `RUNNER_*` is written for steps. Any other
variable of the caller reaches `local` steps as it is; one that holds a secret reaches those alone that name it."""
READ = {
    "NO_COLOR": "never colour, if not empty",
    "FORCE_COLOR": "colour, also into a pipe or a file",
    "CI, GITHUB_ACTIONS, GITLAB_CI": "plain lines; groups and annotations as that service wants them",
    "TERM, COLUMNS, LINES": "what the terminal can do, and its size where it does not say",
    "LANG, LC_ALL": "signs in ASCII where the encoding has no others",
    "XDG_CONFIG_HOME, HOME": "profiles of your own: `runner-up/profiles` in the first, or `~/.config`",
    "TMPDIR": "where short-lived files go",
    "CUDA_VISIBLE_DEVICES": "which graphics processors steps may take",
    "DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH": "the engine of the executor `docker`",
    "RUNNER_UP_CUE": "the program `cue`, where it is not on the path",
    "KUBECONFIG": "the cluster of the executors `kubernetes` and `argo`",
}
EVERY = {
    "RUNNER_RUN_ID, RUNNER_RUN_NAME": "the run; the name is what people type",
    "RUNNER_STEP": "the step, as `train` or `arch.fit`",
    "RUNNER_ITEM": "of a `for-each`: the item's part of the address",
    "RUNNER_ROUND": "of a `repeat`: the round, from 1",
    "RUNNER_ATTEMPT": "the attempt, from 1",
    "RUNNER_PARAM_<name>": "a parameter, item or named file; lists, tables as JSON, paths one a line; unset for none",
    "RUNNER_PARAMS": "a JSON file with all of them; a value above 100 KiB stands only there",
    "RUNNER_RETURNS": "the file to which `name=value` lines are appended, or `name<<END`, lines and `END`",
    "RUNNER_PROGRESS": "the file into which a step writes how far it is: `echo 40 100`",
    "RUNNER_METRICS": "the file to which metrics are appended, `name=value` lines",
    "RUNNER_CPU, RUNNER_MEMORY, RUNNER_GPU": "what `resources` of the step say",
}
HANDLERS = {
    "RUNNER_FAILED_STEP": "the step that failed",
    "RUNNER_FAILED_EXIT_CODE": "its exit code",
    "RUNNER_FAILED_LOG": "the path of its log",
}
LAST = {
    "RUNNER_RUN_STATUS": "how the run ended: `succeeded`, `failed`, `cancelled`, ...",
    "RUNNER_RUN_RECORD": "a JSON file with the ends of all steps",
}


def page() -> str:
    """The page."""
    found: dict[str, list[str]] = {}
    for verb, _, options in verbs():
        for _, name, _ in rows(verb, options):
            if name:
                found.setdefault(name, []).append(f"`{verb}`")
    options = [(name, ", ".join(of)) for name, of in sorted(found.items())]
    parts = (
        (
            "For a parameter",
            "",
            [(code(f"{PREFIX}SET_<name>"), "sets the parameter `<name>` of the pipeline; `--param` wins")],
        ),
        ("For an option", OPTIONS, options),
        ("Read as everywhere", "", [(names(some), about) for some, about in READ.items()]),
        ("What a step finds", "", [(names(some), about) for some, about in EVERY.items()]),
        ("What a handler finds besides", "", [(names(some), about) for some, about in HANDLERS.items()]),
        ("What a step of `[finally]` finds besides", "", [(names(some), about) for some, about in LAST.items()]),
    )
    out = [head("Environment variables", LEAD)]
    for title, lead, lines in parts:
        second = "of" if lead else "meaning"
        out.append(f"\n## {title}\n\n{lead}{table(('variable', second), lines)}")
    return "".join(out)


OPTIONS = """\
Every option has one, but for `--set`, `--param` and what `add` and `set` write. Where an option takes no value it is
`true` or `false`; where it may be repeated, words. An empty variable is not set, and the command line wins.

"""


def names(some: str) -> str:
    """Each name as code."""
    return ", ".join(code(name) for name in some.split(", "))
