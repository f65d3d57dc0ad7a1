"""Claims with evidence and labels, made of the public sets under ../shared/data: rows {id, claim, evidence, label, group}."""

import json
import pathlib
import re


def lines(path: pathlib.Path):
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def row(id_, claim, evidence, supported, group):
    label = "supported" if supported else "not"
    return {"id": id_, "claim": claim, "evidence": evidence, "label": label, "group": group}


def wice(data):
    """WiCE dev: a Wikipedia sentence against all sentences of the page it cites; partly supported counts as not."""
    for one in lines(data / "ground-wice/claims.jsonl"):
        page = one["evidence"][0] if one["evidence"] else one["id"]
        yield row(one["id"], one["claim"], one["evidence"], one["label"] == "supported", page + str(len(one["evidence"])))


def begin(data):
    """BEGIN dev: a reply against the one piece of knowledge it was given; `generic` counts as not attributable."""
    for at, one in enumerate(lines(data / "ground-begin/turns.jsonl")):
        yield row(f"begin-{at}", one["response"], [one["knowledge"]], one["label"] == "Fully attributable", one["knowledge"])


def qags(data):
    """QAGS CNN/DM: a summary sentence against its article, by the majority of three workers."""
    for article in lines(data / "ground-qags/cnndm.jsonl"):
        for at, sentence in enumerate(article["sentences"]):
            yes = sum(vote["label"] == "yes" for vote in sentence["labels"])
            supported = yes * 2 > len(sentence["labels"])
            yield row(f"{article['id']}-{at}", sentence["sentence"], [article["article"]], supported, article["id"])


def faithbench(data):
    """FaithBench: a whole summary against its source; supported when no annotator marked an unwanted span."""
    for one in lines(data / "ground-faithbench/samples.jsonl"):
        marked = any(label.startswith("Unwanted") for mark in one["annotations"] for label in mark["labels"])
        yield row(one["id"], one["summary"], [one["source"]], not marked, one["source"][:200])


def halueval(data):
    """HaluEval general: a reply against the request alone, since the set has no sources."""
    for one in lines(data / "ground-halueval-general/responses.jsonl"):
        yield row(one["ID"], one["chatgpt_response"], [one["user_query"]], one["hallucination"] == "no", one["ID"])


def scifact(data):
    """SciFact train and dev: a claim against an abstract it cites; contradicted and silent abstracts count as not."""
    texts = {one["_id"]: one["title"] + ".\n\n" + one["text"] for one in lines(data / "rag-scifact/corpus.jsonl")}
    for part in ["train", "dev"]:
        for one in lines(data / f"rag-scifact/claims_{part}.jsonl"):
            labels = {evidence["doc_id"]: evidence["label"] for evidence in one["evidence"]}
            for doc in one["cited_doc_ids"]:
                supported = labels.get(doc) == "SUPPORT"
                yield row(f"{one['id']}-{doc}", one["claim"], [texts[doc]], supported, doc)


SETS = {"wice": wice, "begin": begin, "qags": qags, "faithbench": faithbench, "halueval": halueval, "scifact": scifact}


def read(name: str, data: pathlib.Path) -> list[dict]:
    """The rows of one set that have words on both sides; duplicates of claim and evidence are kept once."""
    seen, rows = set(), []
    for one in SETS[name](data):
        key = (one["claim"], tuple(one["evidence"]))
        if key in seen or not re.search(r"\w", one["claim"]) or not any(re.search(r"\w", text) for text in one["evidence"]):
            continue
        seen.add(key)
        rows.append(one)
    return rows


def write(path: pathlib.Path, rows: list[dict]) -> pathlib.Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    return path
