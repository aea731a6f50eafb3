"""The journal: one writer, any readers, and what a power cut leaves."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runner.store.journal import Busy, Journal, alive
from runner.text.diagnostics import Refused


def filled(path: Path, count: int) -> Journal:
    journal = Journal(path)
    for number in range(count):
        journal.create(f"runs/r/n/a/{number}/done.json", b"value %d" % number)
    return journal


def test_a_turn_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = filled(tmp_path / "journal", 50)
    writes = []
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: writes.append(len(data)) or real(fd, data))
    journal.flush()
    journal.flush()
    assert len(writes) == 1
    journal.close()


def test_a_second_writer_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    first = filled(tmp_path / "journal", 1)
    with pytest.raises(Busy):
        Journal(tmp_path / "journal")
    assert alive(tmp_path / "journal")
    first.put("runs/r/end.json", b"x")
    first.close()
    assert not alive(tmp_path / "journal")
    Journal(tmp_path / "journal").close()


def test_the_lock_goes_with_the_process(tmp_path: Path) -> None:
    script = (
        "import sys, os; from runner.store.journal import Journal\n"
        "j = Journal(sys.argv[1]); j.put('runs/r/run.json', b'x'); j.flush(); os.kill(os.getpid(), 9)"
    )
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "j")], cwd=root, check=False)
    assert not alive(tmp_path / "j")
    journal = Journal(tmp_path / "j")
    assert journal.get("runs/r/run.json") == b"x"
    journal.close()


def test_readers_see_what_was_flushed_while_the_writer_lives(tmp_path: Path) -> None:
    writer = filled(tmp_path / "journal", 2)
    writer.flush()
    reader = Journal(tmp_path / "journal", write=False)
    assert len(reader.list("runs/")) == 2
    writer.put("runs/r/end.json", b"late")
    assert not reader.refresh()
    writer.flush()
    assert reader.refresh()
    assert reader.get("runs/r/end.json") == b"late"
    with pytest.raises(OSError, match="reading"):
        reader.put("runs/r/end.json", b"mine")
    reader.close()
    writer.close()


def test_a_torn_end_is_passed_over_wherever_it_is_torn(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    filled(path, 3).close()
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(last, len(whole)):
        path.write_bytes(whole[:cut])
        reader = Journal(path, write=False)
        assert [reader.get(key) for key in reader.list("runs/")] == [b"value 0", b"value 1"]
        reader.close()
        writer = Journal(path)
        assert writer.create("runs/r/n/a/2/done.json", b"again") is True
        writer.close()
        reader = Journal(path, write=False)
        assert reader.get("runs/r/n/a/2/done.json") == b"again"
        assert reader.damaged == 0
        reader.close()


def test_damage_in_the_middle_costs_what_it_hit(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    filled(path, 3).close()
    data = bytearray(path.read_bytes())
    data[data.index(b"value 1")] ^= 1
    path.write_bytes(data)
    journal = Journal(path)
    assert [journal.get(key) for key in journal.list("runs/")] == [b"value 0", b"value 2"]
    assert journal.damaged == 1
    journal.close()


def test_a_full_disk_loses_nothing_once_there_is_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = filled(tmp_path / "journal", 3)
    real = os.write
    room = [20]

    def short(fd: int, data: memoryview) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        done = real(fd, bytes(data[: room[0]]))
        room[0] -= done
        return done

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(OSError, match="space"):
        journal.flush()
    assert journal.get("runs/r/n/a/0/done.json") == b"value 0"
    monkeypatch.undo()
    journal.put("runs/r/end.json", b"x")
    journal.close()
    reader = Journal(tmp_path / "journal", write=False)
    assert len(reader.list("runs/")) == 4
    assert reader.damaged == 0
    reader.close()


def test_a_sync_that_fails_behind_the_back_of_the_writer_is_told_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def fail(fd: int) -> None:
        asked.set()
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail)
    journal = filled(tmp_path / "journal", 1)
    journal.flush()
    assert asked.wait(10)
    monkeypatch.undo()  # the kernel tells it once
    with pytest.raises(OSError, match="output error") as told:
        journal.close()
    assert told.value.filename == str(tmp_path / "journal")


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_a_journal_that_somebody_takes_away_is_put_back_and_locked(tmp_path: Path, how: str) -> None:
    path = tmp_path / "runs" / "journal"
    journal = filled(path, 2)
    journal.flush(sync=True)
    if how == "removed":
        shutil.rmtree(path.parent)
    elif how == "moved":
        path.parent.rename(tmp_path / "elsewhere")
    else:
        path.unlink()
        path.write_text("something else", encoding="utf-8")
    assert journal._syncer is not None
    journal._mend(journal._syncer)  # as a flush does when the thread that syncs has found it
    assert alive(path) and journal.restored
    journal.put("runs/r/end.json", b"x")
    journal.close()
    reader = Journal(path, write=False)
    assert [reader.get(key) for key in reader.list("runs/")] == [b"x", b"value 0", b"value 1"]
    assert not alive(path)
    reader.close()


def test_a_journal_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    journal = filled(path, 2)
    journal.flush(sync=True)
    os.truncate(path, 10)
    with pytest.raises(Refused, match="E712"):
        journal.close()


def test_a_journal_that_is_not_there_is_said_to_readers(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "none" / "journal", write=False)


def test_ten_thousand_records_are_read_in_one_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(tmp_path / "journal", 10_000).close()
    reads = []
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, size, at: reads.append(size) or real(fd, size, at))
    reader = Journal(tmp_path / "journal", write=False)
    assert len(reads) == 1
    assert len(reader.list("runs/r/")) == 10_000
    reader.close()


def test_a_record_that_cannot_be_read_is_an_error_that_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = filled(tmp_path / "journal", 1)
    journal.flush()

    def bad(*_: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "pread", bad)
    with pytest.raises(OSError, match="journal") as caught:
        journal.get("runs/r/n/a/0/done.json")
    assert caught.value.filename == str(tmp_path / "journal")
    monkeypatch.undo()
    journal.close()
