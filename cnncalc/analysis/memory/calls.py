"""What the calls of the layers stand for: the exact torch expressions whose memory the model counts.

A call whose name begins with a capital is a class of ``torch.nn``, or one of :data:`MODULES`; every other is one of
:data:`FUNCTIONS`.  The torch twin runs exactly these, the written source contains them, and the tests run them as they
stand here, with these names in scope: ``functools, operator, torch, nn, F``.

How a twin runs a graph, which decides what is alive when:

* the nodes in order; the calls of a node one after the other, each value bound to the same name
  (``value = call(value)``), so that a value between two calls lives until the second is done;
* every value is released right after the last node that takes it; outputs right after the loss took them;
* the input of a call lives as long as the node runs, whoever else needs it;
* a max pooling that an ``unpool`` links to is built with ``return_indices=True``; its indices are a value of their own,
  released right after the last unpooling, which is called as ``unpool(value, indices, output_size=...)``;
* a node of shared weights uses the modules of its owner.

A training step is ``optimizer.zero_grad(set_to_none=True)``, forward, loss, ``loss.backward()``, ``optimizer.step()``.
"""

from __future__ import annotations

from collections.abc import Mapping

FUNCTIONS: Mapping[str, str] = {
    "add": """
def add(*values, inplace):
    if inplace:
        for value in values[1:]:
            values[0].add_(value)
        return values[0]
    return functools.reduce(operator.add, values)
""",
    "mul": """
def mul(*values):
    return functools.reduce(operator.mul, values)
""",
    "concat": """
def concat(*values):
    return torch.cat(values, 1)
""",
    "narrow": """
def narrow(value, start, length):
    return value.narrow(1, start, length)
""",
    "crop": """
def crop(value, starts, sizes):
    for axis, (start, size) in enumerate(zip(starts, sizes), 2):
        if start or size != value.shape[axis]:
            value = value.narrow(axis, start, size)
    return value
""",
    "pad": """
def pad(x, sides, mode, value):
    return F.pad(x, [each for side in reversed(sides) for each in side], mode, value)
""",
    "tile": """
def tile(value, times):
    return torch.cat([value] * times, 1)
""",
    "shuffle": """
def shuffle(value, groups):
    return value.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)
""",
    "times": """
def times(value, factor):
    return value * factor
""",
    "mean_inside": """
def mean_inside(value, sides, kernel_size, stride, ceil_mode):
    pool = functools.partial(getattr(F, f"avg_pool{len(sides)}d"), kernel_size=kernel_size, stride=stride)
    pads = [each for side in reversed(sides) for each in side]
    total = pool(F.pad(value, pads), ceil_mode=ceil_mode)
    inside = torch.ones_like(value[:1, :1])
    inside = pool(F.pad(inside, pads), ceil_mode=ceil_mode)
    return total / inside
""",
    "movedim": """
def movedim(value, source, target):
    return value.movedim(source, target)
""",
}
"""Calls that are functions: their source."""

MODULES: Mapping[str, str] = {
    "ChannelScale": """
class ChannelScale(nn.Module):
    def __init__(self, channels, init):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), init))

    def forward(self, value):
        return value * self.weight.view(-1, *[1] * (value.dim() - 2))
""",
    "L2Norm": """
class L2Norm(nn.Module):
    def __init__(self, channels, scale):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), scale))

    def forward(self, value):
        return F.normalize(value, dim=1) * self.weight.view(-1, *[1] * (value.dim() - 2))
""",
    "FrozenBatchNorm": """
class FrozenBatchNorm(nn.Module):
    def __init__(self, num_features, eps):
        super().__init__()
        self.eps = eps
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((num_features,), value))

    def forward(self, value):
        sizes = [1] * (value.dim() - 2)
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        return value * scale.view(-1, *sizes) + shift.view(-1, *sizes)
""",
    "DropPath": """
class DropPath(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, value):
        if not self.training or self.p == 0:
            return value
        mask = value.new_empty((value.shape[0], *[1] * (value.dim() - 1))).bernoulli_(1 - self.p)
        if self.p < 1:
            mask.div_(1 - self.p)
        return value * mask
""",
    "LocallyConnected": """
class LocallyConnected(nn.Module):
    def __init__(self, in_channels, out_channels, out_size, kernel_size, stride, dilation, sides, bias):
        super().__init__()
        self.kernel_size, self.stride, self.dilation = kernel_size, stride, dilation
        self.pads = [each for side in reversed(sides) for each in side]
        self.weight = nn.Parameter(torch.empty(out_channels, *out_size, in_channels, *kernel_size))
        self.bias = nn.Parameter(torch.empty(out_channels, *out_size)) if bias else None
        bound = (in_channels * functools.reduce(operator.mul, kernel_size)) ** -0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, value):
        if any(self.pads):
            value = F.pad(value, self.pads)
        rank = len(self.kernel_size)
        axes = zip(self.kernel_size, self.stride, self.dilation)
        for axis, (kernel, stride, dilation) in enumerate(axes, 2):
            value = value.unfold(axis, dilation * (kernel - 1) + 1, stride)
            if dilation > 1:
                value = value[..., ::dilation]
        # batch, channels, *out, *kernel -> places, batch, channels * taps
        value = value.permute(*range(2, 2 + rank), 0, 1, *range(2 + rank, 2 + 2 * rank))
        value = value.flatten(rank + 1).flatten(0, rank - 1)
        value = torch.bmm(value, self.weight.flatten(1 + rank).flatten(1, rank).permute(1, 2, 0))
        value = value.permute(1, 2, 0).unflatten(2, self.weight.shape[1 : 1 + rank]).contiguous()
        return value if self.bias is None else value + self.bias
""",
}
"""Calls that are classes of our own: their source."""
