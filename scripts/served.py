"""A fresh server for a script, and a caller of it."""
import json
import re
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVER = ROOT / ".build" / "debug" / "gatehouse"


def start(folder, bootstrap):
    """Serves a data folder below `folder` on a port of the loopback; the process, and the URL of its root."""
    (folder / "first.yaml").write_text(bootstrap)
    words = ["serve", "--data", str(folder / "data"), "--listen", "127.0.0.1:0", "--bootstrap", str(folder / "first.yaml")]
    server = subprocess.Popen([str(SERVER), *words], stderr=open(folder / "server.log", "w"))
    for _ in range(200):
        found = re.search(r"serves (https://127\.0\.0\.1:\d+)/", (folder / "server.log").read_text())
        if found:
            return server, found[1]
        time.sleep(0.1)
    raise SystemExit("the server does not start: " + (folder / "server.log").read_text())


class Caller:
    """Calls with a token, and expects success."""

    def __init__(self, base, folder, token):
        self.base = base
        self.token = token
        self.context = ssl.create_default_context(cafile=str(folder / "data" / "authority.pem"))

    def open(self, method, path, body=None, key=None):
        """The answer, not read yet; by another token with `key`. HTTPError where it is refused."""
        request = urllib.request.Request(
            self.base + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"X-Auth-Token": key or self.token, "Content-Type": "application/json"},
        )
        return urllib.request.urlopen(request, context=self.context, timeout=30)

    def call(self, method, path, body=None):
        """The answer as JSON."""
        try:
            with self.open(method, path, body) as answer:
                return json.loads(answer.read() or "{}")
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}")
