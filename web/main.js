"use strict";
// The page: what is shown, and what is asked of the engine in the worker. Texts of a cluster go into the page as text only;
// the engine's own markup, which escapes them, goes through `clean` beside that.
(() => {
  const { element, counted, number, tables } = window.kubectlSched;
  const $ = (id) => document.getElementById(id);
  const MAPPED = 20_000;
  const byName = new Intl.Collator("en", { numeric: true }).compare;

  // The bytes of a block of the page.
  const unpacked = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

  // ---- the engine -----------------------------------------------------------------------------

  const script = URL.createObjectURL(new Blob([unpacked(document.querySelector("script.worker").textContent)], { type: "text/javascript" }));
  const open = new Map();
  let worker = null;
  let loading = null;
  let asked = 0;
  const start = () => {
    worker = new Worker(script);
    worker.addEventListener("message", ({ data: { id, value, error, stopped } }) => {
      const { resolve, reject } = open.get(id);
      open.delete(id);
      if (error === undefined) resolve(value);
      else reject(Object.assign(new Error(error), { stopped }));
      if (stopped) restart();
    });
  };
  // An engine that has stopped answers nothing any more.
  const restart = () => {
    worker.terminate();
    for (const { reject } of open.values()) reject(new Error("the engine stopped: open the state again"));
    open.clear();
    loading = null;
    start();
  };
  start();
  const ask = (method, ...words) =>
    new Promise((resolve, reject) => {
      asked += 1;
      open.set(asked, { resolve, reject });
      worker.postMessage({ id: asked, method, words });
    });
  const load = () => (loading ??= ask("load", document.querySelector("script.engine").textContent));

  // ---- small things ---------------------------------------------------------------------------

  const status = (text, isError = false) => {
    $("status").textContent = text;
    $("status").classList.toggle("failed", isError);
  };
  const failed = (error) => status(`error: ${error.message}`, true);
  const button = (text, pressed, properties = {}) => {
    const made = element("button", { type: "button", textContent: text, ...properties });
    made.addEventListener("click", pressed);
    return made;
  };
  const quoted = (word) => (/^[\w/.:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
  // Control characters become visible, as on a terminal.
  const visible = (text) => text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const copied = async (text, from) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = element("textarea", { value: text, className: "unseen" });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      from.focus();
    }
    status("Copied.");
  };
  // A text to take along, with a button that copies it.
  const snippet = (title, text, label = "Copy") => {
    const pre = element("pre", { textContent: text, tabIndex: 0 });
    pre.setAttribute("aria-label", title);
    const copy = button(label, () => copied(text, copy), { className: "copy" });
    return element("figure", { className: "snippet" }, element("figcaption", {}, `${title} `, copy), pre);
  };

  // The engine's markup, element by element: what is not known here is left out.
  const TAGS = new Set("a abbr article aside b blockquote br button caption code dd details dl div dt em figcaption figure h2 h3 h4 i input label li nav ol option output p pre section select small span strong sub summary sup table tbody td tfoot th thead time tr ul".split(" "));
  const ATTRIBUTES = new Set("class id role scope colspan rowspan title type datetime open hidden tabindex headers abbr lang".split(" "));
  const clean = (from) => {
    if (from.nodeType === Node.TEXT_NODE) return document.createTextNode(from.data);
    if (from.nodeType !== Node.ELEMENT_NODE) return null;
    const tag = from.localName;
    if (tag === "script") {
      if (from.getAttribute("type") !== "application/json") return null;
      const data = element("script", { type: "application/json", className: from.className });
      data.textContent = from.textContent;
      return data;
    }
    if (!TAGS.has(tag)) return null;
    const made = document.createElement(tag);
    for (const { name, value } of from.attributes) {
      if (ATTRIBUTES.has(name) || name.startsWith("aria-")) made.setAttribute(name, value);
      else if (name === "href" && value.startsWith("#")) made.setAttribute(name, value);
      else if (name === "style") {
        for (const [, property, amount] of value.matchAll(/(--[a-z-]+):\s*([0-9.]+%?)/g)) made.style.setProperty(property, amount);
      }
    }
    for (const child of from.childNodes) {
      const copy = clean(child);
      if (copy) made.append(copy);
    }
    return made;
  };
  const articles = (page) => {
    const parsed = new DOMParser().parseFromString(page, "text/html");
    return [...parsed.querySelector("main").childNodes].map(clean).filter(Boolean);
  };

  // ---- what was opened ------------------------------------------------------------------------

  // Its name, what commands call it, what is at a glance, the steps that are tried, the pod that is shown.
  let state = null;
  const commandOf = (command, more = "") => {
    const from = ` --snapshot ${quoted(state.snapshot)}`;
    const version = state.version ? ` --kube-version ${quoted(state.version)}` : "";
    return `kubectl sched ${command}${more}${from}${version}`;
  };
  const scenario = () => ({ apiVersion: "kubectl-sched/v1", kind: "Scenario", steps: state.steps });

  const openState = async (name, snapshot, source) => {
    const version = $("kube-version").value.trim();
    status(`Reading ${visible(name)} …`);
    document.body.classList.add("busy");
    const start = performance.now();
    try {
      await load();
      const overview = JSON.parse(await ask("open", name, source, Date.now() / 1000, version));
      state = { name, snapshot, version, overview, steps: [], pod: null, pending: null, seconds: (performance.now() - start) / 1000 };
      index(overview);
      $("start").hidden = true;
      $("opened").hidden = false;
      $("another").hidden = false;
      opened();
      status(`Opened in ${state.seconds.toFixed(1)} s.`);
    } catch (error) {
      failed(error);
      if (error.stopped) state = null;
      showStart();
    } finally {
      document.body.classList.remove("busy");
    }
  };
  // Who is on which node.
  const index = (overview) => {
    const { pods, nodes } = overview;
    overview.on = nodes.names.map(() => []);
    pods.nodes.forEach((node, pod) => node >= 0 && overview.on[node].push(pod));
    overview.waiting = pods.nodes.reduce((sum, node) => sum + (node < 0), 0);
    overview.place = new Map(nodes.names.map((name, place) => [name, place]));
  };
  const showStart = () => {
    $("opened").hidden = true;
    $("another").hidden = true;
    $("start").hidden = false;
  };
  const opened = () => {
    const { nodes, pods, kubeVersion, age } = state.overview;
    $("summary").textContent = `${visible(state.name)}: ${counted(nodes.names.length, "node")}, ${counted(pods.names.length, "pod")}, ${number.format(state.overview.waiting)} pending · kube-scheduler ${kubeVersion}${age ? ` · ${age} old state` : ""}`;
    document.title = `${visible(state.name)} · kubectl sched`;
    $("tab-pending").textContent = `Pending (${number.format(state.overview.waiting)})`;
    measures();
    trying();
    drawMap();
    drawPods();
    $("pending").replaceChildren();
    $("pod").replaceChildren();
    $("node").hidden = true;
    $("tab-pod").hidden = true;
    if (location.hash.length > 1) followHash();
    else show("nodes", false);
  };

  // ---- views ----------------------------------------------------------------------------------

  const VIEWS = ["nodes", "pending", "pods", "pod", "change"];
  const show = (view, focus = true) => {
    for (const other of VIEWS) {
      $(other).hidden = other !== view;
      const tab = $(`tab-${other}`);
      tab.setAttribute("aria-selected", String(other === view));
      tab.tabIndex = other === view ? 0 : -1;
    }
    if (view === "pods") podList.draw();
    if (view === "pending") showPending();
    if (view === "change") drawChange();
    if (focus) $(view).focus({ preventScroll: true });
  };
  const go = (hash) => {
    if (location.hash === hash) followHash();
    else location.hash = hash;
  };
  const followHash = () => {
    if (!state) return;
    const [view, ...rest] = location.hash.slice(1).split("/").map(decodeURIComponent);
    if (view === "pod" && rest.length === 2) showPod(...rest);
    else if (view === "node" && rest.length === 1) {
      show("nodes", false);
      showNode(state.overview.place.get(rest[0]));
      return;
    } else if (VIEWS.includes(view) && !$(`tab-${view}`).hidden) show(view);
    else show("nodes");
    $("node").hidden = true;
  };
  window.addEventListener("hashchange", followHash);
  VIEWS.forEach((view) => $(`tab-${view}`).addEventListener("click", () => (view === "pod" && state.pod ? go(podHash(...state.pod)) : go(`#${view}`))));
  document.querySelector("[role=tablist]").addEventListener("keydown", (event) => {
    const tabs = VIEWS.map((view) => $(`tab-${view}`)).filter((tab) => !tab.hidden);
    const at = tabs.indexOf(document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    tabs[(to + tabs.length) % tabs.length].focus();
  });
  const podHash = (namespace, name) => `#pod/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;

  // ---- the map --------------------------------------------------------------------------------

  const amount = (resource, value) => {
    if (resource === "cpu") return value < 1000 && value % 1000 ? `${value}m` : number.format(Math.round(value / 100) / 10);
    if (resource !== "memory") return number.format(value);
    for (const [unit, size] of [["Gi", 2 ** 30], ["Mi", 2 ** 20], ["Ki", 2 ** 10]]) if (value >= size) return `${number.format(Math.round((10 * value) / size) / 10)}${unit}`;
    return number.format(value);
  };
  const shareOf = (resource, node) => (resource.allocatable[node] > 0 ? resource.requested[node] / resource.allocatable[node] : 0);
  const measures = () => {
    const before = $("measure").value;
    const options = state.overview.nodes.resources.map(({ name }) => [name, `${visible(name)} requested`]);
    if (state.pod && state.verdicts) options.push(["verdict", `verdict for ${visible(state.pod.join("/"))}`]);
    $("measure").replaceChildren(...options.map(([value, text]) => element("option", { value, textContent: text })));
    if (options.some(([value]) => value === before)) $("measure").value = before;
  };
  const spoken = (node) => {
    const { nodes } = state.overview;
    const words = [visible(nodes.names[node])];
    for (const resource of nodes.resources.slice(0, 3)) words.push(`${visible(resource.name)} ${Math.round(100 * shareOf(resource, node))} %`);
    if (nodes.cordoned[node]) words.push("cordoned");
    if (nodes.notReady[node]) words.push("not ready");
    const verdict = state.verdicts?.get(nodes.names[node]);
    if (verdict) words.push(verdict.fits ? `feasible for the pod${verdict.rank ? `, rank ${verdict.rank}` : ""}` : `rejected by ${visible(verdict.plugin ?? "the scheduler")}`);
    return words.join(", ");
  };
  const legend = (items) => $("legend").replaceChildren(...items.map(([className, share, text]) => {
    const key = element("i", { className: `cell ${className}` });
    key.style.setProperty("--share", share);
    return element("span", {}, key, ` ${text}`);
  }));
  const drawMap = () => {
    const { nodes } = state.overview;
    const byVerdict = $("measure").value === "verdict" && state.verdicts;
    const resource = nodes.resources.find(({ name }) => name === $("measure").value) ?? nodes.resources[0];
    const wanted = $("node-search").value.trim().toLowerCase();
    const groups = new Map();
    let found = 0;
    nodes.names.forEach((name, node) => {
      if (wanted && !name.toLowerCase().includes(wanted)) return;
      found += 1;
      const [pool, zone] = [nodes.pools.texts[nodes.pools.of[node]], nodes.zones.texts[nodes.zones.of[node]]];
      if (!groups.has(pool)) groups.set(pool, new Map());
      const zones = groups.get(pool);
      if (!zones.has(zone)) zones.set(zone, []);
      zones.get(zone).push(node);
    });
    $("node-count").textContent = wanted ? `${number.format(found)} of ${counted(nodes.names.length, "node")}` : counted(found, "node");
    legend(byVerdict
      ? [["fits", "100%", "feasible"], ["fits best", "100%", "could be picked"], ["no", "100%", "rejected"]]
      : [["", "0%", "0 %"], ["", "50%", "50 %"], ["", "100%", "100 %"], ["cordoned", "40%", "cordoned"], ["not-ready", "40%", "not ready"]]);
    let drawn = 0;
    const sum = (nodes) => nodes.reduce(([have, take], node) => [have + resource.allocatable[node], take + resource.requested[node]], [0, 0]);
    const used = (nodes) => {
      if (byVerdict) return `${number.format(nodes.filter((node) => state.verdicts.get(state.overview.nodes.names[node])?.fits).length)} feasible`;
      const [have, take] = sum(nodes);
      return have > 0 ? `${amount(resource.name, take)} of ${amount(resource.name, have)}, ${Math.round((100 * take) / have)} %` : "none";
    };
    const cells = (nodes, title) => {
      const box = element("div", { className: "cells", tabIndex: 0, attributes: { role: "listbox", "aria-label": `nodes of ${title}` } });
      for (const node of nodes) {
        if (drawn === MAPPED) break;
        drawn += 1;
        box.append(cellOf(node, byVerdict, resource));
      }
      return box;
    };
    const pools = [...groups.entries()].sort(([one], [other]) => byName(one, other));
    $("map").replaceChildren(...pools.map(([pool, zones]) => {
      const all = [...zones.values()].flat();
      const section = element("section", { className: "pool" }, element("h3", {}, element("span", { className: "name", textContent: pool === "<none>" ? "no pool" : visible(pool) }), element("span", { className: "aside", textContent: ` ${counted(all.length, "node")}; ${used(all)}` })));
      for (const [zone, nodes] of [...zones.entries()].sort(([one], [other]) => byName(one, other))) {
        const title = zone === "" ? "no zone" : `zone ${visible(zone)}`;
        section.append(element("div", { className: "zone" }, element("h4", {}, title, element("span", { className: "aside", textContent: ` ${number.format(nodes.length)}; ${used(nodes)}` })), cells(nodes, `${visible(pool)}, ${title}`)));
      }
      return section;
    }), ...(found > MAPPED ? [element("p", { className: "aside", textContent: `and ${counted(found - MAPPED, "more node")}: use the search` })] : []), ...(found ? [] : [element("p", { textContent: "No node has such a name." })]));
  };
  const cellOf = (node, byVerdict, resource) => {
    const { nodes } = state.overview;
    const cell = element("i", { className: "cell", title: visible(nodes.names[node]), id: `cell-${node}`, attributes: { role: "option", "aria-selected": "false", "aria-label": spoken(node) } });
    cell.dataset.node = node;
    if (byVerdict) {
      const verdict = state.verdicts.get(nodes.names[node]);
      cell.classList.add(verdict?.fits ? "fits" : "no");
      if (verdict?.best) cell.classList.add("best");
    } else cell.style.setProperty("--share", `${Math.round(100 * Math.min(1, shareOf(resource, node)))}%`);
    if (nodes.cordoned[node]) cell.classList.add("cordoned");
    if (nodes.notReady[node]) cell.classList.add("not-ready");
    return cell;
  };
  $("map").addEventListener("click", ({ target }) => target.dataset.node && go(`#node/${encodeURIComponent(state.overview.nodes.names[Number(target.dataset.node)])}`));
  const activate = (box, cell) => {
    for (const other of $("map").querySelectorAll(".active")) {
      other.classList.remove("active");
      other.setAttribute("aria-selected", "false");
    }
    cell.classList.add("active");
    cell.setAttribute("aria-selected", "true");
    box.setAttribute("aria-activedescendant", cell.id);
    cell.scrollIntoView({ block: "nearest" });
    $("node-said").textContent = spoken(Number(cell.dataset.node));
  };
  // A mouse has its own way; nothing must move under it.
  $("map").addEventListener("focusin", ({ target }) => target.matches(".cells:focus-visible") && !target.querySelector(".active") && target.firstElementChild && activate(target, target.firstElementChild));
  $("map").addEventListener("keydown", (event) => {
    const box = event.target;
    if (!box.matches?.(".cells")) return;
    const cells = [...box.children];
    const at = cells.findIndex((cell) => cell.classList.contains("active"));
    const across = Math.max(1, cells.filter((cell) => cell.offsetTop === cells[0].offsetTop).length);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + across, ArrowUp: at - across, Home: 0, End: cells.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      activate(box, cells[Math.min(cells.length - 1, Math.max(0, to))]);
    } else if ((event.key === "Enter" || event.key === " ") && at >= 0) {
      event.preventDefault();
      cells[at].click();
    }
  });
  $("map").addEventListener("pointerover", ({ target }) => {
    if (target.dataset.node) $("node-said").textContent = spoken(Number(target.dataset.node));
  });
  $("measure").addEventListener("change", drawMap);
  $("node-search").addEventListener("input", drawMap);

  $("node").addEventListener("keydown", ({ key }) => key === "Escape" && go("#nodes"));

  // One node: what it has, what can be tried with it, its pods.
  const showNode = (node) => {
    if (node === undefined) {
      status("There is no such node in the changed state.");
      $("node").hidden = true;
      return;
    }
    const { nodes, pods, on } = state.overview;
    const name = nodes.names[node];
    const facts = [["Pool", visible(nodes.pools.texts[nodes.pools.of[node]])], ["Zone", visible(nodes.zones.texts[nodes.zones.of[node]]) || "none"], ["Taints", visible(nodes.taints.texts[nodes.taints.of[node]]) || "none"]];
    for (const { name: resource, allocatable, requested } of nodes.resources) {
      if (allocatable[node] > 0) facts.push([visible(resource), `${amount(resource, requested[node])} of ${amount(resource, allocatable[node])} requested`]);
    }
    const taint = element("input", { placeholder: "key=value:NoSchedule", size: 24, attributes: { "aria-label": `Taint for ${visible(name)}` } });
    const count = element("input", { type: "number", min: 1, max: 1000, value: 1, attributes: { "aria-label": "How many nodes" } });
    const add = () => {
      const [, key, value = "", effect] = /^([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)$/.exec(taint.value.trim()) ?? [];
      if (!key) return status("error: write a taint as key=value:NoSchedule; effects are NoSchedule, PreferNoSchedule and NoExecute", true);
      return attempt({ kind: "AddTaint", node: name, taint: { key, value, effect } });
    };
    const tools = element("div", { className: "tools tries" },
      nodes.cordoned[node] ? button("Uncordon", () => attempt({ kind: "Uncordon", node: name })) : button("Cordon", () => attempt({ kind: "Cordon", node: name })),
      button("Drain", () => attempt({ kind: "Drain", node: name, force: true })),
      button("Remove", () => attempt({ kind: "RemoveNode", node: name })),
      element("span", { className: "pair" }, taint, button("Add taint", add)),
      element("span", { className: "pair" }, count, button("Add nodes like it", () => attempt({ kind: "AddNode", like: name, count: Math.max(1, Number(count.value) || 1) }))));
    const list = element("div", {});
    const title = element("h3", {}, visible(name), ...(nodes.cordoned[node] ? [" ", element("span", { className: "tag", textContent: "cordoned" })] : []), ...(nodes.notReady[node] ? [" ", element("span", { className: "tag", textContent: "not ready" })] : []));
    const close = button("Close", () => go("#nodes"), { className: "close" });
    $("node").replaceChildren(close, title, element("dl", { className: "facts" }, ...facts.map(([term, text]) => element("div", {}, element("dt", { textContent: term }), element("dd", { textContent: text })))), element("p", { className: "aside", textContent: "Try a change of this node:" }), tools, element("h4", { textContent: counted(on[node].length, "pod") }), list);
    $("node").hidden = false;
    if (on[node].length) virtual(list, `pods of ${visible(name)}`, () => on[node], (pod) => podRow(pods, pod, false), 6).draw();
    $("node").scrollTop = 0;
    $("node").focus({ preventScroll: true });
  };

  // ---- lists of pods --------------------------------------------------------------------------

  const ROW = 32;
  // A list of which only the rows in sight are in the page.
  const virtual = (box, label, rowsOf, write, most = 18) => {
    const inner = element("div", { className: "rows" });
    const id = `list-${Math.random().toString(36).slice(2)}`;
    const list = element("div", { className: "virtual", tabIndex: 0, attributes: { role: "listbox", "aria-label": label } }, inner);
    box.replaceChildren(list);
    let active = 0;
    let drawn = "";
    const draw = (force = true) => {
      const rows = rowsOf();
      list.style.height = `${Math.min(rows.length, most) * ROW + 2}px`;
      inner.style.height = `${rows.length * ROW}px`;
      active = Math.min(active, Math.max(0, rows.length - 1));
      const first = Math.max(0, Math.floor(list.scrollTop / ROW) - 8);
      const last = Math.min(rows.length, Math.ceil((list.scrollTop + (list.clientHeight || most * ROW)) / ROW) + 8);
      const range = `${first} ${last} ${active}`;
      if (!force && range === drawn) return;
      drawn = range;
      inner.replaceChildren(...rows.slice(first, last).map((row, place) => {
        const made = write(row);
        made.classList.add("row");
        made.id = `${id}-${first + place}`;
        made.setAttribute("role", "option");
        made.setAttribute("aria-setsize", rows.length);
        made.setAttribute("aria-posinset", first + place + 1);
        made.setAttribute("aria-selected", String(first + place === active));
        made.style.top = `${(first + place) * ROW}px`;
        return made;
      }));
      if (rows.length) list.setAttribute("aria-activedescendant", `${id}-${active}`);
    };
    const move = (to) => {
      const rows = rowsOf();
      active = Math.max(0, Math.min(rows.length - 1, to));
      if (active * ROW < list.scrollTop) list.scrollTop = active * ROW;
      if ((active + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (active + 1) * ROW - list.clientHeight;
      draw();
    };
    list.addEventListener("scroll", () => requestAnimationFrame(() => draw(false)), { passive: true });
    list.addEventListener("keydown", (event) => {
      const to = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + 16, PageUp: active - 16, Home: 0, End: rowsOf().length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        move(to);
      } else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        inner.querySelector(`#${id}-${active}`)?.click();
      }
    });
    return { draw: () => draw(), top: () => { active = 0; list.scrollTop = 0; draw(); } };
  };
  const keyOf = (pods, pod) => [pods.namespaces.texts[pods.namespaces.of[pod]], pods.names[pod]];
  const podRow = (pods, pod, withNode) => {
    const [namespace, name] = keyOf(pods, pod);
    const node = pods.nodes[pod];
    const row = element("div", {}, element("span", { className: "pod-name" }, element("span", { className: "aside", textContent: `${visible(namespace)}/` }), visible(name)));
    if (withNode) row.append(element("span", { className: node < 0 ? "no where" : "aside where", textContent: node < 0 ? "pending" : visible(state.overview.nodes.names[node]) }));
    if (pods.terminating[pod]) row.append(element("span", { className: "tag", textContent: "terminating" }));
    row.addEventListener("click", () => go(podHash(namespace, name)));
    return row;
  };
  let shown = [];
  const podList = virtual($("pod-list"), "pods", () => shown, (pod) => podRow(state.overview.pods, pod, true));
  const drawPods = () => {
    const { pods, nodes } = state.overview;
    const wanted = $("pod-search").value.trim().toLowerCase();
    const kind = $("pod-state").value;
    shown = [];
    for (let pod = 0; pod < pods.names.length; pod += 1) {
      const node = pods.nodes[pod];
      if ((kind === "pending" && node >= 0) || (kind === "placed" && node < 0)) continue;
      if (wanted && !keyOf(pods, pod).join("/").toLowerCase().includes(wanted) && !(node >= 0 && nodes.names[node].toLowerCase().includes(wanted))) continue;
      shown.push(pod);
    }
    shown.sort((one, other) => (pods.nodes[one] < 0 ? 0 : 1) - (pods.nodes[other] < 0 ? 0 : 1));
    $("pod-count").textContent = shown.length === pods.names.length ? counted(shown.length, "pod") : `${number.format(shown.length)} of ${counted(pods.names.length, "pod")}`;
    podList.top();
  };
  let typing = 0;
  $("pod-search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(drawPods, 120);
  });
  $("pod-state").addEventListener("change", drawPods);

  // ---- pending pods ---------------------------------------------------------------------------

  // What was asked last for a view: an older answer that comes later is not shown.
  const turns = {};
  const inTurn = (view) => {
    const turn = (turns[view] ?? 0) + 1;
    turns[view] = turn;
    return () => turns[view] === turn;
  };
  const asJson = (json) => {
    const details = element("details", { className: "json" }, element("summary", { textContent: "The same as JSON" }));
    details.addEventListener("toggle", () => details.open && details.children.length === 1 && details.append(snippet("-o json", json)));
    return details;
  };
  const podLink = (name) => {
    const [namespace, pod] = name.split("/");
    return element("a", { href: podHash(namespace, pod), textContent: visible(name) });
  };
  const showPending = async () => {
    if (state.pending) return;
    const isLast = inTurn("pending");
    state.pending = true;
    const box = $("pending");
    const draw = ({ json, page }, complete) => {
      const answer = JSON.parse(json);
      box.replaceChildren(...articles(page), snippet("The command that says the same", state.steps.length ? `${commandOf("simulate", " --scenario what-if.json --write-state changed.ksnap")}\nkubectl sched pending --snapshot changed.ksnap` : commandOf("pending")), asJson(json));
      answer.groups.forEach((group, place) => {
        const section = box.querySelector(`#reason-${place + 1}`);
        if (!section) return;
        const list = element("ul", { className: "names" }, ...group.pods.slice(0, 20).map((name) => element("li", {}, podLink(name))));
        const extra = group.pods.length > 20 ? [element("p", { className: "aside", textContent: `and ${counted(group.pods.length - 20, "more pod")}, in the list of pods` })] : [];
        const steps = group.suggestion?.steps;
        section.append(element("h4", { textContent: "Pods" }), list, ...extra, ...(steps ? [button("Try the change that helps most", () => attempt(...steps))] : []));
      });
      if (!complete) box.prepend(element("p", { className: "aside", textContent: "Looking for changes that would help …" }));
      tables(box);
    };
    try {
      const first = await ask("pending", false);
      if (!isLast()) return;
      draw(first, false);
      const whole = await ask("pending", true);
      if (isLast()) draw(whole, true);
    } catch (error) {
      state.pending = null;
      failed(error);
    }
  };

  // ---- one pod --------------------------------------------------------------------------------

  const showPod = async (namespace, name) => {
    const isLast = inTurn("pod");
    state.pod = [namespace, name];
    $("tab-pod").hidden = false;
    $("tab-pod").textContent = visible(name);
    const box = $("pod");
    box.replaceChildren(element("p", { className: "aside", textContent: `Asking the scheduler about ${visible(`${namespace}/${name}`)} …` }));
    show("pod");
    const draw = ({ json, page }, complete) => {
      const answer = JSON.parse(json);
      state.verdicts = new Map(answer.nodes.map(({ name, verdict, rank }) => [name, { fits: verdict.code === "Success", plugin: verdict.plugin, rank, best: answer.picks.includes(name) }]));
      measures();
      const command = state.steps.length
        ? `${commandOf("simulate", " --scenario what-if.json --write-state changed.ksnap")}\nkubectl sched explain ${quoted(name)} -n ${quoted(namespace)} --snapshot changed.ksnap`
        : commandOf("explain", ` ${quoted(name)} -n ${quoted(namespace)}`);
      box.replaceChildren(...articles(page));
      if (!complete) box.querySelector("article")?.append(element("p", { className: "aside searching", textContent: "Looking for changes that would help …" }));
      // The suggestions stand in the same order in both.
      const items = box.querySelectorAll(".help > ol > li");
      (answer.suggestions ?? []).forEach(({ steps, summary }, place) => {
        if (!items[place] || !steps?.length) return;
        const attemptIt = button("Try it", () => attempt(...steps), { className: "try" });
        attemptIt.setAttribute("aria-label", `Try it: ${visible(summary ?? "")}`);
        items[place].append(attemptIt);
      });
      box.append(element("p", { className: "pair" }, button("Nodes by verdict on the map", () => {
        go("#nodes");
        $("measure").value = "verdict";
        drawMap();
      })), requests(namespace, name), snippet("The command that says the same", command), asJson(json));
      tables(box);
    };
    try {
      const first = await ask("explain", namespace, name, false);
      if (!isLast()) return;
      draw(first, JSON.parse(first.json).schedulable);
      if (JSON.parse(first.json).schedulable) return;
      const whole = await ask("explain", namespace, name, true);
      if (isLast()) draw(whole, true);
    } catch (error) {
      if (!isLast()) return;
      box.replaceChildren(element("p", { textContent: visible(error.message) }));
      failed(error);
    }
  };
  // A form that tries other requests.
  const requests = (namespace, name) => {
    const details = element("details", { className: "requests" }, element("summary", { textContent: "Try other requests" }));
    details.addEventListener("toggle", async () => {
      if (!details.open || details.children.length > 1) return;
      try {
        const containers = JSON.parse(await ask("containers", namespace, name));
        const fields = containers.flatMap((container) => ["cpu", "memory"].map((resource) => ({ container: container.name, resource, before: container.requests[resource] ?? "" })));
        const form = element("form", { className: "tools" });
        for (const field of fields) {
          field.input = element("input", { value: field.before, size: 8, autocomplete: "off" });
          form.append(element("label", {}, `${visible(field.container ?? "")} ${field.resource} `, field.input));
        }
        form.append(element("button", { type: "submit", textContent: "Try" }));
        form.addEventListener("submit", (event) => {
          event.preventDefault();
          const changes = fields.filter(({ input, before }) => input.value.trim() !== before && input.value.trim() !== "").map(({ container, resource, before, input }) => ({ change: "Request", container, resource, from: before || "0", to: input.value.trim() }));
          if (changes.length) attempt({ kind: "PatchPod", pod: `${namespace}/${name}`, changes });
          else status("Nothing was changed.");
        });
        details.append(form);
      } catch (error) {
        failed(error);
      }
    });
    return details;
  };

  // ---- what if --------------------------------------------------------------------------------

  const put = async (steps) => {
    status("Trying …");
    document.body.classList.add("busy");
    const before = state.steps;
    try {
      state.steps = steps;
      const overview = JSON.parse(await ask("change", JSON.stringify(scenario())));
      index(overview);
      Object.assign(state, { overview, pending: null, verdicts: null });
      $("tab-pending").textContent = `Pending (${number.format(overview.waiting)})`;
      measures();
      trying();
      drawMap();
      drawPods();
      $("node").hidden = true;
      $("pending").replaceChildren();
      status(steps.length ? `${counted(steps.length, "change")} tried.` : "Back to the state as it was opened.");
      return true;
    } catch (error) {
      state.steps = before;
      failed(error);
      // The engine has the last steps that could be done.
      if (!error.stopped) await ask("change", JSON.stringify(scenario())).catch(failed);
      else showStart();
      return false;
    } finally {
      document.body.classList.remove("busy");
    }
  };
  const attempt = async (...steps) => {
    if (await put([...state.steps, ...steps])) {
      if (location.hash === "#change") show("change");
      else go("#change");
    }
  };
  const inWords = (step) => {
    const { kind, node, taint, like, count, pod, workload, changes } = step;
    const to = (changes ?? []).map(({ change, resource, from, to: wanted }) => (change === "Request" ? `${resource} ${from} → ${wanted}` : change)).join(", ");
    switch (kind) {
      case "AddTaint": return `taint ${node} with ${taint.key}${taint.value ? `=${taint.value}` : ""}:${taint.effect}`;
      case "RemoveTaint": return `remove taint ${taint.key} from ${node}`;
      case "AddNode": return `add ${counted(count ?? 1, "node")} like ${like ?? "the one in the step"}`;
      case "RemoveNode": return `remove ${node}`;
      case "PatchPod": return `change pod ${pod}${to ? `: ${to}` : ""}`;
      case "PatchWorkload": return `change ${workload}${to ? `: ${to}` : ""}`;
      default: return `${kind.replace(/(?!^)([A-Z])/g, " $1").toLowerCase()} ${node ?? pod ?? workload ?? ""}`.trim();
    }
  };
  const trying = () => {
    const { steps } = state;
    $("trying").hidden = steps.length === 0;
    $("trying").replaceChildren(element("span", {}, element("strong", { textContent: "What if: " }), `you see the state after ${counted(steps.length, "change")}, before pending pods are scheduled. `), button("Undo all", () => put([]).then((done) => done && followHash())));
    $("tab-change").textContent = steps.length ? `What if (${number.format(steps.length)})` : "What if";
  };
  // What became of the pod that was opened, before all others.
  const shownPod = ({ steps }) => {
    if (!state.pod || !state.steps.length) return [];
    const name = state.pod.join("/");
    const step = steps.find(({ pod }) => pod === name);
    const words = step === undefined ? " needs no other node" : step.node === null ? " still fits nowhere" : ` goes to ${visible(step.node)}`;
    const link = element("a", { href: podHash(...state.pod), textContent: "why, on the changed state" });
    return [element("p", { className: "outcome" }, element("strong", {}, `Pod ${visible(name)}${words}`), ": ", link)];
  };
  const drawChange = async () => {
    const isLast = inTurn("change");
    const box = $("change");
    const { steps } = state;
    const list = element("ol", { className: "steps" }, ...steps.map((step, place) => {
      const take = button("Remove", () => put(steps.filter((_, other) => other !== place)).then((done) => done && show("change")));
      take.setAttribute("aria-label", `Remove the step: ${visible(inWords(step))}`);
      return element("li", {}, `${visible(inWords(step))} `, take);
    }));
    const answer = element("div", {}, element("p", { className: "aside", textContent: "Placing the pending pods …" }));
    const own = element("textarea", { rows: 6, spellcheck: false, value: JSON.stringify(scenario(), null, 2), attributes: { "aria-label": "The scenario, to edit" } });
    const edit = element("details", {}, element("summary", { textContent: "Edit the scenario" }), element("p", { className: "aside", textContent: "Any step of docs/scenarios.md, such as scale, lose a zone, roll out." }), own, button("Try the edited scenario", async () => {
      try {
        const { steps: written } = JSON.parse(own.value);
        if (!Array.isArray(written)) throw new Error("the scenario has no steps");
        if (await put(written)) show("change");
      } catch (error) {
        failed(error);
      }
    }));
    box.replaceChildren(
      element("h2", { textContent: steps.length ? "What if" : "Where would the pending pods go?" }),
      ...(steps.length ? [list] : [element("p", { textContent: "No change is tried yet. Open a node or a pod to cordon, drain, taint, add nodes or change requests, or try a suggestion." })]),
      answer,
      ...(steps.length ? [snippet("what-if.json: the scenario that says the same", JSON.stringify(scenario(), null, 2))] : []),
      snippet("The command that says the same", commandOf("simulate --pending", steps.length ? " --scenario what-if.json" : "")),
      edit);
    try {
      const { json, page } = await ask("simulate");
      if (!isLast()) return;
      answer.replaceChildren(...shownPod(JSON.parse(json)), ...articles(page), asJson(json));
      tables(answer);
    } catch (error) {
      if (!isLast()) return;
      answer.replaceChildren(element("p", { textContent: visible(error.message) }));
      failed(error);
    }
  };

  // ---- the start ------------------------------------------------------------------------------

  const take = (files) => {
    if (files.length > 1) return status("error: open one file; put several into one with cat", true);
    const [file] = files;
    return file && openState(file.name, file.name, { file });
  };
  $("choose").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => {
    take($("file").files);
    $("file").value = "";
  });
  $("another").addEventListener("click", () => {
    history.replaceState(null, "", "#");
    showStart();
    status("");
    $("choose").focus();
  });
  for (const kind of ["dragover", "dragenter"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      $("drop").classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => event.relatedTarget || $("drop").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    $("drop").classList.remove("over");
    take(event.dataTransfer.files);
  });
  for (const example of document.querySelectorAll("script.example")) {
    const { file, title } = example.dataset;
    const path = `examples/clusters/${file}`;
    $("examples").append(element("li", {}, button(title, () => openState(file, path, { base64: example.textContent }))));
  }
  const brought = document.querySelector("script.state");
  $("start").hidden = Boolean(brought);
  if (typeof WebAssembly !== "object" || typeof DecompressionStream !== "function") {
    status("error: this browser is too old: the page needs WebAssembly and DecompressionStream", true);
  } else if (brought) {
    const { name, snapshot } = brought.dataset;
    const save = button("Save the state", () => {
      const bytes = unpacked(brought.textContent);
      const link = element("a", { href: URL.createObjectURL(new Blob([bytes])), download: snapshot });
      link.click();
      URL.revokeObjectURL(link.href);
    });
    $("theme").before(save);
    openState(name, snapshot, { base64: brought.textContent });
  } else load().catch(failed);
})();
