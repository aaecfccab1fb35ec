#!/usr/bin/env python3
"""Draws the pictures of the page in docs, with the page at dist/kubectl-sched.html and a headless Chromium.

    tests/web/pictures.py [--page dist/kubectl-sched.html] [--folder docs]
"""

import argparse
import importlib.util
import json
import pathlib
import tempfile

from playwright.sync_api import sync_playwright

spec = importlib.util.spec_from_file_location("web_check", pathlib.Path(__file__).with_name("check.py"))
web = importlib.util.module_from_spec(spec)
spec.loader.exec_module(web)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", default=str(web.ROOT / "dist/kubectl-sched.html"))
    parser.add_argument("--folder", default=str(web.ROOT / "docs"))
    arguments = parser.parse_args()
    folder = pathlib.Path(arguments.folder)
    chromium = web.shutil.which("chromium") or web.shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        state = pathlib.Path(temporary) / "payments.json"
        state.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": web.eks()}))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def opened(**options):
            context = browser.new_context(**options)
            context.add_init_script(web.FIXED)
            page = context.new_page()
            page.goto(pathlib.Path(arguments.page).resolve().as_uri())
            page.locator("#file").set_input_files(state)
            page.locator("#summary").wait_for()
            web.ok(page)
            page.evaluate("document.getElementById('status').textContent = ''")
            return page

        page = opened(color_scheme="light", viewport={"width": 1200, "height": 1060})
        page.evaluate("location.hash = '#node/ip-10-0-37-240.eu-central-1.compute.internal'")
        page.locator("#node h3").wait_for()
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=folder / "page.png")
        page = opened(color_scheme="dark", viewport={"width": 1200, "height": 1100})
        page.evaluate("location.hash = '#pod/payments/checkout-api-7d9c5b8f6d-x2x7q'")
        page.locator("#pod .try").first.wait_for()
        page.screenshot(path=folder / "page-dark.png")
        page = opened(color_scheme="light", viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True, device_scale_factor=2)
        page.evaluate("location.hash = '#pod/payments/checkout-api-7d9c5b8f6d-x2x7q'")
        page.locator("#pod .try").first.wait_for()
        page.screenshot(path=folder / "page-phone.png")


if __name__ == "__main__":
    main()
