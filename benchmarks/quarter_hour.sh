#!/usr/bin/env bash
# On the rented machine: bash benchmarks/quarter_hour.sh OUT SECONDS [key=value ...]; SECONDS 0 only unpacks.
# Takes wheels from .whl (what is missing there), packs and teacher from .gpu, as they have been carried over.
set -eu
out=$1 seconds=$2; shift 2
export PYTHONUNBUFFERED=1 PYTHONPATH=src:/tmp/site OMP_NUM_THREADS=4
[ -d /tmp/site ] || python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target /tmp/site .whl/*.whl
python3 benchmarks/quarter_hour.py unpack .gpu/packs -o /tmp/store --workers 16
[ "$seconds" = 0 ] || python3 benchmarks/quarter_hour.py train recipes/quarter-hour.yaml data.store=/tmp/store \
    folder=/tmp/run tagger.learn.teacher=.gpu/yamnet.safetensors tagger.learn.teacher_classes=.gpu/yamnet_class_map.csv \
    "$@" --seconds "$seconds" --out "$out"
