"""Engraft as it is released: its command line, and its studio talked to as its own pages do."""

import json
import resource
import subprocess
import time

from server import Client, Server
from tasks import CONFIG

PORT = 7713
JSON = {"content-type": "application/json"}


def command(binary, folder, *words, told=None):
    """What a command says, with its wall and processor seconds."""
    wall, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([binary, "--workspace", folder, "--json", "--quiet", *map(str, words)], input=told,
                         capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        raise SystemExit(f"{words}: {run.stdout}{run.stderr}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return lines, {"wall_s": round(time.perf_counter() - wall, 3), "cpu_s": round(cpu, 3)}


class Engraft:
    name = "engraft"

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        if not (folder / "engraft.toml").exists():
            command(binary, folder, "init", folder, "--encoder", "none")
            (folder / "token").write_text(self.token("lead", "lead", "read,annotate,review,manage"))
        with open(folder / "log", "a") as log:
            serve = [binary, "--workspace", folder, "serve", "--addr", f"127.0.0.1:{PORT}"]
            self.server = Server(serve, PORT, "/login", log)
        self.lead = Client(PORT, {"authorization": f"Bearer {(folder / 'token').read_text()}"})

    def token(self, name, role, scopes):
        command(self.binary, self.folder, "user", "add", name, "--role", role, "--password-stdin", told="a-long-password\n")
        (made,), _ = command(self.binary, self.folder, "token", "create", "--scope", scopes, "--as", name)
        return made["token"]

    def asked(self, client, method, path, value=None):
        body = None if value is None else json.dumps(value)
        status, _, body = client.call(method, f"/api/v1/datasets{path}", body, JSON)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {body[:300]}")
        return json.loads(body)

    def person(self, name):
        return Client(PORT, {"authorization": f"Bearer {self.token(name, 'annotator', 'annotate')}"})

    def create(self, name):
        config = self.folder / "config.xml"
        config.write_text(CONFIG, encoding="utf-8")
        command(self.binary, self.folder, "dataset", "create", name, "--schema", config)
        return name

    def take_in(self, dataset, path):
        where = f"/api/v1/datasets/{dataset}/import?format=label-studio"
        status, _, body = self.lead.call("POST", where, path.read_bytes(), JSON)
        assert status == 200, body[:500]
        return json.loads(body)

    def take_out(self, dataset):
        made = self.asked(self.lead, "POST", f"/{dataset}/exports", {"format": "label-studio"})
        # The labelling configuration travels with the tasks.
        (tasks,) = [file for file in made["downloads"] if file["name"].endswith(".json")]
        status, _, body = self.lead.call("GET", tasks["url"])
        assert status == 200, body[:500]
        return body

    def next(self, client, dataset):
        items = self.asked(client, "POST", f"/{dataset}/next", {"how_many": 1})["items"]
        return (items[0]["item"], items[0]["lease"]) if items else None

    def submit(self, client, dataset, held):
        item, lease = held
        self.asked(client, "POST", f"/{dataset}/submit",
                   {"item": item, "lease": lease, "answers": {"topic": "law"}, "active_ms": 1000})

    def page(self, dataset):
        return len(self.asked(self.lead, "GET", f"/{dataset}/items?limit=30")["items"])

    def find(self, dataset, word):
        return len(self.asked(self.lead, "GET", f"/{dataset}/items?limit=30&text={word}")["items"])
