"""A server as a process: when it answers, what it costs, and who asks it."""

import http.client
import os
import pathlib
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """Runs `command` and waits until `page` is there."""

    def __init__(self, command, port, page, log, env=None):
        began = time.perf_counter()
        self.port = port
        self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env)
        while not self.answers(page):
            if self.process.poll() is not None:
                raise SystemExit(f"{command[0]} ended; its words are in {log.name}")
            time.sleep(0.005)
        self.start = {"wall_s": round(time.perf_counter() - began, 3), "cpu_s": round(self.cpu(), 3)}

    def answers(self, page):
        try:
            return Client(self.port, {}).call("GET", page)[0] == 200
        except OSError:
            return False

    def cpu(self):
        """Seconds of processor time so far, its own and of children that ended."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS

    def memory(self):
        """Megabytes now, and the most it ever had."""
        lines = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        sizes = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
        return {"rss_mb": int(sizes["VmRSS"]) // 1024, "peak_rss_mb": int(sizes["VmHWM"]) // 1024}

    def timed(self, work):
        """What `work` returns, with wall seconds and the server's own seconds."""
        wall, cpu = time.perf_counter(), self.cpu()
        found = work()
        return found, {"wall_s": round(time.perf_counter() - wall, 3), "cpu_s": round(self.cpu() - cpu, 3)}

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Client:
    """One person; `headers` say who. Every request has a connection of its own: on one that is kept, servers that send
    heads and bodies apart wait 40 ms for an acknowledgement, which is nothing they compute."""

    def __init__(self, port, headers):
        self.port, self.headers = port, headers

    def call(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=1800)
        try:
            connection.request(method, path, body, {"connection": "close"} | self.headers | (headers or {}))
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()
