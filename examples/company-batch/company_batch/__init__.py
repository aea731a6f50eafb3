"""The executor `company-batch`: what a profile may say of it. Nothing here imports what runs it."""

from __future__ import annotations

import attrs

from runner.model.forms import Amount, PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the executor `company-batch`."""

    url: PlainText = key("Where the batch service answers.", required=True)
    queue: PlainText = key("Which queue takes the jobs.", required=True)
    cost_center: PlainText = key("Who pays.", required=True)
    project: PlainText | None = key("Where the machines of the service have the project; where it is here.")
    python: PlainText | None = key("The Python there, 3.9 or newer.", default="python3")
    price: Amount | None = key("What an hour of a processor costs.", default=0.04)
    tags: dict[PlainText, PlainText] | None = key("What compliance asks to know of each job: `owner`, `data-class`.")


FLAVOR = Flavor(
    "company-batch",
    "company_batch:Settings",
    "company_batch.executor:CompanyBatch",
    about="Each step is a job of the company's batch service.",
    reach=("step",),  # run log and catalog have to be where steps reach them...
    more=("volumes",),  # ...which is below the `mount` of a volume
    contract=1,
)
