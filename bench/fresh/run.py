"""The two commands of the README on a Debian 12 that has never seen this project: do they end well, and after how long.

    sudo python3 bench/fresh/run.py --into DIR            # makes the Debian first; about an hour on 2 cores
    sudo python3 bench/fresh/run.py --into DIR --only demo

Makes a minimal Debian with `debootstrap`, clones the checkout's last commit into it, and lends it this machine's Rust toolchain, read
only, without anything that cargo has downloaded or built. There is no node, no browser and no test data: the tests that need
those say so. Writes bench/results/fresh.json.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from about import ROOT, about, load  # noqa: E402

RESULTS = ROOT / "bench/results/fresh.json"
COMMANDS = {"demo": "cargo run --release -- demo", "test": "cargo xtask test"}
# What the README asks for beside Rust: Python with pip, git, and a linker, without which there is no Rust.
PACKAGES = "ca-certificates,git,gcc,libc6-dev,python3,python3-pip"
HOME = "root/engraft"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=pathlib.Path, required=True)
    parser.add_argument("--mirror", nargs="*", default=[], help="of Debian; by default the one debootstrap knows")
    parser.add_argument("--only", choices=COMMANDS)
    asked = parser.parse_args()
    if os.geteuid() != 0:
        raise SystemExit("only root can make a Debian in a folder and go into it: run this with sudo")
    into = asked.into.resolve()
    if not (into / "etc/debian_version").exists():
        subprocess.run(["debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", into, *asked.mirror], check=True)
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in [asked.only] if asked.only else COMMANDS:
        clone(into)
        whence = about(None)
        found[name] = {**whence, **measured(into, COMMANDS[name]), "load_after": load()}
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(found[name], indent=1))
        if found[name]["status"]:
            raise SystemExit(f"`{COMMANDS[name]}` failed: {into}/root/{name}.log")


def clone(into):
    """A clone of the last commit, and nothing from an earlier run."""
    for old in [HOME, "root/.cargo", "root/.cache", "root/.local"]:
        shutil.rmtree(into / old, ignore_errors=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, into / HOME], check=True)
    # Whom this machine trusts may be more than Debian does.
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", into / "etc/ssl/certs/ca-certificates.crt")


def measured(into, command):
    """What became of a command: its status, its seconds and how many tests it says have passed."""
    sysroot = subprocess.run(["rustc", "--print", "sysroot"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    inside = [
        "set -e",
        f"mkdir -p {into}/opt/rust; mount --bind -o ro {sysroot} {into}/opt/rust",
        f"mount -t proc proc {into}/proc; mount --rbind /dev {into}/dev; mount -t tmpfs tmp {into}/tmp",
        f"cp /etc/resolv.conf {into}/etc/resolv.conf",
        f"exec chroot {into} env -i HOME=/root PATH=/opt/rust/bin:/usr/bin:/bin:/usr/sbin LANG=C.UTF-8 sh -c 'cd /{HOME} && {command}'",
    ]
    name = next(name for name, known in COMMANDS.items() if known == command)
    began = time.monotonic()
    with open(into / f"root/{name}.log", "w", encoding="utf-8") as log:
        done = subprocess.run(["unshare", "--mount", "--fork", "sh", "-c", "\n".join(inside)], stdout=log, stderr=subprocess.STDOUT)
    seconds = time.monotonic() - began
    said = (into / f"root/{name}.log").read_text(encoding="utf-8", errors="replace")
    tests = {word: sum(map(int, re.findall(rf"(\d+) {word}", said))) for word in ("passed", "failed")}
    version = (into / "etc/debian_version").read_text(encoding="utf-8").strip()
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "command": command, "status": done.returncode, "minutes": round(seconds / 60, 1), "debian": version, "rustc": rustc,
        **({"tests": tests} if name == "test" else {}), "skipped": sorted(set(re.findall(r"skipped: [^\n]*", said))),
    }


if __name__ == "__main__":
    main()
