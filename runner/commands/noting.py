"""Runs that others have started, by a schedule for instance: noted, so that every verb knows them from then on."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from typing import Any

from runner.commands.planning import Planned
from runner.rules.answers import parameters
from runner.rules.day import day_of
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]


def noted(args: argparse.Namespace) -> None:
    """Ask the place of a profile for runs of this pipeline, and put those that nobody here knows into the index.

    Raises Refused (E746 where the place can't say)."""
    from runner.commands.planning import planned
    from runner.plan.nearby import nearby
    from runner.plugins import find, load
    from runner.run import index
    from runner.run.mutex import mutex
    from runner.run.reached import Unread

    args.dry_run = True  # no plan is kept of it
    made = planned(args)
    made = made._replace(plan={**made.plan, "profile": nearby(made.plan["profile"], made.plugins)})
    settings = made.plan["profile"]["executor"]
    kind: Any = getattr(load(find("executors", str(settings["type"]), made.plugins)), "remote", None)
    if not hasattr(kind, "others"):
        raise Refused([diagnose("E746", None, executor=settings["type"], why="it keeps no runs of its own")])
    there = kind(settings, os.environ)
    try:
        found = there.others(made.plan)
    except Unread as error:
        raise Refused([diagnose("E746", None, executor=settings["type"], why=str(error))]) from None
    finally:
        there.close()
    with mutex(made.root):
        known = {(entry.get("own") or {}).get("uid") for entry in index.runs(made.root)}
        for one in found:
            if one["own"]["uid"] not in known:
                _note(one, made, args)


def _note(one: Mapping[str, Any], made: Planned, args: argparse.Namespace) -> None:
    """As its submitter would have: record, plan and line of a run that is left to itself."""
    from runner.run import index
    from runner.run.begin import begin, new_run
    from runner.run.services import open_store

    plan, own = made.plan, one["own"]
    run = new_run(plan, made.root, one["name"], None, {"profile": args.profile, "set": args.set})
    facts = {"id": own["uid"], "name": one["name"], "scheduled": one["scheduled"]}
    facts["date"] = day_of(one["start"], one["scheduled"], plan["profile"].get("schedule"))
    run.update(start=one["start"], date=facts["date"], scheduled=one["scheduled"], own=own)
    run.update(first={"id": own["uid"], "name": one["name"]}, params=parameters(plan, facts))
    store = open_store(plan["profile"]["run-log"], made.root, run["run"], made.plugins, where=made.where)
    try:
        entry = begin(plan, made.text, run, store, made.root, str(made.ask.file))
    finally:
        store.close()
    index.note(made.root, {**entry, "own": own, "detached": True})
