#!/usr/bin/env python3
"""Opens reports in headless Chromium and says what a reader would stumble over.

    tests/html/look.py REPORT.html... [--shots FOLDER] [--seconds 2]

Each page is opened from disk at 360 and 1400 pixels, in light and in dark. It must load in time, log nothing, ask for
nothing but itself, and fit: only what stands in a box that scrolls may be wider than the window, and no letter may be
cut off at its side. With --shots the pages are photographed whole. Needs Debian's `chromium`, and Python alone.

Ends with 1 where something is wrong, and with 0 where nothing is. The browser is spoken to through a pipe, so no port is opened.
"""

import argparse
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--remote-debugging-pipe",
]
WIDTHS = [360, 1400]
SCHEMES = ["light", "dark"]
HEIGHT = 900
PATIENCE = 60

# What is wider than the window without standing in a box that scrolls, and how much text lies beyond it.
TOO_WIDE = """
(() => {
  const width = document.documentElement.clientWidth;
  const found = [];
  if (document.documentElement.scrollWidth > width) found.push("the page: " + document.documentElement.scrollWidth);
  for (const element of document.body.querySelectorAll("*")) {
    if (element.closest(".scroll table, .hidden, svg")) continue;
    const box = element.getBoundingClientRect();
    if (box.width > 0 && (box.right > width + 0.5 || box.left < -0.5))
      found.push(element.tagName + "." + element.className + ": " + box.left + " to " + box.right);
  }
  for (const text of document.querySelectorAll("svg text")) {
    const box = text.getBoundingClientRect(), around = text.ownerSVGElement.getBoundingClientRect();
    if (box.right > Math.min(width, around.right + 16)) found.push("label " + text.textContent + " ends at " + box.right);
  }
  return found.slice(0, 5);
})()
"""

# Contrast of text and ground below 4.5, where the ground is one colour.
TOO_FAINT = """
(() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const found = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("svg title, svg desc")) continue;
    const style = getComputedStyle(element);
    let ground = null;
    for (let at = element; at && !ground; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) ground = colour;
    }
    const text = light(parse(element.closest("svg") ? style.fill : style.color)), under = light(ground || [255, 255, 255]);
    const contrast = (Math.max(text, under) + 0.05) / (Math.min(text, under) + 0.05);
    if (contrast < 4.5) found.add(element.tagName + "." + element.className + " " + contrast.toFixed(2));
  }
  return [...found].slice(0, 5);
})()
"""


class Browser:
    """A Chromium of its own, with a profile that goes with it."""

    def __init__(self, folder):
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()
        command = ["chromium", *FLAGS, f"--user-data-dir={folder}", "about:blank"]
        # The browser reads at 3 and writes at 4; where a pipe has one of these numbers already, it must not be overwritten.
        shell = f'exec "$@" 9<&{to_browser} 8>&{from_browser} 3<&9 4>&8'
        self.process = subprocess.Popen(
            ["sh", "-c", shell, "sh", *command], pass_fds=[to_browser, from_browser],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        self.number, self.buffer, self.events = 0, b"", []

    def receive(self):
        while b"\0" not in self.buffer:
            part = os.read(self.read, 1 << 16)
            if not part:
                sys.exit("look.py: chromium has ended; is it installed?")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") != self.number:
                self.events.append(answer)
            elif "error" in answer:
                sys.exit(f"look.py: {method}: {answer['error']}")
            else:
                return answer["result"]

    def wait(self, method, session):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if any(e.get("method") == method and e.get("sessionId") == session for e in self.events):
                return
            self.events.append(self.receive())
        sys.exit(f"look.py: no {method} in {PATIENCE} s")

    def close(self):
        self.call("Browser.close")
        self.process.wait(PATIENCE)


def look(browser, page, width, scheme, args):
    """What is wrong with a page, at this width, in this scheme; and in how many seconds it was there."""
    url = page.resolve().as_uri()
    target = browser.call("Target.createTarget", url="about:blank")["targetId"]
    session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    call = lambda method, **params: browser.call(method, session, **params)
    for domain in ["Page", "Runtime", "Log", "Network"]:
        call(f"{domain}.enable")
    call("Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT, deviceScaleFactor=1, mobile=width < 500)
    call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.events.clear()
    began = time.monotonic()
    call("Page.navigate", url=url)
    browser.wait("Page.loadEventFired", session)
    evaluate = lambda script: call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")
    height = evaluate("document.documentElement.scrollHeight")
    seconds = time.monotonic() - began
    wrong = [f"is wider than its window: {what}" for what in evaluate(TOO_WIDE)]
    wrong += [f"is too faint to read: {what}" for what in evaluate(TOO_FAINT)]
    if seconds > args.seconds:
        wrong.append(f"takes {seconds:.2f} s to open")
    if args.shots:
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        shot = call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        name = f"{page.stem}-{width}-{scheme}.png"
        pathlib.Path(args.shots, name).write_bytes(base64.b64decode(shot["data"]))
    for event in browser.events:
        if event.get("sessionId") != session:
            continue
        params = event.get("params", {})
        match event.get("method"):
            case "Network.requestWillBeSent" if params["request"]["url"] != url:
                wrong.append(f"asks for {params['request']['url']}")
            case "Log.entryAdded":
                wrong.append(f"logs {params['entry']['text']}")
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                wrong.append(f"says {json.dumps(params)[:200]}")
    browser.call("Target.closeTarget", targetId=target)
    return wrong, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("pages", nargs="+", type=pathlib.Path)
    parser.add_argument("--shots", help="folder for photographs")
    parser.add_argument("--seconds", type=float, default=2.0, help="in which a page must be there")
    args = parser.parse_args()
    if args.shots:
        pathlib.Path(args.shots).mkdir(parents=True, exist_ok=True)
    is_wrong = False
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(folder)
        for page in args.pages:
            for width in WIDTHS:
                for scheme in SCHEMES:
                    wrong, seconds = look(browser, page, width, scheme, args)
                    print(f"{page.name} at {width}, {scheme}: {seconds:.2f} s", *wrong, sep="\n  ")
                    is_wrong = is_wrong or bool(wrong)
        browser.close()
    sys.exit(int(is_wrong))


if __name__ == "__main__":
    main()
