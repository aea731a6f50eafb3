"""What a run asks of its namespace, looked for before anything is made there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.text.diagnostics import Diagnostic, Refused, diagnose
from runner_executors.kubernetes_cluster import Cluster, Refusal, Unreachable
from runner_executors.kubernetes_pod import secret_of

Table = dict[str, Any]
HOST = "kubernetes.io/hostname"  # the label that chooses one node
Right = tuple[str, str, str]  # a verb, what it is about, the group of that
NEEDED = (
    ("create", "jobs", "batch"), ("delete", "jobs", "batch"), ("list", "jobs", "batch"), ("list", "pods", ""),
    ("watch", "pods", ""), ("get", "pods/log", ""), ("create", "configmaps", ""),
    ("create", "leases", "coordination.k8s.io"), ("delete", "leases", "coordination.k8s.io"),
)  # fmt: skip


def preflight(
    cluster: Cluster, profile: Mapping[str, Any], secrets: list[str], needed: Sequence[Right] = NEEDED
) -> None:
    """Raises Refused (E732 to E735, E747) with all that is missing. secrets: names of what steps declare; needed:
    what we must be allowed."""
    try:
        problems = list(_missing(cluster, profile, secrets, needed))
    except Unreachable as error:
        raise Refused([diagnose("E732", None, host=cluster.host, why=str(error))]) from None
    if problems:
        raise Refused(problems)


def _missing(
    cluster: Cluster, profile: Mapping[str, Any], secrets: list[str], needed: Sequence[Right]
) -> Iterator[Diagnostic]:
    namespace = cluster.namespace
    if not cluster.namespaced():
        yield diagnose("E734", None, namespace=namespace)
        return
    refused: dict[str, list[str]] = {}
    for verb, what, group in needed:
        if not cluster.may(verb, what, group):
            refused.setdefault(what, []).append(verb)
    if refused:
        said = "; ".join(f"{', '.join(verbs)} {what}" for what, verbs in refused.items())
        yield diagnose("E733", None, what=said, namespace=namespace)
        return
    settings = profile["executor"]
    account = settings.get("service-account")
    if account and not _there(cluster, "service_account", account):
        hint = f"kubectl --namespace {namespace} create serviceaccount {account}"
        yield _lacks(cluster, "service account", account, hint)
    for name in settings.get("pull-secrets") or ():
        if not _there(cluster, "secret", name):
            make = f"kubectl --namespace {namespace} create secret docker-registry {name} --docker-server=..."
            yield _lacks(cluster, "secret", name, f"`executor.pull-secrets` names it: {make}")
    for name, volume in (profile.get("volumes") or {}).items():
        if volume.get("claim"):
            yield from _claim(cluster, settings, name, volume)
    yield from _secrets(cluster, profile, secrets)


def _claim(cluster: Cluster, settings: Mapping[str, Any], name: str, volume: Mapping[str, Any]) -> Iterator[Diagnostic]:
    """That it is there, and that pods which run at once may have it: on one node `ReadWriteOnce` is enough."""
    claim = volume["claim"]
    try:
        found = cluster.get("persistent_volume_claim", claim)
    except Refusal:
        return
    if found is None:
        known = f"`kubectl --namespace {cluster.namespace} get persistentvolumeclaims` lists those that there are"
        yield _lacks(cluster, "persistent volume claim", claim, f"`[volumes.{name}]` names it; {known}")
        return
    modes = found.get("spec", {}).get("accessModes", [])
    fit = {"ReadWriteMany", "ReadOnlyMany"} if volume.get("read-only") else {"ReadWriteMany"}
    if not modes or fit & set(modes) or settings.get("parallelism") == 1:
        return
    together = HOST in (settings.get("node-selector") or {}) or cluster.nodes() in (None, 1)
    if "ReadWriteOnce" not in modes or not together:
        yield diagnose("E747", None, claim=claim, modes=", ".join(modes), name=name)


def _secrets(cluster: Cluster, profile: Mapping[str, Any], names: list[str]) -> Iterator[Diagnostic]:
    """Keys of Secrets that steps declare and that are not there; values are looked at by nobody."""
    known: dict[str, Any] = {}
    namespace = cluster.namespace
    for name in names:
        there = secret_of(profile["secrets"], name)
        secret, key = there["name"], there["key"]
        if secret not in known:
            known[secret] = _keys(cluster, secret)
        what = f"`{name}` is to come from there"
        if known[secret] is None:
            make = f"kubectl --namespace {namespace} create secret generic {secret} --from-literal={key}=..."
            yield _lacks(cluster, "secret", secret, f"{what}: {make}")
        elif key not in known[secret] and known[secret] != _UNKNOWN:
            has = ", ".join(f"`{one}`" for one in sorted(known[secret])) or "none"
            yield _lacks(cluster, f"key `{key}` in the secret", secret, f"{what}; its keys: {has}")


_UNKNOWN = frozenset({""})


def _keys(cluster: Cluster, name: str) -> frozenset[str] | None:
    """The keys of a Secret; None where it is not there, `_UNKNOWN` where we may not look."""
    try:
        found = cluster.get("secret", name)
    except Refusal:
        return _UNKNOWN
    return frozenset(found.get("data") or ()) if found is not None else None


def _there(cluster: Cluster, kind: str, name: str) -> bool:
    """Whether an object is there, or we may not look."""
    try:
        return cluster.get(kind, name) is not None
    except Refusal:
        return True


def _lacks(cluster: Cluster, what: str, name: str, hint: str) -> Diagnostic:
    return diagnose("E735", None, namespace=cluster.namespace, what=what, name=name, hint=hint)
