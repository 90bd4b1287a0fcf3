"""Packages that only an extra installs."""

from importlib.util import find_spec

from nerforge.foundation.errors import UserError


def require_extra(package: str, extra: str | None) -> None:
    """Check that a package is installed, without importing it.

    Args:
        package: By the name that is imported.
        extra: The extra of nerforge that installs it; None where it comes otherwise.

    Raises:
        UserError: it is not; the message says how to install it.
    """
    # find_spec looks for the package without importing it: torch alone would take seconds.
    if find_spec(package) is None:
        if extra is None:
            raise UserError(f"{package} is not installed; install it with pip")
        where = "in an environment of its own" if extra == "vllm" else "in a checkout: make env"
        raise UserError(f"{package} is not installed; run: pip install 'nerforge[{extra}]' ({where})")
