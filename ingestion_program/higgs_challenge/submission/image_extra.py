"""Packages that the competition's image has only where organisers build it with the extra `deep-learning`."""

EXTRA = "deep-learning"
MODULES = ("keras", "nflows", "tensorflow", "torchvision")
"""What submissions import from the extra, which pyproject.toml lists under the names of the distributions."""


def extra_note(module: str) -> str:
    """Say which extra of the image has a module.

    Args:
        module: top-level, or one inside it.

    Returns:
        A clause; empty for a module that is not of the extra.

    Example:
        >>> extra_note("keras.layers")
        'keras is in the image only where organisers build it with the extra deep-learning'
        >>> extra_note("numpy")
        ''
    """
    name = module.partition(".")[0]
    return f"{name} is in the image only where organisers build it with the extra {EXTRA}" if name in MODULES else ""
