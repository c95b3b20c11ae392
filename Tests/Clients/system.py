"""A running Conclave with simulated models and three keys, for the tests of this folder."""

import atexit
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("CONCLAVE_TEST_BINARIES", ROOT / ".build" / "debug")).resolve()

KEY = "sk-first"
# one deliberation at a time
NARROW = "sk-narrow"
# two requests a minute
RATED = "sk-rated"
# next to nothing a day
POOR = "sk-poor"
OTHER = "sk-other"
# the same once more, for tests that use one up
NARROW_TOO = "sk-narrow-too"
POOR_TOO = "sk-poor-too"


def configuration(keys=True, **limits):
    """The file that ships, with keys of two tenants and one that is narrow."""
    document = json.loads((ROOT / "deploy" / "conclave.json").read_text())
    if keys:
        document["keys"] = [
            {"tenant": tenant, "sha256": hashlib.sha256(key.encode()).hexdigest(), **more}
            for key, tenant, more in [
                (KEY, "acme", {"requests_per_minute": 100000}),
                (NARROW, "acme", {"concurrent": 1}),
                (RATED, "acme", {"requests_per_minute": 2}),
                (POOR, "acme", {"cost_per_day": 0.0000001}),
                (OTHER, "other", {}),
                (NARROW_TOO, "acme", {"concurrent": 1}),
                (POOR_TOO, "acme", {"cost_per_day": 0.0000001}),
            ]
        ]
    document.setdefault("limits", {}).update(limits.pop("limits", {}))
    document.update(limits)
    return document


class System:
    """`conclave up` on a free port, with a data folder of its own; it ends with this process."""

    def __init__(self, document=None, environment=None):
        self.folder = tempfile.TemporaryDirectory(prefix="conclave-clients-")
        path = pathlib.Path(self.folder.name)
        (path / "conclave.json").write_text(json.dumps(document or configuration()))
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CONCLAVE_") and not name.endswith("_API_KEY")
        }
        inherited.update(environment or {})
        inherited["CONCLAVE_CONFIG"] = str(path / "conclave.json")
        inherited["CONCLAVE_DATA"] = str(path / "data")
        self.environment = inherited
        self.others = []
        self.process = subprocess.Popen(
            [PROGRAMS / "conclave", "up", "--port", "0", "--data", path / "data"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            env=inherited,
        )
        atexit.register(self.stop)
        self.lines = []
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(ready,), daemon=True)
        self._reader.start()
        if not ready.wait(90) or self.process.poll() is not None:
            raise RuntimeError("the system does not start:\n" + "".join(self.lines))
        line = next(line for line in self.lines if "ready after" in line)
        self.http = re.search(r"http://[\d.]+:\d+", line).group(0)

    def gateway(self, name):
        """Another gateway of this system: its process and its address."""
        run = self.run()
        environment = {
            **self.environment,
            "CONCLAVE_KAFKA": run["bus"],
            "CONCLAVE_INSTANCE": name,
            "CONCLAVE_HTTP": "127.0.0.1:0",
            "CONCLAVE_ADMIN": "127.0.0.1:0",
            "CONCLAVE_LEDGER": run.get("ledger", "").removeprefix("http://"),
            # it calls no models; it only has to know that somebody does
            "CONCLAVE_SIMULATOR": "http://127.0.0.1:1/v1",
            "CONCLAVE_LOG": "text",
        }
        if run["kind"] == "embedded":
            environment["CONCLAVE_EMBEDDED"] = "1"
        process = subprocess.Popen(
            [PROGRAMS / "gateway"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            text=True, env=environment,
        )
        self.others.append(process)
        for line in process.stdout:
            if found := re.search(r"gateway\.open.*door[=:]\"?([\d.]+:\d+)", line):
                # whatever it says from now on is read, so that it never waits for a reader
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return process, "http://" + found.group(1)
        raise RuntimeError("the second gateway does not start")

    def _read(self, ready):
        for line in self.process.stdout:
            self.lines.append(line)
            if "ready after" in line:
                ready.set()
        ready.set()

    def run(self):
        return json.loads((pathlib.Path(self.folder.name) / "data" / "run.json").read_text())

    def pid(self, name):
        return next(service["pid"] for service in self.run()["services"] if service["name"] == name)

    def stop(self):
        for process in self.others:
            if process.poll() is None:
                process.kill()
            process.wait()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.folder.cleanup()
