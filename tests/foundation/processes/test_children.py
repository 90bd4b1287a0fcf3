import os
import subprocess
import sys
from typing import Any

import pytest

from nerforge.foundation.errors import UserError
from nerforge.foundation.processes.children import run_to_end


def test_a_killed_parent_leaves_nothing_running_in_whatever_session(pid_file: Any) -> None:
    grandchild = f"import os, time; open({str(pid_file.path)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    child = (
        "import subprocess, sys, time\n"
        f"subprocess.Popen([sys.executable, '-c', {grandchild!r}], start_new_session=True)\ntime.sleep(60)\n"
    )
    script = (
        "import os, sys; from nerforge.foundation.processes.children import start_supervised\n"
        f"start_supervised([sys.executable, '-c', {child!r}], dict(os.environ)).wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    pid_file.wait()
    parent.kill()
    parent.wait()
    pid_file.wait_for_end()


def test_a_child_that_ends_gives_its_code_and_its_last_lines() -> None:
    script = "import sys\nfor i in range(1000): print(i)\nprint('end', file=sys.stderr)\nsys.exit(3)"
    exit_code, lines = run_to_end([sys.executable, "-u", "-c", script], dict(os.environ))
    assert exit_code == 3
    assert lines == [*map(str, range(601, 1000)), "end"]


def test_an_interrupt_ends_the_child(pid_file: Any) -> None:
    child = f"import os, time; open({str(pid_file.path)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    script = (
        "import os, sys; from nerforge.foundation.processes.children import run_to_end\n"
        f"run_to_end([sys.executable, '-c', {child!r}], dict(os.environ))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    pid_file.wait()
    parent.terminate()
    assert parent.wait(20) != 0
    assert not pid_file.is_running()


def test_what_is_no_program_is_said() -> None:
    with pytest.raises(UserError, match="cannot be started; reinstall the train extra"):
        run_to_end(["/nowhere/llamafactory-cli"], {})
