"""Preferences of the public sets under ../shared/data: rows {id, messages, chosen, rejected}."""

import collections
import json
import pathlib


def lines(path: pathlib.Path):
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def hh(data):
    """HH-RLHF helpful-base, test file: as it is."""
    for at, one in enumerate(lines(data / "pref-hh-helpful/pairs.jsonl")):
        if one["chosen"].strip() != one["rejected"].strip():
            yield {"id": f"hh-{at}", **one}


def pandalm(data):
    """PandaLM test set: the majority of three annotators, ties and undecided pairs left out."""
    for one in lines(data / "pref-pandalm/pairs.jsonl"):
        label, votes = collections.Counter(one["labels"]).most_common(1)[0]
        if label == 0 or votes < 2 or one["response1"].strip() == one["response2"].strip():
            continue
        chosen, rejected = (one["response1"], one["response2"])[:: 1 if label == 1 else -1]
        prompt = one["instruction"] + ("\n\n" + one["input"] if one["input"] else "")
        yield {"id": f"pl-{one['id']}", "prompt": prompt, "chosen": chosen, "rejected": rejected}
