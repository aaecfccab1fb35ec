#!/usr/bin/env python3
"""Opens pages of `-o html` in a headless Chromium and uses them.

    tests/html/check.py [--bin target/debug/kubectl-sched] [--keep FOLDER]

Needs Chromium (`chromium`, or $CHROMIUM) and playwright from PyPI; where one of them is missing it says so and ends with
status 0, or 1 if $CI_REQUIRE names `html`. Checked: nothing on the console, no request beyond the file itself,
names of a cluster that stay text, the way with the keyboard alone, light and dark (contrast by
WCAG AA), a denied storage, a phone's width, no JavaScript, print, and 5,000 nodes.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = {
    "rejected": "explain web-7 -n shop --snapshot examples/clusters/mixed.yaml",
    "running": "explain cache-0 -n shop --snapshot examples/clusters/zones.yaml",
    "preempting": "explain trainer-1 -n ml --snapshot examples/clusters/gpu.yaml",
    "node": "explain web-7 -n shop --node node-2 --snapshot examples/clusters/mixed.yaml",
    "stale": "explain stale -n shop --snapshot tests/cli/words",
    "preempted": "simulate --pending --preempt --snapshot examples/clusters/gpu.yaml",
    "drained": "simulate --drain a1-1 --snapshot examples/clusters/zones.yaml",
    "different": "simulate --drain a1-1 --diff --snapshot examples/clusters/zones.yaml",
    "compared": "simulate -f examples/pods/app.yaml --replicas 8 --compare default,best-fit --price-label example.com/price"
                " --snapshot examples/clusters/prices.yaml",
    "pending": "pending --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml",
    "pending-pools": "pending --instance-types examples/instance-types.json --snapshot examples/clusters/karpenter.yaml",
    "grown": "simulate --pending --autoscale --at 2026-08-20T10:00:24Z --snapshot examples/clusters/nodegroups.yaml",
    "simulated": "simulate --pending -f examples/pods/batch.yaml --replicas 9 --snapshot examples/clusters/mixed.yaml",
}
NASTY = ["<script>window.hacked = 1</script>", '"><img src=x onerror="window.hacked = 2">', "</script><script>window.hacked = 3</script>"]

# Text whose contrast with what is behind it is below WCAG's 4.5 (3 for large text).
CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((part, index) => part * a + under[index] * (1 - a));
  const behind = (element) => {
    if (!element) return [255, 255, 255];
    const color = rgba(getComputedStyle(element).backgroundColor);
    return color[3] === 1 ? color : over(color, behind(element.parentElement));
  };
  const light = (color) => {
    const [r, g, b] = color.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const element = text.parentElement;
    if (!text.data.trim() || element.closest("script, style, .unseen, .skip") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const back = behind(element);
    const [one, other] = [light(over(rgba(style.color), back)), light(back)];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)} ${text.data.trim().slice(0, 40)}`);
  }
  return poor;
}"""


def node(name, labels, cpu, taints=()):
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": list(taints)},
        "status": {"allocatable": {"cpu": cpu, "memory": "64Gi", "pods": "110"}},
    }


def pod(name, cpu):
    spec = {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu}}}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "n", "name": name}, "spec": spec}


def large():
    """5,000 nodes of five pools, three zones and all sizes; one pool is tainted."""
    nodes = []
    for index in range(5000):
        pool = f"pool-{index % 5}"
        labels = {"pool": pool, "topology.kubernetes.io/zone": f"z{index // 5 % 3}", "kubernetes.io/hostname": f"node-{index}"}
        taints = [{"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}] if index % 5 == 4 else []
        nodes.append(node(f"node-{index}", labels, f"{1000 + index}m", taints))
    return nodes + [pod("small", "500m"), pod("big", "4"), pod("huge", "64")]


def nasty():
    nodes = [node(name, {"pool": name, name: "x"}, "1", [{"key": name, "value": name, "effect": "NoSchedule"}]) for name in NASTY]
    nodes += [node(f"{name} too", {"pool": name}, "8") for name in NASTY]
    return nodes + [pod("big", "64"), pod("small", "2"), pod("<script>", "1")]


class Checks:
    def __init__(self):
        self.failed = 0

    def __call__(self, what, holds, told=""):
        print(f"{'ok  ' if holds else 'FAIL'} {what}{f': {told}' if told and not holds else ''}")
        self.failed += not holds


class Browser:
    """Opens pages and watches what they do."""

    def __init__(self, browser, check):
        self.browser, self.check = browser, check

    def open(self, path, **options):
        context = self.browser.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.told, page.asked = [], []
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        return page

    def close(self, what, page):
        self.check(f"{what}: console silent", not page.told, page.told)
        foreign = [url for url in page.asked[1:] if not url.startswith("data:")]
        self.check(f"{what}: no request", not foreign, foreign)
        page.context.close()


def tab_to(page, selector, most=200):
    """Presses Tab until an element that matches has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return True
    return False


def looks(browser, check, name, path):
    for scheme in ("light", "dark"):
        page = browser.open(path, color_scheme=scheme, viewport={"width": 1200, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
        poor = page.evaluate(CONTRAST)
        check(f"{name}, {scheme}: contrast", not poor, poor[:5])
        browser.close(f"{name}, {scheme}", page)
    page = browser.open(path, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    width = page.evaluate("document.documentElement.scrollWidth")
    check(f"{name}: fits a phone", width <= 390, width)
    check(f"{name}: prints", len(page.pdf(format="A4")) > 10_000)
    browser.close(f"{name}, phone", page)
    page = browser.open(path, java_script_enabled=False)
    check(f"{name}: readable without JavaScript", page.locator("article h2").first.is_visible())
    browser.close(f"{name}, without JavaScript", page)


def keyboard(browser, check, path):
    """All that one can do, without a mouse."""
    page = browser.open(path, viewport={"width": 1200, "height": 900})
    check("keyboard: the first Tab offers to skip", tab_to(page, ".skip", 1))
    check("keyboard: theme", tab_to(page, "#theme"))
    for chosen in ("light", "dark", "automatic"):
        page.keyboard.press("Enter")
        check(f"keyboard: theme {chosen}", page.locator("#theme").text_content() == f"Theme: {chosen}")
    check("keyboard: search", tab_to(page, ".tools input"))
    everything = page.locator(".tools output").first.text_content()
    page.keyboard.type("node-12")
    found = page.locator(".tools output").first.text_content()
    check("keyboard: search narrows", found != everything and " of 5,000 nodes" in found, found)
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    check("keyboard: all again", page.locator(".tools output").first.text_content() == everything)
    check("keyboard: show", tab_to(page, ".tools select"))
    page.keyboard.press("End")
    shown = page.locator(".tools output").first.text_content()
    check("keyboard: show narrows", shown != everything, shown)
    page.keyboard.press("Home")
    check("keyboard: group by", tab_to(page, ".tools select"))
    page.keyboard.press("ArrowDown")
    check("keyboard: group by a label", page.locator(".heat thead th").first.text_content() == "Group")
    check("keyboard: sort", tab_to(page, ".sort"))
    header = page.locator(".heat thead th").first
    for order in ("ascending", "descending"):
        page.keyboard.press("Enter")
        check(f"keyboard: sorted {order}", header.get_attribute("aria-sort") == order)
    check("keyboard: focus can be seen", page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid")
    check("keyboard: group", tab_to(page, ".heat .fold"))
    page.keyboard.press("Enter")
    opened = page.locator(".heat .fold[aria-expanded='true']")
    check("keyboard: group unfolds", opened.count() == 1 and page.locator(".heat .of-group").count() == 50)
    check("keyboard: node", tab_to(page, ".of-group .fold"))
    page.keyboard.press("Space")
    check("keyboard: node unfolds", page.locator(".heat td.detail li").count() > 0)
    check("keyboard: more", tab_to(page, ".detail button"))
    page.keyboard.press("Enter")
    check("keyboard: more rows", page.locator(".heat .of-group").count() == 100)
    check("keyboard: focus stays", page.evaluate("document.activeElement.matches('.detail button')"))
    browser.close("keyboard", page)


def many_nodes(browser, check, path):
    start = time.monotonic()
    page = browser.open(path, viewport={"width": 1200, "height": 900})
    took = time.monotonic() - start
    size = path.stat().st_size
    check(f"5,000 nodes: {size:,} bytes, {took:.1f} s to open", size < 1_000_000 and took < 5)
    count = page.evaluate("document.querySelectorAll('*').length")
    check(f"5,000 nodes: {count:,} elements", count < 5000)
    page.locator(".tools select").last.select_option(label="nothing")
    slowest = 0
    for header in page.locator(".heat .sort").all():
        slowest = max(slowest, page.evaluate("(button) => { const start = performance.now(); button.click(); return performance.now() - start; }", header.element_handle()))
    check(f"5,000 nodes: {slowest:.0f} ms the slowest sort", slowest < 1000)
    names = page.locator(".heat tbody th").all_text_contents()
    check("5,000 nodes: a page of rows", len(names) == 50)
    browser.close("5,000 nodes", page)


def escaping(browser, check, path):
    page = browser.open(path)
    for button in page.locator(".heat .fold").all():
        button.click()
    for button in page.locator(".of-group .fold").all():
        button.click()
    check("nasty names: nothing ran", page.evaluate("window.hacked") is None)
    images, scripts = page.evaluate("[document.images.length, document.querySelectorAll('script:not([type])').length]")
    check("nasty names: no element of theirs", (images, scripts) == (0, 1))
    shown = page.locator(".of-group th").all_text_contents()
    check("nasty names: shown as they are", any(NASTY[0] in text for text in shown))
    browser.close("nasty names", page)


def no_storage(browser, check, path):
    context = browser.browser.new_context()
    context.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied', 'SecurityError'); } })")
    page = context.new_page()
    told = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.goto(path.as_uri())
    page.locator("#theme").click()
    check("storage denied: theme changes", page.evaluate("document.documentElement.dataset.theme") == "light" and not told, told)
    context.close()


def pages(binary, folder):
    def write(name, words):
        path = folder / f"{name}.html"
        with path.open("wb") as file:
            subprocess.run([binary, *words.split(), "-o", "html"], stdout=file, cwd=ROOT, check=True)
        return path

    def state(name, items):
        path = folder / f"{name}.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        return path

    made = {name: write(name, words) for name, words in EXAMPLES.items()}
    made["nasty"] = write("nasty", f"explain pod/big pod/small pod/<script> -n n --snapshot {state('nasty', nasty())}")
    wide = state("large", large())
    made["large"] = write("large", f"explain big -n n --no-suggestions --snapshot {wide}")
    made["hopeless"] = write("hopeless", f"explain huge -n n --no-suggestions --snapshot {wide}")
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=str(ROOT / "target/debug/kubectl-sched"))
    parser.add_argument("--keep", metavar="FOLDER", help="write the pages there")
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if not chromium or not sync_playwright:
        print("not checked: this needs Chromium, and playwright from PyPI")
        return int("html" in os.environ.get("CI_REQUIRE", "").split(","))
    check = Checks()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = pathlib.Path(arguments.keep or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        made = pages(str(pathlib.Path(arguments.bin).resolve()), folder)
        browser = Browser(playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]), check)
        for name, path in made.items():
            looks(browser, check, name, path)
        keyboard(browser, check, made["large"])
        many_nodes(browser, check, made["large"])
        many_nodes(browser, check, made["hopeless"])
        escaping(browser, check, made["nasty"])
        no_storage(browser, check, made["running"])
    print(f"{check.failed} failed" if check.failed else "all well")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
