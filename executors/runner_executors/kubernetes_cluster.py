"""A namespace of a cluster as executors use it: a few calls of its API, and every refusal in words."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any, NamedTuple

from runner.text.diagnostics import Refused, diagnose
from runner_executors.causes import cause

Table = dict[str, Any]
PATIENCE = (5.0, 30.0)  # seconds for a connection, for an answer
WATCH = 240  # seconds that a watch is asked for; then everything is listed again, which mends what was missed
CORE, BATCH, COORDINATION = "CoreV1Api", "BatchV1Api", "CoordinationV1Api"
KINDS = {
    "pod": CORE, "pod_status": CORE, "config_map": CORE, "secret": CORE, "service_account": CORE,
    "persistent_volume_claim": CORE, "event": CORE, "job": BATCH, "cron_job": BATCH, "lease": COORDINATION,
}  # fmt: skip
CUSTOM = {"workflow": ("argoproj.io", "v1alpha1", "workflows")}  # kinds that a cluster need not have
MERGE = "application/merge-patch+json"
TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"  # of the pod that we run in


class Unreachable(Exception):
    """No answer, or one that says to come again later; in a sentence."""


class Refusal(Exception):
    """An answer that says no for good."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason = status, reason


class Change(NamedTuple):
    """What a watch tells: `ADDED MODIFIED DELETED` of one object; `LISTED` of all that there are."""

    what: str
    objects: list[Table]


class Cluster:
    """One namespace, reached as kubectl reaches it. Safe for several threads."""

    def __init__(self, load: Callable[[], tuple[Any, str]]) -> None:
        """load: reads the credentials; a client and the namespace. Raises what the library raises."""
        from kubernetes import client

        self._api, self._load, self._lock = client, load, Lock()
        self._client, self.namespace = load()
        self._age = 0

    @classmethod
    def reached(cls, settings: Mapping[str, Any], environ: Mapping[str, str]) -> Cluster:
        """By KUBECONFIG or the usual file, else as a pod in a cluster. Raises Refused (E730, E731)."""
        try:
            from kubernetes import client, config
        except ImportError:
            raise Refused([diagnose("E730", None)]) from None
        path = environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
        context = settings.get("context")
        inside = "KUBERNETES_SERVICE_HOST" in environ and not any(map(os.path.exists, path.split(os.pathsep)))

        def load() -> tuple[Any, str]:
            found = client.Configuration()
            namespace = "default"
            if inside and not context:
                config.load_incluster_config(client_configuration=found)
                with contextlib.suppress(OSError), open(f"{TOKEN}/namespace", encoding="utf-8") as file:
                    namespace = file.read().strip()
            else:
                config.load_kube_config(path, context, found, persist_config=False)
                contexts, active = config.list_kube_config_contexts(path)
                chosen = next((one for one in contexts if one["name"] == context), active)
                namespace = chosen["context"].get("namespace") or namespace
            found.retries = 0  # we try again ourselves, and say so
            return client.ApiClient(found), settings.get("namespace") or namespace

        try:
            return cls(load)
        except (config.ConfigException, OSError, ValueError, TypeError, KeyError) as error:
            known = cls._contexts(config, path)
            hint = f"contexts there: {', '.join(f'`{name}`' for name in known)}" if known else None
            why = cause(error)
            if not any(map(os.path.exists, path.split(os.pathsep))):
                why = "there is no such file"
            elif known and context and context not in known:
                why = f"it has no context `{context}`"
            _forget()
            raise Refused([diagnose("E731", None, path=path, why=why, hint=hint)]) from None

    @staticmethod
    def _contexts(config: Any, path: str) -> list[str]:
        try:
            return [str(one["name"]) for one in config.list_kube_config_contexts(path)[0]]
        except Exception:  # whatever is wrong with the file was said already
            return []

    @property
    def host(self) -> str:
        """Where the cluster is."""
        return str(self._client.configuration.host)

    def place(self) -> str:
        """What answers, where, and the namespace. Raises Refused (E732)."""
        try:
            version = self._json("VersionApi", "get_code").get("gitVersion")
        except (Refusal, Unreachable) as error:
            raise Refused([diagnose("E732", None, host=self.host, why=str(error))]) from None
        return f"Kubernetes {version} at {self.host}, namespace {self.namespace}"

    def create(self, kind: str, document: Table) -> Table:
        """Make an object. Raises Refusal (409 where it is there), Unreachable."""
        return self._json(*self._which(kind, "create"), document)

    def get(self, kind: str, name: str) -> Table | None:
        """An object; None where there is none. Raises Refusal, Unreachable."""
        try:
            return self._json(*self._which(kind, "read", name))
        except Refusal as refusal:
            if refusal.status == 404:
                return None
            raise

    def put(self, kind: str, document: Table) -> Table:
        """Replace an object by one that has its version. Raises Refusal, Unreachable."""
        name = document["metadata"]["name"]
        return self._json(*self._which(kind, "replace", name), document)

    def patch(self, kind: str, name: str, part: Table) -> Table:
        """Lay a part over an object: tables key by key, lists as a whole. Raises Refusal, Unreachable."""
        return self._json(*self._which(kind, "patch", name), part, _content_type=MERGE)

    def list(self, kind: str, labels: str = "", fields: str = "") -> Table:
        """All objects with these labels, `items` and the version of the list. Raises Refusal, Unreachable."""
        asked: Table = {"label_selector": labels or None, "field_selector": fields or None}
        return self._json(*self._which(kind, "list"), **asked)

    def delete(self, kind: str, name: str, grace: int | None = None) -> None:
        """Delete an object and what it owns; one that is gone is passed over. Raises Refusal, Unreachable."""
        asked: Table = {"propagation_policy": "Background"}
        if grace is not None:
            asked["grace_period_seconds"] = grace
        try:
            self._json(*self._which(kind, "delete", name), **asked)
        except Refusal as refusal:
            if refusal.status != 404:
                raise

    def watch(self, kind: str, labels: str) -> Iterator[Change]:
        """What is there, then what changes, until the watch expires. Raises Refusal, Unreachable."""
        found = self.list(kind, labels)
        yield Change("LISTED", found.get("items") or [])
        version = found["metadata"]["resourceVersion"]
        asked: Table = {"label_selector": labels, "resource_version": version, "timeout_seconds": WATCH, "watch": True}
        answer = self._call(*self._which(kind, "list"), patience=(5.0, WATCH + 30.0), **asked)
        try:
            for line in _lines(answer):
                event = json.loads(line)
                if event["type"] == "ERROR":  # 410: it has expired
                    return
                if event["type"] != "BOOKMARK":
                    yield Change(event["type"], [event["object"]])
        except self._silence() as error:
            raise Unreachable(cause(error)) from None
        finally:
            answer.close()

    def log(self, pod: str, container: str, follow: bool = False) -> Iterator[bytes]:
        """What a container has printed; follow: until it has ended. Raises Refusal, Unreachable."""
        asked: Table = {"container": container, "follow": follow or None}
        answer = self._call("pod", "read_namespaced_pod_log", pod, self.namespace, **asked)
        try:
            yield from answer.stream(1 << 16)
        except self._silence() as error:
            raise Unreachable(cause(error)) from None
        finally:
            answer.close()

    def may(self, verb: str, resource: str, group: str = "", account: str = "") -> bool:
        """Whether we, or pods with a service account, are allowed to; True where nobody says. Raises Unreachable."""
        resource, _, sub = resource.partition("/")
        asked = {"namespace": self.namespace, "verb": verb, "resource": resource, "subresource": sub, "group": group}
        who: Table = {}
        if account:
            every = "system:serviceaccounts"
            who["user"] = f"system:serviceaccount:{self.namespace}:{account}"
            who["groups"] = [every, f"{every}:{self.namespace}", "system:authenticated"]
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview" if who else "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": asked, **who},
        }
        call = f"create_{'' if who else 'self_'}subject_access_review"
        try:
            found = self._json("AuthorizationV1Api", call, body)
        except Refusal:
            return True
        return bool(found["status"].get("allowed"))

    def namespaced(self) -> bool:
        """Whether the namespace is there; True where we may not ask. Raises Unreachable."""
        try:
            self._json(CORE, "read_namespace", self.namespace)
        except Refusal as refusal:
            return refusal.status != 404
        return True

    def nodes(self) -> int | None:
        """How many machines take pods; None where we may not ask. Raises Unreachable."""
        try:
            found = self._json(CORE, "list_node")
        except Refusal:
            return None
        return sum(not one.get("spec", {}).get("unschedulable") for one in found["items"])

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()
        _forget()

    def _which(self, kind: str, verb: str, *name: str) -> tuple[str, ...]:
        """The library's word for a call about objects of a kind, or about one of them, and where they are."""
        if kind not in CUSTOM:
            return (kind, f"{verb}_namespaced_{kind}", *name, self.namespace)
        group, version, plural = CUSTOM[kind]
        verb = "get" if verb == "read" else verb
        return ("CustomObjectsApi", f"{verb}_namespaced_custom_object", group, version, self.namespace, plural, *name)

    def _json(self, kind: str, operation: str, *words: Any, **asked: Any) -> Table:
        answer = self._call(kind, operation, *words, **asked)
        try:
            found: Table = json.loads(answer.data)
            return found
        except self._silence() as error:
            raise Unreachable(cause(error)) from None
        finally:
            answer.release_conn()

    def _call(
        self, kind: str, operation: str, *words: Any, patience: tuple[float, float] = PATIENCE, **asked: Any
    ) -> Any:
        """One call of the library, answered with the bare response; credentials that have expired are read again."""
        given = {name: value for name, value in asked.items() if value is not None}
        for last in (False, True):
            age, made = self._age, getattr(self._api, KINDS.get(kind, kind))(self._client)
            try:
                return getattr(made, operation)(*words, _preload_content=False, _request_timeout=patience, **given)
            except self._api.ApiException as error:
                if error.status == 401 and not last:
                    self._again(age)
                    continue
                raise _said(error) from None
            except self._silence() as error:
                raise Unreachable(cause(error)) from None
        raise AssertionError("a call ends in the loop")

    def _again(self, age: int) -> None:
        """Read the credentials again, unless another thread has since."""
        with self._lock:
            if self._age == age:
                with contextlib.suppress(Exception):  # the next answer tells
                    self._client, _ = self._load()
                self._age += 1

    @staticmethod
    def _silence() -> tuple[type[Exception], ...]:
        """What the library raises where nobody answers, or half."""
        from urllib3.exceptions import HTTPError

        return (HTTPError, OSError, ValueError)


def _forget() -> None:
    """Remove the files into which the library has written certificates and keys: it does so at an exit that we skip."""
    from kubernetes.config import kube_config

    getattr(kube_config, "_cleanup_temp_files", lambda: None)()


def _said(error: Any) -> Exception:
    """What an answer that is no success means: come again later, or no."""
    try:
        told = json.loads(error.body)
        message, reason = str(told.get("message") or error.reason), str(told.get("reason") or "")
    except (ValueError, TypeError, AttributeError):
        message, reason = str(error.reason), ""
    status = int(error.status or 0)
    quota = status == 403 and "exceeded quota" in message
    conflict = status == 409 and reason != "AlreadyExists"
    if status >= 500 or status in (0, 401, 408, 429) or quota or conflict:
        return Unreachable(" ".join(message.split()))
    return Refusal(status, reason, " ".join(message.split()))


def _lines(answer: Any) -> Iterator[bytes]:
    rest = b""
    for piece in answer.stream(1 << 16, decode_content=False):
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line for line in lines if line.strip())
