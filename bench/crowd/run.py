"""64 people share items over HTTP; some crash, skip, come too late or send twice, and the server is killed, again and again.

Run with `cargo xtask bench crowd [--items N] [--kills N]`; writes bench/results/crowd.json. Once for each k of 1, 2 and 3.
What must hold: every item ends with exactly k answers of k people, every answer that was acknowledged is there as it was
given, nobody answers twice, and the log fits together. Then one person goes on answering while the command line imports a
large file.
"""

import argparse
import collections
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/studio"))

from engraft import PORT, Engraft, command  # noqa: E402
from server import Server  # noqa: E402
import tasks  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", TARGET / "release/engraft")).resolve()
PEOPLE, WANTED, LEASE_S, SEED, PATIENCE_S = 64, (1, 2, 3), 2, 0, 600
LABELS = ["law", "games", "other"]
# What people do with an item they hold: how often in a hundred.
HABITS = {"answer": 68, "skip": 6, "crash": 12, "come late": 8, "send twice": 6}


class Person(threading.Thread):
    """Takes items and does with them what the dice say, until there is no more work."""

    def __init__(self, number, client, dataset, done):
        super().__init__(daemon=True)
        self.number, self.client, self.dataset, self.done = number, client, dataset, done
        self.dice = random.Random(f"{SEED} {dataset} {number}")
        self.acknowledged, self.sent = {}, set()
        self.did, self.waited = collections.Counter(), []

    def call(self, path, value):
        """The status and what came back; asked again for as long as the server is away."""
        while not self.done.is_set():
            began = time.perf_counter()
            try:
                status, _, body = self.client.call("POST", f"/api/v1/datasets/{self.dataset}/{path}", json.dumps(value),
                                                   {"content-type": "application/json"})
                self.waited.append(time.perf_counter() - began)
                if status != 503:
                    return status, json.loads(body or b"{}")
                self.did["busy"] += 1
            except (OSError, ValueError):
                self.did["server away"] += 1
            time.sleep(0.05)
        return 0, {}

    def run(self):
        while not self.done.is_set():
            status, reply = self.call("next", {"how_many": self.dice.randint(1, 3)})
            items = reply.get("items", []) if status == 200 else []
            if not items:
                time.sleep(0.3)
            for view in items:
                self.work(view)

    def work(self, view):
        item, lease = view["item"], view["lease"]
        habit = self.dice.choices(list(HABITS), HABITS.values())[0]
        self.did[habit] += 1
        if habit == "crash":
            return
        if habit == "skip":
            self.call("skip", {"item": item, "lease": lease, "reason": "unclear"})
            return
        if habit == "come late":
            time.sleep(LEASE_S + 0.2)
        # A note nobody else writes: an answer that is lost, mixed up or replaced is found out.
        note = f"{self.number}-{item}-{self.dice.randrange(10**9)}"
        answers = {"topic": self.dice.choice(LABELS), "note": note}
        self.sent.add((item, note))
        for _ in range(2 if habit == "send twice" else 1):
            status, reply = self.call("submit", {"item": item, "lease": lease, "answers": answers, "active_ms": 500})
            self.did[f"submit: {status}"] += 1
            if status == 200:
                self.acknowledged[item] = answers


def stored(side, dataset):
    made = side.asked(side.lead, "POST", f"/{dataset}/exports", {"format": "jsonl"})
    status, _, body = side.lead.call("GET", made["downloads"][0]["url"])
    assert status == 200, body[:300]
    return [json.loads(line) for line in body.splitlines()]


def counted(records):
    given = lambda record: [one for one in record.get("responses", []) if one["status"] == "submitted"]  # noqa: E731
    return {record["id"]: given(record) for record in records}


def run(side, folder, words, clients, wanted):
    dataset, items = f"shared-{wanted}", folder / "items.jsonl"
    schema = {
        "fields": [{"name": "text", "type": "text"}],
        "questions": [{"name": "topic", "type": "label", "options": LABELS}, {"name": "note", "type": "text"}],
        "distribution": {"overlap": wanted, "lease_seconds": LEASE_S},
    }
    items.write_text("".join(json.dumps({"id": f"i{n:05}", "fields": {"text": f"text {n}"}}) + "\n"
                             for n in range(words.items)))
    (folder / "schema.json").write_text(json.dumps(schema))
    command(BINARY, folder, "dataset", "create", dataset, "--schema", folder / "schema.json")
    command(BINARY, folder, "dataset", "import", dataset, items, "--format", "jsonl")
    done = threading.Event()
    people = [Person(number, client, dataset, done) for number, client in enumerate(clients)]
    began = time.perf_counter()
    for person in people:
        person.start()
    dice, killed = random.Random(SEED), 0
    while time.perf_counter() - began < PATIENCE_S:
        time.sleep(dice.uniform(0.4, 1.2) if killed < words.kills else 2)
        if killed < words.kills:
            side.server.process.kill()
            side.server.process.wait()
            killed += 1
            with open(folder / "log", "a") as log:
                serve = [BINARY, "--workspace", folder, "serve", "--addr", f"127.0.0.1:{PORT}"]
                side.server = Server(serve, PORT, "/login", log)
            continue
        answered = counted(stored(side, dataset))
        if all(len(given) >= wanted for given in answered.values()):
            break
    wall = time.perf_counter() - began
    # Whoever still sleeps on an old lease gets to send it.
    time.sleep(LEASE_S + 1)
    done.set()
    for person in people:
        person.join(30)
    return people, killed, wall


def judge(side, people, killed, wall, words, wanted):
    answered = counted(stored(side, f"shared-{wanted}"))
    by = {(item, one["user"]): one["answers"] for item, given in answered.items() for one in given}
    lost, changed, unknown = 0, 0, 0
    notes = {(item, answers["note"]) for (item, _), answers in by.items()}
    for person in people:
        for item, answers in person.acknowledged.items():
            there = by.get((item, f"person{person.number}"))
            lost += there is None
            changed += there is not None and there != answers
    acknowledged = sum(len(person.acknowledged) for person in people)
    unknown = len(notes - {(item, answers["note"]) for one in people for item, answers in one.acknowledged.items()})
    did = sum((person.did for person in people), collections.Counter())
    waits = sorted(wait for person in people for wait in person.waited)
    (verified,), _ = command(BINARY, side.folder, "audit", "log", "--verify")
    return {
        "people": PEOPLE, "items": words.items, "k": wanted, "lease_s": LEASE_S, "kill -9 of the server": killed,
        "wall_s": round(wall, 1), "did": dict(sorted(did.items())),
        "acknowledged": acknowledged,
        "items above k": sum(len(given) > wanted for given in answered.values()),
        "items below k": sum(len(given) < wanted for given in answered.values()),
        "people twice on an item": sum(len({one["user"] for one in given}) != len(given) for given in answered.values()),
        "acknowledged answers lost": lost, "acknowledged answers changed": changed,
        "kept, their acknowledgement lost with the server": unknown,
        "log": {key: verified[key] for key in ("events", "problems") if key in verified} or verified,
        "request_ms": {"n": len(waits), "p50": round(statistics.median(waits) * 1e3, 1),
                       "p95": round(waits[int(len(waits) * 0.95)] * 1e3, 1)},
    }


def beside_an_import(side, folder, words):
    """One person answers over HTTP while the command line imports; how long each next and submit took together."""
    files = {name: folder / f"{name}.json" for name in ("few", "many")}
    tasks.write(files["few"], 3000, SEED, annotated=False)
    tasks.write(files["many"], words.tasks, SEED, annotated=True)
    side.take_in(side.create("open"), files["few"])
    person = side.person("somebody")
    command_line = [BINARY, "--workspace", folder, "--json", "--quiet", "dataset", "import", "many", files["many"],
                    "--format", "label-studio"]
    began, waited, failed = time.perf_counter(), [], collections.Counter()
    with subprocess.Popen(command_line, stdout=subprocess.DEVNULL) as importing:
        while importing.poll() is None:
            started = time.perf_counter()
            try:
                side.submit(person, "open", side.next(person, "open"))
                waited.append(time.perf_counter() - started)
            except RuntimeError as error:
                failed[str(error)[:120]] += 1
            time.sleep(0.05)
    waited.sort()
    return {"tasks": words.tasks, "import_s": round(time.perf_counter() - began, 1), "answers": len(waited),
            "p50_ms": round(statistics.median(waited) * 1e3, 1), "p95_ms": round(waited[int(len(waited) * 0.95)] * 1e3, 1),
            "longest_ms": round(waited[-1] * 1e3, 1), "errors": dict(failed), "load": round(os.getloadavg()[0], 1)}


def main():
    words = argparse.ArgumentParser()
    words.add_argument("--items", type=int, default=10_000)
    words.add_argument("--kills", type=int, default=20)
    words.add_argument("--tasks", type=int, default=50_000, help="how many the command line imports meanwhile")
    words = words.parse_args()
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "engraft"], cwd=ROOT, check=True)
    results = about(SEED)
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        folder = pathlib.Path(folder)
        side = Engraft(BINARY, folder)
        try:
            clients = [side.person(f"person{number}") for number in range(PEOPLE)]
            results["runs"] = []
            for wanted in WANTED:
                people, killed, wall = run(side, folder, words, clients, wanted)
                results["runs"].append(judge(side, people, killed, wall, words, wanted))
                print(json.dumps(results["runs"][-1]), flush=True)
            results["answers while the command line imports"] = beside_an_import(side, folder, words)
        finally:
            side.server.stop()
    results["load_after"] = load()
    (ROOT / "bench/results/crowd.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(results, indent=1))
    wrong = ["items above k", "items below k", "people twice on an item", "acknowledged answers lost",
             "acknowledged answers changed"]
    raise SystemExit(int(any(found[name] for found in results["runs"] for name in wrong)))


if __name__ == "__main__":
    main()
