"""The containers with agents of one run: made ahead, taken over by attempts, kept for further ones, removed."""

from __future__ import annotations

import select
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, NamedTuple

from runner_executors.docker_box import NOTHING_RUNS, Box, Boxes
from runner_executors.docker_engine import Failed
from runner_executors.docker_hands import Hands
from runner_executors.docker_image import Image
from runner_executors.docker_room import Kind, Room

IDLE = 8  # containers that wait for a call, at most


class Opening(NamedTuple):
    """A container that is being made, for an attempt or for whoever comes."""

    kind: Kind
    future: Future[Room | Image]
    box: Box | None


class Lodging:
    """Finds each attempt a container. warm: they serve again; poll: is told of their descriptors."""

    def __init__(self, boxes: Boxes, hands: Hands, poll: Any, warm: bool) -> None:
        self.boxes, self.hands, self.poll, self.warm = boxes, hands, poll, warm
        self.rooms: dict[int, Room] = {}  # by descriptor
        self._idle: list[Room] = []
        self._opening: list[Opening] = []

    def take(self, box: Box) -> None:
        """Have an attempt begin in a container that waits, or as soon as one has been made. Raises Failed."""
        for room in [room for room in self._idle if room.kind == box.kind]:
            self._idle.remove(room)
            with suppress(OSError):  # it is gone, which says nothing of the attempt
                self._enter(room, box)
                return
        for number, opening in enumerate(self._opening):
            if opening.box is None and opening.kind == box.kind:
                self._opening[number] = opening._replace(box=box)
                return
        self._open(box, box)

    def foresee(self, box: Box) -> bool:
        """An attempt is likely to begin next: make a container for it, unless one waits, or a warm one is free again by
        then. False: its image is not here yet, so it is too early for that."""
        if not self.boxes.known(box.image):
            return False
        waits = [room.kind for room in (self.rooms.values() if self.warm else self._idle)]
        waits += [one.kind for one in self._opening if self.warm or one.box is None]
        if box.kind not in waits and box.call["kind"] not in (*NOTHING_RUNS, "container", None):
            self._open(box, None)
        return True

    def withdraw(self, box: Box) -> bool:
        """An attempt is not to begin: whether it had not. Its container is for whoever comes next."""
        for number, opening in enumerate(self._opening):
            if opening.box is box:
                self._opening[number] = opening._replace(box=None)
                return True
        return False

    def opened(self) -> list[tuple[Box, Image | Failed | OSError]]:
        """Take over the containers that have been made: attempts that can have none, and the image or the reason."""
        others: list[tuple[Box, Image | Failed | OSError]] = []
        for opening in [one for one in self._opening if one.future.done()]:
            self._opening.remove(opening)
            box = opening.box
            try:
                found = opening.future.result()
                if isinstance(found, Room):
                    self.rooms[found.fileno()] = found
                    self.poll.register(found.fileno(), select.POLLIN)
                    if box is None:
                        self._keep(found)
                    else:
                        self._enter(found, box)
                elif box is not None:
                    others.append((box, found))
            except (Failed, OSError) as problem:
                if box is not None:
                    others.append((box, problem))
        return others

    def left(self, room: Room, well: bool) -> None:
        """The attempt in a container has ended; well: as if it had not been there."""
        if room.box is not None:
            room.leave()
        elif room in self._idle:
            self._idle.remove(room)
        if well and self.warm:
            self._keep(room)
        else:
            self.retire(room)

    def retire(self, room: Room) -> None:
        """A container has served: it is removed while others run."""
        self.poll.unregister(room.fileno())
        del self.rooms[room.fileno()]
        self.hands.do(self.boxes.close, room)

    def close(self) -> None:
        """Leave no container behind."""
        for opening in self._opening:
            with suppress(Failed, OSError):
                found = opening.future.result()
                if isinstance(found, Room):
                    self.hands.do(self.boxes.close, found)
        for room in list(self.rooms.values()):
            self.retire(room)
        self.boxes.host.close()

    def _open(self, like: Box, box: Box | None) -> None:
        future = self.hands.do(self.boxes.open, like.kind, like.call.get("resources") or {}, like.call["kind"])
        self._opening.append(Opening(like.kind, future, box))

    def _enter(self, room: Room, box: Box) -> None:
        try:
            room.enter(box, self.boxes.told(box, room.image))
        except (Failed, OSError):
            room.box = box.room = None
            self.retire(room)
            raise

    def _keep(self, room: Room) -> None:
        self._idle.append(room)
        if len(self._idle) > IDLE:
            self.retire(self._idle.pop(0))
