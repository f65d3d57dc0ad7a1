"""A Label Studio file of made-up tasks: about 1.2 kB each, one class and three spans by one person."""

import itertools
import json
import random

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="topic" toName="text" choice="single" required="true"><Choice value="law"/><Choice value="games"/></Choices>
  <Labels name="entities" toName="text"><Label value="ORG"/><Label value="LOC"/></Labels>
</View>"""
RARE = "quixotry"
EACH_RARE = 1000


def words(dice, count):
    parts = ["ba", "ce", "di", "fo", "gu", "ha", "lé", "mi", "no", "pu", "ra", "se", "ti", "vo", "zu"]
    return ["".join(dice.choices(parts, k=dice.randint(1, 4))) for _ in range(count)]


def write(path, count, seed, annotated):
    """Frequent words come often and rare ones seldom; every thousandth task holds `RARE`."""
    dice = random.Random(seed)
    known = words(dice, 5000)
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(known) + 1)))
    with open(path, "w", encoding="utf-8") as out:
        for number in range(count):
            said = dice.choices(known, cum_weights=weights, k=60)
            if number % EACH_RARE == EACH_RARE // 2:
                said[30] = RARE
            task = {"data": {"text": " ".join(said)}}
            if annotated:
                task["annotations"] = [annotation(dice, said)]
            out.write(("[" if number == 0 else ",\n") + json.dumps(task, ensure_ascii=False))
        out.write("]\n")


def annotation(dice, said):
    result = [region("c", "topic", "choices", {"choices": [dice.choice(["law", "games"])]})]
    for span in range(3):
        at = dice.randrange(len(said))
        start = sum(len(word) + 1 for word in said[:at])
        value = {"start": start, "end": start + len(said[at]), "text": said[at], "labels": [["ORG", "LOC"][span % 2]]}
        result.append(region(f"s{span}", "entities", "labels", value))
    return {"result": result, "completed_by": {"email": "lead@example.org"}, "was_cancelled": False, "ground_truth": False,
            "lead_time": 4.288}


def region(name, question, kind, value):
    return {"id": name, "from_name": question, "to_name": "text", "type": kind, "origin": "manual", "value": value}
