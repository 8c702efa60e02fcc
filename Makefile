# make demo [IN=file]   separate a recording with the model in the box
# make test             run all tests
# make check            style and types
# make bench            time and memory of separating, beside the published package
# make bench-memory     peak memory of separating 6 and 60 minutes
# make bench-index      time and memory of the index of 2 million clips
# make bench-train      time of a training step beside that of the published package
# make docs             the documentation as a site, in site/ (open site/index.html); with npm, "try it here" in it works
# make try              the page that takes recordings apart in the browser, in docs/try/ (needs npm)
# make light            a wheel of unweave-light with the exported model inside, in dist/
# make listen           docs/listen.md: the scene of make demo before and after, in pictures, figures and sound; and
#                       docs/images/overview.png, the picture that make demo draws
# make results DATA=folder [STEMS=folder] [ABLATION=folder]   measure the model in the box and write docs/results.md and docs/models/small.md
PYTHON ?= python3
IN ?= examples/scene.flac
EXTRAS ?= dev,train,eval,onnx,quantize,serve,live,scale,docs

VENV := .venv
BIN := $(VENV)/bin
DEMO := $(VENV)/.installed-demo
STAMP := $(VENV)/.installed
DOCS := $(VENV)/.installed-docs

.PHONY: demo test check docs bench bench-memory bench-index bench-train results listen try light install clean

demo: $(if $(wildcard $(STAMP)),$(STAMP),$(DEMO))
	$(BIN)/unweave separate "$(IN)" -o separated --overwrite

test: $(STAMP)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The site fetches nothing when it is read, not even letters; warnings are errors. The networks of the page "try it here"
# need npm once; where there is none, the site is built without them, and the page says so.
docs: $(DOCS)
	@$(BIN)/python light/assemble.py >/dev/null || echo 'The page "try it here" has no networks: the site is for reading.' >&2
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --clean --quiet

bench: $(STAMP)
	$(BIN)/python benchmarks/bench.py

bench-memory: $(STAMP)
	$(BIN)/python benchmarks/memory.py

bench-index: $(STAMP)
	$(BIN)/python benchmarks/store_index.py

bench-train: $(STAMP)
	$(BIN)/python benchmarks/train_step.py

try: $(STAMP)
	$(BIN)/python light/assemble.py

light: $(STAMP)
	$(BIN)/unweave models export small -o light/src/unweave_light/model --overwrite
	$(BIN)/python -m build --wheel --outdir dist light

listen: $(STAMP)
	$(BIN)/python examples/make_scene.py --stems build/scene
	$(BIN)/python benchmarks/listen.py --stems build/scene
	$(BIN)/unweave separate examples/scene.flac -o build/demo --overwrite --quiet
	cp build/demo/scene/overview.png docs/images/overview.png

results: $(STAMP)
	$(BIN)/python benchmarks/results.py --data "$(DATA)" $(if $(STEMS),--stems "$(STEMS)") $(if $(MENDS),--mends "$(MENDS)") $(if $(DEMO),--demo "$(DEMO)") $(if $(ABLATION),--ablation "$(ABLATION)")

install: $(STAMP)

# Installed once; again only if what is to be installed has changed. A .venv that is already there is kept. The demo needs
# the package alone; tests need all of EXTRAS, and what they have installed serves the demo too.
ready = $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e

$(DEMO): pyproject.toml constraints.txt | $(BIN)/python
	$(ready) .
	@touch $@

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(ready) ".[$(EXTRAS)]"
	@touch $@

$(DOCS): pyproject.toml constraints.txt | $(BIN)/python
	$(ready) ".[docs,onnx]"
	@touch $@

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON); install Python 3.10 or newer, or say make PYTHON=/path/to/python." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "$(PYTHON) is older than Python 3.10; say make PYTHON=/path/to/a/newer/python." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment; install its venv module (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 2; }

clean:
	rm -rf separated runs site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
