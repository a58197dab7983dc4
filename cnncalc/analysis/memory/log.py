"""What is allocated and freed when: of this log are the peak, what is alive at it, and the allocator's replay."""

from __future__ import annotations

from cnncalc.analysis.memory.tensors import Moment, Product, Storage, Strides, Tensor
from cnncalc.shape import Shape


class Log:
    """The events of one run, and the moments that it falls into.

    ``itemsize`` bytes per value, where a tensor has no type of its own; ``cpu`` for the figures that only the CPU has.
    """

    def __init__(self, itemsize: int, device: str) -> None:
        self.itemsize = itemsize
        self.device = device
        self.cpu = device == "cpu"
        self.now = 0
        self.peak = 0
        self.peak_event = -1
        self.events: list[Storage] = []
        """A storage stands here when it is allocated and again when it is freed."""
        self.moments: list[Moment] = []
        self.phase = "setup"
        self.place = ""
        self.products: list[Product] = []

    def at(self, phase: str, place: str) -> None:
        """Begin a moment."""
        self.close()
        self.phase = phase
        self.place = place
        self.moments.append(Moment(phase, place, len(self.events), self.now))

    def close(self) -> None:
        """End the moment."""
        if self.moments:
            moment = self.moments[-1]
            moment.last = len(self.events)
            moment.after = self.now

    def new(
        self, shape: Shape, name: str = "output", itemsize: int | None = None, strides: Strides | None = None
    ) -> Tensor:
        """A new tensor; without values (bytes 0) it is no event."""
        size = self.itemsize if itemsize is None else itemsize
        bytes = size
        for each in shape:
            bytes *= each
        storage = Storage(bytes, name, self.place)
        if bytes:
            self.events.append(storage)
            self.now += bytes
            if self.now > self.peak:
                self.peak = self.now
                self.peak_event = len(self.events)
            moment = self.moments[-1]
            moment.peak = max(moment.peak, self.now)
        return Tensor(storage, shape, size, strides)

    def another(self, tensor: Tensor, shape: Shape, name: str = "output", strides: Strides | None = None) -> Tensor:
        """A new tensor of the data type of ``tensor``."""
        return self.new(shape, name, tensor.itemsize, strides)

    def crumb(self) -> Tensor | None:
        """The 0-dimensional double that wraps a Python number: memory of the CPU, 8 bytes."""
        if not self.cpu:
            return None
        number = self.new((), "wrapped number", 8)
        number.storage.listed = False
        return number

    def multiplies(self, fused: bool = False) -> None:
        """A matrix product comes next; ``fused``: it adds the bias, too."""
        self.products.append(Product(len(self.events), self.phase in ("backward", "recompute"), fused))

    def release(self, storage: Storage) -> None:
        storage.holders -= 1
        if not storage.holders and storage.bytes:
            self.events.append(storage)
            self.now -= storage.bytes
