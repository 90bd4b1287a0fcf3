import pytest

from nerforge.foundation.hubs.hub_names import hub_environment, is_folder


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("qwen/Qwen2-1.5B", False),
        ("gpt2", False),
        ("./m", True),
        ("/no/m", True),
        ("a/b/c", True),
        ("here", True),
        ("qwen", True),
    ],
)
def test_a_name_is_a_folder_where_it_cannot_be_one_on_a_hub(name, folder, tmp_path, monkeypatch):
    for made in ("here", "qwen"):
        (tmp_path / made).mkdir()
    monkeypatch.chdir(tmp_path)
    assert is_folder(name) is folder


@pytest.mark.parametrize(
    ("hub", "variables"),
    [("modelscope", {"USE_MODELSCOPE_HUB": "1"}), ("huggingface", {"USE_MODELSCOPE_HUB": "0"}), (None, {})],
)
def test_a_hub_is_chosen_by_one_variable(hub, variables):
    assert hub_environment(hub) == variables
