"""Writes bench/results/exports.json: every format models leave in, loaded by the packages it is meant for, and what comes in.

Run with `cargo xtask golden exports`, after `cargo build -p engraft` (ENGRAFT_BINARY names another build).

Small models are tuned on made-up rows through the binary and exported. sentence-transformers, transformers and PEFT load each
folder; a tensor that is missing, left over or made up on loading is an error, and so is an output further than 1e-4 from what
the export notes of itself and from what `engraft predict` says. Formats that would answer otherwise must be refused.

A token classifier is read with the pipeline of transformers: it must find the spans, to the letter, that `engraft predict` finds
with the folder brought in again, and their span F1 must be the one the tuner reported. Models that transformers made here, with
layers drawn at random, come in and must answer as they do there; so must adapters of PEFT and a folder of sentence-transformers,
as encoders: dense search scores every question and text, and each must be the cosine that the packages have.
"""

import io
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from contextlib import redirect_stderr
from importlib.metadata import version
from pathlib import Path

# In place of this folder: a script here has the name of a module that the packages import.
BENCH = Path(__file__).resolve().parents[2] / "bench"
sys.path[:1] = [str(BENCH / "encode"), str(BENCH)]
import environment
from about import about, load

environment.enter("peft==0.21.2")

import torch
from environment import MODEL, REPOSITORY, TARGET
from peft import LoraConfig, PeftModel, get_peft_model, get_peft_model_state_dict
from safetensors import safe_open
from sentence_transformers import CrossEncoder, SentenceTransformer
from transformers import (
    AutoModel,
    AutoModelForQuestionAnswering,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
    pipeline,
)

BINARY = os.environ.get("ENGRAFT_BINARY", str(TARGET / "debug/engraft"))
RESULT = REPOSITORY / "bench/results/exports.json"
PACKAGES = ["torch", "transformers", "sentence-transformers", "peft", "safetensors", "tokenizers"]
WITHIN = 1e-4
SEED = 0
# What loaders say when weights and code do not fit.
ALARMS = ["newly initialized", "missing", "unexpected", "mismatch", "not used"]

ROOMS = ["kitchen", "library", "garage", "garden", "workshop", "archive", "canteen", "studio", "cellar", "lobby"]
THINGS = ["kettle", "atlas", "ladder", "rake", "lathe", "ledger", "tray", "easel", "barrel", "sofa"]


class Engraft:
    """The binary in a workspace of its own."""

    def __init__(self, folder: Path, encoder: str = str(MODEL)):
        self.folder = folder
        self.run("init", str(folder / "kb"), "--encoder", encoder)

    def run(self, *words: str, status: int = 0) -> dict:
        base = [BINARY, "--workspace", str(self.folder / "kb"), "--quiet", "--json"]
        environment = {**os.environ, "ENGRAFT_HOME": str(self.folder / "home")}
        done = subprocess.run([*base, *words], capture_output=True, text=True, env=environment)
        if done.returncode != status:
            raise SystemExit(f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def file(self, name: str, rows) -> str:
        path = self.folder / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
        return str(path)

    def predict(self, model: str, rows) -> list[dict]:
        words = [BINARY, "--workspace", str(self.folder / "kb"), "--quiet", "predict", model]
        done = subprocess.run([*words, "--input", self.file("input.jsonl", rows)], capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]


def topics(count: int, several: bool = False):
    words = {"card": ["card", "arrive"], "transfer": ["transfer", "money"], "fee": ["fee", "charged"]}
    for at in range(count):
        label = list(words)[at % 3]
        text = f"{words[label][at % 2]} question number {at} about my {words[label][1 - at % 2]}"
        yield {"id": f"r{at}", "text": text, "label": [label] if several else label}


def spans(count: int):
    for at in range(count):
        thing = THINGS[at % 10]
        text = f"Order {at}: one {thing} for the {ROOMS[at * 3 % 10]}."
        start = text.index(thing)
        yield {"id": f"s{at}", "text": text, "spans": [{"char_start": start, "char_end": start + len(thing), "label": "thing"}]}


UNSEEN = [*spans(110)][80:] + [
    {"id": "odd", "text": "Zoë's kettle2go (a SOFA, 2 trays): €5. No atlas!", "spans": [{"char_start": 19, "char_end": 23, "label": "thing"}]},
    {"id": "none", "text": "Nothing was ordered.", "spans": []},
]


def preferences(count: int):
    for at in range(count):
        prompt = f"Where is the {THINGS[at % 10]} of house {at}?"
        yield {"id": f"p{at}", "prompt": prompt, "chosen": f"In the {ROOMS[at % 10]}, on the left.", "rejected": "I could not say, sorry."}


def answers(count: int):
    for at in range(count):
        room, thing = ROOMS[at % 10], THINGS[at * 3 % 10]
        passage = f"In house {at} the {thing} stands in the {room} by the door."
        start = passage.index(room)
        there = [{"char_start": start, "char_end": start + len(room)}]
        wanted = thing if at % 3 else THINGS[(at * 3 + 1) % 10]
        yield {"id": f"a{at}", "question": f"Where does the {wanted} stand?", "passage": passage, "answers": there if at % 3 else []}


def judged():
    for room, thing in zip(ROOMS, THINGS):
        yield {"query": f"Where do I find a {thing}?", "positive": f"The {thing} is kept in the {room}."}


def models(engraft: Engraft):
    """Tunes one model of each kind that leaves: its name and how it was tuned."""
    rows = engraft.file("topics.jsonl", topics(48))
    several = engraft.file("several.jsonl", topics(48, several=True))
    told = engraft.file("judged.jsonl", judged())
    marked = ["--data", engraft.file("spans.jsonl", spans(80)), "--eval", engraft.file("marked.jsonl", UNSEEN)]
    jobs = {
        "classifier-linear": ["classifier", "--data", rows, "--method", "linear"],
        "classifier-frozen-several": ["classifier", "--data", several, "--method", "frozen"],
        "classifier-full": ["classifier", "--data", rows, "--method", "full"],
        "classifier-lora": ["classifier", "--data", rows, "--method", "lora"],
        "extractor-frozen": ["extractor", *marked, "--method", "frozen"],
        "extractor-full": ["extractor", *marked, "--method", "full"],
        "extractor-lora": ["extractor", *marked, "--method", "lora"],
        "retriever-encoder": ["retriever", "--data", told, "--method", "encoder", "--epochs", "1", "--batch", "4"],
        "reranker": ["reranker", "--data", told, "--epochs", "1", "--window", "64"],
        "reader-full": ["reader", "--data", engraft.file("answers.jsonl", answers(60))],
        "reader-lora": ["reader", "--data", engraft.file("answers.jsonl", answers(60)), "--method", "lora"],
        "reward-encoder": ["reward", "--data", engraft.file("likes.jsonl", preferences(150)), "--method", "encoder"],
    }
    for name, words in jobs.items():
        report = engraft.run("tune", *words, "--seeds", "1", "--name", name)
        yield name, report


class Loading:
    """Hears everything that is said while a folder is loaded."""

    def __enter__(self):
        self.heard = io.StringIO()
        self.handler = logging.StreamHandler(self.heard)
        logging.getLogger().addHandler(self.handler)
        logging.getLogger("transformers").addHandler(self.handler)
        self.redirect = redirect_stderr(self.heard)
        self.redirect.__enter__()
        self.caught = warnings.catch_warnings(record=True)
        self.warned = self.caught.__enter__()
        warnings.simplefilter("always")
        return self

    def __exit__(self, *how):
        self.caught.__exit__(*how)
        self.redirect.__exit__(*how)
        logging.getLogger("transformers").removeHandler(self.handler)
        logging.getLogger().removeHandler(self.handler)
        said = (self.heard.getvalue() + "\n".join(str(one.message) for one in self.warned)).lower()
        self.alarms = [alarm for alarm in ALARMS if alarm in said]


def keys(loaded: dict) -> dict:
    """What loading with transformers left over."""
    return {name: len(loaded[f"{name}_keys"]) for name in ["missing", "unexpected", "mismatched"]}


def vectors(model, inputs: list[str]) -> torch.Tensor:
    """All tokens pooled to norm 1."""
    batch = AutoTokenizer.from_pretrained(MODEL)(inputs, padding=True, truncation=True, max_length=256, return_tensors="pt")
    states = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    return torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)


def load_peft(folder: Path, inputs):
    base = AutoModel.from_pretrained(MODEL)
    model = PeftModel.from_pretrained(base, folder).eval()
    with safe_open(folder / "adapter_model.safetensors", "pt") as file:
        there = set(file.keys())
    wanted = set(get_peft_model_state_dict(model))
    left = {"missing": len(wanted - there), "unexpected": len(there - wanted), "mismatched": 0}
    return vectors(model, inputs), left


def load_cross_encoder(folder: Path, inputs):
    _, info = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    model = CrossEncoder(str(folder), device="cpu")
    return torch.tensor(model.predict(inputs)).unsqueeze(-1), keys(info)


def load_sentences(folder: Path, inputs):
    _, info = AutoModel.from_pretrained(folder, output_loading_info=True)
    model = SentenceTransformer(str(folder), device="cpu")
    return torch.tensor(model.encode(inputs)), keys(info)


def load_classifier(folder: Path, inputs):
    model, info = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True, trust_remote_code=True)
    batch = AutoTokenizer.from_pretrained(folder)(inputs, padding=True, truncation=True, max_length=256, return_tensors="pt")
    return model.eval()(**batch).logits, keys(info)


def load_tokens(folder: Path, inputs):
    model, info = AutoModelForTokenClassification.from_pretrained(folder, output_loading_info=True)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    return [model.eval()(**tokenizer(text, return_tensors="pt")).logits[0].flatten() for text in inputs], keys(info)


def load_reader(folder: Path, inputs):
    model, info = AutoModelForQuestionAnswering.from_pretrained(folder, output_loading_info=True)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    outputs = [model.eval()(**tokenizer(*pair, return_tensors="pt")) for pair in inputs]
    return [torch.cat([one.start_logits[0], one.end_logits[0]]) for one in outputs], keys(info)


def loader(kind: str, format: str):
    if format == "peft":
        return load_peft
    if kind == "reader":
        return load_reader
    if kind == "reranker":
        return load_cross_encoder
    if format == "sentence-transformers":
        return load_sentences
    return load_tokens if kind == "extractor" else load_classifier


@torch.inference_mode()
def check(engraft: Engraft, model: str, format: str) -> dict:
    """Exports a model, loads it elsewhere and compares; or what was said where it cannot be written so."""
    to = engraft.folder / f"{model}-{format}"
    base = [BINARY, "--workspace", str(engraft.folder / "kb"), "--quiet", "--json", "model", "export", model, str(to)]
    done = subprocess.run([*base, "--format", format], capture_output=True, text=True)
    said = json.loads(done.stdout)
    if done.returncode == 2:
        assert not to.exists(), f"{model} was refused as {format} and left {to}"
        return {"model": model, "format": format, "refused": said["error"]["message"]}
    assert done.returncode == 0, said
    note = json.loads((to / "engraft-export.json").read_text())
    inputs = [probe["input"] for probe in note["probes"]]
    wanted = [torch.tensor(probe["output"]) for probe in note["probes"]]
    with Loading() as loading:
        found, left = loader(note["kind"], format)(to, inputs)
    shapes = [(one.shape, other.shape) for one, other in zip(found, wanted, strict=True)]
    assert all(one == other for one, other in shapes), f"{model} as {format}: {shapes}"
    worst = max((one - other).abs().max().item() for one, other in zip(found, wanted))
    outputs = sum(one.numel() for one in wanted)
    one = {"model": model, "format": format, **left, "alarms": loading.alarms, "outputs": outputs, "worst": worst}
    print(json.dumps(one), file=sys.stderr)
    assert not any(left.values()) and not loading.alarms, f"{model} as {format}: {left} {loading.alarms}\n{loading.heard.getvalue()}"
    assert worst <= WITHIN, f"{model} as {format} is {worst} off"
    return {**one, "losses": note["losses"]}


def predictions(engraft: Engraft) -> list[dict]:
    """What `engraft predict` says beside what the loaded folder says."""
    rows = [{"query": f"Where is the {thing}?", "text": f"The {thing} is in the {room}."} for thing in THINGS[:5] for room in ROOMS[:5]]
    pairs = [(row["query"], row["text"]) for row in rows]
    cross = CrossEncoder(str(engraft.folder / "reranker-sentence-transformers"), device="cpu").predict(pairs)
    encoder = SentenceTransformer(str(engraft.folder / "retriever-encoder-sentence-transformers"), device="cpu")
    queries, texts = (encoder.encode([pair[side] for pair in pairs]) for side in (0, 1))
    found = {"reranker": torch.tensor(cross), "retriever-encoder": torch.tensor((queries * texts).sum(1))}
    out = []
    for model, there in found.items():
        here = torch.tensor([line["score"] for line in engraft.predict(model, rows)])
        worst = (here - there).abs().max().item()
        assert worst <= WITHIN, f"predict of {model} is {worst} off"
        out.append({"model": model, "rows": len(rows), "worst": worst})
    return out


def found_by(folder: Path, rows) -> list[list[tuple]]:
    """The spans that the pipeline of transformers finds in texts: where they begin and end, and their label."""
    read = pipeline("token-classification", model=str(folder), aggregation_strategy="first", device="cpu")
    return [[(one["start"], one["end"], one["entity_group"]) for one in read(row["text"])] for row in rows]


def spans_of(lines) -> list[list[tuple]]:
    return [[(one["char_start"], one["char_end"], one["label"]) for one in line["spans"]] for line in lines]


def brought_back(engraft: Engraft, reports: dict) -> list[dict]:
    """Token classifiers that left: what they find there, what they find here once they are back, and what the tuner said."""
    out = []
    for name in ["extractor-frozen", "extractor-full", "extractor-lora"]:
        folder = engraft.folder / f"{name}-transformers"
        engraft.run("model", "import", str(folder), "--name", f"{name}-back")
        there, here = found_by(folder, UNSEEN), spans_of(engraft.predict(f"{name}-back", UNSEEN))
        assert there == here, f"{name}: {[pair for pair in zip(there, here) if pair[0] != pair[1]]}"
        right = spans_of(UNSEEN)
        both = sum(len(set(a) & set(b)) for a, b in zip(there, right))
        f1 = 2 * both / max(1, sum(map(len, there)) + sum(map(len, right)))
        told = reports[name]["eval"]
        assert abs(f1 - told["span_f1_by_tokens"]["value"]) < 1e-9, f"{name}: {f1} there, {told} here"
        out.append({"model": name, "rows": len(UNSEEN), "spans": sum(map(len, there)), "f1": f1, "f1_of_the_chain": told["span_f1"]["value"]})
    return out


@torch.inference_mode()
def strangers(engraft: Engraft) -> list[dict]:
    """Models of transformers with layers drawn at random, brought in."""
    tokenizer = AutoTokenizer.from_pretrained(MODEL)
    rows = [{"id": row["id"], "text": row["text"]} for row in UNSEEN]
    texts = [row["text"] for row in rows]
    out = []

    def bring(name: str, kind, **words):
        torch.manual_seed(SEED)
        model = kind.from_pretrained(MODEL, **words).eval()
        # Drawn anew as BERT starts, so far apart that there is something to tell.
        torch.nn.init.normal_(model.classifier.weight, std=0.5)
        folder = engraft.folder / name
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        engraft.run("model", "import", str(folder), "--name", name)
        return model, folder

    labels = {0: "slow", 1: "fast", 2: "late"}
    model, _ = bring("stranger-classes", AutoModelForSequenceClassification, num_labels=3, id2label=labels)
    there = torch.softmax(model(**tokenizer(texts, padding=True, return_tensors="pt")).logits, -1)
    here = torch.tensor([[line["scores"][labels[at]] for at in range(3)] for line in engraft.predict("stranger-classes", rows)])
    out.append({"model": "BertForSequenceClassification", "outputs": here.numel(), "worst": (there - here).abs().max().item()})
    model, _ = bring("stranger-pairs", AutoModelForSequenceClassification, num_labels=1)
    pairs = [{"query": THINGS[at], "text": texts[at]} for at in range(10)]
    batch = tokenizer([one["query"] for one in pairs], [one["text"] for one in pairs], padding=True, return_tensors="pt")
    there, here = model(**batch).logits[:, 0], torch.tensor([line["score"] for line in engraft.predict("stranger-pairs", pairs)])
    out.append({"model": "BertForSequenceClassification, one label", "outputs": 10, "worst": (there - here).abs().max().item()})
    tags = {0: "O", 1: "B-thing", 2: "I-thing", 3: "I-place", 4: "PER"}
    _, folder = bring("stranger-tokens", AutoModelForTokenClassification, num_labels=5, id2label=tags)
    there, here = found_by(folder, rows), spans_of(engraft.predict("stranger-tokens", rows))
    assert there == here, [pair for pair in zip(there, here) if pair[0] != pair[1]]
    out.append({"model": "BertForTokenClassification", "outputs": sum(map(len, there)), "worst": 0.0})
    out += encoders(engraft, texts)
    assert all(one["worst"] <= WITHIN for one in out), out
    return out


WHERE = [f"Where do I find a {thing}?" for thing in THINGS]


def cosines(vectors: torch.Tensor) -> torch.Tensor:
    """The products of the questions, which come first, with the texts."""
    return vectors[: len(WHERE)] @ vectors[len(WHERE) :].T


def searched(engraft: Engraft, texts: list[str]) -> torch.Tensor:
    """What dense search in a new workspace says of every question and text."""

    def file(name: str, of: list[str]) -> str:
        return engraft.file(name, ({"_id": str(at), "text": text} for at, text in enumerate(of)))

    _, queries = file("corpus.jsonl", texts), file("queries.jsonl", WHERE)
    engraft.run("import", "beir", str(engraft.folder))
    found = engraft.folder / "run.trec"
    engraft.run("search", "--mode", "dense", "--batch", queries, "--out", str(found), "-k", str(len(texts)))
    scores = torch.full((len(WHERE), len(texts)), torch.nan)
    for query, _, text, _, score, _ in map(str.split, found.read_text().splitlines()):
        scores[int(query), int(text)] = float(score)
    return scores


def encoders(engraft: Engraft, texts: list[str]) -> list[dict]:
    """Adapters of PEFT and a folder of sentence-transformers, brought in: what search says, and what the packages say."""
    inputs = WHERE + texts
    before = cosines(vectors(AutoModel.from_pretrained(MODEL), inputs))
    out = []

    def compare(model: str, folder: Path, there: torch.Tensor):
        path = engraft.run("model", "import", str(folder), "--name", folder.name)["path"]
        _, info = AutoModel.from_pretrained(path, output_loading_info=True)
        here = searched(Engraft(engraft.folder / f"{folder.name}-search", path), texts)
        moved, worst = ((one - cosines(there)).abs().max().item() for one in (before, here))
        assert not any(keys(info).values()) and moved > 0.1, f"{model}: {keys(info)}, {moved} from the workspace's encoder"
        out.append({"model": model, **keys(info), "outputs": here.numel(), "moved": moved, "worst": worst})

    # Both halves are drawn at random. One has every linear layer there is, one the names that a class with a head gives them.
    plain = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", init_lora_weights=False, task_type="FEATURE_EXTRACTION")
    rooted = LoraConfig(r=4, lora_alpha=4, target_modules=["query", "value"], init_lora_weights=False, use_rslora=True)
    for name, kind, config in [("LoRA", AutoModel, plain), ("rsLoRA", AutoModelForSequenceClassification, rooted)]:
        torch.manual_seed(SEED)
        model = get_peft_model(kind.from_pretrained(MODEL), config).eval()
        folder = engraft.folder / f"stranger-{name.lower()}"
        model.save_pretrained(folder)
        base = model.get_base_model()
        compare(f"{name} on {type(base).__name__}", folder, vectors(base.base_model, inputs))
    # In the layout of the model itself, pooled by the first token: adapters are pooled over all.
    folder = engraft.folder / "stranger-sentences"
    shutil.copytree(MODEL, folder)
    torch.manual_seed(SEED)
    model = AutoModel.from_pretrained(MODEL)
    for weights in model.parameters():
        weights += torch.randn_like(weights) * weights.std() / 10
    model.save_pretrained(folder)
    pooling = {"word_embedding_dimension": 384, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (folder / "1_Pooling/config.json").write_text(json.dumps(pooling))
    model = SentenceTransformer(str(folder), device="cpu")
    there = torch.tensor(model.encode(inputs))
    compare("SentenceTransformer, first token", folder, there)
    folder = engraft.folder / "stranger-saved"
    model.save(str(folder))
    compare("the same as it is saved today", folder, there)
    return out


def main() -> None:
    whence = about(SEED)
    with tempfile.TemporaryDirectory() as folder:
        engraft = Engraft(Path(folder))
        reports = dict(models(engraft))
        tuned = {name: f"{report['kind']} {report['method']}" for name, report in reports.items()}
        formats = ["sentence-transformers", "transformers", "peft"]
        checked = [check(engraft, model, format) for model in tuned for format in formats]
        refused = [one for one in checked if "refused" in one]
        out = {
            **whence,
            "load_after": load(),
            "versions": {package: version(package) for package in PACKAGES},
            "encoder": MODEL.name,
            "within": WITHIN,
            "models": tuned,
            "exports": [one for one in checked if "refused" not in one],
            "refused": refused,
            "predict": predictions(engraft),
            "back": brought_back(engraft, reports),
            "in": strangers(engraft),
        }
    RESULT.write_text(json.dumps(out, indent=1, ensure_ascii=False) + "\n")
    worst = max(one["worst"] for one in out["exports"] + out["predict"] + out["in"])
    print(f"{len(out['exports'])} exports load whole and answer alike (at most {worst:.1e} apart); {len(refused)} are refused")


main()
