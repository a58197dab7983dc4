"""The torch side: the only storey that knows torch."""


def is_without_torch(error: ModuleNotFoundError) -> bool:
    """Whether an import failed because torch is not there."""
    return error.name is not None and error.name.partition(".")[0] == "torch"
