"""The flavors that come with runner-up. Generated from the entry points of pyproject.toml: run `make schema`.

group -> name -> (settings, implementation, aliases, about, defaults, required and known settings)
"""

from __future__ import annotations

from typing import Any

Row = tuple[str | None, str, tuple[str, ...], str, dict[str, Any], tuple[str, ...], tuple[str, ...]]

BUILT_IN: dict[str, dict[str, Row]] = {
    "executors": {
        "local": (
            "runner_executors.local:Settings",
            "runner_executors.local_executor:Local",
            (),
            "Each step is a process of this machine.",
            {"grace": "10s", "python": "fork"},
            (),
            ("grace", "cpu", "memory", "gpu", "python"),
        ),
    },
    "run_logs": {
        "buffered": (
            "runner_executors.buffered:Settings",
            "runner.store.memory:Memory",
            (),
            "In memory, gone with the process.",
            {},
            (),
            (),
        ),
        "file-system": (
            "runner_executors.file_system:Settings",
            "runner.store.journal:Journal",
            (),
            "One journal a run, in a folder.",
            {"path": ".runner/runs"},
            (),
            ("path",),
        ),
        "chunked-fs": (
            "runner_executors.chunked_fs:Settings",
            "runner.agent.folder:Folder",
            (),
            "One file a record, in a folder that many machines may write to.",
            {"path": ".runner"},
            (),
            ("path",),
        ),
    },
    "catalogs": {
        "file-system": (
            "runner_executors.file_catalog:Settings",
            "runner.agent.catalog:FileCatalog",
            (),
            "By content, in a folder.",
            {"path": ".runner/catalog"},
            (),
            ("path",),
        ),
        "do-nothing": (
            "runner_executors.no_catalog:Settings",
            "runner.agent.catalog:NoCatalog",
            (),
            "Nothing is stored.",
            {},
            (),
            (),
        ),
    },
    "secrets": {
        "env": (
            "runner_executors.env_secrets:Settings",
            "runner.resolve.secrets:Env",
            (),
            "Variables of the environment.",
            {},
            (),
            ("map",),
        ),
        "dotenv": (
            "runner_executors.dotenv_secrets:Settings",
            "runner.resolve.secrets:Dotenv",
            (),
            "Lines of a `.env` file.",
            {"path": ".env"},
            (),
            ("path", "map"),
        ),
        "file": (
            "runner_executors.file_secrets:Settings",
            "runner.resolve.secrets:File",
            (),
            "One file a secret, in a folder.",
            {"path": "/run/secrets"},
            (),
            ("path", "map"),
        ),
        "command": (
            "runner_executors.command_secrets:Settings",
            "runner.resolve.secrets:Command",
            (),
            "What a command prints.",
            {},
            ("command",),
            ("command", "map"),
        ),
        "do-nothing": (
            "runner_executors.no_secrets:Settings",
            "runner.resolve.secrets:Nothing",
            (),
            "No secrets at all.",
            {},
            (),
            (),
        ),
    },
    "serialisers": {
        "pickle": (
            None,
            "pickle",
            (),
            "The standard library's; whatever Python can take apart.",
            {},
            (),
            (),
        ),
    },
    "views": {
        "live": (
            None,
            "runner.views.live:Live",
            (),
            "A board on a terminal.",
            {},
            (),
            (),
        ),
        "plain": (
            None,
            "runner.views.plain:Plain",
            (),
            "A line a fact.",
            {},
            (),
            (),
        ),
        "quiet": (
            None,
            "runner.views.plain:Quiet",
            (),
            "A line a fact that needs somebody.",
            {},
            (),
            (),
        ),
        "github": (
            None,
            "runner.views.ci:GitHub",
            (),
            "Groups and annotations of GitHub Actions.",
            {},
            (),
            (),
        ),
        "gitlab": (
            None,
            "runner.views.ci:GitLab",
            (),
            "Sections of GitLab CI.",
            {},
            (),
            (),
        ),
        "json": (
            None,
            "runner.views.jsonl:JsonLines",
            (),
            "A line of JSON an event.",
            {},
            (),
            (),
        ),
    },
}
