from __future__ import annotations

import hashlib
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np

from unweave.ontology import Ontology
from unweave.words.index import load
from unweave.words.tokens import stem

ASSETS = Path(str(resources.files("unweave.words") / "assets"))


def test_index_is_small_plain_and_of_todays_aliases() -> None:
    assert (ASSETS / "index.npz").stat().st_size < 2e6
    with np.load(ASSETS / "index.npz", allow_pickle=False) as file:
        made_of = bytes(file["aliases_sha256"]).hex()
    # Aliases that were edited have no effect before `benchmarks/words_index.py` was run again.
    assert made_of == hashlib.sha256((ASSETS / "aliases.txt").read_bytes()).hexdigest()


def test_stems_are_those_of_today() -> None:
    index = load()
    stems = list(index.stems)
    assert [stems[index.stem_of[index.words[word]]] for word in index.named] == [stem(word) for word in index.named]


def test_every_node_has_its_name_and_no_number_leads_out() -> None:
    index, nodes = load(), Ontology().nodes
    assert index.mids == tuple(node.mid for node in nodes) and index.of(nodes) is index
    assert set(index.phrases.owners.tolist()) == set(range(len(nodes)))
    for texts in (index.phrases, index.descriptions):
        assert texts.ids.max() < len(index.words) and texts.lengths.min() > 0
        assert (index.stem_of[texts.ids] >= 0).all()
    assert index.vectors.shape == (len(index.words), 64) and index.weights.max() <= 1


def test_other_ontologies_are_known_by_their_names() -> None:
    nodes = Ontology.flat(["Espresso grinder", "Dog", "Blorptang"]).nodes
    index = load().of(nodes)
    assert index.mids == tuple(node.mid for node in nodes)
    assert set(index.phrases.owners.tolist()) == {0, 1, 2} and "blorptang" in index.words
    assert not index.vectors[index.words["blorptang"]].any()
    some = Ontology().nodes[100:103]
    kept = load().of(some)
    assert kept.mids == tuple(node.mid for node in some) and set(kept.phrases.owners.tolist()) == {0, 1, 2}


def test_words_are_understood_without_torch_and_nothing_happens_on_import() -> None:
    code = (
        "import sys; import unweave.words.understanding as u; from unweave.words.index import load\n"
        "assert load.cache_info().currsize == 0\n"
        "from unweave.ontology import Ontology; print(u.understand('my dog', Ontology()).sentence)\n"
        "assert 'torch' not in sys.modules and 'transformers' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == '"my dog" -> Dog.\n'
