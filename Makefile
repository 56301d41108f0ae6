# `make` lists the targets. Everything runs in .venv, from pinned requirements.
.DEFAULT_GOAL := help
.PHONY: help setup check repro test lint verify verify-cpus export bench mirror ablate faults pins clean

PYTHON ?= python3
JOBS ?= 2
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
	@touch .venv/.ready

check: setup ## check params.yaml, and the data that is there, in under a second
	@python -m commands.check

repro: check ## run the pipeline, two variants side by side; JOBS=1: one by one
	python -m commands.repro --jobs $(JOBS)
	python -m commands.readme

test: setup ## run the tests
	python -m pytest

lint: setup ## format, lint and type check
	ruff format --check .
	ruff check .
	mypy

export: setup ## a network to take home: make export VARIANT=gru_copy SEED=0
	python -m counting.export $(if $(VARIANT),--variant $(VARIANT)) $(if $(SEED),--seed $(SEED))

verify: setup ## run the pipeline again in a clean clone, compare every byte
	python -m commands.verify --jobs $(JOBS)

verify-cpus: setup ## train and judge on emulated processors of both makers, compare
	python -m benchmarks.processors

bench: setup ## measure the training step and the evaluation against their peers
	python -m benchmarks.bench

mirror: setup ## choose recipes on numbers within 1..8000 (docs/studies)
	for study in article mirror nine eight plain; do \
	  python -m commands.study docs/studies/$$study.yaml --jobs $(JOBS) || exit; done

ablate: setup ## take each ingredient away (docs/studies/ablation.md)
	python -m commands.study docs/studies/ablation.yaml --jobs $(JOBS)

faults: setup ## kill the pipeline a hundred times and compare its bytes
	python -m commands.faults

pins: ## make both requirements files anew from pyproject.toml
	$(PYTHON) commands/pins.py

clean: ## delete what can be made again; the cache of DVC stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .resume bench dvc_plots
	find . -name __pycache__ -prune -exec rm -rf {} +
