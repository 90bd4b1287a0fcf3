"""Optional packages are asked for by the extra that installs them."""

import sys

import pytest

from nerforge.foundation.errors import UserError
from nerforge.foundation.optional import require_extra


def test_a_missing_package_names_the_extra_to_install():
    with pytest.raises(
        UserError, match=r"no_such_package is not installed; run: pip install 'nerforge\[train\]'"
    ):
        require_extra("no_such_package", "train")


def test_a_package_that_is_there_is_not_imported():
    require_extra("antigravity", "train")
    assert "antigravity" not in sys.modules
