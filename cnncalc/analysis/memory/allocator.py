"""CUDA's caching allocator, replayed: from the tensors of a step to what the device gives away.

The rules are those of torch's native backend with default settings (``c10/cuda/CUDACachingAllocator.cpp``,
``c10/core/AllocatorConfig.h``, torch 2.6 to 2.15): requests are rounded up to 512 bytes; up to 1 MiB they come out of
segments of 2 MiB, up to 10 MiB out of segments of 20 MiB, above out of a segment of their own rounded up to 2 MiB; the
best fitting free block is taken, split where the rest is worth keeping, and merged with its neighbours when freed.
Where the device has no more, whole free segments go back to it and the request is tried again.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from typing import NamedTuple

from cnncalc.analysis.memory.report import Allocation, MemoryReport
from cnncalc.analysis.memory.tensors import Product

SMALLEST = 512
SMALL = 2**20
SMALL_SEGMENT = 2 * 2**20
LARGE_FROM = 10 * 2**20
LARGE_SEGMENT = 20 * 2**20
ROUND_LARGE = 2 * 2**20

WORKSPACE_PER_CALL = (2, 15)
"""Since this release of torch cuBLAS's workspace is given back after every product."""
FUSED_WORKSPACE = 2**20

_APART = 2**80
"""Segments never touch: the distance between their addresses."""


class OutOfMemory(MemoryError):
    """The device has not enough, whatever is given back."""


class Block:
    """A piece of a segment, free or in use."""

    __slots__ = ("address", "after", "before", "free", "requested", "size", "small")

    def __init__(self, size: int, address: int, small: bool) -> None:
        self.size = size
        self.address = address
        self.small = small
        self.before: Block | None = None
        self.after: Block | None = None
        self.free = True
        self.requested = 0


class Allocator:
    """The state of the allocator: ``requested``, ``allocated`` and ``reserved`` bytes, and their peaks."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit
        self.free_blocks: dict[bool, list[tuple[int, int, Block]]] = {True: [], False: []}
        self.segments = 0
        self.retries = 0
        self.requested = self.allocated = self.reserved = 0
        self.requested_peak = self.allocated_peak = self.reserved_peak = 0

    def allocate(self, bytes: int) -> Block | None:
        """A block for so many bytes; None for none.  Raises :class:`OutOfMemory` beyond the limit."""
        if not bytes:
            return None
        size = max(-(-bytes // SMALLEST) * SMALLEST, SMALLEST)
        small = size <= SMALL
        pool = self.free_blocks[small]
        place = bisect_left(pool, size, key=lambda entry: entry[0])
        block = pool.pop(place)[2] if place < len(pool) else self._segment(size, small)
        rest = block.size - size
        if rest >= SMALLEST if small else rest > SMALL:
            self._split(block, size)
        block.free = False
        block.requested = bytes
        self.allocated += block.size
        self.requested += bytes
        self.allocated_peak = max(self.allocated_peak, self.allocated)
        self.requested_peak = max(self.requested_peak, self.requested)
        return block

    def release(self, block: Block | None) -> None:
        """Give a block back to the pool, merged with its free neighbours."""
        if block is None:
            return
        self.allocated -= block.size
        self.requested -= block.requested
        block.free = True
        before, after = block.before, block.after
        if before is not None and before.free:
            self._take(before)
            block.address = before.address
            block.size += before.size
            block.before = before.before
            if block.before is not None:
                block.before.after = block
        if after is not None and after.free:
            self._take(after)
            block.size += after.size
            block.after = after.after
            if block.after is not None:
                block.after.before = block
        self._put(block)

    def _segment(self, size: int, small: bool) -> Block:
        """A new segment of the device (``get_allocation_size``, ``cudaMalloc``)."""
        if small:
            bytes = SMALL_SEGMENT
        elif size < LARGE_FROM:
            bytes = LARGE_SEGMENT
        else:
            bytes = -(-size // ROUND_LARGE) * ROUND_LARGE
        if self.limit is not None and self.reserved + bytes > self.limit:
            self.retries += 1
            self._give_back()
            if self.reserved + bytes > self.limit:
                raise OutOfMemory(f"{size} bytes do not fit: {self.reserved} of {self.limit} are reserved")
        self.segments += 1
        self.reserved += bytes
        self.reserved_peak = max(self.reserved_peak, self.reserved)
        return Block(bytes, self.segments * _APART, small)

    def _give_back(self) -> None:
        """Return free segments to the device (``release_cached_blocks``)."""
        for pool in self.free_blocks.values():
            whole = [entry for entry in pool if entry[2].before is None and entry[2].after is None]
            for entry in whole:
                pool.remove(entry)
                self.reserved -= entry[0]

    def _split(self, block: Block, size: int) -> None:
        rest = Block(block.size - size, block.address + size, block.small)
        rest.before, rest.after = block, block.after
        if block.after is not None:
            block.after.before = rest
        block.after = rest
        block.size = size
        self._put(rest)

    def _put(self, block: Block) -> None:
        insort(self.free_blocks[block.small], (block.size, block.address, block))

    def _take(self, block: Block) -> None:
        pool = self.free_blocks[block.small]
        place = bisect_left(pool, (block.size, block.address), key=lambda entry: entry[:2])
        assert pool[place][2] is block
        del pool[place]


class CudaMemory(NamedTuple):
    """Peaks of a replay, in bytes: asked for by tensors, given to them (rounded), held of the device; and how often the
    cache was given back for lack of memory."""

    requested_bytes: int
    allocated_bytes: int
    reserved_bytes: int
    retries: int


def replay(report: MemoryReport, *, workspace: int = 0, limit: int | None = None, steps: int = 3) -> CudaMemory:
    """Put the log of a report through the allocator: what is resident, then so many steps.

    ``workspace`` bytes are cuBLAS's (:class:`Workspaces`); the optimizer's state is made at the end of the first step.
    Raises :class:`OutOfMemory` where the device's ``limit`` does not suffice.
    """
    allocator = Allocator(limit)
    workspaces = Workspaces(allocator, workspace, report.torch)
    live: dict[int, Block | None] = {}

    def run(log: Iterable[Allocation]) -> None:
        for key, bytes in log:
            if bytes > 0:
                live[key] = allocator.allocate(bytes)
            else:
                allocator.release(live.pop(key))

    run(report.resident_log)
    log, split = report.step_log, report.optimizer_at
    for step in range(steps):
        done = 0
        for product in report.products if workspace else ():
            run(log[done : product.at])
            workspaces.serve(product)
            done = product.at
        run(log[done:split])
        if not step:
            run(report.state_log)
        run(log[split:])
    return CudaMemory(allocator.requested_peak, allocator.allocated_peak, allocator.reserved_peak, allocator.retries)


class Workspaces:
    """What cuBLAS works in (``CublasHandlePool.cpp``).

    Up to torch 2.14 it is taken at the first matrix product and kept, by every thread for itself: backward has a thread
    of its own.  Since 2.15 it is taken for each product and given back; where the bias is added in the product, which
    is cuBLASLt's, 1 MiB.
    """

    def __init__(self, allocator: Allocator, bytes: int, torch: tuple[int, int]) -> None:
        self.allocator = allocator
        self.bytes = bytes
        self.kept = torch < WORKSPACE_PER_CALL
        self.threads: set[bool] = set()

    def serve(self, product: Product) -> None:
        """One product."""
        if not self.kept:
            self.allocator.release(self.allocator.allocate(FUSED_WORKSPACE if product.fused else self.bytes))
        elif product.backward not in self.threads:
            self.threads.add(product.backward)
            self.allocator.allocate(self.bytes)
