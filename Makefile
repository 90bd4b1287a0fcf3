# Needs Python 3.11 or newer and make; everything else is installed into .venv.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= demo
# Each holds torch and LLaMA-Factory; two use the cores and the memory of a small machine.
TEST_WORKERS ?= 2
UV_VERSION := 0.13.9
# uv is kept per user, beside its own cache of packages, so that a second clone downloads nothing.
UV_HOME := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/nerforge/uv-$(UV_VERSION)
UV := $(UV_HOME)/bin/uv

.PHONY: env demo test fast check fix bench board gpu site lock

env: $(READY)

$(READY): pyproject.toml requirements.lock
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "NERForge needs Python 3.11 or newer; found: $$("$(PYTHON)" --version 2>&1). Set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(UV)" --version >/dev/null 2>&1 \
	  || { "$(PYTHON)" -m venv --clear "$(UV_HOME)" \
	       && "$(UV_HOME)/bin/python" -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION); }
	"$(UV)" venv --quiet --allow-existing --python "$(PYTHON)" $(VENV)
	"$(UV)" pip install --python $(BIN)/python --no-deps --require-hashes -r requirements.lock
	"$(UV)" pip install --python $(BIN)/python --quiet --no-deps -e .
	@touch $@

demo: env
	$(BIN)/nerforge demo --out $(OUT)

check: env
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/mypy --explicit-package-bases docs/website
	$(BIN)/lint-imports

# Tests start many processes; without compiled packages each would take ten seconds more.
test: export PYTHONDONTWRITEBYTECODE :=
test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder --durations 20

# What fits between two edits: neither torch, nor other processes, nor many rows.
fast: export PYTHONDONTWRITEBYTECODE :=
fast: check
	$(BIN)/python -m pytest -q -m "not train and not slow and not whole" --hypothesis-profile fast

fix: env
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: env
	$(BIN)/python -m tests.benchmarks

# Where ccfbdci.jsonl and cmeee.jsonl lie, the public files.
CORPORA ?= corpora
BOARD_SPLITS ?= board_splits

# Scores what the board keeps anew, as far as the corpora are there, and writes its pages.
board: env
	@for name in ccfbdci cmeee; do \
	  if [ -f "$(CORPORA)/$$name.jsonl" ]; then \
	    $(BIN)/nerforge board split $$name --input "$(CORPORA)/$$name.jsonl" --out $(BOARD_SPLITS)/$$name --overwrite \
	      && $(BIN)/nerforge board check $(BOARD_SPLITS)/$$name || exit 1; \
	  else echo "skipped: $(CORPORA)/$$name.jsonl is not there; make board CORPORA=DIR" >&2; fi; \
	done
	$(BIN)/nerforge board page

# What needs a GPU, on one card: a table in which each line is measured, skipped with its reason, or failed.
gpu: env
	$(BIN)/python -m tests.gpu $(LINES)

# Pages in two languages with a reference made from the program, in SITE; a broken link or anchor is an error.
SITE ?= site

site: env
	$(BIN)/python -m docs.website $(SITE)

# Without the vllm extra, whose torch is another one, and without DeepSpeed, which is built on the machine with GPUs.
EXTRAS := train corpora spacy openai constrain baselines calibrate frames ray plots swanlab wandb tensorboard mlflow docs dev

lock:
	"$(UV)" pip compile pyproject.toml --quiet $(EXTRAS:%=--extra %) --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" -o requirements.lock
