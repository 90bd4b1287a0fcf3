"""What an error of a hub's library means to the one who asked for a model or a data set."""

from nerforge.foundation.errors import UserError

_DISK_IS_FULL = 28
_MISSING = {"RepositoryNotFoundError", "NotExistError"}
_CLOSED = {"GatedRepoError", "AuthenticationError", "PermissionDeniedError"}
_OFFLINE = {
    *("LocalEntryNotFoundError", "CacheNotFound", "ConnectionError", "TransportError", "Timeout"),
    *("OfflineModeIsEnabled", "ConnectError", "TimeoutException", "TimeoutError"),
}


def hub_error(err: Exception, name: str, what: str, title: str, log_in: str) -> UserError:
    """Say what an error of a hub's library means; its own words may hold a token and are not repeated.

    Args:
        err: What the library raised.
        name: OWNER/NAME.
        what: "model" or "data set".
        title: What the hub is called.
        log_in: The command that logs in to it.
    """
    # The hubs' libraries wrap errors of their HTTP libraries; the class of the cause may say more.
    kinds = _kinds(err) | _kinds(err.__cause__)
    if isinstance(err, OSError) and err.errno == _DISK_IS_FULL:
        return UserError(f"{name}: the disk is full; free some space and run the same command: it goes on")
    if kinds & _CLOSED:
        return UserError(
            f"{name}: {title} does not give this {what} to everyone; accept its terms on its page, and "
            f"log in with: {log_in}"
        )
    if kinds & _OFFLINE:
        return UserError(
            f"{name}: {title} cannot be reached, and the {what} is not in its cache, or not whole; check the "
            "network, choose the other hub, or copy the folder from another machine and give its path"
        )
    if kinds & _MISSING:
        return UserError(
            f"{name}: no such {what} on {title}, or it is not public; check the name, choose the other hub, "
            f"or log in with: {log_in}"
        )
    return UserError(
        f"{name}: {title} gave an error ({type(err).__name__}); run the same command again: it goes on"
    )


def is_offline(err: BaseException) -> bool:
    """Tell whether an error means that the hub could not be reached."""
    return bool(_kinds(err) & _OFFLINE)


def _kinds(err: BaseException | None) -> set[str]:
    """Name an error's class and those above it: the classes themselves move about between versions."""
    return {kind.__name__ for kind in type(err).__mro__}
