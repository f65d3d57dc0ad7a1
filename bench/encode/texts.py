"""The real text that bench/encode runs on, as token ids of the reference tokenizer."""

import json
import os
import random
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer

CLS, SEP = 101, 102
SAMPLE = Path(__file__).resolve().parents[2] / "sample/questions.jsonl"


class Texts:
    """SciFact, and files of ids made from it: one JSON list a line."""

    def __init__(self, model: Path, scifact: Path, work: Path, seed: int, window: int):
        self.tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.work, self.seed, self.window = work, seed, window
        self.rows = read_jsonl(scifact / "corpus.jsonl")
        self.corpus_ids = [row["_id"] for row in self.rows]
        self.qrels: dict[str, dict[str, int]] = {}
        for line in (scifact / "qrels/test.tsv").read_text().splitlines()[1:]:
            query, document, grade = line.split("\t")
            self.qrels.setdefault(query, {})[document] = int(grade)
        queries = {row["_id"]: row["text"] for row in read_jsonl(scifact / "queries.jsonl")}
        self.query_ids = sorted(self.qrels, key=int)
        self.queries = [queries[query] for query in self.query_ids]
        self.passages = [f"{row['title']} {row['text']}".strip() for row in self.rows]

    def ids(self, texts: list[str]) -> list[list[int]]:
        """Ids with special tokens, cut to the window as sentence-transformers cuts them."""
        encoded = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        return [ids if len(ids) <= self.window else ids[: self.window - 1] + [SEP] for ids in encoded]

    def file(self, name: str, sequences) -> Path:
        path = self.work / f"ids-{name}.jsonl"
        path.write_text("".join(json.dumps(ids) + "\n" for ids in sequences))
        return path

    def corpus_file(self) -> Path:
        return self.file("corpus", self.ids(self.passages))

    def queries_file(self, every: int = 1) -> Path:
        return self.file(f"queries-{every}", self.ids(self.queries[::every]))

    def question_files(self, data: Path) -> dict[str, Path]:
        """What people ask, 52 to 67 of each: of Wikipedia's paragraphs, and of the sample handbook."""
        sets = {"XQuAD questions (en)": data / "rag-xquad/en.questions.jsonl", "sample questions": SAMPLE}
        files = {}
        for at, (name, path) in enumerate(sets.items()):
            rows = read_jsonl(path)
            asked = [row.get("question") or row["text"] for row in rows]
            files[name] = self.file(f"questions-{at}", self.ids(asked[:: max(1, len(asked) // 50)]))
        return files

    def sample(self, count: int) -> list[int]:
        """Places in the corpus."""
        return random.Random(self.seed).sample(range(len(self.passages)), count)

    def passages_file(self, places: list[int]) -> Path:
        return self.file("passages", self.ids([self.passages[place] for place in places]))

    def workloads(self) -> dict[str, Path]:
        """128 and 256 tokens of running text, and whole first sentences of abstracts, as many as fall to each."""
        source = random.Random(self.seed)
        rows = source.sample(self.rows, 1000)
        stream = [id for ids in self.ids([row["text"] for row in rows]) for id in ids[1:-1]]

        def fixed(length: int, count: int):
            inner = length - 2
            return [[CLS, *stream[n * inner : (n + 1) * inner], SEP] for n in range(count)]

        def opening(row: dict) -> str:
            return row["text"][: row["sent_ends"][source.randrange(len(row["sent_ends"]))]]

        mixed = self.ids([f"{row['title']} {opening(row)}" for row in rows if row["sent_ends"]])
        return {
            # 4,096 tokens each: the slowest engine takes a second, the fastest a fifth of one.
            "128": self.file("128", fixed(128, 32)),
            "256": self.file("256", fixed(256, 16)),
            # Every sixteenth of the thousand.
            "mixed": self.file("mixed", mixed[::16]),
        }

    def describe(self, path: Path) -> dict:
        lengths = sorted(len(ids) for ids in read_jsonl(path))
        return {"sequences": len(lengths), "tokens": sum(lengths), "shortest": lengths[0],
                "median": lengths[len(lengths) // 2], "p90": lengths[len(lengths) * 9 // 10], "longest": lengths[-1]}

    def tokenizer_sets(self, data: Path) -> dict[str, list[str]]:
        sets = {"SciFact abstracts (English)": self.passages}
        for language in ["de", "ru", "ar", "hi", "zh"]:
            rows = read_jsonl(data / f"rag-xquad/{language}.passages.jsonl")
            sets[f"XQuAD passages ({language})"] = [row["text"] for row in rows] * 8
        pages = sorted((data / "kb-18f-handbook/t1").rglob("*.md"))
        sets["handbook pages (Markdown)"] = [page.read_text(encoding="utf-8") for page in pages]
        return {name: texts for name, texts in sets.items() if texts}

    def reference_tokenizer_seconds(self, texts: list[str]) -> dict:
        start = time.process_time()
        tokens = sum(map(len, self.tokenizer.encode_batch(texts)))
        batch = time.process_time() - start
        start = time.process_time()
        self.tokenizer.encode_batch_fast(texts)
        return {"reference_tokens": tokens, "reference_batch_s": batch, "reference_fast_s": time.process_time() - start}


def read_jsonl(path: Path) -> list:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
