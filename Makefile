# Needs python3 (3.11 or newer), make and git; installs everything else into this folder.

PYTHON ?= python3

# For sam-invoke: the event to send, and further options of `sam local invoke`.
EVENT ?= events/s3-put.json
SAM_ARGS ?=

# For mutate: how many mutants are run at once, and modules of core in place of all.
WORKERS ?= 2
MODULES ?=

# For bench: parts in place of all (lines memory existence cost start page), and further options.
PARTS ?=
BENCH_ARGS ?=

# What the artifact is built for: Lambda's Python on this architecture, or a Python of this machine.
ARCHITECTURE ?= arm64
INTERPRETER ?=

UV = .boot/bin/uv
# As pip does: else uv fails behind a company's proxy.
export UV_SYSTEM_CERTS ?= true
export SAM_CLI_TELEMETRY = 0

.DEFAULT_GOAL := help
.PHONY: help setup demo local test lint check mutate bench build sam-invoke lock build-ValidateManifestFunction

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: .venv/ready .emulator/ready .sam/ready .lambda/ready .browser/ready ## Install everything into this folder

demo: .venv/ready .emulator/ready ## Deploy into an AWS inside this machine, judge three manifests, end
	@.venv/bin/python -m local.demo

local: .venv/ready .emulator/ready ## The same, kept running for manifests of your own
	@.venv/bin/python -m local.serve

test: .venv/ready .emulator/ready .sam/ready .lambda/ready .browser/ready ## Run every test
	.venv/bin/python -m pytest --cov

lint: .venv/ready .sam/ready ## Check style, types and the template
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.sam/bin/sam validate --lint

check: lint test ## What CI runs: lint and test

mutate: .venv/ready ## Break every rule in one place at a time; fails if no test notices (some 30 minutes)
	.venv/bin/python -m tools.mutate --workers $(WORKERS) $(MODULES)

bench: .bench/ready .sam/ready .lambda/ready ## Measure speed, memory, cost and start; writes docs/performance.md
	PYTHONPATH=src .bench/bin/python -m bench $(BENCH_ARGS) $(PARTS)

build: .sam/ready ## Build what is deployed, into .aws-sam/
	.sam/bin/sam build

# Built for this machine's own processor, so that Docker need not emulate another; with the
# credentials of `make local`, which the settings in samconfig.toml lead to, and no others.
sam-invoke: ARCHITECTURE = $(if $(filter arm64 aarch64,$(shell uname -m)),arm64,x86_64)
sam-invoke: .sam/ready ## Run the function in Docker on EVENT=events/s3-put.json, beside `make local`
	ARCHITECTURE=$(ARCHITECTURE) .sam/bin/sam build --build-dir .aws-sam/invoke
	sed 's/- arm64$$/- $(ARCHITECTURE)/' .aws-sam/invoke/template.yaml >.aws-sam/invoke/invoke.yaml
	env -u AWS_PROFILE -u AWS_SESSION_TOKEN AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test \
		.sam/bin/sam local invoke --config-file $(CURDIR)/samconfig.toml \
		--template .aws-sam/invoke/invoke.yaml --event $(EVENT) $(SAM_ARGS)

lock: .boot/ready ## Write requirements/*.txt anew; with UPGRADE=--upgrade from the newest versions
	@for name in development runtime emulator sam lambda bench uv; do \
		echo "requirements/$$name.txt"; \
		$(UV) pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
			--no-emit-index-url --no-header requirements/$$name.in -o requirements/$$name.txt || exit; \
	done

# `sam build` runs this (see Metadata in template.yaml).
build-ValidateManifestFunction: .boot/ready
	@.boot/bin/python -m tools.build_artifact "$(ARTIFACTS_DIR)" \
		$(if $(INTERPRETER),--interpreter "$(INTERPRETER)",--architecture $(ARCHITECTURE))

# The environments, each filled anew from its lock when that changes: .boot holds uv, which installs
# the others; .venv the project and what tests it; .emulator the embedded AWS, and .sam the SAM command
# line, which need other versions of the same packages; .lambda Lambda's own runtime; .bench what the
# benchmark compares the function with, and ajv where there is npm.
fill = echo 'Installing $(1)' \
	&& $(UV) venv --quiet --allow-existing --python $(3) $(1) \
	&& $(UV) pip sync --quiet --python $(1)/bin/python --require-hashes requirements/$(2).txt

.boot/ready: requirements/uv.txt tools/check_python.py
	@command -v $(PYTHON) >/dev/null || { echo >&2 'Python 3.11 or newer is needed, and there is no $(PYTHON).'; exit 1; }
	@$(PYTHON) tools/check_python.py
	@echo 'Installing .boot'
	@$(PYTHON) -m venv --clear .boot
	@.boot/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

.venv/ready: .boot/ready requirements/development.txt pyproject.toml
	@$(call fill,.venv,development,.boot/bin/python)
	@$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

.emulator/ready .sam/ready: .%/ready: .boot/ready requirements/%.txt
	@$(call fill,.$*,$*,.boot/bin/python)
	@touch $@

.bench/ready: .boot/ready requirements/bench.txt bench/npm/package-lock.json
	@$(call fill,.bench,bench,.boot/bin/python)
	@mkdir -p .bench/npm && cp bench/npm/package.json bench/npm/package-lock.json bench/npm/.npmrc .bench/npm
	@npm ci --prefix .bench/npm --silent --no-audit --no-fund 2>/dev/null || echo 'No ajv: npm is not here, or found no network'
	@touch $@

# axe-core, which judges the report's page. Not ready without npm, so that the next call tries again.
.browser/ready: tests/browser/npm/package-lock.json
	@mkdir -p .browser && cp tests/browser/npm/package.json tests/browser/npm/package-lock.json tests/browser/npm/.npmrc .browser
	@if npm ci --prefix .browser --fetch-retries=0 --silent --no-audit --no-fund 2>/dev/null; then touch $@; \
		else echo 'No axe-core: npm is not here, or found no network'; fi

# The function's own Python where there is one, else this machine's.
.lambda/ready: .boot/ready requirements/lambda.txt
	@$(call fill,.lambda,lambda,$$(.boot/bin/python -m tools.find_python 3.13 || echo .boot/bin/python))
	@touch $@
