"""The executor `company-flow`: what a profile may say of it. Nothing here imports what writes flows."""

from __future__ import annotations

import attrs

from runner.model.forms import PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the executor `company-flow`."""

    team: PlainText = key("Whose flow it is.", required=True)
    python: PlainText | None = key("The Python of the engine's machines, 3.9 or newer.", default="python3")
    alerts: dict[PlainText, PlainText] | None = key("Whom the engine tells, and when: `failed`, `late`.")


FLAVOR = Flavor(
    "company-flow",
    "company_flow:Settings",
    "company_flow.emitter:CompanyFlow",
    about="The pipeline is a flow of the company's engine.",
    reach=("step",),
    more=("volumes", "form"),  # `form`: it writes files, and `gaps` says what they can't hold
    gaps="company_flow.gaps:gaps",
    contract=1,
)
