"""A daemon that a benchmark starts, asks and kills, on folders of its own."""
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request


def make_clip(path):
    """0.4 s of a test picture, as H.264."""
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25", "-t",
                    "0.4", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", path], check=True)


def drop_copy(clip, path, tail):
    """The clip with an MP4 box that no reader looks at, so that its content is another one; named when it is whole."""
    tail = str(tail).encode()
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(clip.read_bytes() + (8 + len(tail)).to_bytes(4, "big") + b"free" + tail)
    draft.rename(path)


class Daemon:
    def __init__(self, program, folder, **sections):
        self.program, self.folder, self.process = program, folder, None
        self.watch, self.results, self.state = (folder / name for name in ("watch", "results", "state"))
        for made in (self.watch, self.results):
            made.mkdir(parents=True, exist_ok=True)
        settings = {"output": {"dir": str(self.results)}, "daemon": {"state_dir": str(self.state)},
                    "watch": {"folders": [str(self.watch)], "settle_s": 0.2, "unfinished_s": 0}, "http": {"port": 0},
                    "analyzers": {"enabled": ["cut_analysis"]}}
        for name, section in sections.items():
            settings.setdefault(name, {}).update(section)
        self.config = folder / "c.yaml"
        self.config.write_text(json.dumps(settings))  # JSON is YAML

    def start(self):
        (self.state / "daemon.json").unlink(missing_ok=True)
        with open(self.folder / "log.txt", "ab") as log:
            self.process = subprocess.Popen([self.program, "daemon", "-c", self.config], stdout=log, stderr=log,
                                            env={**os.environ, "TIMELOOM_TEST_FOLDER": str(self.folder)})

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        self.process.terminate()
        return self.process.wait(timeout=60)

    def ask(self, path, method="GET"):
        """The text of an answer; None when there is none."""
        try:
            told = json.loads((self.state / "daemon.json").read_text())
            token = (self.state / "token").read_text().strip()
            request = urllib.request.Request(told["url"] + path, method=method,
                                             headers={"Authorization": "Bearer " + token})
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except (OSError, ValueError, urllib.error.URLError):
            return None

    def stream(self, path):
        """An answer that goes on, to be read line by line."""
        told = json.loads((self.state / "daemon.json").read_text())
        token = (self.state / "token").read_text().strip()
        return urllib.request.urlopen(
            urllib.request.Request(told["url"] + path, headers={"Authorization": "Bearer " + token}), timeout=120)

    def wait_until_up(self, patience=30):
        end = time.monotonic() + patience
        while self.ask("/v1/jobs?limit=1") is None:
            if time.monotonic() > end:
                raise TimeoutError("the daemon does not answer")
            time.sleep(0.02)

    def counts(self):
        text = self.ask("/v1/jobs?limit=1")
        return json.loads(text)["counts"] if text else {}

    def jobs(self):
        found, before = [], ""
        while before is not None:
            page = json.loads(self.ask("/v1/jobs?limit=500" + before))
            found += page["jobs"]
            before = f"&before={page['next']}" if page["next"] is not None else None
        return found

    def processes(self):
        """Of this daemon, and what those that were killed left behind."""
        wanted = f"TIMELOOM_TEST_FOLDER={self.folder}".encode() + b"\0"
        found = []
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                stat = pathlib.Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                if stat[0] != "Z" and wanted in pathlib.Path(f"/proc/{entry}/environ").read_bytes():
                    found.append(int(entry))
            except OSError:
                pass
        return found

    def workers(self):
        return [pid for pid in self.processes() if pid != self.process.pid]
