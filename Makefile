# `make` lists the targets. Everything runs in .venv, from pinned requirements.
.DEFAULT_GOAL := help
.PHONY: help setup check repro compare test test-slow lint export verify verify-cpus bench mirror ablate faults pins clean

PYTHON ?= python3
JOBS ?= 2
BASE ?= main
# packages that can change the bytes of a result
RESULTS := jinja2|llvmlite|matplotlib|num2words|numba|numpy|pandas|safetensors|torch
# .venv first, so that `python` and `dvc` in dvc.yaml are ours
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export DVC_NO_ANALYTICS := 1

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## make .venv with the pinned requirements

.venv/.ready: requirements.txt requirements-results.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "counting needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1): set PYTHON=python3.12, say" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@# `.venv/bin/dvc repro` finds the python of dvc.yaml without an activation
	@.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' | \
	  { read -r folder && echo 'import os, sys; os.environ["PATH"] = os.path.join(sys.prefix, "bin") + os.pathsep + os.environ.get("PATH", "")' > "$$folder/path.pth"; }
	@touch .venv/.ready

check: setup ## check params.yaml and your texts, in a second or two
	@python -m counting.running.check

repro: check ## run the pipeline, two variants side by side; JOBS=1: one by one
	python -m counting.running.repro --jobs $(JOBS) || { code=$$?; \
	  echo "repro: DVC deletes what a stage is about to write: 'git restore reports' brings the committed reports back" >&2; exit $$code; }
	python -m counting.running.table

compare: setup ## judge a change against the scatter of the seeds; BASE=main
	@python -m counting.running.comparison --base $(BASE)

test: setup ## run the tests
	python -m pytest

test-slow: setup ## one round each of kills, full disks, clones, a cluster
	python -m pytest tests/slow

lint: setup ## format, lint and type check: Python, workflows, scripts
	ruff format --check .
	ruff check .
	mypy
	actionlint
	zizmor --offline --quiet .github
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	shellcheck .ci/run .github/summary.sh

export: setup ## a network to take home: make export VARIANT=gru_copy SEED=0
	python -m counting.export $(if $(VARIANT),--variant $(VARIANT)) $(if $(SEED),--seed $(SEED))

verify: setup ## run all in a clean clone, with other threads and locale
	@unset $$(git rev-parse --local-env-vars) && \
	folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	git clone --quiet . "$$folder/clone" && cd "$$folder/clone" && \
	export HOME="$$folder" OMP_NUM_THREADS=7 MKL_NUM_THREADS=3 PYTHONHASHSEED=4711 \
	  LC_ALL=C LANG=C TZ=Pacific/Kiritimati && \
	python -m counting.running.repro --force --jobs $(JOBS) && \
	python -m counting.running.table && python -m counting.running.statement && \
	cp .provenance.json "$(CURDIR)" && git diff --exit-code && \
	echo "verify: made again from nothing, and git sees no change"

verify-cpus: setup ## run all on emulated x86 and ARM; MODELS=... VARIANTS=...
	python -m benchmarks.processors --jobs $(JOBS) \
	  $(if $(MODELS),--models $(MODELS)) $(if $(VARIANTS),--variants $(VARIANTS))

bench: setup ## measure training and evaluation against their peers
	python -m benchmarks.bench

mirror: setup ## run the studies that choose recipes within 1..8000
	for study in article nine; do \
	  python -m studies studies/$$study.yaml --jobs $(JOBS) || exit; done

ablate: setup ## run the ablation (studies/ablation.md)
	python -m studies studies/ablation.yaml --jobs $(JOBS)

faults: setup ## test-slow with a hundred kills of the pipeline
	python -m pytest tests/slow --long

pins: ## pin the newest versions of what pyproject.toml lists
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(PYTHON) -m venv "$$folder" && "$$folder/bin/pip" -q install ".[dev]" && \
	"$$folder/bin/pip" freeze | grep == | sed 's/+.*//' > "$$folder/all" && \
	grep -iE '^($(RESULTS))==' "$$folder/all" > requirements-results.txt && \
	{ echo '# Made by `make pins` from pyproject.toml; do not edit.'; \
	  echo '-r requirements-results.txt'; \
	  grep -viE '^($(RESULTS))==' "$$folder/all"; } > requirements.txt

clean: ## delete what can be made again; the cache of DVC stays
	rm -rf .venv .arm .compiled .mypy_cache .pytest_cache .ruff_cache .resume bench dvc_plots
	find . -name __pycache__ -prune -exec rm -rf {} +
