"""The judged passages: for a question of the handbook what answers it and what does not, each question graded by one of two people.

The questions of the guided tour are left out, for their passages wait for whoever tries the studio, and so are those whose
answer is a cell that nobody can judge alone. Everything is judged as the handbook stands after the update.
"""

import collections
import datetime
import json
import math
import pathlib
import re
import zlib

from readers import folded, paragraphs

SAMPLE = pathlib.Path(__file__).resolve().parent.parent
PEOPLE = {"ines": datetime.datetime(2026, 9, 17, 9), "priya": datetime.datetime(2026, 9, 18, 9)}
WRONG = 2  # passages of other documents for each question
MOST = 3  # questions that the same passage is shown to be wrong for
LEAST = 24  # characters of a passage that can be judged
# Documents that say something about the question after all, and so are not among the wrong ones.
RELATED = {
    "q006": {"people/sick-leave.md"},
    "q008": {"people/urlaub-tannbruck.md"},
    "q032": {"archive/remote-access-2019.md"},
    "q033": {"archive/remote-access-2019.md"},
    "q034": {"archive/remote-access-2019.md"},
    "q042": {"travel/company-vehicles.docx"},
    "q064": {"operations/returns.docx", "products/foxtail.md"},
    "q083": {"it/suspicious-mail.md"},
    "q089": {"people/annual-leave.md"},
    "q105": {"travel/getting-to-tannbruck.md"},
}


def rows_of(name):
    return [json.loads(line) for line in (SAMPLE / name).read_text("utf-8").splitlines()]


def suffix_of(uri):
    return uri.rsplit(".", 1)[1]


def after_update(built):
    """The paragraphs of each document once the update is in place, by address; `built` holds what is not written yet."""
    written = [p for root in ("handbook", "updates") for p in sorted((SAMPLE / root).rglob("*")) if p.is_file()]
    files = {p.relative_to(SAMPLE).as_posix(): p.read_bytes() for p in written} | built
    removed = files.pop("updates/removed.txt").decode("utf-8").split()
    told = {}
    for root in ("handbook/", "updates/"):
        of = {name.removeprefix(root): data for name, data in files.items() if name.startswith(root)}
        told.update({uri: paragraphs(data, suffix_of(uri)) for uri, data in of.items() if uri not in removed})
    return dict(sorted(told.items()))


def passage(told, uri, place, text):
    shown = {"id": f"{uri}#{place}", "text": text}
    if suffix_of(uri) in ("md", "html", "docx", "eml"):
        shown["title"] = told[uri][0].lstrip("# ").removesuffix(" | Quernside Hub")
    return {**shown, "uri": uri}


def right(told, question):
    """The passages that hold the answer; where nothing but the quote can be read of a file, the quote."""
    gold = [question["after_update"]] if "after_update" in question else question["gold"]
    found = {}
    for one in gold:
        uri, quote, suffix = one["uri"], one["quote"], suffix_of(one["uri"])
        holding = [(n, text) for n, text in enumerate(told[uri]) if folded(quote, suffix) in folded(text, suffix)]
        place, text = holding[0] if holding else (f"page={one.get('page', 1)}", quote)
        shown = passage(told, uri, place, text)
        found[shown["id"]] = shown
    return list(found.values())


def words_of(text):
    """The words by which passages are compared: their first six letters."""
    return {word[:6] for word in re.findall(r"[^\W_]+", text.lower())}


class Pool:
    """Whole sentences of the handbook, from which to choose what only shares words with a question."""

    def __init__(self, told):
        prose = [uri for uri in told if suffix_of(uri) in ("md", "html", "docx", "eml")]
        fits = re.compile(r"\w[^>|]{58,258}[.!]", re.DOTALL)
        self.all = [(uri, n, text) for uri in prose for n, text in enumerate(told[uri]) if fits.fullmatch(text)]
        self.words = [words_of(text) for _, _, text in self.all]
        counts = collections.Counter(word for words in self.words for word in words)
        # Words that stand everywhere say nothing.
        rare = {word: n for word, n in counts.items() if n <= len(self.all) / 12}
        self.weight = {word: math.log(len(self.all) / n) for word, n in rare.items()}
        self.shown = collections.Counter()

    def wrong(self, told, question, but):
        """The passages that share most with the question, one a document, of documents other than `but`."""
        asked = words_of(question["question"])
        shares = [round(sum(self.weight.get(word, 0.0) for word in sorted(asked & words)), 6) for words in self.words]
        found = {}
        for at in sorted(range(len(self.all)), key=lambda at: -shares[at]):
            uri, place, text = self.all[at]
            if uri not in but and uri not in found and self.shown[at] < MOST and len(found) < WRONG:
                self.shown[at] += 1
                found[uri] = passage(told, uri, place, text)
        return list(found.values())


def judged(told):
    """The items with their one response each, in the order of the questions."""
    tour = {row["id"] for row in rows_of("demo.jsonl")}
    pool, clock = Pool(told), dict(PEOPLE)
    for question in rows_of("questions.jsonl"):
        answers = "after_update" in question or question["answerable"]
        good = right(told, question) if answers and question["id"] not in tour else []
        if not good or min(len(one["text"]) for one in good) < LEAST:
            continue
        but = {gold["uri"] for gold in question["gold"]} | {one["uri"] for one in good} | RELATED.get(question["id"], set())
        grade = 2 if question.get("needs") == "all" and len(good) > 1 else 3
        grades = {one["id"]: grade for one in good}
        chance = zlib.crc32(question["id"].encode())
        shown = sorted(good + pool.wrong(told, question, but), key=lambda one: zlib.crc32((question["id"] + one["id"]).encode()))
        who = list(PEOPLE)[chance % len(PEOPLE)]
        active = 5000 + 40 * sum(len(one["text"]) for one in shown) + chance % 4000
        clock[who] += datetime.timedelta(milliseconds=active + 1000)
        at = clock[who].isoformat(timespec="milliseconds") + "Z"
        answers = {"relevance": [{"id": one["id"], "grade": grades.get(one["id"], 0)} for one in shown]}
        yield {
            "id": question["id"],
            "fields": {"query": question["question"], "passages": shown},
            "responses": [{"user": who, "status": "submitted", "answers": answers, "at": at, "active_ms": active}],
        }


def build(out):
    lines = [json.dumps(item, ensure_ascii=False) + "\n" for item in judged(after_update(out.files))]
    out.under("annotation").text("judged.jsonl", "".join(lines))
