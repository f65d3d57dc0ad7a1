"""Label Studio as PyPI gives it: its default server and SQLite, talked to as its own pages do."""

import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import venv

from server import Client, Server
from tasks import CONFIG

HERE = pathlib.Path(__file__).resolve().parent
PORT = 7712
TOKEN = "0123456789abcdef0123456789abcdef01234567"
JSON = {"content-type": "application/json"}


def install(folder):
    """The program, in an environment of its own, made first where it is missing or out of date."""
    wanted = (HERE / "requirements.txt").read_text()
    stamp = folder / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        print("installing the packages of bench/studio/requirements.txt", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [folder / "bin/python", "-m", "pip", "install", "-q", "--no-deps", "-r", HERE / "requirements.txt"]
        subprocess.run(pip, check=True)
        stamp.write_text(wanted)
    return folder / "bin/label-studio"


class LabelStudio:
    name = "label-studio"

    def __init__(self, program, folder):
        command = [program, "start", "--no-browser", "--data-dir", folder, "--port", str(PORT),
                   "--internal-host", "127.0.0.1", "--username", "lead@example.org", "--password", "a-long-password",
                   "--user-token", TOKEN, "--enable-legacy-api-token", "--log-level", "ERROR"]
        quiet = os.environ | {"COLLECT_ANALYTICS": "false", "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": "",
                              "FRONTEND_SENTRY_DSN": ""}
        with open(folder / "log", "a") as log:
            self.server = Server(command, PORT, "/user/login/", log, quiet)
        self.lead = Client(PORT, {"authorization": f"Token {TOKEN}"})

    def asked(self, client, method, path, value=None):
        status, _, body = client.call(method, path, None if value is None else json.dumps(value), JSON)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {body[:300]}")
        return json.loads(body)

    def person(self, name):
        """Somebody who signed up by the invitation of the lead."""
        invite = self.asked(self.lead, "GET", "/api/invite")["invite_url"]
        client = Client(PORT, {})
        _, headers, page = client.call("GET", invite)
        form = {"email": f"{name}@example.org", "password": "a-long-password",
                "csrfmiddlewaretoken": re.search(rb'csrfmiddlewaretoken" value="([^"]+)', page)[1].decode()}
        kind = {"content-type": "application/x-www-form-urlencoded"}
        _, headers, _ = client.call("POST", invite, urllib.parse.urlencode(form), kind | {"cookie": cookies(headers)})
        _, _, body = client.call("GET", "/api/current-user/token", None, {"cookie": cookies(headers)})
        return Client(PORT, {"authorization": f"Token {json.loads(body)['token']}"})

    def create(self, name, config=CONFIG):
        return self.asked(self.lead, "POST", "/api/projects", {"title": name, "label_config": config})["id"]

    def take_in(self, project, path):
        edge = "edge-of-the-file"
        head = f'--{edge}\r\ncontent-disposition: form-data; name="file"; filename="tasks.json"\r\n' \
               "content-type: application/json\r\n\r\n"
        body = head.encode() + path.read_bytes() + f"\r\n--{edge}--\r\n".encode()
        kind = {"content-type": f"multipart/form-data; boundary={edge}"}
        status, _, body = self.lead.call("POST", f"/api/projects/{project}/import", body, kind)
        assert status == 201, body[:500]
        return {key: json.loads(body)[key] for key in ("task_count", "annotation_count")}

    def take_out(self, project):
        status, _, body = self.lead.call("GET", f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true")
        assert status == 200, body[:500]
        return body

    def next(self, client, project):
        status, _, body = client.call("GET", f"/api/projects/{project}/next")
        if status == 404:
            return None
        assert status == 200, body[:300]
        return json.loads(body)["id"]

    def submit(self, client, project, task):
        result = [{"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["law"]}}]
        path = f"/api/tasks/{task}/annotations?project={project}"
        self.asked(client, "POST", path, {"result": result, "lead_time": 1.0})

    def page(self, project):
        return self.asked(self.lead, "GET", f"/api/tasks?project={project}&page=1&page_size=30")["total"]

    def find(self, project, word):
        condition = {"filter": "filter:tasks:data.text", "operator": "contains", "value": word, "type": "String"}
        query = urllib.parse.quote(json.dumps({"filters": {"conjunction": "and", "items": [condition]}}))
        return self.asked(self.lead, "GET", f"/api/tasks?project={project}&page=1&page_size=30&query={query}")["total"]


def cookies(headers):
    return "; ".join(line.split(";")[0] for line in headers.get_all("set-cookie"))
