"""Layers that work on each value by itself: activations, constant factors and dropout."""

from typing import Annotated, ClassVar

from pydantic import Field

from cnncalc.layers.base import Call, Layer, Parameter, Work, spatial
from cnncalc.layers.fields import Number, Probability, Switch, Words
from cnncalc.shape import Shape, elements

Inplace = Annotated[Switch, Words({"inplace": True})]


class Activation(Layer):
    """What activations share: the shape stays, one operation per element."""

    family: ClassVar[str] = "activation"
    module: ClassVar[str] = ""
    """The class of torch.nn."""

    def output(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def work(self, *shapes: Shape) -> Work:
        return Work(activation=elements(shapes[0]))

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call(self.module),)


class InplaceActivation(Activation):
    """An activation that may overwrite its input."""

    inplace: Inplace = Field(False, description="overwrite the input; changes memory, nothing else")

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call(self.module, {"inplace": self.inplace}),)


class ReLU(InplaceActivation):
    """max(0, x)."""

    word, module = "relu", "ReLU"


class ReLU6(InplaceActivation):
    """min(max(0, x), 6) (MobileNet v2, arXiv 1801.04381)."""

    word, module = "relu6", "ReLU6"


class LeakyReLU(Activation):
    """x where positive, else slope*x."""

    word, module = "lrelu", "LeakyReLU"
    words = ("leakyrelu", "leaky")
    example = "64x32x32 | lrelu 0.2"

    slope: Number = Field(0.01, description="slope below zero")
    inplace: Inplace = Field(False, description="overwrite the input; changes memory, nothing else")

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call(self.module, {"negative_slope": self.slope, "inplace": self.inplace}),)


class PReLU(Activation):
    """A leaky ReLU whose slope is learned, one per channel (He et al. 2015, arXiv 1502.01852)."""

    word, module = "prelu", "PReLU"
    example = "16x64x64 | prelu"

    def parameters(self, *shapes: Shape) -> tuple[Parameter, ...]:
        return (Parameter("weight", shapes[0][:1]),)

    def formulas(self, *shapes: Shape) -> dict[str, str]:
        return {"params": f"{shapes[0][0]}"}

    def symbols(self, *shapes: Shape) -> dict[str, str]:
        return {"params": "C"}

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call(self.module, {"num_parameters": shapes[0][0]}),)


class ELU(InplaceActivation):
    """x where positive, else exp(x) - 1 (Clevert et al. 2015, arXiv 1511.07289)."""

    word, module = "elu", "ELU"


class SELU(InplaceActivation):
    """A scaled ELU (Klambauer et al. 2017, arXiv 1706.02515)."""

    word, module = "selu", "SELU"


class GELU(Activation):
    """x*Phi(x) (Hendrycks & Gimpel 2016, arXiv 1606.08415)."""

    word, module = "gelu", "GELU"


class SiLU(InplaceActivation):
    """x*sigmoid(x), also called swish."""

    word, module = "silu", "SiLU"
    words = ("swish",)


class HardSwish(InplaceActivation):
    """x*relu6(x + 3)/6 (MobileNet v3, arXiv 1905.02244)."""

    word, module = "hswish", "Hardswish"
    words = ("hardswish",)


class HardSigmoid(InplaceActivation):
    """relu6(x + 3)/6."""

    word, module = "hsigmoid", "Hardsigmoid"
    words = ("hardsigmoid",)


class Mish(InplaceActivation):
    """x*tanh(softplus(x)) (Misra 2019, arXiv 1908.08681)."""

    word, module = "mish", "Mish"


class Sigmoid(Activation):
    """1/(1 + exp(-x))."""

    word, module = "sigmoid", "Sigmoid"


class Tanh(Activation):
    """The hyperbolic tangent."""

    word, module = "tanh", "Tanh"


class Softplus(Activation):
    """log(1 + exp(x))."""

    word, module = "softplus", "Softplus"


class Softmax(Activation):
    """exp(x) over its sum, along the channels."""

    word, module = "softmax", "Softmax"

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call(self.module, {"dim": 1}),)


class LogSoftmax(Activation):
    """The logarithm of softmax, along the channels."""

    word, module = "logsoftmax", "LogSoftmax"

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call(self.module, {"dim": 1}),)


class Times(Layer):
    """Every value times a constant number (the residuals of Inception-ResNet, arXiv 1602.07261); nothing is learned."""

    word = "times"
    example = "320x35x35 | times 0.17"
    family: ClassVar[str] = "normalisation"

    factor: Number = Field(description="the number")

    def output(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def work(self, *shapes: Shape) -> Work:
        return Work(elementwise=elements(shapes[0]))

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("times", {"factor": self.factor}),)


class Dropout(Layer):
    """Zeroes values at random while training (Srivastava et al. 2014); with ``spatial`` whole channels."""

    word = "dropout"
    example = "4096 | dropout 0.5"
    family: ClassVar[str] = "regularisation"

    p: Probability = Field(0.5, description="probability of dropping a value")
    inplace: Inplace = Field(False, description="overwrite the input; changes memory, nothing else")
    spatial: Annotated[Switch, Words({"spatial": True})] = Field(False, description="drop whole channels")

    def output(self, *shapes: Shape) -> Shape:
        if self.spatial:
            spatial(self.word, shapes[0])
        return shapes[0]

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        name = f"Dropout{len(shapes[0]) - 1}d" if self.spatial else "Dropout"
        return (Call(name, {"p": self.p, "inplace": self.inplace}),)


class DropPath(Layer):
    """Drops the whole value of an example at random while training (stochastic depth, arXiv 1603.09382)."""

    word = "droppath"
    words = ("stochasticdepth",)
    example = "96x56x56 | droppath 0.1"
    family: ClassVar[str] = "regularisation"

    p: Probability = Field(0.1, description="probability of dropping the value")

    def output(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def torch(self, *shapes: Shape) -> tuple[Call, ...]:
        return (Call("DropPath", {"p": self.p}),)
