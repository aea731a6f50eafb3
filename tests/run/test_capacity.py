"""What this machine has for steps, read from files as kernels write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.run.capacity import capacity, cpu_quota, devices, jobs, memory


def lay(top: Path, files: dict[str, str]) -> tuple[str, str]:
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(top / "cgroup"), str(top / "proc")


V2 = "0::/user.slice/job\n"
V1 = "4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n"


def test_the_least_limit_around_us_counts(tmp_path: Path) -> None:
    where = lay(
        tmp_path,
        {
            "proc/self/cgroup": V2,
            "cgroup/user.slice/job/memory.max": "max\n",
            "cgroup/user.slice/job/cpu.max": "250000 100000\n",
            "cgroup/user.slice/memory.max": "1048576\n",
            "cgroup/user.slice/cpu.max": "max 100000\n",
        },
    )
    assert (memory(*where), cpu_quota(*where)) == (1048576, 2.5)


def test_limits_of_version_1(tmp_path: Path) -> None:
    where = lay(
        tmp_path,
        {
            "proc/self/cgroup": V1,
            "cgroup/memory/docker/abc/memory.limit_in_bytes": "2097152\n",
            "cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us": "50000\n",
            "cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us": "100000\n",
            "cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        },
    )
    assert (memory(*where), cpu_quota(*where)) == (2097152, 0.5)


def test_in_a_container_the_folder_at_the_top_is_ours(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": V1, "cgroup/memory/memory.limit_in_bytes": "4096000\n"}
    assert memory(*lay(tmp_path, files)) == 4096000


def test_without_limits_it_is_the_machine(tmp_path: Path) -> None:
    where = lay(tmp_path, {"proc/self/cgroup": "0::/../../x\nnothing\n"})
    found = memory(*where)
    assert found is None or found > 1 << 20
    assert cpu_quota(*where) is None
    assert memory(str(tmp_path), str(tmp_path / "none")) == found


@pytest.mark.parametrize(
    ("shown", "count"), [("0,1", 2), ("GPU-1f, MIG-2", 2), ("", 0), ("-1", 0), ("0,-1,1", 1), ("3", 1)]
)
def test_graphics_processors_are_those_that_are_shown(shown: str, count: int) -> None:
    assert devices({"CUDA_VISIBLE_DEVICES": shown}) == count


def test_else_they_are_those_that_have_a_device(tmp_path: Path) -> None:
    lay(tmp_path, dict.fromkeys(("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "sda"), ""))
    assert devices({}, str(tmp_path)) == 2
    assert devices({}, str(tmp_path / "none")) == 0


def test_this_machine_has_something() -> None:
    assert jobs() >= 1 and capacity({})["cpu"] > 0
