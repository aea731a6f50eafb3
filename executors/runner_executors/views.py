"""The views that come with runner-up: what a run looks like while it goes on."""

from __future__ import annotations

from runner.plugins import Flavor

LIVE = Flavor("live", None, "runner.views.live:Live", about="A board on a terminal.")
PLAIN = Flavor(
    "plain", None, "runner.views.plain:Plain", about="A line a fact, and each line that a step prints behind its label."
)
GROUPED = Flavor(
    "grouped", None, "runner.views.ci:Grouped", about="A line a fact, and under its end what a step printed."
)
QUIET = Flavor("quiet", None, "runner.views.plain:Quiet", about="A line a fact that needs somebody.")
GITHUB = Flavor(
    "github", None, "runner.views.ci:GitHub", about="Groups, annotations and the summary of GitHub Actions."
)
GITLAB = Flavor("gitlab", None, "runner.views.ci:GitLab", about="Sections of GitLab CI.")
JSONL = Flavor("jsonl", None, "runner.views.jsonl:JsonLines", about="A line of JSON an event.")
JSON = Flavor("json", None, "runner.views.jsonl:JsonLines", about="The same as jsonl.")
