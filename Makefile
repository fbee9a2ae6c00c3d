# `make` lists the words. Everything runs in .venv, which `make setup` builds; nothing else is touched.

PYTHON ?= python3
BOARD ?= devkitc
PORT ?= auto
ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
# More than the cores: the end-to-end tests mostly wait
JOBS ?= 4
# A worker takes the next test when it is free, in the order of host_tests/long_first.py
WORKERS := -n $(JOBS) --dist loadgroup --no-loadscope-reorder
# Whatever the shell says: without bytecode each worker and each program that a test starts compiles all anew
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-one check lint format types dialect new-board lint-board build builds flash sim bridge sandbox conformance properties torture kills mutation bench clean

help:  ## list the words
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1	/' | expand -t 14

setup: build/.setup  ## the tools into .venv, umqtt.simple and, where it is missing, mosquitto into build/

build/.setup: requirements-dev.txt pyproject.toml tools/setup.py
	$(PYTHON) tools/setup.py $(VENV)
	@touch $@

demo: build/.setup  ## one charge through the whole chain, then keep serving (ARGS=--once ends after it)
	$(PY) -m sandbox.demo $(ARGS)

test: build/.setup  ## everything that must hold
	$(PY) -m pytest $(WORKERS) $(ARGS)

test-one: build/.setup  ## one file or test: T=host_tests/core/test_pilot.py
	$(PY) -m pytest $(T)

check: lint types dialect test  ## what CI runs

lint: build/.setup  ## style and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: build/.setup  ## apply the format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: build/.setup  ## types of the host side
	$(PY) -m mypy

dialect: build/.setup  ## every device file through mpy-cross, for every board
	@$(PY) -m pilectl boards | xargs -P 2 -I% sh -c '$(PY) -m pilectl build % >build/%.txt || { cat build/%.txt; exit 255; }; tail -n 2 build/%.txt'
	@PYTHONPATH=host_tests:tools $(PY) -m shared_builds

new-board: build/.setup  ## begin a board from the template: NAME=mine (boards/BLUEPRINT.md goes on)
	@$(PY) -m pilectl new-board $(if $(NAME),"$(NAME)",$(error say which: make new-board NAME=mine))

lint-board: build/.setup  ## pins, parts, dividers and wiring page of a board: BOARD=devkitc
	@$(PY) -m pilectl lint $(BOARD)

build: build/.setup  ## what goes on a board: BOARD=devkitc
	$(PY) -m pilectl build $(BOARD)

builds: build/.setup  ## every board's build beside its sources in the simulated world, under MicroPython
	EVERY_BOARD=1 $(PY) -m pytest $(WORKERS) host_tests/linker

flash: build/.setup  ## MicroPython, journal and the build onto a board: BOARD= PORT= (ARGS="--image FILE", ARGS=--files-only)
	$(PY) -m pilectl flash $(BOARD) $(PORT) $(ARGS)

sim: build/.setup  ## a simulated pile alone; words on its stdin: plug, authorize, run 10s, unplug, quit
	@mkdir -p build/sim
	$(PY) -m pilesim --board $(BOARD) --dir build/sim $(ARGS)

bridge: build/.setup  ## the bridge alone, with the example settings
	$(PY) -m pilebridge $(or $(ARGS),tools/pilebridge/example.toml)

sandbox: build/.setup  ## the platform and the driver's page alone
	$(PY) -m sandbox $(or $(ARGS),serve)

conformance: build/.setup  ## pilot and protection: clause, limit, worst measured, verdict (ARGS="--board devkitc --rows 8.1 --seed 7")
	PYTHONPATH=host_tests:tools/pilesim/hostpy:build/lib $(PY) -m conformance $(ARGS)

properties: build/.setup  ## random walks over the whole controller, in safety ticks: STEPS=10000000 SEED=1
	PYTHONPATH=firmware:tools:host_tests:tools/pilesim/hostpy $(PY) -m properties --steps $(or $(STEPS),10000000) --seed $(or $(SEED),1)

torture: build/.setup  ## power, link, broker, bridge and platforms fail; the books must agree: N=1000 SEED=1 (ARGS=--cuts)
	PYTHONPATH=firmware:tools:host_tests:tools/pilesim/hostpy:build/lib $(PY) -m torture --runs $(or $(N),$(if $(SEED),1,1000)) --seed $(or $(SEED),1) $(ARGS)

kills: build/.setup  ## SIGKILL for pile, broker and bridge while vehicles charge, then the books compared: KILLS=50 SEED=1
	PYTHONPATH=host_tests:tools/pilesim/hostpy $(PY) -m kills --kills $(or $(KILLS),50) --seed $(or $(SEED),1)

mutation: build/.setup  ## deliberate defects in core and control, each of which a test must catch
	PYTHONPATH=host_tests $(PY) -m mutation $(ARGS)

bench: build/.setup  ## the figures table, and the same as build/bench.json (ARGS="--rounds 5000")
	PYTHONPATH=host_tests:host_tests/bench $(PY) -m bench $(ARGS)

clean:  ## remove build/ and .venv
	rm -rf build $(VENV)
