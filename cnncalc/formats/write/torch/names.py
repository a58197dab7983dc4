"""Names that Python and ``nn.Module`` let through."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Container

from cnncalc.formats.write.torch.helpers import HELPERS

MODULE_ATTRIBUTES = frozenset({
    "T_destination", "add_module", "append", "apply", "bfloat16", "buffers", "call_super_init", "children", "clear",
    "compile", "cpu", "cuda", "double", "dump_patches", "eval", "extend", "extra_repr", "float", "forward",
    "get_buffer", "get_extra_state", "get_parameter", "get_submodule", "half", "insert", "ipu", "items", "keys",
    "load_state_dict", "modules", "mtia", "named_buffers", "named_children", "named_modules", "named_parameters",
    "parameters", "pop", "register_backward_hook", "register_buffer", "register_forward_hook",
    "register_forward_pre_hook", "register_full_backward_hook", "register_full_backward_pre_hook",
    "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook", "register_module",
    "register_parameter", "register_state_dict_post_hook", "register_state_dict_pre_hook", "requires_grad_",
    "set_extra_state", "set_submodule", "share_memory", "state_dict", "to", "to_empty", "train", "training", "type",
    "update", "values", "xpu", "zero_grad",
})  # fmt: skip
"""Names that a module must not have: what ``nn.Module``, ``nn.Sequential`` and ``nn.ModuleDict`` have themselves."""

TAKEN = frozenset({"F", "OrderedDict", "Tensor", "annotations", "math", "nn", "self", "torch", *dir(builtins)})
"""What a local variable or a class must not hide."""


def identifier(text: str) -> str:
    """A Python name that reads like ``text``."""
    name = re.sub(r"\W+", "_", unicodedata.normalize("NFKC", text))
    if not name.strip("_"):
        name = "layer"
    if not name[0].isalpha() and not name.isidentifier():
        name = f"round{name}" if name.isdigit() else f"n{name}"
    name = name if name.isidentifier() else "layer"
    return f"{name}_" if keyword.iskeyword(name) or name.startswith("__") else name


def attribute(text: str) -> str:
    """The name of a submodule; what begins with an underscore may be ``nn.Module``'s own in some release of torch."""
    name = identifier(text)
    return f"{name}_" if name in MODULE_ATTRIBUTES or (name[0] == "_" and name[-1] != "_") else name


def variable(text: str) -> str:
    """The name of a variable or a parameter."""
    name = identifier(text)
    return f"{name}_" if name in TAKEN or name in HELPERS else name


def class_name(text: str) -> str:
    """``ResNet50`` for ResNet-50, ``SqueezeExcite`` for squeeze_excite."""
    words = re.split(r"[\W_]+", re.sub(r"['’]s\b", "", unicodedata.normalize("NFKC", text)))
    name = "".join(word[:1].upper() + word[1:] for word in words if word)
    if not name or not name[0].isalpha():
        name = f"Net{name}"
    name = name if name.isidentifier() else "Net"
    return f"{name}_" if keyword.iskeyword(name) or name in TAKEN else name


def unique(name: str, taken: Container[str]) -> str:
    """The name, with a number where it is taken."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}{'_' if name[-1:].isdigit() else ''}{number}"
    return found
