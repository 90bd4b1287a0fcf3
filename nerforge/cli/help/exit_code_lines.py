"""What a command's exit codes mean, for the end of its ``--help``."""

import click

EXIT_CODES = {
    0: "the work is done, and every limit was kept",
    1: "the work failed, or found errors (doctor, board check)",
    2: "the call or a setting is wrong",
    3: "the work is done, and a limit was missed (--fail-under, --max-drop)",
    130: "interrupted",
}
"""Of all commands."""
_SHORT = {0: "done", 1: "failed", 2: "wrong call", 3: "gate missed", 130: "interrupted"}
_OWN = {"doctor": {1: "failed or errors found"}, "board check": {1: "failed or figures differ"}}
_GATES = {"fail_under", "max_drop"}


def exit_codes_of(path: str, command: click.Command) -> dict[int, str]:
    """Give the codes that a command may exit with, and in two words what each means."""
    has_gate = any(option.name in _GATES for option in command.params)
    return {
        code: _OWN.get(path, {}).get(code, said) for code, said in _SHORT.items() if code != 3 or has_gate
    }
