"""Modules and functions that torch does not have: written into the source where it uses them."""

from __future__ import annotations

HELPERS: dict[str, str] = {
    "center_crop": '''
def center_crop(x: Tensor, like: Tensor) -> Tensor:
    """The middle of the maps of ``x``, as large as those of ``like``."""
    for axis, size in enumerate(like.shape[2:], 2):
        x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
    return x
''',
    "CenterCrop": '''
class CenterCrop(nn.Module):
    """The middle of the maps, cut to a size."""

    def __init__(self, size: int | tuple[int, ...]) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        sizes = self.size if isinstance(self.size, tuple) else (self.size,) * (x.dim() - 2)
        for axis, size in enumerate(sizes, 2):
            x = x.narrow(axis, (x.shape[axis] - size) // 2, size)
        return x
''',
    "Crop": '''
class Crop(nn.Module):
    """The maps cut to a size, from the row ``start`` on."""

    def __init__(self, size: int | tuple[int, ...], start: int | tuple[int, ...]) -> None:
        super().__init__()
        self.size, self.start = size, start

    def forward(self, x: Tensor) -> Tensor:
        rank = x.dim() - 2
        sizes = self.size if isinstance(self.size, tuple) else (self.size,) * rank
        starts = self.start if isinstance(self.start, tuple) else (self.start,) * rank
        for axis, (start, size) in enumerate(zip(starts, sizes), 2):
            x = x.narrow(axis, start, size)
        return x
''',
    "AvgPoolInside": '''
class AvgPoolInside(nn.Module):
    """The mean of every window without the padding, which may be another on each side."""

    def __init__(
        self,
        sides: tuple[tuple[int, int], ...],
        kernel_size: int | tuple[int, ...],
        stride: int | tuple[int, ...],
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.pads = [each for side in reversed(sides) for each in side]
        self.pool = getattr(nn, f"AvgPool{len(sides)}d")(kernel_size, stride, ceil_mode=ceil_mode)

    def forward(self, x: Tensor) -> Tensor:
        total = self.pool(F.pad(x, self.pads))
        return total / self.pool(F.pad(torch.ones_like(x[:1, :1]), self.pads))
''',
    "FrozenBatchNorm": '''
class FrozenBatchNorm(nn.Module):
    """A batch norm whose scale, shift, mean and variance are fixed."""

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        names = ("weight", "bias", "running_mean", "running_var")
        for name, value in zip(names, (1.0, 0.0, 0.0, 1.0)):
            self.register_buffer(name, torch.full((num_features,), value))

    def forward(self, x: Tensor) -> Tensor:
        sizes = [1] * (x.dim() - 2)
        scale = self.weight * (self.running_var + self.eps).rsqrt()
        shift = self.bias - self.running_mean * scale
        return x * scale.view(-1, *sizes) + shift.view(-1, *sizes)
''',
    "ChannelLayerNorm": '''
class ChannelLayerNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each position."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)
''',
    "L2Norm": '''
class L2Norm(nn.Module):
    """The channels of every position scaled to length 1, times a learned scale per channel."""

    def __init__(self, channels: int, scale: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), scale))

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(x, dim=1) * self.weight.view(-1, *[1] * (x.dim() - 2))
''',
    "ChannelScale": '''
class ChannelScale(nn.Module):
    """A learned factor per channel."""

    def __init__(self, channels: int, init: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), init))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weight.view(-1, *[1] * (x.dim() - 2))
''',
    "DropPath": '''
class DropPath(nn.Module):
    """Stochastic depth: the whole value of an example is dropped at random while training."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        mask = x.new_empty((x.shape[0], *[1] * (x.dim() - 1))).bernoulli_(1 - self.p)
        if self.p < 1:
            mask.div_(1 - self.p)
        return x * mask
''',
    "LocallyConnected": '''
class LocallyConnected(nn.Module):
    """A convolution without parameter sharing: every position has weights of its own."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        out_size: tuple[int, ...],
        kernel_size: tuple[int, ...],
        stride: tuple[int, ...],
        dilation: tuple[int, ...],
        sides: tuple[tuple[int, int], ...],
        bias: bool = True,
        device: str | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride, self.dilation = kernel_size, stride, dilation
        self.pads = [each for side in reversed(sides) for each in side]
        shape = (out_channels, *out_size, in_channels, *kernel_size)
        self.weight = nn.Parameter(torch.empty(shape, device=device))
        shape = (out_channels, *out_size)
        self.bias = nn.Parameter(torch.empty(shape, device=device)) if bias else None
        bound = (in_channels * math.prod(kernel_size)) ** -0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def forward(self, x: Tensor) -> Tensor:
        x = F.pad(x, self.pads)
        rank = len(self.kernel_size)
        windows = zip(self.kernel_size, self.stride, self.dilation)
        for axis, (kernel, stride, dilation) in enumerate(windows, 2):
            x = x.unfold(axis, dilation * (kernel - 1) + 1, stride)[..., ::dilation]
        # batch, channels, *out, *kernel -> places, batch, channels * taps
        x = x.permute(*range(2, 2 + rank), 0, 1, *range(2 + rank, 2 + 2 * rank))
        x = x.flatten(rank + 1).flatten(0, rank - 1)
        x = torch.bmm(x, self.weight.flatten(1 + rank).flatten(1, rank).permute(1, 2, 0))
        x = x.permute(1, 2, 0).unflatten(2, self.weight.shape[1 : 1 + rank]).contiguous()
        return x if self.bias is None else x + self.bias
''',
    "run_with_weights_of": '''
def run_with_weights_of(owner: nn.Module, module: nn.Module, x: Tensor) -> Tensor:
    """Run a module that has settings of its own with the weights of another one."""
    tensors = {**dict(owner.named_parameters()), **dict(owner.named_buffers())}
    return torch.func.functional_call(module.train(owner.training), tensors, (x,))
''',
}
