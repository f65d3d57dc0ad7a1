"""Writes crates/nn/tests/golden/minilm.json: token ids and sentence-transformers vectors of about sixty texts.

Run with `cargo xtask golden embeddings`.

Each text is encoded alone, in f32 on the CPU with one thread, so no vector depends on its neighbours' padding.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench/encode"))
import environment

environment.enter()

import torch
from sentence_transformers import SentenceTransformer

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "crates/nn/tests/golden/minilm.json"
PACKAGES = ["sentence-transformers", "transformers", "tokenizers", "torch"]
# Texts made of neighbouring sentences, to reach these many word pieces and no more, specials excluded.
LONG = [60, 64, 80, 96, 100, 111, 126, 127, 128, 150, 160, 180, 192, 200, 222, 240, 254]


def main() -> None:
    torch.set_num_threads(1)
    model = SentenceTransformer(str(environment.MODEL), device="cpu")
    model.max_seq_length = 256

    def ids(text: str) -> list[int]:
        return model.tokenizer(text, truncation=False)["input_ids"]

    sentences = (HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()
    texts = ["", *sentences]
    for n, pieces in enumerate(LONG):
        texts.append(long_text(sentences, pieces, start=n * 2, count=lambda text: len(ids(text)) - 2))

    cases = []
    for text in texts:
        assert len(ids(text)) <= 256, text
        vector = model.encode([text], batch_size=1, normalize_embeddings=True, convert_to_numpy=True)[0]
        cases.append({"text": text, "ids": ids(text), "vector": [round(float(x), 8) for x in vector]})
    document = {
        "model": "sentence-transformers/all-MiniLM-L6-v2",
        "made_by": "xtask/golden/embeddings.py",
        "versions": {name: version(name) for name in PACKAGES},
        "cases": cases,
    }
    lines = json.dumps(document, ensure_ascii=False, separators=(",", ":")).replace('{"text"', '\n{"text"')
    OUT.write_text(lines + "\n", encoding="utf-8")
    print(f"{len(cases)} texts, {min(len(c['ids']) for c in cases)} to {max(len(c['ids']) for c in cases)} tokens, "
          f"{OUT.stat().st_size} bytes")


def long_text(sentences: list[str], pieces: int, start: int, count) -> str:
    """Running text from the list, rotated by `start`, leaving out words that would exceed `pieces` word pieces."""
    order = sentences[14:] + sentences[:14]
    order = order[start:] + order[:start]
    text = ""
    for word in " ".join(order).split(" "):
        longer = f"{text} {word}".strip()
        if count(longer) > pieces:
            continue
        text = longer
        if count(text) == pieces:
            break
    return text


if __name__ == "__main__":
    main()
