from pathlib import Path

import pytest

from nerforge.foundation.trackers.login import missing_login, missing_package, ways_in, without_secrets
from nerforge.foundation.trackers.settings import TrackerSettings

CLOUD = TrackerSettings(tracker="swanlab", mode="cloud")
WANDB = TrackerSettings(tracker="wandb")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_without_a_key_anywhere_nobody_is_logged_in(home: Path) -> None:
    environment = {"HOME": str(home)}
    assert missing_login(CLOUD, environment) == "nobody is logged in to SwanLab on this machine"
    assert missing_login(WANDB, environment) == "nobody is logged in to Weights & Biases on this machine"


@pytest.mark.parametrize(
    "settings",
    [
        TrackerSettings(tracker="swanlab", mode="local"),
        TrackerSettings(tracker="wandb", mode="offline"),
        TrackerSettings(tracker="wandb", mode="disabled"),
        TrackerSettings(tracker="tensorboard"),
        TrackerSettings(tracker="mlflow", uri="https://server"),
    ],
    ids=lambda settings: f"{settings.tracker}-{settings.mode}",
)
def test_what_stays_on_the_machine_needs_no_login(settings: TrackerSettings, home: Path) -> None:
    assert missing_login(settings, {"HOME": str(home)}) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".swanlab/.netrc", "machine https://api.swanlab.cn\nlogin https://swanlab.cn\npassword k\n"),
        (".swanlab/config.yaml", "api_key: k\n"),
        ("swanlab.yml", "api_key: k\n"),
        (".env", "# keys\nexport SWANLAB_API_KEY='k'\n"),
    ],
)
def test_a_key_is_found_where_swanlab_looks(name: str, text: str, home: Path) -> None:
    write(home / name, text)
    assert missing_login(CLOUD, {"HOME": str(home)}) is None


def test_other_places_that_the_environment_names_count(home: Path) -> None:
    write(home / "save" / ".netrc", "machine api.swanlab.cn login x password k\n")
    assert missing_login(CLOUD, {"HOME": "/nowhere", "SWANLAB_SAVE_DIR": str(home / "save")}) is None
    assert missing_login(CLOUD, {"HOME": "/nowhere", "SWANLAB_API_KEY": "k"}) is None
    write(home / "n", "machine api.wandb.ai login user password k\n")
    assert missing_login(WANDB, {"HOME": "/nowhere", "NETRC": str(home / "n")}) is None
    assert missing_login(WANDB, {"HOME": "/nowhere", "WANDB_API_KEY": "k"}) is None


def test_a_login_at_another_wandb_server_is_none_here(home: Path) -> None:
    write(home / ".netrc", "machine wandb.firm.example login user password k\n")
    environment = {"HOME": str(home)}
    assert missing_login(WANDB, environment) is not None
    assert missing_login(WANDB, {**environment, "WANDB_BASE_URL": "https://wandb.firm.example"}) is None


@pytest.mark.parametrize("host", ["api.wandb.ai", "api.forge.coreweave.com"])
def test_wandbs_public_server_has_several_names(host: str, home: Path) -> None:
    write(home / ".netrc", f"machine {host} login user password k\n")
    environment = {"HOME": str(home)}
    assert missing_login(WANDB, environment) is None
    assert missing_login(WANDB, {**environment, "WANDB_BASE_URL": "https://forge.coreweave.com"}) is None


def test_wandbs_settings_may_name_another_server(home: Path) -> None:
    write(home / ".netrc", "machine wandb.firm.example:8080 login user password k\n")
    environment = {"HOME": str(home)}
    assert missing_login(WANDB, environment) is not None
    write(home / ".config/wandb/settings", "[default]\nbase_url = https://wandb.firm.example:8080\n")
    assert missing_login(WANDB, environment) is None
    write(home / ".config/wandb/settings", "no section = 1\n")
    assert missing_login(WANDB, environment) is not None
    write(home / ".netrc", "default login user password k\n")
    assert missing_login(WANDB, environment) is None


def test_broken_files_are_no_login(home: Path) -> None:
    write(home / ".swanlab" / ".netrc", "machine")
    write(home / "swanlab.yaml", "api_key: [")
    (home / ".env").write_bytes(b"\xff\xfe")
    assert missing_login(CLOUD, {"HOME": str(home)}) is not None


def test_two_ways_in_and_the_way_without_are_named() -> None:
    local = "or keep it on this machine: swanlab_mode: local in the YAML"
    assert ways_in(CLOUD) == f"run `swanlab login`, or set SWANLAB_API_KEY; {local}"
    assert "wandb login" in ways_in(WANDB)
    assert "WANDB_MODE=offline" in ways_in(WANDB)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    there = {"swanlab", "tensorboardX"}
    monkeypatch.setattr(
        "nerforge.foundation.trackers.login.find_spec", lambda name: name if name in there else None
    )
    assert missing_package(CLOUD) is None
    assert missing_package(TrackerSettings(tracker="swanlab", mode="local")) == "swanlab[dashboard]"
    assert missing_package(TrackerSettings(tracker="tensorboard")) is None
    assert missing_package(WANDB) == "wandb"


def test_keys_are_taken_out_of_what_is_shown() -> None:
    environment = {
        "SWANLAB_API_KEY": "abcdefgh1",
        "MLFLOW_TRACKING_TOKEN": "tokentoken",
        "HOME": "/home/user",
    }
    text = "401 for abcdefgh1 and tokentoken in /home/user"
    assert without_secrets(text, environment) == "401 for *** and *** in /home/user"
