#!/usr/bin/env python3
"""How fast the review page answers while many people edit: a real Chromium and simulated users of the same server.

    cargo build --release --locked --workspace --examples --bins
    python3 bench/review_speed.py target/release

It starts `bloodpool serve` on a data folder of simulated studies, one study and one account per user, and prints

- from a pointer event to the painted LVEF, in Chromium, by performance.now(): median and 95th percentile, first with nobody else,
  then while the other users edit;
- the same users' times from request to reply;
- from the click on a study to the usable page, with so many studies in the list (copies of rows, made by the example fill_worklist);
- resident memory of the server before and after so many edits.

A simulated user drags for a second (a preview per 16 ms, never more than one under way, as the page does it), keeps the edit, and
looks at the result for --pause seconds. Chromium and the users run on the same machine as the server; where the script may (root), Chromium
goes before the others, as if it were on a machine of its own. Needs chromium and chromedriver.
"""
import argparse
import http.client
import json
import math
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

PASSWORD = "a long enough password"


def share(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else math.nan


class Client:
    """One account with a connection that stays open."""

    def __init__(self, port, name):
        self.port, self.connection = port, http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Content-Type": "application/json", "Origin": f"http://127.0.0.1:{port}"}
        for _ in range(200):
            status, headers, _ = self.ask("POST", "/login", {"name": name, "password": PASSWORD})
            if status != 429:
                break
            time.sleep(0.2)
        assert status == 200, (name, status)
        self.headers["Cookie"] = headers["set-cookie"].split(";")[0]

    def ask(self, method, path, value=None):
        body = None if value is None else json.dumps(value)
        try:
            self.connection.request(method, path, body, self.headers)
            reply = self.connection.getresponse()
        except (BrokenPipeError, ConnectionResetError, http.client.RemoteDisconnected):
            # The server closes connections that rest.
            self.connection.close()
            self.connection.request(method, path, body, self.headers)
            reply = self.connection.getresponse()
        return reply.status, {k.lower(): v for k, v in reply.getheaders()}, reply.read()

    def json(self, method, path, value=None):
        status, _, body = self.ask(method, path, value)
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {body[:200]!r}")
        return json.loads(body)


def before_others():
    """A person's browser is on a machine of its own: here it goes before server and simulated users, where that is allowed."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) - 10)
    except PermissionError:
        pass


class Browser:
    """WebDriver in a few lines."""

    def __init__(self):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True, preexec_fn=before_others)
        for line in self.driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                self.port = int(found[1])
                break
        options = ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,900"]
        wanted = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": {"args": options}}}
        self.session = None
        self.session = self.send("POST", "/session", {"capabilities": wanted})["sessionId"]

    def send(self, method, path, value=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        prefix = f"/session/{self.session}" if self.session else ""
        connection.request(method, prefix + path, json.dumps(value or {}), {"Content-Type": "application/json"})
        reply = json.loads(connection.getresponse().read())["value"]
        if isinstance(reply, dict) and "error" in reply:
            raise RuntimeError(f"{path}: {reply['error']}: {reply['message']}")
        return reply

    def open(self, url):
        self.send("POST", "/url", {"url": url})

    def script(self, text, *arguments):
        return self.send("POST", "/execute/sync", {"script": text, "args": list(arguments)})

    def wait(self, text):
        until = time.time() + 60
        while time.time() < until:
            try:
                if found := self.script(text):
                    return found
            except RuntimeError:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"not in a minute: {text}")

    def act(self, actions):
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions}
        self.send("POST", "/actions", {"actions": [mouse]})

    def close(self):
        try:
            self.send("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()


def browser_logs_in(browser, port, name):
    browser.open(f"http://127.0.0.1:{port}/login")
    browser.wait("return document.querySelector('input[name=name]') !== null")
    time.sleep(0.5)
    browser.script(
        "document.querySelector('input[name=name]').value = arguments[0];"
        "document.querySelector('input[name=password]').value = arguments[1];"
        "document.querySelector('#login').requestSubmit()",
        name,
        PASSWORD,
    )
    browser.wait("return location.pathname === '/studies'")


def drag_in_browser(browser, seconds):
    """Drags vertices of the shown frame for so long; returns what the page measured of its last 200 previews."""
    told = "return fetch('/api' + location.pathname).then((reply) => reply.json())"
    study = browser.script(told)
    left, top, width, height = browser.script(
        "const b = document.getElementById('main').getBoundingClientRect(); return [b.left, b.top, b.width, b.height]"
    )
    scale = min(width / study["columns"], height / study["rows"])

    def place(x, y):
        return [
            round(left + (width - study["columns"] * scale) / 2 + (x + 0.5) * scale),
            round(top + (height - study["rows"] * scale) / 2 + (y + 0.5) * scale),
        ]

    frame = study["measured"]["end_diastole"]
    polygon = next(one["polygon"] for one in study["outlines"] if one["frame"] == frame)
    x, y = max(polygon)
    until, end = time.time() + seconds, 1
    while time.time() < until:
        # Each drag ends elsewhere: a vertex that is where it was changes nothing.
        end = 1 + end % 3
        path = [place(x + dx, y + dy) for dx, dy in ((0, 0), (1.5, 0.5), (4, 0), (2.5, -1), (end, 0))]
        move = [{"type": "pointerMove", "duration": 300 if at else 0, "x": px, "y": py, "origin": "viewport"}
                for at, (px, py) in enumerate(path)]
        browser.act(move[:1] + [{"type": "pointerDown", "button": 0}] + move[1:] + [{"type": "pointerUp", "button": 0}])
        browser.wait("return !document.getElementById('saved').textContent.endsWith('…')")
    found = browser.script("return { ...document.documentElement.dataset }")
    return {name: float(found[name]) for name in ("median", "latency", "previews")}


class User(threading.Thread):
    """A person who drags, keeps the edit, and looks at it."""

    def __init__(self, client, study, pause, stop):
        super().__init__(daemon=True)
        self.client, self.path, self.pause, self.stop = client, f"/api/study/{study}", pause, stop
        self.previews, self.edits, self.error = [], [], None

    def run(self):
        try:
            while not self.stop.is_set():
                self.drag()
                self.stop.wait(self.pause)
        except Exception as error:  # told at the end
            self.error = error

    def drag(self):
        told = self.client.json("GET", self.path)
        revision, frame = told["history"]["revision"], told["measured"]["end_diastole"]
        outline = next(one for one in told["outlines"] if one["frame"] == frame)
        x, y = max(outline["polygon"])
        until, step, act = time.time() + 1, 0, None
        while time.time() < until and not self.stop.is_set():
            began = time.time()
            step += 1
            to = [x + 1.5 * math.sin(step / 9), y + 1.5 * math.cos(step / 7)]
            act = {"act": "outline", "frame": frame, "reach": 0, "edit": {"tool": "nudge", "from": [x, y], "to": to, "radius_mm": 14}}
            try:
                self.client.json("POST", f"{self.path}/preview", {"revision": revision, "act": act})
            except RuntimeError as error:
                if "nothing_changes" not in str(error):
                    raise
            self.previews.append(1000 * (time.time() - began))
            time.sleep(max(0, 0.016 - (time.time() - began)))
        if act is None:
            return
        began = time.time()
        try:
            kept = self.client.json("POST", f"{self.path}/edit", {"revision": revision, "act": act})
            self.edits.append(1000 * (time.time() - began))
            # The study stays as it is, so that each drag begins with the same outline.
            self.client.json("POST", f"{self.path}/undo", {"revision": kept["history"]["revision"]})
        except RuntimeError as error:
            if "nothing_changes" not in str(error):
                raise


def resident_mb(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024


def processor_ms(process):
    """What the server has used of the processor, user and system."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def soak(clients, studies, edits):
    """So many edits, each undone, shared among the users."""
    each = edits // len(clients)

    def work(client, study):
        path = f"/api/study/{study}"
        told = client.json("GET", path)
        revision, frames = told["history"]["revision"], told["frames"]
        x, y = max(told["outlines"][0]["polygon"])
        for number in range(each):
            edit = {"tool": "nudge", "from": [x, y], "to": [x + 1 + number % 3, y], "radius_mm": 14}
            act = {"act": "outline", "frame": number % frames + 1, "reach": number % 3, "edit": edit}
            for where, value in (("edit", {"act": act}), ("undo", {})):
                try:
                    revision = client.json("POST", f"{path}/{where}", {"revision": revision, **value})["history"]["revision"]
                except RuntimeError as error:
                    if "nothing_" not in str(error):
                        raise

    threads = [threading.Thread(target=work, args=pair) for pair in zip(clients, studies)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", help="folder with bloodpool and examples/fill_worklist")
    parser.add_argument("--serve", help="another program that serves the page, as the example serve_classical")
    parser.add_argument("--tool", help="another bloodpool that simulates and makes accounts")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement in the browser")
    parser.add_argument("--pause", type=float, default=1, help="between the drags of a simulated user, seconds")
    parser.add_argument("--matrix", type=int, default=64)
    parser.add_argument("--studies", type=int, default=10000, help="in the list")
    parser.add_argument("--edits", type=int, default=10000, help="of the soak")
    parser.add_argument("--only", choices=["edit", "click", "soak"], action="append")
    options = parser.parse_args()
    only = options.only or ["edit", "click", "soak"]
    programs = pathlib.Path(options.programs).resolve()
    bloodpool = pathlib.Path(options.tool or programs / "bloodpool").resolve()
    serving = pathlib.Path(options.serve or programs / "bloodpool").resolve()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        simulate = [bloodpool, "simulate", "studies", "--studies", str(options.users), "--matrix", str(options.matrix)]
        subprocess.run(simulate, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        names = [f"user{number}" for number in range(options.users)]
        for name in names:
            add = [bloodpool, "user", "add", name, "--role", "technologist", "--data", "data"]
            subprocess.run(add, input=f"{PASSWORD}\n", text=True, check=True, stdout=subprocess.DEVNULL)
        server, port = serve(serving, ["studies", "--data", "data"])
        try:
            client = Client(port, names[0])
            while len(studies_of(client)) < options.users:
                time.sleep(0.5)
            if "click" in only:
                stop(server)
                subprocess.run([programs / "examples/fill_worklist", "data", str(options.studies)], check=True)
                server, port = serve(serving, ["--data", "data"])
            clients = [Client(port, name) for name in names]
            studies = studies_of(clients[0])[: options.users]
            run(options, only, server, port, names, clients, studies)
        finally:
            stop(server)


def serve(bloodpool, arguments):
    server = subprocess.Popen([bloodpool, "serve", *arguments], stdout=subprocess.PIPE, text=True)
    line = server.stdout.readline()
    port = re.search(r":(\d+)/", line)
    if not port:
        sys.exit(f"the server did not start: {line}")
    return server, int(port[1])


def stop(server):
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        server.wait()


def studies_of(client):
    """Ids of the studies that are no copies."""
    found = []
    for page in range(400):
        _, _, body = client.ask("GET", f"/studies?page={page}")
        rows = re.findall(r'<tr data-href="/study/([^"]+)">(.*?)</tr>', body.decode(), re.S)
        found += [name for name, row in rows if "COPY" not in row]
        if len(rows) < 50:
            break
    return found


def run(options, only, server, port, names, clients, studies):
    browser = Browser()
    try:
        browser_logs_in(browser, port, names[0])
        if "click" in only:
            click(options, browser, port)
        if "edit" in only:
            edit(options, browser, server, port, clients, studies)
    finally:
        browser.close()
    if "soak" in only:
        soak(clients, studies, min(400, options.edits))
        before = resident_mb(server)
        began = time.time()
        soak(clients, studies, options.edits)
        after = resident_mb(server)
        print(f"{options.edits} edits and as many undone in {time.time() - began:.0f} s: resident memory {before:.0f} MB before, {after:.0f} MB after")


def click(options, browser, port):
    times = []
    for at in range(10):
        browser.open(f"http://127.0.0.1:{port}/studies")
        browser.wait("return document.querySelectorAll('#studies tbody tr').length > 9")
        browser.script(
            "sessionStorage.clicked = Date.now(); document.querySelectorAll('#studies tbody tr')[arguments[0]].click()", at
        )
        browser.wait("return document.documentElement.dataset.ready === 'yes'")
        times.append(browser.script("return performance.timeOrigin + Number(document.documentElement.dataset.readyAt) - Number(sessionStorage.clicked)"))
    print(f"{options.studies} studies in the list; from the click to the usable page: median {share(times, 0.5):.0f} ms, most {max(times):.0f} ms")


def edit(options, browser, server, port, clients, studies):
    browser.open(f"http://127.0.0.1:{port}/study/{studies[0]}")
    browser.wait("return document.documentElement.dataset.ready === 'yes'")
    warm = drag_in_browser(browser, 2)
    before = processor_ms(server)
    alone = drag_in_browser(browser, options.seconds / 2)
    used = (processor_ms(server) - before) / max(1, alone["previews"] - warm["previews"])
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; alone the server uses {used:.1f} ms of processor time per preview, all else included")
    print(f"alone: from pointer event to painted LVEF: median {alone['median']:.1f} ms, 95th percentile {alone['latency']:.1f} ms ({alone['previews']:.0f} previews)")
    stop_users = threading.Event()
    users = [User(client, study, options.pause, stop_users) for client, study in zip(clients[1:], studies[1:])]
    for user in users:
        user.start()
    time.sleep(2)
    beside = drag_in_browser(browser, options.seconds)
    stop_users.set()
    for user in users:
        user.join()
    for user in users:
        if user.error:
            print(f"a user stopped: {user.error}")
    previews = [value for user in users for value in user.previews]
    edits = [value for user in users for value in user.edits]
    print(f"with {len(users)} others who edit: median {beside['median']:.1f} ms, 95th percentile {beside['latency']:.1f} ms ({beside['previews']:.0f} previews)")
    print(f"  their previews, request to reply: {len(previews)}, median {share(previews, 0.5):.1f} ms, 95th percentile {share(previews, 0.95):.1f} ms")
    print(f"  their edits, on disk: {len(edits)}, median {share(edits, 0.5):.1f} ms, 95th percentile {share(edits, 0.95):.1f} ms")


if __name__ == "__main__":
    main()
