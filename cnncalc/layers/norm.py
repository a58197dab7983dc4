"""Normalisation layers, and learned scales."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from cnncalc.layers.base import Buffer, Call, Fault, Layer, Parameter, Work, spatial
from cnncalc.layers.fields import Letter, Number, Switch, Whole, Words
from cnncalc.shape import Shape, elements
from cnncalc.units import grouped

if TYPE_CHECKING:
    from cnncalc.layers.mistakes import Chapter

Affine = Annotated[Switch, Words({"affine": True, "noaffine": False})]


class Normalising(Layer):
    """What normalisations share: the shape stays, a weight and a bias per channel where they learn."""

    family: ClassVar[str] = "normalisation"

    @property
    def learns(self) -> bool:
        return bool(getattr(self, "affine", True))

    def output(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        size = shapes[0][:1]
        return (Parameter("weight", size), Parameter("bias", size)) if self.learns else ()

    def work(self, *shapes: Shape) -> Work:
        return Work(norm=elements(shapes[0]))

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        if not self.learns:
            return {}
        channels = shapes[0][0]
        return {"params": f"2*{channels} = {grouped(2 * channels)}"}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"params": "2*C" if len(self.parameters(*shapes)) == 2 else "C"} if self.parameters(*shapes) else {}

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import norm

        return norm.CHAPTERS


class BatchNorm(Normalising):
    """Batch normalisation (Ioffe & Szegedy 2015, arXiv 1502.03167): a scale and a shift per channel are learned; the
    running mean and variance and their counter are buffers.  A ``frozen`` one, as detectors use it, learns nothing:
    scale, shift, mean and variance are buffers."""

    word = "bn"
    words = ("batchnorm",)
    example = "64x56x56 | bn"

    affine: Affine = Field(True, description="learn a scale and a shift per channel")
    track: Annotated[Switch, Words({"notrack": False, "track": True})] = Field(
        True, description="keep running statistics"
    )
    frozen: Annotated[Switch, Words({"frozen": True})] = Field(
        False, description="learn nothing: four fixed values per channel"
    )
    eps: Number = Field(1e-5, description="added to the variance")

    @property
    def learns(self) -> bool:
        return self.affine and not self.frozen

    def output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) > 1:
            spatial(self.word, shapes[0])
        if self.frozen and not (self.affine and self.track):
            option = "affine" if not self.affine else "track"
            raise Fault("T112", f"a frozen bn has a scale, a shift and statistics: no{option} goes against it")
        return shapes[0]

    def buffers(self, *shapes: Shape) -> tuple[Buffer, ...]:
        if self.frozen:
            return tuple(Buffer(name, shapes[0][:1]) for name in ("weight", "bias", "running_mean", "running_var"))
        if not self.track:
            return ()
        size = shapes[0][:1]
        return (
            Buffer("running_mean", size),
            Buffer("running_var", size),
            Buffer("num_batches_tracked", (), counter=True),
        )

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        if self.frozen:
            return (Call("FrozenBatchNorm", {"num_features": shapes[0][0], "eps": self.eps}),)
        rank = len(shapes[0]) - 1
        arguments = {
            "num_features": shapes[0][0],
            "eps": self.eps,
            "affine": self.affine,
            "track_running_stats": self.track,
        }
        return (Call(f"BatchNorm{max(rank, 1)}d", arguments),)


class GroupNorm(Normalising):
    """Group normalisation (Wu & He 2018, arXiv 1803.08494)."""

    word = "gn"
    words = ("groupnorm",)
    example = "64x56x56 | gn 32"

    groups: Annotated[Whole, Letter("g")] = Field(32, description="groups of channels with statistics of their own")
    affine: Affine = Field(True, description="learn a scale and a shift per channel")
    eps: Number = Field(1e-5, description="added to the variance")

    def output(self, *shapes: Shape) -> Shape:
        if shapes[0][0] % self.groups:
            raise Fault("S107", f"groups={self.groups} does not divide the {shapes[0][0]} channels", option="groups")
        return shapes[0]

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        arguments = {"num_groups": self.groups, "num_channels": shapes[0][0], "eps": self.eps, "affine": self.affine}
        return (Call("GroupNorm", arguments),)


class LayerNorm(Normalising):
    """Layer normalisation over the channels of each position (as ConvNeXt uses it, arXiv 2201.03545)."""

    word = "ln"
    words = ("layernorm",)
    example = "96x56x56 | ln"

    affine: Affine = Field(True, description="learn a scale and a shift per channel")
    eps: Number = Field(1e-5, description="added to the variance")

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        (shape,) = shapes
        norm = Call("LayerNorm", {"normalized_shape": shape[:1], "eps": self.eps, "elementwise_affine": self.affine})
        if len(shape) == 1:
            return (norm,)
        last = len(shape)
        return (Call("movedim", {"source": 1, "target": last}), norm, Call("movedim", {"source": last, "target": 1}))


class InstanceNorm(Normalising):
    """Instance normalisation (Ulyanov et al. 2016, arXiv 1607.08022); without parameters unless ``affine``."""

    word = "instnorm"
    words = ("instancenorm",)
    example = "64x128x128 | instnorm"

    affine: Affine = Field(False, description="learn a scale and a shift per channel")
    eps: Number = Field(1e-5, description="added to the variance")

    def output(self, *shapes: Shape) -> Shape:
        if len(shapes[0]) < 2:
            raise Fault("S106", "instnorm needs spatial axes, but a vector flows in")
        if elements(spatial(self.word, shapes[0])) == 1:
            raise Fault("S110", "instnorm needs more than one position: the mean of one value is the value itself")
        return shapes[0]

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        rank = len(shapes[0]) - 1
        return (Call(f"InstanceNorm{rank}d", {"num_features": shapes[0][0], "eps": self.eps, "affine": self.affine}),)


class LocalResponseNorm(Normalising):
    """Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3); nothing is learned."""

    word = "lrn"
    example = "96x27x27 | lrn 5"

    size: Whole = Field(5, description="neighbouring channels")
    alpha: Number = Field(1e-4, description="scale of the sum of squares")
    beta: Number = Field(0.75, description="exponent")
    k: Number = Field(1.0, description="added to the sum")

    def output(self, *shapes: Shape) -> Shape:
        spatial(self.word, shapes[0])
        return shapes[0]

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        return ()

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {}

    @classmethod
    def mistakes(cls) -> "tuple[Chapter, ...]":
        from cnncalc.layers.mistakes import norm

        return norm.NOTHING

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        arguments = {"size": self.size, "alpha": self.alpha, "beta": self.beta, "k": self.k}
        return (Call("LocalResponseNorm", arguments),)


class L2Norm(Normalising):
    """Every position's channels scaled to length 1, times a learned scale per channel (ParseNet, arXiv 1506.04579)."""

    word = "l2norm"
    example = "512x38x38 | l2norm"

    scale: Number = Field(20.0, description="initial value of the learned scale")

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        return (Parameter("weight", shapes[0][:1]),)

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {"params": f"{shapes[0][0]}"}

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("L2Norm", {"channels": shapes[0][0], "scale": self.scale}),)


class Scale(Normalising):
    """A learned factor per channel (LayerScale, arXiv 2103.17239)."""

    word = "scale"
    words = ("layerscale",)
    example = "96x56x56 | scale"

    init: Number = Field(1e-6, description="initial value")

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        return (Parameter("weight", shapes[0][:1]),)

    def work(self, *shapes: Shape) -> Work:
        return Work(elementwise=elements(shapes[0]))

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {"params": f"{shapes[0][0]}"}

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("ChannelScale", {"channels": shapes[0][0], "init": self.init}),)
