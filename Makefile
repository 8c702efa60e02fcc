# make demo [IN=file]   separate a recording with the model in the box
# make test             run all tests
# make check            style and types
# make bench            time and memory of separating, beside the published package
# make bench-memory     peak memory of separating 6 and 60 minutes
# make bench-index      time and memory of the index of 2 million clips
# make bench-train      time of a training step beside that of the published package
# make listen           docs/listen.md: the scene of make demo before and after, in pictures, figures and sound
# make results DATA=folder [STEMS=folder] [ABLATION=folder]   measure the model in the box and write docs/results.md and docs/models/small.md
PYTHON ?= python3
IN ?= examples/scene.flac
EXTRAS ?= dev,train,eval,onnx,quantize

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test check bench bench-memory bench-index bench-train results listen install clean

demo: $(STAMP)
	$(BIN)/unweave separate "$(IN)" -o separated --overwrite

test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python benchmarks/bench.py

bench-memory: $(STAMP)
	$(BIN)/python benchmarks/memory.py

bench-index: $(STAMP)
	$(BIN)/python benchmarks/store_index.py

bench-train: $(STAMP)
	$(BIN)/python benchmarks/train_step.py

listen: $(STAMP)
	$(BIN)/python examples/make_scene.py --stems build/scene
	$(BIN)/python benchmarks/listen.py --stems build/scene

results: $(STAMP)
	$(BIN)/python benchmarks/results.py --data "$(DATA)" $(if $(STEMS),--stems "$(STEMS)") $(if $(MENDS),--mends "$(MENDS)") $(if $(DEMO),--demo "$(DEMO)") $(if $(ABLATION),--ablation "$(ABLATION)")

install: $(STAMP)

# Installed once; again only if what is to be installed has changed. A .venv that is already there is kept.
$(STAMP): pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON); install Python 3.10 or newer, or say make PYTHON=/path/to/python." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "$(PYTHON) is older than Python 3.10; say make PYTHON=/path/to/a/newer/python." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; install its venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[$(EXTRAS)]"
	@touch $@

clean:
	rm -rf separated runs build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
