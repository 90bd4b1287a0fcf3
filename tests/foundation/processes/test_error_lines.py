import pytest

from nerforge.foundation.processes.error_lines import clean, error_lines


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("[rank1]: ValueError: no", "ValueError: no"),
        ("[default0]:[rank0]: ValueError: no", "ValueError: no"),
        ("\x1b[36m(Worker pid=12, ip=10.0.0.1)\x1b[0m ValueError: no", "ValueError: no"),
        ("[INFO|parser.py:1] text", "[INFO|parser.py:1] text"),
    ],
    ids=["rank", "two", "ray", "log"],
)
def test_what_launchers_put_before_a_line_is_taken_away(line: str, plain: str) -> None:
    assert clean(line) == plain


LOG = """
Loading checkpoint
Traceback (most recent call last):
  File "a.py", line 1, in f
    f()
    ^^^
httpx.ConnectError: [Errno -2] Name or service not known

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "b.py", line 2, in g
ValueError: two lines
of one message
[INFO] bye
 10%|█         | 1/10
"""


def test_the_errors_of_a_log_are_those_of_its_tracebacks_in_order() -> None:
    assert error_lines(LOG.splitlines()) == [
        "httpx.ConnectError: [Errno -2] Name or service not known",
        "ValueError: two lines",
        "of one message",
    ]


def test_the_launchers_own_error_is_shown_only_where_there_is_no_other() -> None:
    launcher = ["torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ", "launcher.py FAILED"]
    assert error_lines(["[rank0]: ValueError: no", *launcher]) == ["ValueError: no"]
    assert error_lines(launcher) == [launcher[0].strip(), launcher[1]]


def test_a_log_without_an_error_gives_its_last_lines_without_bars() -> None:
    assert error_lines(["one", " 10%|█         | 1/10", "", "Killed"]) == ["one", "Killed"]
