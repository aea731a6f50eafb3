"""Sentences of family 7: environment and stores."""

from runner.text.catalogue.code import Code

PLACES: dict[str, Code] = {
    "E701": Code("{why} ({who})"),
    "E702": Code("the run log can't be opened: {why}"),
    "E703": Code("the catalog can't be opened: {why}"),
    "E704": Code("the run can't go on: {why}"),
    "E705": Code("{why}"),
    "E706": Code("the run log of `{name}` can't be read: {why}"),
    "E707": Code("`{name}` still runs (pid {pid})", "wait for it, or end it: `kill {pid}`"),
    "E708": Code("`{name}` is gone on with by `{heir}` already", "`runner up --resume {heir}`, once that has ended"),
    "E709": Code("`{name}` ({process}) still runs, and writes `{path}`{other}{more}", None),
    "E710": Code("the content of `{path}` ({sha}) is no longer in the catalog", "run the step that makes it again"),
    "E711": Code(
        "the catalog has something else for `{path}` than was put there: the blob {sha} is damaged",
        "run the step that makes it again",
    ),
    "E712": Code("records of this run are lost: {what}", "let no step write below `.runner`, and run it anew"),
    "E715": Code("another `runner catalog gc` is at work here"),
    "E716": Code(
        "what `{name}` refers to can't be read, so nothing is removed: {why}",
        "bring its run log back, or remove the run by name: `--run {name}`",
    ),
    "E720": Code("the executor `docker` needs the library `docker`", "pip install 'runner-up[docker]'"),
    "E721": Code("no Docker Engine answers at `{host}`: {why}", "start it, or say in DOCKER_HOST where it is"),
    "E722": Code("the image can't be built: {why}"),
    "W703": Code("this run is a mock: no command runs, and no file is made"),
    "E730": Code("this executor needs the library `kubernetes`", "pip install 'runner-up[kubernetes]'"),
    "E731": Code("`{path}` leads to no cluster: {why}", "say in KUBECONFIG where the file is, or `executor.context`"),
    "E732": Code("no cluster answers at `{host}`: {why}", "start it, or choose another context: `executor.context`"),
    "E733": Code(
        "the cluster lets us not {what} in the namespace `{namespace}`",
        "ask for a Role that allows it, or say another `executor.namespace`; what you may: `kubectl auth can-i --list`",
    ),
    "E734": Code("the cluster has no namespace `{namespace}`", "kubectl create namespace {namespace}"),
    "E735": Code("the namespace `{namespace}` has no {what} `{name}`"),
    "E736": Code(
        "the cluster has given no answer for {time}: {why}",
        "what runs there runs on; once it answers: `runner up --resume`",
    ),
    "E737": Code("the run can't be brought into the cluster: {why}"),
    "E738": Code("`{holder}` drives a run that this one would go on from", "wait for it, or end it there"),
    "E739": Code(
        "the cluster at `{host}` has no Argo Workflows: it knows no Workflow",
        "https://argo-workflows.readthedocs.io/en/latest/installation/, or a profile that extends `std:kubernetes`",
    ),
    "E740": Code(
        "`{executor}` takes a pipeline as a whole, not {what}",
        "`runner up` without it; a profile that extends `std:kubernetes` can do that",
    ),
    "E741": Code("the {what} of `{name}` lies on the claim `{claim}`, and can't be read from here: {why}"),
    "E742": Code(
        "`{executor}` runs steps only while this process is there, so it can't be left: `--detach`",
        "leave it out; a profile that extends `std:argo` can do that",
    ),
    "E743": Code("`{name}` still runs in the cluster", "wait for it (`runner show {name}`), or `runner cancel {name}`"),
    "E744": Code(
        "`{name}` is driven on the machine `{host}`, and can't be ended from here", "`runner cancel {name}` there"
    ),
    "E752": Code(
        "`{executor}` writes files for its platform, and starts nothing itself", "`runner render` writes them"
    ),
    "E751": Code(
        "the executor `{executor}` reads in the run log how steps ended, and this machine does not see it",
        'say where it does: `here = "PATH"` of the volume in which `run-log.path` lies',
    ),
    "E745": Code("`{name}` can't be ended in its cluster: {why}"),
    "E746": Code("`{executor}` does not say which runs others have started: {why}"),
    "E748": Code(
        "pods of the service account `{account}` may not create and patch {what} in the namespace `{namespace}`: "
        "Argo would never hear of their ends",
        "`runner render --set executor.rbac=true -o made`, then `kubectl apply -f made/rights.yaml`",
    ),
    "E747": Code(
        "pods that run at once can't share the claim `{claim}` of `[volumes.{name}]`: it is {modes}",
        "one with ReadWriteMany; or all pods on one node: "
        '`executor.node-selector = {{ "kubernetes.io/hostname" = "NODE" }}`',
    ),
    "W704": Code("the secret `{name}` has fewer than 6 characters: it is not masked in logs"),
    "W705": Code("`-j {wanted}` is lowered to {given}: this process may not open more files or processes"),
    "W706": Code(
        "`{step}` asks for {asked}, and this machine has {there}: it {then}{others}",
        "a profile can ask for less here: `resources = {{ {kind} = {enough} }}`",
    ),
    "W707": Code("that `{name}` has ended ({status}) could not be noted: {why}", "`runner show {name}` knows it"),
    "W708": Code("no other run is kept from writing the outputs of this one meanwhile: {why}"),
    "W709": Code("somebody has removed `{path}` while the run went on: it is back, what lay beside it is lost"),
    "W710": Code("the run log of `{name}` is damaged: some of its records are lost ({count} stretches hold none)"),
    "W712": Code("what `{name}` did while nobody looked is not known here: {why}"),
    "W711": Code("the log of `{step}` is gone ({size} bytes): `{path}`"),
    "E753": Code(
        "`{path}` is CUE, and there is no program `{program}`",
        "install it (https://cuelang.org/docs/introduction/installation/), or say where it is: `RUNNER_UP_CUE=PATH`",
    ),
    "E754": Code("`cue export {path}` {why}", "see what it does by itself"),
}
