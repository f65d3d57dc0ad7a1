"""Every type of question through a live Label Studio and back: what comes back equal, and whether what does not was told.

Run with `cargo xtask bench travel`; `ENGRAFT_BINARY` measures another build. A dataset of odd texts with answers, drafts,
skips, suggestions and known answers is exported; Label Studio takes its labelling configuration and its tasks over its REST
API and exports them again; a fresh workspace imports that, and both are compared answer by answer. Exits 1 where something
was lost that no report told. Writes bench/results/travel.json.
"""

import collections
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "studio")]
import records  # noqa: E402
from about import about, load  # noqa: E402
from engraft import command  # noqa: E402
from label_studio import LabelStudio, install  # noqa: E402

ROOT = HERE.parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", TARGET / "release/engraft")).resolve()
VENV = pathlib.Path(os.environ.get("ENGRAFT_BENCH_VENV", TARGET / "bench/label-studio")).absolute()
RESULTS = ROOT / "bench/results/travel.json"
SEED = 0
# What of a response is no answer, and the words of the report that tell that it was lost.
PARTS = {"status": "status", "at": "when", "active_ms": "how long", "guideline": "the guideline version", "accepted": "unchanged"}


class Workspace:
    """A workspace of its own with one dataset."""

    def __init__(self, folder, schema):
        self.folder = folder
        command(BINARY, folder.parent, "init", folder, "--encoder", "none")
        self.run("create", "d", "--schema", schema)

    def run(self, *words):
        return command(BINARY, self.folder, "dataset", *words)[0][0]

    def records(self):
        path = self.folder / "records.jsonl"
        self.run("export", "d", path, "--format", "jsonl")
        lines = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        return {line["id"]: line for line in lines}


def by(listed, key):
    return {entry[key]: entry for entry in listed}


class Tally:
    """Of each sort of thing, how many were sent, how many came back equal, and the first that did not."""

    def __init__(self):
        self.rows = collections.OrderedDict()

    def see(self, name, sent, back):
        row = self.rows.setdefault(name, {"sent": 0, "equal": 0})
        row["sent"] += 1
        row["equal"] += sent == back
        first = {"sent": sent, "back": back}
        if sent != back and len(json.dumps(first)) < 1000:
            row.setdefault("first", first)


def compare(sent, back):
    """Tallies of the answers by question, and of everything else."""
    answers, rest = Tally(), Tally()
    for item, record in sent.items():
        other = back.get(item, {})
        rest.see("fields", record["fields"], other.get("fields"))
        rest.see("metadata", record.get("metadata"), other.get("metadata"))
        if "gold" in record:
            rest.see("known answers", True, "gold" in other)
            each(answers, record["gold"], other.get("gold", {}))
        if "resolution" in record:
            rest.see("resolutions", record["resolution"], other.get("resolution"))
        people = by(other.get("responses", []), "user")
        rest.see("who responded", sorted(by(record.get("responses", []), "user")), sorted(people))
        for response in record.get("responses", []):
            found = people.get(response["user"], {})
            for part in PARTS:
                if part in response:
                    rest.see(f"{part} of responses", ordered(response[part]), ordered(found.get(part)))
            each(answers, response["answers"], found.get("answers", {}))
        models = by(other.get("suggestions", []), "model")
        for suggestion in record.get("suggestions", []):
            found = models.get(suggestion["model"], {})
            rest.see("predictions", suggestion, found)
    return answers.rows, rest.rows


def ordered(part):
    return sorted(part) if isinstance(part, list) else part


def each(answers, sent, back):
    for name, answer in sent.items():
        answers.see(name, answer, back.get(name))


def told(name, kind, losses):
    """The lines of the reports that may be about an answer to this question, or about that part of a record."""
    words = {"preference": "preference", "relevance": "evidence", "support": "passages that support", "spans": "span with gaps"}
    names = [f"`{name}`", words.get(kind, "nothing else")]
    whats = [loss["what"] for loss in losses if not loss["what"].startswith("in the schema: ")]
    return [what for what in whats if any(word in what for word in names)]


def travel(side, folder):
    here = Workspace(folder / "here", records.write_schema(folder / "schema.json"))
    here.run("import", "d", records.write(folder / "records.jsonl", SEED), "--format", "jsonl", "--strict")
    out = here.run("export", "d", folder / "tasks.json", "--format", "label-studio")
    config = (folder / "tasks.config.xml").read_text(encoding="utf-8")
    for name in records.KNOWN:
        side.person(name)
    project = side.create("travel", config)
    kept = side.asked(side.lead, "GET", f"/api/projects/{project}")["label_config"]
    taken = side.take_in(project, folder / "tasks.json")
    (folder / "back.json").write_bytes(side.take_out(project))
    (folder / "back.config.xml").write_text(kept, encoding="utf-8")
    there = Workspace(folder / "there", folder / "schema.json")
    back = there.run("import", "d", folder / "back.json", "--format", "label-studio")
    bare = Workspace(folder / "bare", folder / "back.config.xml")
    fresh = bare.run("import", "d", folder / "back.json", "--format", "label-studio")
    answers, rest = compare(here.records(), there.records())
    losses = out["losses"] + back["losses"]
    kinds = {question["name"]: question["type"] for question in records.SCHEMA["questions"]}
    questions, unsaid = {}, []
    for name, row in answers.items():
        said = told(name, kinds[name], losses) if row["equal"] < row["sent"] else []
        questions[name] = {"type": kinds[name], **row, "told": said}
        unsaid += [name] if row["equal"] < row["sent"] and not said else []
    for name, row in rest.items():
        part = next((words for part, words in PARTS.items() if name.startswith(f"{part} of")), name.rstrip("s"))
        row["told"] = [loss["what"] for loss in losses if part in loss["what"]] if row["equal"] < row["sent"] else []
        unsaid += [name] if row["equal"] < row["sent"] and not row["told"] else []
    counts = ("items", "responses", "suggestions", "gold", "rejected_total")
    return {
        "configuration": "taken as it is" if kept == config else "taken and changed",
        "taken": taken,
        "questions": questions,
        "rest": rest,
        "losses of the export": out["losses"],
        "losses of the import": back["losses"],
        "imported": {key: back[key] for key in counts},
        "imported with the configuration alone": {key: fresh[key] for key in counts},
        "rejected": back["rejected"],
        "lost and not told": unsaid,
    }


def main():
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "engraft"], cwd=ROOT, check=True)
    results = about(SEED)
    program = install(VENV)
    packages = str(next(VENV.glob("lib/*/site-packages")))
    (package,) = importlib.metadata.distributions(name="label-studio", path=[packages])
    results["label-studio version"] = package.version
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        folder = pathlib.Path(folder)
        (folder / "server").mkdir()
        side = LabelStudio(program, folder / "server")
        try:
            results |= travel(side, folder)
        finally:
            side.server.stop()
    RESULTS.write_text(json.dumps(results | {"load_after": load()}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    sent, equal = (sum(row[key] for row in results["questions"].values()) for key in ("sent", "equal"))
    print(f"{equal} of {sent} answers come back equal; lost and not told: {results['lost and not told'] or 'nothing'}")
    sys.exit(bool(results["lost and not told"] or results["rejected"]))


if __name__ == "__main__":
    main()
