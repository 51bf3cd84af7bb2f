# The commands of this project. `make` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Stack that `up`, `down` and `env` are about.
STACK ?= dev
export STACK

# Kubernetes of the local platform, such as 1.34; the newest if none is named.
KUBERNETES ?=
export KUBERNETES

# The Node.js on PATH if it is new enough, else one that npm installs into the cache, once.
NODE_FOLDER := $(shell local/tools/node.sh)
ifeq ($(NODE_FOLDER),)
$(error Node.js is too old, as said above)
endif
ifneq ($(NODE_FOLDER)/node,$(shell command -v node))
export PATH := $(NODE_FOLDER):$(PATH)
endif

# A Python 3.12 or later; one is looked for if none is named.
PYTHON ?=
# File that `preview` and `drift` add their summary to, as Markdown.
SUMMARY ?=
# Files whose summaries `comment` puts on a pull request.
SUMMARIES ?=
# Types are checked by `make test`, not at each start.
TS := node --require ts-node/register/transpile-only

.PHONY: help
help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | column -t -s "$$(printf '\t')"

.PHONY: up
up: node_modules models/.trained ## From a fresh clone to a prediction: tools, platform, stack, one request
	@$(TS) local/cli.ts up

.PHONY: down
down: node_modules ## Destroy the stack and stop the local platform
	@$(TS) local/cli.ts down

.PHONY: preview
preview: node_modules models/.trained ## Show what an update of the stack would change, in readable lines, with the policies
	@$(TS) local/cli.ts tools pulumi pulumi-language-nodejs pulumi-kubernetes docker-build helm
	@eval "$$($(TS) local/cli.ts env)" && $(TS) review/cli.ts $(if $(SUMMARY),--markdown "$(SUMMARY)") $(STACK)

.PHONY: drift
drift: node_modules ## Show how what runs differs from what the stack has deployed, by object and field; fails if it does
	@$(TS) local/cli.ts tools pulumi
	@eval "$$($(TS) local/cli.ts env)" && $(TS) drift/cli.ts $(if $(SUMMARY),--markdown "$(SUMMARY)") $(STACK)

.PHONY: comment
comment: node_modules ## Write the summaries of previews as a comment on a pull request (in GitHub Actions)
	@$(TS) review/comment.ts $(SUMMARIES)

# The environment of the stack that is asked: `make env` of it.
PROMOTION = eval "$$(STACK=$(1) $(TS) local/cli.ts env)" && $(TS) promotion/cli.ts

.PHONY: promote rollback split
promote: node_modules ## Let a stack run what another has proven: MODEL=wine FROM=staging TO=prod
	@$(call PROMOTION,$(FROM)) promote --model "$(MODEL)" --from "$(FROM)" --to "$(TO)" $(ARGS)
rollback: node_modules ## Put a stack's config back to the model before: MODEL=wine STACK=prod
	@$(call PROMOTION,$(STACK)) rollback --model "$(MODEL)" --stack "$(STACK)" $(ARGS)

split: node_modules ## Move the models of a stack into files of their own, for hundreds of models: STACK=prod
	@$(TS) promotion/cli.ts split --stack "$(STACK)" $(ARGS)

.PHONY: lock-model
lock-model: node_modules ## Lock the packages that a model needs, by its requirements.txt: MODEL=wine STACK=prod, or REQUIREMENTS=models/wine/requirements.txt
	@eval "$$($(TS) local/cli.ts env)" && $(TS) lock/cli.ts $(if $(REQUIREMENTS),$(ARGS) "$(REQUIREMENTS)",--model "$(MODEL)" --stack "$(STACK)")

.PHONY: release-chart
release-chart: node_modules ## Package the chart and push it to a registry: TO=oci://ghcr.io/acme/charts
	@$(TS) local/cli.ts tools helm
	@eval "$$($(TS) local/cli.ts env)" && chart/release.sh "$(TO)"

.PHONY: release release-notes
release-notes: node_modules ## Print what the change log says of the version of this checkout: VERSION=0.2.0
	@$(TS) release/cli.ts notes "$(VERSION)"
release: node_modules ## Raise the version in all files that say it: VERSION=0.2.0 (docs/releasing.md)
	@$(TS) release/cli.ts version "$(VERSION)"

.PHONY: env
env: node_modules ## Print what to `eval` to use pulumi, kubectl and helm by hand
	@$(TS) local/cli.ts env

.PHONY: tools
tools: node_modules ## Find, download or build all tools
	@$(TS) local/cli.ts tools
.PHONY: checksums
checksums: node_modules ## Write down the checksums of the tools to download, after another version (downloads them all)
	@$(TS) local/cli.ts checksums

.PHONY: platform-up platform-down platform-status platform-logs
platform-up: node_modules ## Start the local platform
	@$(TS) local/cli.ts platform-up
platform-down: node_modules ## Stop the local platform, leaving nothing behind
	@$(TS) local/cli.ts platform-down
platform-status: node_modules ## Show what runs
	@$(TS) local/cli.ts platform-status
platform-logs: node_modules ## Show the last lines of every process
	@$(TS) local/cli.ts platform-logs

.PHONY: test
test: node_modules models/.trained serving/.compiled ## Run everything: linters, unit, chart, serving, platform, end to end
	@$(TS) local/cli.ts tools
	@$(TS) local/cli.ts test-packages
	@$(TS) test/run.ts

.PHONY: test-unit
test-unit: node_modules .venv/.ready ## Run the fast tests, which need no platform
	@$(TS) local/cli.ts tools helm
	@$(TS) test/run.ts unit

# ROUNDS=20: the long form. SOAK=10: minutes of updates on end. SEED=…: the same chance as in that run.
.PHONY: test-faults
test-faults: node_modules models/.trained ## Break things while a model answers: ROUNDS=20 in the long form, SOAK=10 for minutes of updates
	@$(TS) test/run.ts faults

.PHONY: test-oldest-kubernetes
test-oldest-kubernetes: export KUBERNETES = 1.34
test-oldest-kubernetes: node_modules models/.trained ## Run what depends most on Kubernetes on the oldest supported one, which is not needed otherwise
	@$(TS) local/cli.ts tools
	@$(TS) local/cli.ts test-packages
	@$(TS) test/run.ts oldest-kubernetes

.PHONY: test-gateway
test-gateway: node_modules models/.trained ## Share requests between two versions by a Gateway API controller: Traefik, which is not needed otherwise
	@$(TS) local/cli.ts tools
	@$(TS) local/cli.ts tools traefik
	@$(TS) test/run.ts gateway

.PHONY: test-network-policy
test-network-policy: node_modules models/.trained ## Enforce the chart's network policies: by kube-router, which is not needed otherwise
	@$(TS) local/cli.ts tools
	@$(TS) local/cli.ts tools kube-router
	@$(TS) local/cli.ts test-packages ipset
	@$(TS) test/run.ts network-policy

.PHONY: test-keda
test-keda: node_modules models/.trained ## Let a real KEDA count the pods, down to none: it is not needed otherwise
	@$(TS) local/cli.ts tools
	@$(TS) local/cli.ts tools keda
	@$(TS) local/cli.ts test-packages
	@$(TS) test/run.ts keda

.PHONY: test-servers
test-servers: node_modules models/.trained ## Deploy servers of other kinds by their own Dockerfiles, whose packages nothing else needs
	@$(TS) local/cli.ts tools
	@$(TS) test/run.ts servers

.PHONY: test-object-stores
test-object-stores: node_modules models/.trained .tools/azurite/.ready ## Download models from emulators of Google's and Azure's storage, which are not needed otherwise
	@$(TS) local/cli.ts tools fake-gcs-server
	@$(TS) test/run.ts object-stores

.tools/azurite/.ready: Makefile
	@echo "Installing Azurite (usually 1 minute)" >&2
	@mkdir -p $(@D)
	@npm install --prefix $(@D) --no-save --no-fund --no-audit --loglevel=error azurite@3.37.0 >/dev/null
	@touch $@

.PHONY: test-languages
test-languages: node_modules models/.trained .tools/languages/.ready ## Deploy by programs in Go, Python, TypeScript and YAML: takes their language hosts, which are not needed otherwise
	@$(TS) local/cli.ts tools
	@$(TS) local/cli.ts tools pulumi-language-go pulumi-language-python pulumi-language-yaml
	@$(TS) test/run.ts languages

.PHONY: test-examples
test-examples: node_modules models/.trained ## Deploy the examples in TypeScript and config on the local platform
	@$(TS) local/cli.ts tools
	@$(TS) test/run.ts examples

.tools/languages/.ready: examples/python/requirements.txt .venv/.ready
	@echo "Installing Pulumi for Python (usually 20 seconds)" >&2
	@.venv/bin/python -m venv --clear .tools/languages
	@.tools/languages/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# NODE=26: which Node.js. End to end it is a deployment, its updates and its failures.
.PHONY: test-node
test-node: node_modules .venv/.ready models/.trained ## Run what is written for Node.js on another one than `make` takes: NODE=22 or NODE=26
	@$(TS) local/cli.ts tools
	@$(TS) local/cli.ts test-packages
	@folder=$$(local/tools/node.sh "$(NODE)") && export PATH="$$folder:$$PATH" && node --version && \
		$(TS) test/run.ts unit program package "end-to-end deployment"

.PHONY: test-registry
test-registry: node_modules models/.trained ## Publish the npm package to a registry (verdaccio), and install from it what the template makes
	@$(TS) local/cli.ts tools
	@$(TS) test/run.ts registry

# SECONDS_EACH=20: the short form.
.PHONY: test-load
test-load: node_modules models/.trained ## Ask two pods for more than they can answer, two minutes for each load: SECONDS_EACH=20 in the short form
	@$(TS) local/cli.ts tools
	@$(TS) test/run.ts load

.PHONY: lint
lint: node_modules .venv/.ready ## Run the linters and the type-check
	@$(TS) local/cli.ts tools actionlint
	@$(TS) test/run.ts lint

.PHONY: format
format: node_modules .venv/.ready ## Format all code
	@npm run --silent format
	@.venv/bin/ruff format .

.PHONY: generate
generate: node_modules .venv/.ready ## Write the generated files anew: schemas, types, reference tables
	@npm run --silent chart:generate
	@npm run --silent config:generate
	@npm run --silent versions:generate
	@npm run --silent provider:generate
	@cd serving && ../.venv/bin/python describe.py

.PHONY: lock
lock: ## Resolve all Python packages anew, to the newest versions (takes uv)
	@serving/lock.sh

# EXAMPLES=1000: the long form. SEED=…: the same requests as in that run.
.PHONY: fuzz-requests
fuzz-requests: models/.trained serving/.compiled ## Look for requests whose work grows faster than they do: takes valgrind (100 examples take some minutes)
	@cd serving && PYTHONPATH=.:tests ../.venv/bin/python -m tests.fuzz_requests $(if $(EXAMPLES),--examples "$(EXAMPLES)") $(if $(SEED),--seed "$(SEED)")

.PHONY: bench-serving
bench-serving: models/.trained serving/.compiled ## Compare the server with its peers (usually 12 minutes)
	@.venv/bin/python bench/serving/run.py

.PHONY: bench-grpc
bench-grpc: models/.trained serving/.compiled .venv/.ready ## Compare a single row over gRPC with KServe's and MLServer's servers (usually 4 minutes)
	@.venv/bin/python bench/serving/grpc_calls.py

.PHONY: bench-payloads
bench-payloads: models/.trained serving/.compiled ## Measure what payload logging costs (usually 6 minutes)
	@.venv/bin/python bench/payloads/run.py

.PHONY: bench-program
bench-program: node_modules models/.trained ## Measure the Pulumi program on the local platform (usually 40 minutes)
	@$(TS) bench/program/run.ts

node_modules: package-lock.json package.json
	@echo "Installing npm packages (usually 20 seconds)" >&2
	@npm ci --no-progress --loglevel=error >&2
	@touch node_modules

.venv/.ready: models/requirements.txt $(wildcard serving/requirements*.txt)
	@echo "Installing Python packages into .venv (usually 1 minute)" >&2
	@python=$$(local/tools/python.sh $(PYTHON)) && { .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || $$python -m venv --clear .venv; }
	@for file in $^; do .venv/bin/pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $$file; done
	@touch $@

# The server's native parts, as the image's build makes them.
serving/.compiled: $(wildcard serving/model_server/native/*.[ch]) serving/build_native.py .venv/.ready
	@echo "Compiling the server's native parts (usually 10 seconds)" >&2
	@cd serving && ../.venv/bin/python build_native.py >&2
	@touch $@

models/.trained: models/train.py .venv/.ready
	@echo "Training the sample models (usually 10 seconds)" >&2
	@.venv/bin/python models/train.py >&2
	@touch $@
