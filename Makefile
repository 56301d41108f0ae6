# `make` lists the targets. Everything runs in .venv, from pinned requirements.
.DEFAULT_GOAL := help
.PHONY: help setup check repro compare test test-slow lint verify verify-cpus price pace bench mirror ablate faults pins clean

PYTHON ?= python3
JOBS ?= 2
BASE ?= main
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
	python -m commands.repro --jobs $(JOBS) || { code=$$?; \
	  echo "repro: DVC deletes what a stage is about to write: 'git restore reports' brings the committed reports back" >&2; exit $$code; }
	python -m commands.readme

compare: setup ## judge a change against the scatter of the seeds; BASE=main
	@python -m counting.comparison --base $(BASE)

test: setup ## run the tests
	python -m pytest

test-slow: setup ## run the tests that take minutes: clones that share a cache
	python -m pytest tests/slow

lint: setup ## format, lint and type check: Python, workflows, scripts
	ruff format --check .
	ruff check .
	mypy
	actionlint
	zizmor --offline --quiet .github
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	shellcheck .ci/run .github/summary.sh

verify: setup ## run the pipeline again in a clean clone, compare every byte
	python -m commands.verify --jobs $(JOBS)

verify-cpus: setup ## train and judge on emulated processors of both makers, compare
	python -m commands.verify_cpus

price: setup ## what the portable bits cost
	python -m commands.price

pace: setup ## time a cold run, with one job and with two, beside its computing
	python -m commands.pace

bench: setup ## measure the training step and the evaluation against their peers
	python -m commands.bench

mirror: setup ## choose recipes on numbers within 1..8000 (studies)
	for study in article mirror nine eight plain; do \
	  python -m studies studies/$$study.yaml --jobs $(JOBS) || exit; done

ablate: setup ## take each ingredient away (studies/ablation.md)
	python -m studies studies/ablation.yaml --jobs $(JOBS)

faults: setup ## kill the pipeline a hundred times and compare its bytes
	python -m commands.faults

pins: ## make both requirements files anew from pyproject.toml
	$(PYTHON) commands/pins.py

clean: ## delete what can be made again; the cache of DVC stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .resume bench dvc_plots
	find . -name __pycache__ -prune -exec rm -rf {} +
