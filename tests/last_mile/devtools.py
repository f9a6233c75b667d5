"""Chromium without a window, driven over its DevTools pipe (file descriptors 3 and 4, messages that end in NUL)."""

import base64
import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import time

PROGRAM = "chromium"
PATIENCE = 60.0  # seconds for one answer


class Browser:
    """One page. `problems` gathers what the page says on its console and what it asks a network for."""

    def __init__(self, folder):
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (to_browser, from_browser)]
        self.process = subprocess.Popen(
            [shutil.which(PROGRAM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--hide-scrollbars", f"--user-data-dir={folder}/profile",
             "--remote-debugging-pipe", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(3, 4),
            preexec_fn=lambda: (os.dup2(ends[0], 3), os.dup2(ends[1], 4)))
        for end in (to_browser, from_browser, *ends):
            os.close(end)
        self.received, self.asked, self.session, self.problems, self.address = b"", 0, None, [], ""
        self.download = {}
        self.downloads = pathlib.Path(folder) / "downloads"
        self.downloads.mkdir(parents=True, exist_ok=True)
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(self.downloads), eventsEnabled=True)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def message(self, until):
        while b"\0" not in self.received:
            if not select.select([self.input], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.input, 1 << 20)
            if not part:
                raise EOFError("the browser has ended")
            self.received += part
        first, self.received = self.received.split(b"\0", 1)
        return json.loads(first)

    def take(self, message):
        """An event: what a page must not do is kept."""
        name, event = message.get("method"), message.get("params", {})
        if name == "Runtime.exceptionThrown":
            details = event["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif name == "Runtime.consoleAPICalled":
            self.problems.append(f"console.{event['type']}: {event['args']}")
        elif name == "Log.entryAdded":
            self.problems.append(event["entry"]["text"])
        elif name == "Network.requestWillBeSent" and not event["request"]["url"].startswith(("blob:", "data:")):
            if event["request"]["url"] != self.address:
                self.problems.append(f"asks for {event['request']['url']}")
        elif name in ("Browser.downloadWillBegin", "Browser.downloadProgress"):
            self.download.update(event)
        return name

    def wait(self, wanted):
        """Reads messages until one is wanted, and returns it."""
        until = time.monotonic() + PATIENCE
        while True:
            message = self.message(until)
            self.take(message)
            if wanted(message):
                return message

    def call(self, method, **parameters):
        self.asked += 1
        number = self.asked
        request = {"id": number, "method": method, "params": parameters, **({"sessionId": self.session} if self.session else {})}
        os.write(self.output, json.dumps(request).encode() + b"\0")
        answer = self.wait(lambda message: message.get("id") == number)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, path):
        self.address, self.problems = pathlib.Path(path).as_uri(), []
        self.call("Page.navigate", url=self.address)
        self.wait(lambda message: message.get("method") == "Page.loadEventFired")

    def evaluate(self, expression):
        """The value of an expression of the page, as JSON carries it."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"].get("exception", {}).get("description", expression))
        return answer["result"].get("value")

    def resize(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def screenshot(self, path, clip=None):
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True,
                         clip=clip or {"x": 0, "y": 0, "scale": 1, **self.evaluate(
                             "({width: innerWidth, height: document.documentElement.scrollHeight})")})
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))

    def print(self, path):
        printed = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        pathlib.Path(path).write_bytes(base64.b64decode(printed["data"]))

    def downloaded(self, act):
        """Name and text of the file that is saved when `act`, an expression of the page, is done.

        The file's name is there, empty, before its content is: what counts is the browser's word that it is complete.
        """
        self.download = {}
        self.evaluate(act)
        while self.download.get("state") not in ("completed", "canceled"):
            self.wait(lambda message: message.get("method") == "Browser.downloadProgress")
        name = self.download["suggestedFilename"]
        return name, (self.downloads / name).read_text(encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except (OSError, EOFError, TimeoutError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.input)
        os.close(self.output)
