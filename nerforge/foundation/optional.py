"""Packages that only an extra installs."""

from importlib.util import find_spec

from nerforge.foundation.errors import UserError


def require_extra(package: str, extra: str) -> None:
    """Check that a package is installed, without importing it.

    Raises:
        UserError: it is not; the message says which extra installs it.
    """
    if find_spec(package) is None:
        where = "in an environment of its own" if extra == "vllm" else "in a checkout: make env"
        raise UserError(f"{package} is not installed; run: pip install 'nerforge[{extra}]' ({where})")
