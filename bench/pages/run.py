"""The pages in a real browser, served by the released binary: the next item after Enter, a very long text, what is sent.

Run with `cargo xtask bench pages`; needs node, a Chromium (`ENGRAFT_CHROMIUM` names another) and what `cargo xtask fetch`
brings; writes bench/results/pages.json. The journeys are those of the tests (`crates/server/tests/browser/journeys`).
"""

import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/studio"))

from engraft import command  # noqa: E402
from server import Server  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import about, load  # noqa: E402

TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("ENGRAFT_BINARY", TARGET / "release/engraft")).resolve()
ASSETS = ROOT / "crates/server/assets"
MODULES = ROOT / "target/test-assets/browser/node_modules"
PORT, PASSWORD = 7716, "a-long-password"
PEOPLE = {"olga": "owner", "lena": "lead", "rosa": "reviewer", "ana": "annotator", "ben": "annotator", "vic": "viewer"}
JOURNEYS = ["queue", "large", "draft"]


def sent():
    """Bytes of scripts and style sheets, as they are and compressed."""
    sizes = {}
    for ending in ("js", "css"):
        texts = [path.read_bytes() for path in sorted(ASSETS.glob(f"*.{ending}"))]
        sizes[ending] = {"files": len(texts), "bytes": sum(map(len, texts)),
                         "gzip_bytes": sum(len(gzip.compress(text, mtime=0)) for text in texts)}
    return sizes


def measure(folder):
    command(BINARY, folder, "init", folder, "--encoder", "none")
    for name, role in PEOPLE.items():
        command(BINARY, folder, "user", "add", name, "--role", role, "--password-stdin", told=f"{PASSWORD}\n")
    chromium = os.environ.get("ENGRAFT_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with open(folder / "log", "a") as log:
        serve = [BINARY, "--workspace", folder, "serve", "--addr", f"127.0.0.1:{PORT}"]
        server = Server(serve, PORT, "/login", log)
    figures = folder / "figures.json"
    told = os.environ | {"STUDIO_URL": f"http://127.0.0.1:{PORT}", "STUDIO_PASSWORD": PASSWORD,
                         "STUDIO_CHROMIUM": chromium, "STUDIO_MODULES": str(MODULES), "STUDIO_FIGURES": str(figures)}
    try:
        subprocess.run(["node", ROOT / "crates/server/tests/browser/run.mjs", *JOURNEYS], env=told, check=True)
    finally:
        server.stop()
    return json.loads(figures.read_text())


def main():
    if "ENGRAFT_BINARY" not in os.environ:
        subprocess.run(["cargo", "build", "--release", "--quiet", "-p", "engraft"], cwd=ROOT, check=True)
    results = about(None)
    with tempfile.TemporaryDirectory(dir=TARGET) as folder:
        results |= measure(pathlib.Path(folder))
    results |= {"sent": sent(), "load_after": load()}
    print(json.dumps(results, indent=1))
    (ROOT / "bench/results/pages.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
