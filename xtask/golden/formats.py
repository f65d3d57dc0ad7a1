"""Loads the exports of crates/annotate with the packages they are for, and writes what those read.

    python -m venv venv && venv/bin/pip install --no-deps trl==1.16.0 beir==2.2.0 label-studio-sdk==2.1.2
    venv/bin/pip install transformers datasets pytrec_eval-terrier==0.5.11 scipy requests tqdm lxml nltk pandas Pillow \
        ujson jsonschema xmljson ijson numpy httpx pydantic PyJWT appdirs opencv-python-headless
    venv/bin/python xtask/golden/formats.py

Writes crates/annotate/tests/golden/formats/read.json – for each format the hash of the bytes that a package read, and what
it read – and converter.conll, which Label Studio's own converter made of our tasks. Prodigy is sold, doccano and Argilla
need their servers: their shapes are as documented, and tested without them.
"""

import hashlib
import importlib.metadata
import json
import pathlib
import subprocess
import tempfile

import datasets
import pytrec_eval
from beir.datasets.data_loader import GenericDataLoader
from label_studio_sdk.converter.converter import Converter
from trl.data_utils import is_conversational, maybe_convert_to_chatml, maybe_extract_prompt, unpair_preference_dataset

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "crates/annotate/tests/golden/formats"
PACKAGES = ["trl", "datasets", "beir", "pytrec_eval-terrier", "label-studio-sdk"]
# As `label_config` writes it for the schema here, but for what the converter does not know.
LABELLING = """<View><Text name="question" value="$question"/>
<Labels name="entities" toName="question"><Label value="ORG"/><Label value="LOC"/></Labels>
<Choices name="mood" toName="question" choice="single"><Choice value="glad"/><Choice value="sad"/></Choices></View>"""


def export(name, path):
    run = ["cargo", "run", "--quiet", "--release", "-p", "engraft-annotate", "--example", "formats", "--", "convert"]
    run += [GOLDEN / "schema.json", GOLDEN / "records.jsonl", name, path]
    return json.loads(subprocess.run(run, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def rows(path, folder):
    """The rows as `datasets` loads them, which is how trainers get them."""
    return datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(folder / "cache"))


def texts(messages):
    return [message["content"] for message in messages]


def check_dpo(data):
    assert all(is_conversational({key: row[key]}) for row in data for key in ("prompt", "chosen", "rejected"))
    unpaired = unpair_preference_dataset(data)
    assert len(unpaired) == 2 * len(data)
    return [[texts(row["prompt"]), texts(row["chosen"]), texts(row["rejected"]), row["margin"]] for row in data]


def check_reward(data):
    read = []
    for row in data:
        assert is_conversational({"chosen": row["chosen"]})
        split = maybe_extract_prompt({"chosen": row["chosen"], "rejected": row["rejected"]})
        read.append([texts(split["prompt"]), texts(split["chosen"]), texts(split["rejected"]), row["margin"]])
    return read


def check_kto(data):
    assert all(is_conversational({key: row[key]}) for row in data for key in ("prompt", "completion"))
    assert data.features["label"].dtype == "bool"
    return [[texts(row["prompt"]), texts(row["completion"]), row["label"]] for row in data]


def check_sft(data):
    assert all(is_conversational({"messages": row["messages"]}) for row in data)
    return [texts(row["messages"]) for row in data]


def check_sharegpt(data):
    read = []
    for row in data:
        chat = maybe_convert_to_chatml({"conversations": row["conversations"]})
        assert is_conversational(chat), chat
        read.append([[turn["role"], turn["content"]] for turn in chat["messages"]])
    return read


def check_alpaca(data):
    assert {"instruction", "input", "output"} <= set(data.column_names)
    return [[row["instruction"], row["input"], row["output"]] for row in data]


LOADED = {
    "trl-dpo": check_dpo,
    "trl-reward": check_reward,
    "trl-kto": check_kto,
    "sft-messages": check_sft,
    "sharegpt": check_sharegpt,
    "alpaca": check_alpaca,
}


def beir(folder):
    report = export("beir", folder / "beir")
    corpus, queries, qrels = GenericDataLoader(data_folder=str(folder / "beir")).load(split="test")
    return {"sha256": report["sha256"], "read": {"corpus": corpus, "queries": queries, "qrels": qrels}}


def trec(folder):
    path = folder / "qrels.txt"
    report = export("trec-qrels", path)
    with open(path, encoding="utf-8") as lines:
        qrels = pytrec_eval.parse_qrel(lines)
    run = {query: {document: 1.0 / (n + 1) for n, document in enumerate(sorted(judged))} for query, judged in qrels.items()}
    scores = pytrec_eval.RelevanceEvaluator(qrels, {"ndcg_cut.10"}).evaluate(run)
    return {"sha256": report["sha256"], "read": qrels, "ndcg_cut_10": {q: s["ndcg_cut_10"] for q, s in scores.items()}}


def label_studio(folder):
    """Label Studio's converter reads our tasks; what it writes as CoNLL is kept for our reader."""
    path = folder / "tasks.json"
    report = export("label-studio", path)
    # The converter names its output by the clock; only what is in it counts.
    Converter(LABELLING, str(folder)).convert_to_conll2003(str(path), str(folder / "conll"), is_dir=False)
    conll = next((folder / "conll").glob("*.conll")).read_text(encoding="utf-8")
    (GOLDEN / "converter.conll").write_text(conll, encoding="utf-8")
    Converter(LABELLING, str(folder)).convert_to_json_min(str(path), str(folder / "min"), is_dir=False)
    read = json.loads(next((folder / "min").glob("*.json")).read_text(encoding="utf-8"))
    kept = [{key: task.get(key) for key in ("question", "entities", "mood", "lead_time")} for task in read]
    return {"sha256": report["sha256"], "read": kept}


def main():
    golden = {"versions": {name: importlib.metadata.version(name) for name in PACKAGES}}
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, check in LOADED.items():
            path = folder / f"{name}.jsonl"
            report = export(name, path)
            assert hashlib.sha256(path.read_bytes()).hexdigest() == report["sha256"]
            golden[name] = {"sha256": report["sha256"], "read": check(rows(path, folder))}
        golden["beir"] = beir(folder)
        golden["trec-qrels"] = trec(folder)
        golden["label-studio"] = label_studio(folder)
    text = json.dumps(golden, indent=1, ensure_ascii=False, sort_keys=True)
    (GOLDEN / "read.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
