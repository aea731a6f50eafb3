"""`runner completion SHELL`: the script by which a shell completes verbs, options, files and names of the project."""

from __future__ import annotations

import argparse
import sys
from typing import Any

BASH = r"""# runner: completion for bash. In ~/.bashrc:  eval "$(runner completion bash)"
_runner() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <("${1/#\~/$HOME}" complete-words bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[/=.] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _runner runner 2>/dev/null || complete -F _runner runner
"""
ZSH = r"""#compdef runner
# runner: completion for zsh. In ~/.zshrc, below compinit:  eval "$(runner completion zsh)"
_runner() {
    local program=${(Q)words[1]/#\~/$HOME} line word
    local -a found shut open
    found=("${(@f)$("$program" complete-words zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    for line in $found; do
        word=${${line%%$'\t'*}//:/\\:}
        if [[ $word == *[/=.] ]]; then open+=("$word"); else shut+=("$word:${line#*$'\t'}"); fi
    done
    (( $#shut )) && _describe -V word shut
    (( $#open )) && _describe -V word open -S ''
}
if [[ $funcstack[1] == _runner ]]; then _runner "$@"; else compdef _runner runner; fi
"""
FISH = r"""# runner: completion for fish. In ~/.config/fish/config.fish:  runner completion fish | source
complete -c runner -f -k -a '(command runner complete-words fish (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
"""
SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
OPTIONS: list[Any] = [
    (
        ("shell",),
        {"choices": tuple(SCRIPTS), "metavar": "SHELL", "help": "bash, zsh or fish; the script says where to put it"},
    ),
]


def run(args: argparse.Namespace) -> int:
    """Print the script; its first lines say where to put it."""
    sys.stdout.write(SCRIPTS[args.shell])
    return 0
