"""A dataset that asks every type of question about texts that have broken tools, with answers drawn by a seed."""

import json
import random
import re

TEXTS = [
    "Ann 👩‍👩‍👧 née Bob\r\nat home, in København.",
    "שלום Ann, ברוכה הבאה לתל אביב 👋🏽",
    "東京でソニーの会議が三時に始まる。",
    "Zoë Müller pays €5 to 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 GmbH in Ko\u0308ln",
    'a <b>tag</b> & "quotes" in C:\\temp\\new $text {x}',
    "नमस्ते दुनिया, दिल्ली में मिलते हैं",
    "one line\nanother line\n\na line\twith a tab ",
    "The harbour ferry leaves pier two at seven.",
]
SENTENCES = ["It is open.", "It closes at six."]
PEOPLE = ["ann@example.org", "ben@example.org", "cleo"]
# The people whom Label Studio knows.
KNOWN = ["ann", "ben"]
TOPICS = ["law", "tax", 'a "b" & <c>', "d,e"]
LABELS = ["ORG", "PER", "a place"]


def question(name, kind, **settings):
    return {"name": name, "type": kind, **settings}


SCHEMA = {
    "fields": [
        {"name": "text", "type": "text"},
        {"name": "notes", "type": "markdown", "required": False},
        {"name": "talk", "type": "chat"},
        {"name": "page", "type": "document"},
        {"name": "found", "type": "passages"},
        {"name": "replies", "type": "answers"},
    ],
    "questions": [
        question("topic", "label", options=[{"value": "law", "text": "The law", "key": "w"}, *TOPICS[1:]]),
        question("moods", "labels", options=["glad", "sad", "so so"]),
        question("class", "taxonomy", options=[{"value": "A", "children": [{"value": "A 1"}]}, {"value": "B"}], multiple=True),
        question("entities", "spans", field="text", options=LABELS, overlapping=True),
        question("links", "relations", spans="entities", options=["owns", "lives in"]),
        question("places", "spans", field="page", options=LABELS, overlapping=True),
        question("gappy", "spans", field="text", options=LABELS, overlapping=True, discontinuous=True),
        question("stars", "rating", min=1, max=5),
        question("scale", "rating", min=-3, max=7),
        question("order", "ranking", field="replies"),
        question("taste", "ranking", options=["x", "y", "z"]),
        question("side", "preference", field="replies", tie=False, both_bad=False),
        question("better", "preference", field="replies", strength=3),
        question("why", "text", required=False, visible_when={"question": "topic", "any_of": ["law", "tax"]}),
        question("mended", "correction", field="text"),
        question("acts", "turns", field="talk", options=["asks", "thanks"], multiple=True),
        question("grades", "relevance", field="found", query="text"),
        question("shown", "relevance", field="found", query="text"),
        question("backed", "support", answer="replies", passages="found"),
        question("cited", "support", answer="replies", passages="found"),
        question("facts", "form", schema={"type": "object", "properties": {"n": {"type": "integer"}, "who": {"type": "string"}}}),
    ],
    "guidelines": "# How\n\nRead <twice>, then answer.",
}


def write_schema(path):
    path.write_text(json.dumps(SCHEMA, ensure_ascii=False), encoding="utf-8")
    return path


def fields(dice, text):
    item = {
        "text": text,
        "talk": [{"role": "user", "content": text}, {"role": "assistant", "content": "Yes 👍🏽"}, {"role": "user", "content": "ok"}],
        "page": {"text": f"{text} – {text}", "uri": "a/b.md", "title": "Of <old>"},
        "found": [{"id": "d1", "text": text, "title": "One"}, {"id": "d 2", "text": "two & three"}],
        "replies": [{"id": "m1", "text": " ".join(SENTENCES), "model": "m"}, {"id": "m2", "text": "No idea."}],
    }
    if dice.random() < 0.5:
        item["notes"] = "*seen* in `passing`"
    return item


def spans(dice, text, gaps=False):
    """Words of the text with labels; with gaps, one of two words that are not next to each other."""
    words = [match.span() for match in re.finditer(r"\S+", text)]
    chosen = sorted(dice.sample(words, min(len(words), dice.randint(0, 3))))
    found = [{"char_start": a, "char_end": b, "label": dice.choice(LABELS), "quote": text[a:b]} for a, b in chosen]
    if gaps and len(words) > 2:
        (a, b), (c, d) = words[0], words[2]
        quote = f"{text[a:b]} … {text[c:d]}"
        found.insert(0, {"char_start": a, "char_end": d, "label": "ORG", "quote": quote, "parts": [[a, b], [c, d]]})
    return [span | {"id": f"s{number + 1}"} for number, span in enumerate(found)]


def arrows(dice, marked):
    names = [span["id"] for span in marked]
    return [{"from": names[0], "to": names[-1], "label": dice.choice(["owns", "lives in"])}] if len(names) > 1 else []


def ranks(dice, names):
    drawn = [dice.randint(1, 2) for _ in names]
    return [{"value": name, "rank": rank if min(drawn) == 1 else 1} for name, rank in zip(names, drawn)]


def verdicts(dice, cite):
    found, at = [], 0
    for sentence in SENTENCES:
        verdict = {"char_start": at, "char_end": at + len(sentence), "verdict": dice.choice(["supported", "partly", "not", "no_citation"])}
        found.append(verdict | ({"passages": ["d1"]} if cite and verdict["verdict"] != "no_citation" else {}))
        at += len(sentence) + 1
    return found


def answers(dice, item):
    text = item["text"]
    marked = spans(dice, text)
    topic = dice.choice(TOPICS)
    chosen = dice.choice(["m1", "m2", "tie", "both_bad"])
    better = {"choice": {"id": chosen}, "strength": dice.randint(1, 3)} if chosen.startswith("m") else {"choice": chosen}
    said = {
        "topic": topic,
        "moods": dice.sample(["glad", "sad", "so so"], dice.randint(1, 3)),
        "class": dice.choice([[["A", "A 1"]], [["B"]], [["A"], ["B"]]]),
        "entities": marked,
        "links": arrows(dice, marked),
        "places": spans(dice, item["page"]["text"]),
        "gappy": spans(dice, text, gaps=True),
        "stars": dice.randint(1, 5),
        "scale": dice.randint(-3, 7),
        "order": ranks(dice, ["m1", "m2"]),
        "taste": ranks(dice, ["x", "y", "z"]),
        "side": {"choice": {"id": dice.choice(["m1", "m2"])}},
        "better": better,
        "mended": text + "!",
        "acts": [{"turn": 0, "labels": ["asks"]}, {"turn": 2, "labels": ["asks", "thanks"]}],
        "grades": [{"id": "d1", "grade": dice.randint(0, 3)}, {"id": "d 2", "grade": dice.randint(0, 3)}],
        "shown": [{"id": "d1", "grade": 3, "evidence": [[0, 2]]}, {"id": "d 2", "grade": 0}],
        "backed": verdicts(dice, cite=False),
        "cited": verdicts(dice, cite=True),
        "facts": {"n": dice.randint(0, 9), "who": text[:4].strip()},
    }
    return said | ({"why": f"because\nof {text[:9]}"} if topic in ("law", "tax") else {})


def records(seed, count=40):
    dice = random.Random(seed)
    for number in range(count):
        item = fields(dice, TEXTS[number % len(TEXTS)])
        responses = []
        for person in dice.sample(PEOPLE, dice.randint(0, 3)):
            status = dice.choices(["submitted", "draft", "skipped"], [8, 1, 1])[0]
            said = {} if status == "skipped" else answers(dice, item)
            response = {"user": person, "status": status, "answers": said, "at": f"2026-03-0{dice.randint(1, 9)}T12:10:04.123Z",
                        "active_ms": dice.randint(500, 90_000)}
            if status == "submitted":
                response |= {"accepted": [name for name in said if dice.random() < 0.1]}
            responses.append(response)
        record = {"id": f"item {number}", "fields": item, "metadata": {"n": number, "lang": "xx"}, "responses": responses}
        if dice.random() < 0.4:
            models = dice.sample(["m1", "m2"], dice.randint(1, 2))
            record["suggestions"] = [{"model": model, "score": dice.randint(0, 8) / 8, "answers": answers(dice, item)} for model in models]
        if dice.random() < 0.2:
            record["gold"] = answers(dice, item)
        if dice.random() < 0.2:
            record["resolution"] = {"answers": answers(dice, item), "source": "adjudicated"}
        yield record


def write(path, seed):
    with open(path, "w", encoding="utf-8") as out:
        for record in records(seed):
            out.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path
