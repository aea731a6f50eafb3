"""What the engine is asked for: settings and `resources` in the words of its API, nothing of a step's values."""

from __future__ import annotations

import json
from typing import Any

from runner_executors.docker_spec import Around, Bare, bare, spec

AROUND = Around("/p", "1:2", "ada", "7:1", "/p/agent", "/p/run/0.box", 8)


def asked(settings: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The container for a step."""
    call = {"run": {"id": "r"}, "catalog": {"type": "file-system"}, **more}
    return spec(call, "image", settings or {}, AROUND)


def test_resources_are_limits_of_the_container() -> None:
    given = {"cpu": 0.5, "memory": 1 << 20, "shm": 1 << 10, "gpu": 2, "gpu-type": "a100", "disk": 1 << 30}
    host = asked(resources=given)["HostConfig"]
    assert host["NanoCpus"] == 500_000_000 and host["ShmSize"] == 1 << 10
    assert host["Memory"] == host["MemorySwap"] == 1 << 20
    assert host["DeviceRequests"] == [{"Count": 2, "Capabilities": [["gpu"]]}]
    assert set(asked()["HostConfig"]) == {"Mounts"}
    assert asked(resources={"cpu": 64})["HostConfig"]["NanoCpus"] == 8_000_000_000


def test_settings_choose_network_and_python() -> None:
    made = asked({"network": "none", "python": "/opt/python"})
    assert made["HostConfig"]["NetworkMode"] == "none" and made["Cmd"][0] == "/opt/python"


def test_only_the_folder_of_the_attempt_and_the_catalog_can_be_written() -> None:
    def writable(**more: Any) -> list[str]:
        return [one["Target"] for one in asked(**more)["HostConfig"]["Mounts"] if not one["ReadOnly"]]

    assert writable() == ["/p/run/0.box", "/p/.runner/catalog"]
    assert writable(catalog={"type": "file-system", "path": "/else/where"})[-1] == "/else/where"
    assert writable(catalog={"type": "do-nothing"}) == ["/p/run/0.box"]


def test_the_project_is_not_mounted_where_the_image_has_it() -> None:
    there = [one["Target"] for one in asked({"code": "image"})["HostConfig"]["Mounts"]]
    assert there == [one["Target"] for one in asked()["HostConfig"]["Mounts"] if one["Target"] != "/p"]


def test_values_and_secrets_of_a_step_are_not_in_its_container() -> None:
    text = json.dumps(asked(env={"A": "value-1"}, argv=["value-2"], params={"p": "value-3"}, script="value-4"))
    assert "value" not in text


def test_a_container_without_an_agent_runs_the_step_and_keeps_no_log() -> None:
    call: dict[str, Any] = {"run": {"id": "r"}, "label": "a", "log": "/p/run/a", "catalog": {"type": "file-system"}}
    what = Bare(["run", "it"], {"A": "1", "HOME": "/mine"}, "/p/run/0.box/tree", ["/dev/shm/secret"])
    made = bare(call, "image", {"network": "none", "read-only": True}, AROUND, what)
    assert (made["Entrypoint"], made["Cmd"], made["WorkingDir"]) == ([], what.argv, what.cwd)
    assert made["User"] == "1:2" and {"A=1", "HOME=/mine", "USER=ada", "LOGNAME=ada"} == set(made["Env"])
    assert "OpenStdin" not in made
    host = made["HostConfig"]
    assert (host["LogConfig"], host["Init"], host["NetworkMode"]) == ({"Type": "none"}, True, "none")
    assert host["ReadonlyRootfs"] and list(host["Tmpfs"]) == ["/tmp"]
    writable = {one["Target"]: not one["ReadOnly"] for one in host["Mounts"]}
    assert writable == {"/p": False, "/p/run/0.box": True, "/dev/shm/secret": False}


def test_volumes_of_the_profile_are_seen_where_it_says() -> None:
    said = {
        "one": {"here": "/srv/data", "sub-path": "2026", "mount": "/data", "read-only": True},
        "two": {"here": "../beside", "mount": "/beside"},
        "three": {"claim": "cache", "mount": "/cache"},
        "four": {"mount": "/scratch", "size": "1Gi"},
        "five": {"claim": "seen by no step"},
    }
    assert asked({"volumes": said})["HostConfig"]["Mounts"][len(asked()["HostConfig"]["Mounts"]) :] == [
        {"Type": "bind", "Source": "/srv/data/2026", "Target": "/data", "ReadOnly": True},
        {"Type": "bind", "Source": "/beside", "Target": "/beside", "ReadOnly": False},
        {"Type": "volume", "Source": "cache", "Target": "/cache", "ReadOnly": False},
        {"Type": "tmpfs", "Target": "/scratch", "TmpfsOptions": {"Mode": 0o1777, "SizeBytes": 1 << 30}},
    ]
