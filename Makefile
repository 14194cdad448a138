# Start with `make run` and `make test`; `make help` lists the rest.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONSTRAINTS ?= constraints.txt
# One process more than two cores, since many tests spend their time waiting; a module at a time, in the order of tests/conftest.py.
IN_PARALLEL := --numprocesses 3 --dist loadfile --no-loadscope-reorder
TASK ?= higgs
# The challenge's own files are at the top; those of another task in tasks/, where defaults.mk says what it needs.
FOLDER := $(if $(filter higgs,$(TASK)),,tasks/$(TASK)/)
-include $(FOLDER)defaults.mk
# Methods are compared where many events let them show what they can, and many pseudo-experiments that they cover.
ifneq ($(filter baselines,$(MAKECMDGOALS)),)
SIZE ?= large
SETS ?= 20
PSEUDO_EXPERIMENTS ?= 50
endif
SIZE ?= small
DENSE ?=
DATA_SET = build/data/$(SIZE)$(if $(DENSE),-dense$(DENSE))
PHASE ?= feedback
SETS ?= 10
PSEUDO_EXPERIMENTS ?= 5
WORKERS ?=
FRESH ?=
OPTIONS ?=
METHODS ?=
TRAINING_SEEDS ?= 1
SEED ?=
RESULTS ?= build/baselines/results
README ?=
NAME ?=
SUBMISSION ?= $(FOLDER)sample_code_submission
STORE ?= $(DATA_SET)/store
OFFICIAL ?=
RUNS ?= $(wildcard $(RUN_FOLDER)/*)
REFERENCE ?=
BASELINE ?=
MADE_BUNDLE := build/$(if $(FOLDER),$(TASK)_)bundle.zip
BUNDLE ?= $(MADE_BUNDLE)
LEADERBOARD = build/leaderboard$(if $(FOLDER),_$(TASK))
RUN_FOLDER = build/run$(if $(FOLDER),_$(TASK))
OUTPUT ?= $(RUN_FOLDER)/$(notdir $(patsubst %/,%,$(SUBMISSION)))
PLAN = --input $(FOLDER)input_data/$(PHASE) --num-of-sets $(SETS) --num-pseudo-experiments $(PSEUDO_EXPERIMENTS)
COMPETITION ?=
SEND ?=
BUNDLED := pages logo.png input_data public_data starting_kit dummy_submission sample_code_submission ingestion_program \
	scoring_program inference
DATA ?= $(if $(STORE),$(wildcard $(DATA_SET)))

ifneq ($(words $(SUBMISSION)),1)
$(error SUBMISSION must be one folder whose path has no space, not "$(SUBMISSION)")
endif

ifeq ($(wildcard $(FOLDER)competition.yaml),)
$(error There is no task $(TASK); the tasks are higgs $(notdir $(patsubst %/competition.yaml,%,$(wildcard tasks/*/competition.yaml))))
endif

# Before events are generated for it.
ifneq ($(filter run submission baselines,$(MAKECMDGOALS)),)
ifneq ($(filter-out yes,$(FRESH)),)
$(error FRESH is yes or nothing, not "$(FRESH)")
endif
ifeq ($(wildcard $(SUBMISSION)),)
$(error There is no submission $(SUBMISSION); copy one to start from: cp -r dummy_submission $(SUBMISSION))
endif
endif

ifneq ($(filter baselines,$(MAKECMDGOALS)),)
ifneq ($(TASK),higgs)
$(error The methods of baselines/ measure TASK=higgs, not $(TASK))
endif
UNKNOWN_METHODS := $(filter-out reference $(notdir $(patsubst %/,%,$(wildcard baselines/[a-z]*/))),$(METHODS))
ifneq ($(UNKNOWN_METHODS),)
$(error METHODS are folders of baselines/, or reference; there is no $(UNKNOWN_METHODS))
endif
endif

ifneq ($(filter new-baseline,$(MAKECMDGOALS)),)
ifeq ($(strip $(NAME)),)
$(error Name the method: make new-baseline NAME=my_method)
endif
endif

ifneq ($(filter table,$(MAKECMDGOALS)),)
ifneq ($(filter-out yes,$(README)),)
$(error README is yes or nothing, not "$(README)")
endif
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup docs coverage data official-data run submission kit leaderboard baselines \
	table new-baseline train test test-fast lint bench validate-data notebook \
	bundle check-bundle upload submit results pages docker-build docker-run clean

help:  ## show this list
	@echo "make TARGET [NAME=value ...]"
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16
	@echo "Values now: TASK=$(TASK) SIZE=$(SIZE) SUBMISSION=$(SUBMISSION) PHASE=$(PHASE) SETS=$(SETS) PSEUDO_EXPERIMENTS=$(PSEUDO_EXPERIMENTS)"

setup: $(VENV)/ready  ## create the virtual environment .venv with everything, versions pinned

$(VENV)/ready: pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; name one: make setup PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --disable-pip-version-check --constraint $(CONSTRAINTS) --editable '.[baseline,docs,kit,organise,test]'
	@touch $@

data: setup  ## generate events, SIZE=tiny|small|large|huge or a number, DENSE=10 for more where it matters, in build/data
	$(generate)

official-data: setup  ## download the official data (6.5 GB), or take OFFICIAL=path, for STORE=build/data/official/store
	$(BIN)/higgs-challenge data $(if $(OFFICIAL),--official "$(OFFICIAL)",--download) build/data/official

# Generate data if there are none, but only in the default location.
made_data = $(if $(filter file,$(origin STORE)),$(if $(STORE),$(DATA_SET)/store/hidden/part.json))

generate = $(BIN)/higgs-challenge data --size $(SIZE) $(if $(DENSE),--dense $(DENSE)) $(DATA_SET)

$(DATA_SET)/store/hidden/part.json: | setup
	$(generate)

run: setup $(made_data)  ## run SUBMISSION on SETS x PSEUDO_EXPERIMENTS of PHASE and score it; FRESH=yes shares no events
	$(BIN)/higgs-challenge truth $(PLAN) --reveal all --output $(OUTPUT)/reference
	@rm -f $(OUTPUT)/scores/scores.json $(OUTPUT)/scores/detailed_results.html
	$(BIN)/higgs-challenge run $(PLAN) $(if $(STORE),--data $(STORE)) --submission $(SUBMISSION) \
		--output $(OUTPUT)/results $(if $(WORKERS),--workers $(WORKERS)) $(if $(FRESH),--fresh) $(OPTIONS)
	$(BIN)/higgs-challenge score --reference $(OUTPUT)/reference --prediction $(OUTPUT)/results \
		--output $(OUTPUT)/scores

submission: setup  ## pack SUBMISSION into build/submissions, checked for PHASE
	$(BIN)/higgs-challenge pack $(SUBMISSION) build/submissions$(if $(FOLDER),_$(TASK))/$(notdir $(patsubst %/,%,$(SUBMISSION))).zip \
		--phase $(if $(FOLDER),$(FOLDER)input_data/)$(PHASE) $(OPTIONS)

kit: setup  ## rewrite starting_kit/phases from input_data and competition.yaml
	$(BIN)/higgs-challenge kit

leaderboard: setup  ## rank RUNS, by default all of build/run made with these SETS and PSEUDO_EXPERIMENTS, or on REFERENCE
	$(if $(strip $(RUNS)),,$(error There is no run to rank: make run, or name folders in RUNS))
	$(if $(REFERENCE),,$(BIN)/higgs-challenge truth $(PLAN) --output $(LEADERBOARD)/reference)
	@rm -f $(LEADERBOARD)/leaderboard.csv $(LEADERBOARD)/leaderboard.html
	$(BIN)/higgs-challenge leaderboard --reference $(or $(REFERENCE),$(LEADERBOARD)/reference) \
		--output $(LEADERBOARD) $(if $(BASELINE),--baseline "$(BASELINE)") $(RUNS)

baselines: setup $(made_data)  ## run METHODS, by default all of baselines/, on the same events, and rank them: build/baselines
	$(BIN)/higgs-challenge baselines $(PLAN) $(if $(SEED),--random-seed $(SEED)) $(if $(STORE),--data $(STORE)) \
		$(if $(FRESH),--fresh) --results "$(RESULTS)" --training-seeds $(TRAINING_SEEDS) \
		$(if $(WORKERS),--workers $(WORKERS)) $(OPTIONS) $(METHODS)

table: setup  ## make the table of the results files in RESULTS; README=yes puts it into README.md
	$(BIN)/higgs-challenge table --output build/baselines $(if $(README),--document README.md) "$(RESULTS)"

new-baseline: setup  ## make baselines/NAME, a new method, from the template
	$(BIN)/higgs-challenge new-baseline "$(NAME)"

train: setup $(made_data)  ## train the sample submission once; later runs find the trained model
	$(BIN)/python sample_code_submission/train.py $(STORE)

test: setup lint  ## check style and types, and run all tests
	$(BIN)/pytest $(IN_PARALLEL) --durations 5

test-fast: setup  ## run the tests that need no container, browser, Dask or notebook and are not slow: 4 minutes
	$(BIN)/pytest $(IN_PARALLEL) --durations 5 -m 'not (slow or container or browser or dask or notebook)'

lint: setup  ## check style and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy
	cd sample_code_submission && ../$(BIN)/mypy --config-file ../pyproject.toml .
	for folder in baselines/*/; do (cd $$folder && ../../$(BIN)/mypy --config-file ../../pyproject.toml .) || exit 1; done
	cd tasks/gaussian/sample_code_submission && ../../../$(BIN)/mypy --config-file ../../../pyproject.toml .
	cd starting_kit && ../$(BIN)/mypy --config-file ../pyproject.toml plots.py

coverage: setup  ## run all tests and measure, branch by branch, how much of the packages they reach
	$(BIN)/pytest $(IN_PARALLEL) --cov --cov-report=term --cov-report=xml:build/coverage.xml

# This silences a banner about the plans of mkdocs' authors, which has nothing to do with our pages.
docs: setup  ## build the documentation site, with a reference page for every module: build/site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo build/site/index.html

bench: setup $(made_data)  ## measure speeds beside the official package's, in one table
	$(BIN)/python -W ignore benchmarks/all.py

validate-data: setup  ## compare synthetic with official data, OFFICIAL=folder: build/validation/data.html
	$(BIN)/higgs-challenge validate-data $(if $(OFFICIAL),--official "$(OFFICIAL)") $(if $(PYTHIA),--pythia "$(PYTHIA)")

notebook: setup $(made_data)  ## execute the starting kit's notebook with the events of SIZE: build/starting_kit
	KIT_SIZE=$(SIZE) KIT_DATA=$(abspath $(STORE)/..) $(BIN)/higgs-challenge notebook

bundle: setup kit  ## pack BUNDLE=build/bundle.zip, which Codabench takes as a competition
	$(BIN)/higgs-challenge bundle --task $(TASK) --output "$(BUNDLE)"

check-bundle: setup  ## check BUNDLE, a competition's zip, with the rules of Codabench
	$(BIN)/higgs-challenge check-bundle "$(BUNDLE)"

pages: setup  ## write the competition's pages as Codabench shows them, in build/pages
	$(BIN)/higgs-challenge pages --task $(TASK) --output build/pages$(if $(FOLDER),_$(TASK))

# Both only say what they would send, unless SEND=yes; the account is CODABENCH_USERNAME and CODABENCH_PASSWORD.
sending = $(if $(filter-out yes,$(SEND)),$(error SEND is yes or nothing, not "$(SEND)"))$(if $(SEND),--send)

upload: setup  ## create a Codabench competition from BUNDLE; without SEND=yes, only say what would be sent
	$(BIN)/higgs-challenge upload "$(BUNDLE)" $(sending)

submit: setup  ## send SUBMISSION to PHASE of COMPETITION on Codabench; without SEND=yes, only say what would be sent
	$(if $(COMPETITION),,$(error Name the competition by its number or address: make submit COMPETITION=17525))
	$(BIN)/higgs-challenge submit "$(SUBMISSION)" --competition "$(COMPETITION)" --phase "$(PHASE)" $(sending)

# The truth follows from the settings of the phase, unless REFERENCE has it.
results: setup  ## download the results and scores of PHASE of COMPETITION on Codabench, and rank them: build/results
	$(if $(COMPETITION),,$(error Name the competition by its number or address: make results COMPETITION=17525 PHASE=final))
	$(if $(REFERENCE),,$(BIN)/higgs-challenge truth --input $(FOLDER)input_data/$(PHASE) --output build/results/truth/$(TASK)_$(PHASE))
	$(BIN)/higgs-challenge results --competition "$(COMPETITION)" --phase "$(PHASE)" --output build/results \
		--reference "$(or $(REFERENCE),build/results/truth/$(TASK)_$(PHASE))" $(if $(BASELINE),--baseline "$(BASELINE)")

docker-build: setup  ## build the image that competition.yaml names, or IMAGE=, on BASE=; DOCKER_HOST may name the engine
	$(BIN)/higgs-challenge docker-build $(if $(BASE),--base "$(BASE)") $(if $(IMAGE),--image "$(IMAGE)") \
		$(if $(TORCH_INDEX),--torch-index "$(TORCH_INDEX)") $(if $(XGBOOST),--xgboost "$(XGBOOST)") $(if $(EXTRAS),--extras "$(EXTRAS)") \
		$(if $(RUN_AS),--run-as "$(RUN_AS)") $(if $(NETWORK),--network "$(NETWORK)")

# Make the bundle if it is missing or older than a source, but only in the default location.
$(MADE_BUNDLE): $(FOLDER)competition.yaml $(shell find $(BUNDLED) $(FOLDER) -type f -not -path '*/__pycache__/*') | setup
	$(BIN)/higgs-challenge kit
	$(BIN)/higgs-challenge bundle --task $(TASK) --output $@

docker-run: setup $(if $(filter file,$(origin BUNDLE)),$(BUNDLE))  ## run SUBMISSION in containers as Codabench would, on DATA=folder
	$(BIN)/higgs-challenge docker-run --submission "$(SUBMISSION)" --phase "$(PHASE)" --bundle "$(BUNDLE)" \
		--output "build/docker_run$(if $(FOLDER),_$(TASK))/$(notdir $(patsubst %/,%,$(SUBMISSION)))" $(if $(DATA),--data "$(DATA)") $(if $(IMAGE),--image "$(IMAGE)") $(if $(NETWORK),--network "$(NETWORK)") \
		$(if $(GPU),--gpu "$(GPU)") $(if $(filter-out file,$(origin SETS)),--sets $(SETS)) \
		$(if $(filter-out file,$(origin PSEUDO_EXPERIMENTS)),--pseudo-experiments $(PSEUDO_EXPERIMENTS))

clean:  ## remove data, runs, bundle, trained model and compiled code, but not .venv
	rm -rf build ingestion_program/higgs_challenge/__pycache__ sample_code_submission/trained_model.pt
