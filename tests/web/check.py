#!/usr/bin/env python3
"""Opens the page (`just web`) in a headless Chromium, uses every part of it, and compares its numbers with the command line's.

    tests/web/check.py [--bin target/debug/kubectl-sched] [--page dist/kubectl-sched.html] [--keep FOLDER]

Needs what tests/html/check.py needs, and ends with the same status where that is missing. Checked: nothing on the console, no
request, a policy that forbids requests, JSON equal to `-o json` of the command that the page shows, every button, the
keyboard alone, light and dark (contrast by WCAG AA), a phone's width, names of a cluster that stay text, broken files, a
state of 5,000 nodes, and the file of `snapshot --html`.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("html_check", ROOT / "tests/html/check.py")
html = importlib.util.module_from_spec(spec)
spec.loader.exec_module(html)
NOW = "2026-11-30T00:00:00Z"
FIXED = "Date.now = () => Date.parse('2026-11-30T00:00:00Z')"


def until(page, condition, argument=None, seconds=120):
    """Asks again and again; playwright's own waiting would evaluate text in the page, which the policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition, argument):
        if time.monotonic() > end:
            raise TimeoutError(condition)
        time.sleep(0.05)


def ok(page):
    until(page, "() => !document.body.classList.contains('busy') && !document.getElementById('status').textContent.endsWith('…')")


class Site:
    def __init__(self, browser, check, path, folder, binary):
        self.browser, self.check, self.path, self.folder, self.binary = browser, check, path, folder, binary

    def open(self, path=None, **options):
        context = self.browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.add_init_script(FIXED)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.told, page.asked, page.refused = [], [], {}
        page.on("console", lambda message: page.told.append(message.text))
        page.on("pageerror", lambda error: page.told.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("requestfailed", lambda request: page.refused.update({request.url: request.failure}))
        page.goto((path or self.path).as_uri())
        return page

    def close(self, what, page):
        self.check(f"{what}: console silent", not page.told, page.told)
        foreign = [url for url in page.asked[1:] if not url.startswith(("data:", "blob:"))]
        self.check(f"{what}: no request", not foreign, foreign)
        page.context.close()

    def example(self, page, file):
        title = page.locator(f"script.example[data-file='{file}']").get_attribute("data-title")
        page.get_by_role("button", name=title).click()
        page.locator("#summary").wait_for()
        ok(page)

    def file(self, page, path):
        page.locator("#file").set_input_files(path)
        ok(page)

    def command(self, *words):
        """The JSON of a command, asked at the moment that the page takes for now."""
        ran = subprocess.run([self.binary, *words, "-o", "json", "--at", NOW], cwd=self.folder, capture_output=True, text=True)
        if ran.returncode:
            raise RuntimeError(f"{words}: {ran.stderr}")
        return json.loads(ran.stdout)

    def shown_command(self, page, view):
        """The last line of what the page says to type."""
        return page.locator(f"#{view} pre[aria-label^='The command']").text_content()


def shown_json(page, view):
    """The answer as JSON: complete, when nothing is being looked for any more."""
    until(page, "(view) => { const box = document.getElementById(view); return box.querySelector('details.json') && !box.textContent.match(/(Looking for changes|Asking the scheduler|Placing the pending)/); }", view)
    details = page.locator(f"#{view} details.json").first
    if not details.evaluate("(details) => details.open"):
        details.locator("summary").click()
    return json.loads(details.locator("pre").text_content())


def numbers(site, check):
    """What the page shows is what the command prints that it shows."""
    page = site.open()
    site.example(page, "mixed.yaml")
    check("summary", page.locator("#summary").text_content().startswith("mixed.yaml: 12 nodes, "), page.locator("#summary").text_content())
    check("map: a cell a node", page.locator("#map .cell").count() == 12)
    page.locator("#tab-pending").click()
    same = site.command("pending", "--snapshot", "examples/clusters/mixed.yaml")
    check("pending: as the command", shown_json(page, "pending") == same)
    check("pending: its command", site.shown_command(page, "pending") == "kubectl sched pending --snapshot examples/clusters/mixed.yaml")
    page.locator("#pending .names a", has_text="web-7").click()
    page.locator("#pod h2").wait_for()
    same = site.command("explain", "web-7", "-n", "shop", "--snapshot", "examples/clusters/mixed.yaml")
    check("explain: as the command", shown_json(page, "pod") == same)
    check("explain: its command", site.shown_command(page, "pod") == "kubectl sched explain web-7 -n shop --snapshot examples/clusters/mixed.yaml")
    check("explain: the headline", "does not fit: 0 of 12 nodes" in page.locator("#pod h2").text_content(), page.locator("#pod h2").text_content())
    check("explain: a table of nodes", page.locator("#pod .heat tbody tr").count() > 0)
    page.locator("#pod").get_by_role("button", name="Nodes by verdict on the map").click()
    page.locator("#map .cell.no").first.wait_for()
    check("map: verdicts", page.locator("#map .cell.no").count() == 12)
    page.locator("#measure").select_option("memory")
    check("map: another resource", page.locator("#map .cell.no").count() == 0)
    for name in ("mailer-1", page.locator("#pod-list .row").first.text_content() and "web-1"):
        page.evaluate("(name) => { location.hash = `#pod/shop/${name}` }", name)
        until(page, "(name) => document.querySelector('#pod h2')?.textContent.includes(name)", name)
        same = site.command("explain", name, "-n", "shop", "--snapshot", "examples/clusters/mixed.yaml")
        check(f"explain {name}: as the command", shown_json(page, "pod") == same)
    page.go_back()
    site.close("numbers", page)


def tried(site, check):
    """Changes, each by its button, and the commands and the scenario that say the same."""
    page = site.open()
    site.example(page, "mixed.yaml")

    def same(what, snapshot="examples/clusters/mixed.yaml"):
        ok(page)
        page.locator("#change h2").first.wait_for()
        shown = shown_json(page, "change")
        scenario = page.locator("#change pre[aria-label^='what-if.json']").text_content()
        (site.folder / "what-if.json").write_text(scenario)
        command = site.shown_command(page, "change")
        check(f"{what}: its command", command == f"kubectl sched simulate --pending --scenario what-if.json --snapshot {snapshot}", command)
        expected = site.command(*shlex.split(command)[2:])
        check(f"{what}: as the command", shown == expected, [key for key in shown if shown[key] != expected.get(key)])
        return json.loads(scenario)["steps"]

    def node(name):
        page.evaluate("(name) => { location.hash = `#node/${name}` }", name)
        page.locator("#node h3", has_text=name).wait_for()
        return page.locator("#node")

    node("arm-1").get_by_role("button", name="Cordon", exact=True).click()
    check("cordon: the step", same("cordon") == [{"kind": "Cordon", "node": "arm-1"}])
    check("cordon: on the map", page.locator("#cell-0.cordoned, #map .cell.cordoned").count() == 2)
    node("arm-1").get_by_role("button", name="Uncordon").click()
    check("uncordon", len(same("uncordon")) == 2)
    node("node-2").get_by_label("Taint for node-2").fill("team=a:NoSchedule")
    page.get_by_role("button", name="Add taint").click()
    check("taint", same("taint")[-1]["taint"] == {"key": "team", "value": "a", "effect": "NoSchedule"})
    node("node-1").get_by_label("How many nodes").fill("2")
    page.get_by_role("button", name="Add nodes like it").click()
    same("add nodes")
    check("add nodes: on the map", page.locator("#map .cell").count() == 14)
    page.evaluate("location.hash = '#pod/shop/web-7'")
    page.locator("#pod h2").wait_for()
    check("explain after changes: fits", shown_json(page, "pod")["schedulable"])
    lines = site.shown_command(page, "pod").splitlines()
    ran = [subprocess.run([site.binary, *shlex.split(line)[2:], "--at", NOW, *more], cwd=site.folder, capture_output=True, text=True) for line, more in zip(lines, ([], ["-o", "json"]))]
    shown, expected = shown_json(page, "pod"), json.loads(ran[1].stdout or "{}")
    # A state that is written down is one that was read: what it is compared with differs.
    for answer in (shown, expected):
        for key in ("schedulerMessages", "schedulingStatus", "notEvaluated", "events"):
            answer.pop(key, None)
        # New nodes stand at the end of a changed state, and where their names belong in one that is read.
        answer["nodes"].sort(key=lambda node: node["name"])
    check("explain after changes: as the two commands", shown == expected, [key for key in shown if shown[key] != expected.get(key)])
    node("small-1").get_by_role("button", name="Drain").click()
    same("drain")
    node("gpu-4").get_by_role("button", name="Remove").click()
    same("remove")
    page.locator("#change .steps button").nth(2).click()
    ok(page)
    until(page, "() => document.querySelectorAll('#change .steps li').length === 5")
    check("a step removed", len(same("a step removed")) == 5)
    page.get_by_role("button", name="Undo all").click()
    ok(page)
    check("undo all", page.locator("#trying").is_hidden() and page.locator("#map .cell").count() == 12)
    page.evaluate("location.hash = '#pod/shop/web-7'")
    page.locator("#pod .try").first.wait_for()
    tries = page.locator("#pod .try").count()
    check("suggestions can be tried", tries == len(shown_json(page, "pod")["suggestions"]), tries)
    page.locator("#pod .try").first.click()
    same("a suggestion")
    placed = [step for step in shown_json(page, "change")["steps"] if step["pod"] == "shop/web-7"]
    check("a suggestion: the pod is placed", placed and placed[0]["node"] == "small-1", placed)
    said = page.locator("#change .outcome").text_content()
    check("a suggestion: the opened pod comes first", said.startswith("Pod shop/web-7 goes to small-1"), said)
    page.get_by_role("button", name="Undo all").click()
    ok(page)
    page.evaluate("location.hash = '#pod/shop/web-7'")
    page.locator("#pod .requests summary").click()
    page.locator("#pod .requests input").first.wait_for()
    page.locator("#pod .requests input").first.fill("100m")
    page.locator("#pod .requests").get_by_role("button", name="Try").click()
    check("requests", same("requests")[0]["changes"][0]["to"] == "100m")
    page.locator("#change summary", has_text="Edit the scenario").click()
    page.locator("#change textarea").fill(json.dumps({"steps": [{"kind": "RemoveNode", "selector": "kubernetes.io/arch=arm64"}]}))
    page.get_by_role("button", name="Try the edited scenario").click()
    until(page, "() => document.querySelector('#change .steps')?.children.length === 1")
    same("an edited scenario")
    page.locator("#change summary", has_text="Edit the scenario").click()
    page.locator("#change textarea").fill('{"steps": [{"kind": "Cordon", "node": "no-such-node"}]}')
    page.get_by_role("button", name="Try the edited scenario").click()
    page.locator("#status.failed").wait_for()
    check("a step that cannot be taken: one line", "no-such-node" in page.locator("#status").text_content(), page.locator("#status").text_content())
    same("the steps before stay")
    page.locator("#change .snippet", has=page.locator("pre[aria-label^='what-if.json']")).locator("button").click()
    until(page, "() => document.getElementById('status').textContent === 'Copied.'")
    check("copied", json.loads(page.evaluate("navigator.clipboard.readText()"))["kind"] == "Scenario")
    page.locator("#tab-pending").click()
    page.locator("#pending").get_by_role("button", name="Try the change that helps most").first.click()
    check("pending: its change is tried", len(same("the change that helps most")) == 2)
    page.get_by_role("button", name="Open another state").click()
    check("another state can be opened", page.locator("#drop").is_visible())
    site.close("what if", page)


def keyboard(site, check):
    """All that one can do, without a mouse."""
    page = site.open()
    ok(page)
    tab = lambda selector, most=60: html.tab_to(page, selector, most)
    check("keyboard: the first Tab offers to skip", tab(".skip", 1))
    check("keyboard: choose a file", tab("#choose"))
    check("keyboard: an example", tab("#examples button"))
    page.keyboard.press("Enter")
    page.locator("#summary").wait_for()
    ok(page)
    page.evaluate("document.activeElement.blur()")
    check("keyboard: theme", tab("#theme"))
    page.keyboard.press("Enter")
    check("keyboard: theme light", page.locator("#theme").text_content() == "Theme: light")
    check("keyboard: tabs", tab("[role=tab]"))
    page.keyboard.press("ArrowRight")
    check("keyboard: the next tab", page.evaluate("document.activeElement.id") == "tab-pending")
    page.keyboard.press("ArrowLeft")
    check("keyboard: the map", tab(".cells"))
    for key in ("ArrowRight", "End", "Home"):
        page.keyboard.press(key)
    check("keyboard: a node is named", "cpu" in page.locator("#node-said").text_content(), page.locator("#node-said").text_content())
    check("keyboard: focus can be seen", page.evaluate("getComputedStyle(document.querySelector('.cells:focus .active')).outlineStyle") == "solid")
    page.keyboard.press("Enter")
    page.locator("#node h3").wait_for()
    page.keyboard.press("Escape")
    check("keyboard: the node is closed", page.locator("#node").is_hidden())
    page.locator(".cells").first.focus()
    page.keyboard.press("Enter")
    page.locator("#node h3").wait_for()
    check("keyboard: cordon", tab("#node .tries button"))
    page.keyboard.press("Enter")
    page.locator("#change h2").first.wait_for()
    check("keyboard: cordoned", page.locator("#trying").is_visible())
    ok(page)
    page.locator("#tab-pods").focus()
    page.keyboard.press("Enter")
    check("keyboard: the list of pods", tab("#pod-list .virtual"))
    page.keyboard.press("End")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator("#pod h2").wait_for()
    check("keyboard: a pod", page.evaluate("location.hash").startswith("#pod/"))
    named = page.evaluate("""[...document.querySelectorAll('button, input, select, textarea, [role=listbox], [role=tabpanel]')].filter((element) =>
        !(element.getAttribute('aria-label') || element.getAttribute('aria-labelledby') || element.getAttribute('aria-hidden') || element.labels?.length || element.textContent.trim())).map((element) => element.outerHTML.slice(0, 80))""")
    check("screen reader: everything has a name", not named, named)
    site.close("keyboard", page)


def looks(site, check, folder):
    for scheme in ("light", "dark"):
        page = site.open(color_scheme=scheme)
        poor = page.evaluate(html.CONTRAST)
        check(f"{scheme}, start: contrast", not poor, poor[:5])
        site.example(page, "gpu.yaml")
        for view in ("nodes", "pending", "pods", "change"):
            page.locator(f"#tab-{view}").click()
            page.wait_for_timeout(500)
            poor = page.evaluate(html.CONTRAST)
            check(f"{scheme}, {view}: contrast", not poor, poor[:5])
        page.evaluate("location.hash = '#pod/ml/trainer-1'")
        page.locator("#pod h2").wait_for()
        shown_json(page, "pod")
        poor = page.evaluate(html.CONTRAST)
        check(f"{scheme}, pod: contrast", not poor, poor[:5])
        site.close(scheme, page)
    page = site.open(viewport={"width": 1000, "height": 800})
    site.file(page, folder / "eks.json")
    for view in ("nodes", "pending", "pods", "change"):
        page.locator(f"#tab-{view}").click()
        if view in ("pending", "change"):
            shown_json(page, view)
        wide = page.evaluate("document.documentElement.scrollWidth")
        check(f"1000 pixels, {view}: fits", wide <= 1000, wide)
    page.evaluate("location.hash = '#pod/payments/checkout-api-7d9c5b8f6d-x2x7q'")
    page.locator("#pod .try").first.wait_for()
    wide = page.evaluate("document.documentElement.scrollWidth")
    check("1000 pixels, pod: fits", wide <= 1000, wide)
    site.close("1000 pixels", page)
    page = site.open(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    width = lambda: page.evaluate("document.documentElement.scrollWidth")
    check("phone, start: fits", width() <= 390, width())
    site.file(page, folder / "eks.json")
    for view in ("nodes", "pending", "pods", "change"):
        page.locator(f"#tab-{view}").tap()
        page.wait_for_timeout(500)
        check(f"phone, {view}: fits", width() <= 390, width())
    page.locator("#tab-nodes").tap()
    page.locator("#map .cell").first.tap()
    page.locator("#node h3").wait_for()
    check("phone, node: fits", width() <= 390, width())
    page.evaluate("location.hash = '#pod/payments/checkout-api-7d9c5b8f6d-x2x7q'")
    page.locator("#pod h2").wait_for()
    shown_json(page, "pod")
    check("phone, pod: fits", width() <= 390, width())
    site.close("phone", page)


def eks():
    """Nodes with the long names that EKS gives them, in three zones and three node groups."""
    items = []
    groups = [("general-purpose-m6i-2xlarge-20260811", "8", "32Gi"), ("memory-optimized-r6i-xlarge-20260702", "4", "32Gi"), ("gpu-inference-g5-2xlarge-20261015", "8", "32Gi")]
    for index in range(150):
        group, cpu, memory = groups[0 if index < 96 else 1 if index < 138 else 2]
        name = f"ip-10-{index % 4}-{17 + index}-{(index * 37) % 250}.eu-central-1.compute.internal"
        labels = {"eks.amazonaws.com/nodegroup": group, "topology.kubernetes.io/zone": f"eu-central-1{'abc'[index % 3]}", "kubernetes.io/hostname": name}
        taints = [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}] if index >= 138 else []
        node = html.node(name, labels, cpu, taints)
        node["status"]["allocatable"].update({"memory": memory, **({"nvidia.com/gpu": "1"} if taints else {})})
        node["status"]["nodeInfo"] = {"kubeletVersion": "v1.34.1-eks-113cf36"}
        node["status"]["conditions"] = [{"type": "Ready", "status": "False" if index == 101 else "True"}]
        node["spec"]["unschedulable"] = index in (20, 21, 110)
        items.append(node)
        for copy in range(2 + index * 7 % 11 if not taints else index % 2):
            pod = html.pod(f"checkout-api-7d9c5b8f6d-{index:03}{'bcdf'[copy % 4]}{copy % 9}", "650m" if index < 96 else "300m")
            pod["metadata"]["namespace"] = "payments"
            pod["spec"]["nodeName"] = name
            pod["spec"]["containers"][0]["resources"]["requests"]["memory"] = f"{1 + copy % 3}Gi"
            items.append(pod)
    waiting = [("checkout-api-7d9c5b8f6d-x2x7q", "7500m", {}), ("billing-worker-5f7d8b9c44-kk2p8", "900m", {"eks.amazonaws.com/nodegroup": "batch-spot-c6i-4xlarge-20260901"}), ("search-indexer-0", "500m", {})]
    for name, cpu, selector in waiting:
        pod = html.pod(name, cpu)
        pod["metadata"]["namespace"] = "payments"
        pod["spec"]["nodeSelector"] = selector
        items.append(pod)
    return items


def escaping(site, check, folder):
    page = site.open()
    site.file(page, folder / "nasty.json")
    for view in ("nodes", "pending", "pods", "change"):
        page.locator(f"#tab-{view}").click()
        page.wait_for_timeout(300)
    page.locator("#tab-pending").click()
    shown_json(page, "pending")
    page.locator("#pending .names a").first.click()
    page.locator("#pod h2").wait_for()
    shown_json(page, "pod")
    page.locator("#tab-nodes").click()
    page.locator("#map .cell").first.click()
    page.locator("#node h3").wait_for()
    page.locator("#node").get_by_role("button", name="Cordon", exact=True).click()
    page.locator("#change h2").first.wait_for()
    shown_json(page, "change")
    check("nasty names: nothing ran", page.evaluate("window.hacked") is None)
    check("nasty names: no element of theirs", page.evaluate("document.images.length") == 0)
    scripts = page.evaluate("[...document.scripts].filter((script) => !script.type).length")
    check("nasty names: no script of theirs", scripts == 1, scripts)
    check("nasty names: shown as they are", html.NASTY[0] in page.locator("#change .steps").text_content() or html.NASTY[0] in page.evaluate("document.body.textContent"))
    site.close("nasty names", page)


def policy(site, check):
    """The policy itself: what tries to ask for something is refused by the browser."""
    page = site.open()
    ok(page)
    refused = page.evaluate("""async () => {
        const refused = [];
        document.addEventListener('securitypolicyviolation', (event) => refused.push(event.effectiveDirective));
        await fetch('https://example.com/').catch(() => {});
        await new Promise((done) => { const image = new Image(); image.onerror = done; image.src = 'https://example.com/x.png'; });
        const script = document.createElement('script'); script.textContent = 'window.hacked = 1'; document.body.append(script);
        try { new WebSocket('wss://example.com/'); } catch {}
        navigator.sendBeacon('https://example.com/', 'x');
        await new Promise((done) => setTimeout(done, 200));
        return refused;
    }""")
    for directive in ("connect-src", "img-src"):
        check(f"policy: {directive} refused", directive in refused, refused)
    check("policy: a script of others does not run", page.evaluate("window.hacked") is None and any(one.startswith("script-src") for one in refused), refused)
    # The browser names what it refuses, too; such requests have failed before anything was sent.
    sent = [url for url in page.asked[1:] if not url.startswith(("data:", "blob:")) and url not in page.refused]
    check("policy: nothing was sent", not sent, sent)
    inside = page.evaluate("""() => new Promise((done) => {
        const worker = new Worker(URL.createObjectURL(new Blob(["fetch('https://example.com/').then(() => postMessage('sent'), () => postMessage('refused'))"], { type: 'text/javascript' })));
        worker.onmessage = ({ data }) => done(data);
    })""")
    check("policy: nor from the worker", inside == "refused", inside)
    page.context.close()


def broken(site, check, folder):
    page = site.open()
    for name, text, expected in (
        ("empty.json", "", "empty"),
        ("cut.json", '{"apiVersion": "v1", "kind": "List", "items": [{"kind": "Node"', "cut"),
        ("words.txt", "no state at all", ""),
        ("zip.bin", "PK\x03\x04\x00\x00", "zip"),
    ):
        (folder / name).write_text(text)
        site.file(page, folder / name)
        page.locator("#status.failed").wait_for()
        said = page.locator("#status").text_content()
        check(f"{name}: one line", said.startswith("error: ") and expected in said and name in said and "\n" not in said, said)
    page.locator("#kube-version").fill("one")
    site.file(page, ROOT / "examples/clusters/mixed.yaml")
    check("a version that is none: one line", page.locator("#status.failed").count() == 1, page.locator("#status").text_content())
    page.locator("#kube-version").fill("v1.33")
    site.file(page, ROOT / "examples/clusters/mixed.yaml")
    check("another version", "kube-scheduler v1.33" in page.locator("#summary").text_content(), page.locator("#summary").text_content())
    site.close("broken files", page)


def large(site, check, folder):
    page = site.open()
    start = time.monotonic()
    site.file(page, folder / "large.json")
    took = time.monotonic() - start
    check(f"5,000 nodes: open after {took:.1f} s", page.locator("#map .cell").count() == 5000)
    page.locator("#tab-pods").click()
    list_ = page.locator("#pod-list .virtual")
    check("30,000 pods: few rows", page.locator("#pod-list .row").count() < 60 and list_.locator(".row").first.get_attribute("aria-setsize") == "30003")
    slowest = page.evaluate("""async () => {
        const list = document.querySelector('#pod-list .virtual');
        let slowest = 0;
        for (let step = 1; step <= 60; step += 1) {
            const start = performance.now();
            list.scrollTop = (list.scrollHeight * step) / 60;
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            slowest = Math.max(slowest, performance.now() - start);
        }
        return slowest;
    }""")
    check(f"30,000 pods: {slowest:.0f} ms the slowest two frames", slowest < 500)
    page.locator("#pod-search").fill("big")
    until(page, "() => document.getElementById('pod-count').textContent === '1 of 30,003 pods'")
    page.locator("#pod-list .row").first.click()
    page.locator("#pod h2").wait_for()
    start = time.monotonic()
    same = site.command("explain", "big", "-n", "n", "--snapshot", "large.json")
    check("5,000 nodes: as the command", shown_json(page, "pod") == same)
    count = page.evaluate("document.querySelectorAll('*').length")
    check(f"5,000 nodes: {count:,} elements", count < 12_000)
    site.close("5,000 nodes", page)


def one_file(site, check, folder):
    """`snapshot --html`: the state is in the page."""
    target = folder / "cluster.html"
    ran = subprocess.run([site.binary, "snapshot", "--snapshot", "examples/clusters/zones.yaml", "--html", target, "--page", site.path], cwd=ROOT, capture_output=True, text=True)
    check("snapshot --html", ran.returncode == 0, ran.stderr)
    page = site.open(target)
    page.locator("#summary").wait_for()
    ok(page)
    check("one file: opens by itself", page.locator("#summary").text_content().startswith("cluster: 12 nodes"), page.locator("#summary").text_content())
    page.locator("#tab-pending").click()
    subprocess.run([site.binary, "snapshot", "--snapshot", "examples/clusters/zones.yaml", "-f", folder / "cluster.ksnap"], cwd=ROOT, check=True, capture_output=True)
    command = site.shown_command(page, "pending") if page.locator("#pending .snippet").count() else ""
    shown = shown_json(page, "pending")
    command = site.shown_command(page, "pending")
    check("one file: its command", command == "kubectl sched pending --snapshot cluster.ksnap", command)
    check("one file: as the command", shown == site.command("pending", "--snapshot", "cluster.ksnap"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the state").click()
    check("one file: the state can be saved", download.value.suggested_filename == "cluster.ksnap")
    saved = folder / "saved.ksnap"
    download.value.save_as(saved)
    check("one file: the saved state", site.command("pending", "--snapshot", saved) == shown)
    site.close("one file", page)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=str(ROOT / "target/debug/kubectl-sched"))
    parser.add_argument("--page", default=str(ROOT / "dist/kubectl-sched.html"))
    parser.add_argument("--keep", metavar="FOLDER", help="work there, and leave what was written")
    parser.add_argument("parts", nargs="*", help="numbers, tried, keyboard, looks, escaping, policy, broken, large, one_file")
    arguments = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if not chromium or not sync_playwright:
        print("not checked: this needs Chromium, and playwright from PyPI")
        return int("html" in os.environ.get("CI_REQUIRE", "").split(","))
    check = html.Checks()
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = pathlib.Path(arguments.keep or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "examples/clusters", folder / "examples/clusters", dirs_exist_ok=True)
        placed = []
        for index in range(30_000):
            one = html.pod(f"pod-{index:05}", "10m")
            one["spec"]["nodeName"] = f"node-{index % 5000}"
            placed.append(one)
        for name, items in (("nasty", html.nasty()), ("eks", eks()), ("large", html.large() + placed)):
            (folder / f"{name}.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        site = Site(browser, check, pathlib.Path(arguments.page).resolve(), folder, str(pathlib.Path(arguments.bin).resolve()))
        parts = {
            "numbers": lambda: numbers(site, check),
            "tried": lambda: tried(site, check),
            "keyboard": lambda: keyboard(site, check),
            "looks": lambda: looks(site, check, folder),
            "escaping": lambda: escaping(site, check, folder),
            "policy": lambda: policy(site, check),
            "broken": lambda: broken(site, check, folder),
            "large": lambda: large(site, check, folder),
            "one_file": lambda: one_file(site, check, folder),
        }
        for name, part in parts.items():
            if arguments.parts and name not in arguments.parts:
                continue
            try:
                part()
            except Exception as error:  # what is left can be checked still
                check(name, False, f"{type(error).__name__}: {error}")
    print(f"{check.failed} failed" if check.failed else "all well")
    return 1 if check.failed else 0


if __name__ == "__main__":
    sys.exit(main())
