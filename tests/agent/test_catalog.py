"""Catalogs: content in, content out, nothing shared with the project's files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from runner.agent.catalog import FileCatalog, MissingBlob, NoCatalog, open_catalog


@pytest.mark.parametrize("size", [0, 10, (1 << 20) + 5])
def test_a_file_goes_in_and_comes_out(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "a").chmod(0o750)
    catalog = FileCatalog(str(tmp_path / "catalog"))
    kept = catalog.put(str(tmp_path / "a"))
    assert kept == {"sha256": hashlib.sha256(data).hexdigest(), "size": size, "mode": 0o750}
    assert (tmp_path / "catalog/blobs" / kept["sha256"][:2] / kept["sha256"]).read_bytes() == data
    catalog.get(kept["sha256"], str(tmp_path / "deep/b"), kept["mode"])
    assert (tmp_path / "deep/b").read_bytes() == data and (tmp_path / "deep/b").stat().st_mode & 0o777 == 0o750
    assert os.listdir(tmp_path / "catalog/tmp") == []


@pytest.mark.parametrize("size", [10, (1 << 20) + 5])
def test_an_append_to_a_copy_changes_no_blob(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(b"x" * size)
    catalog = FileCatalog(str(tmp_path / "catalog"))
    sha = catalog.put(str(tmp_path / "a"))["sha256"]
    with open(tmp_path / "a", "a") as file:
        file.write("more")
    catalog.get(sha, str(tmp_path / "b"))
    with open(tmp_path / "b", "a") as file:
        file.write("more")
    assert catalog.read(sha) == b"x" * size
    assert os.stat(catalog.where(sha)).st_nlink == 1


def test_n24_a_link_is_kept_as_what_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to("a")
    catalog = FileCatalog(str(tmp_path / "catalog"))
    sha = catalog.put(str(tmp_path / "link"))["sha256"]
    catalog.get(sha, str(tmp_path / "link"))
    assert not (tmp_path / "link").is_symlink(), "and a link in the way is replaced, not followed"


def test_a_missing_blob(tmp_path: Path) -> None:
    for catalog in (FileCatalog(str(tmp_path)), NoCatalog()):
        with pytest.raises(MissingBlob):
            catalog.get("0" * 64, str(tmp_path / "x"))
        with pytest.raises(MissingBlob):
            catalog.read("0" * 64)
    assert not (tmp_path / "x").exists()


def test_catalogs_by_their_settings(tmp_path: Path) -> None:
    assert isinstance(open_catalog({"type": "do-nothing"}), NoCatalog)
    found = open_catalog({"type": "file-system", "path": "c"}, str(tmp_path))
    assert isinstance(found, FileCatalog) and found.path == str(tmp_path / "c")


def test_nothing_is_kept_by_do_nothing(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    assert NoCatalog().put(str(tmp_path / "a"))["sha256"] == hashlib.sha256(b"a").hexdigest()
    assert os.listdir(tmp_path) == ["a"]
