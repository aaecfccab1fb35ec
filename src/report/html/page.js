"use strict";
// Makes large tables of the data that lies beside them: sorted, filtered, grouped, a page of rows at
// a time. Text goes into the page as text only.
(() => {
  const ROWS = 50;
  const GROUPS = 100;
  const SAID = {
    0: ["pass", "✓", "passes"],
    1: ["no", "✕", "is the first to say no"],
    2: ["also", "+", "says no as well"],
    "-": ["pass", "–", "was not asked"],
  };
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  const number = new Intl.NumberFormat("en");

  // An element with properties, attributes under `attributes`, and children.
  const element = (tag, { attributes = {}, ...properties } = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), properties);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const counted = (count, noun) => `${number.format(count)} ${noun}${count === 1 ? "" : "s"}`;
  const percent = (share) => `${Math.max(0, Math.min(100, Math.round(share)))}%`;
  const select = (label, options, changed) => {
    const list = element("select", {}, ...options.map((text, index) => element("option", { value: index, textContent: text })));
    list.addEventListener("change", () => changed(Number(list.value)));
    return element("label", {}, label, list);
  };

  // ---- what a column says -------------------------------------------------------------------

  const isNo = (said) => said === "1" || said === "2";
  const numbersOf = (column, rows) => rows.map((row) => column.values[row]).filter((value) => value !== null);
  // Where a row, or rows of a group, stand when sorted by the column.
  const standing = (column, rows) => {
    if (column.kind === "filter") {
      const weight = (row) => ({ 1: 2, 2: 1 })[column.values[row]] ?? 0;
      return rows.reduce((sum, row) => sum + weight(row), 0) / rows.length;
    }
    if (column.kind === "load") return Math.max(...rows.map((row) => column.after[row]));
    return numbersOf(column, rows).reduce((most, value) => Math.max(most, value), -Infinity);
  };
  const range = (values) => {
    let least = Infinity;
    let most = -Infinity;
    for (const value of values) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    return least === most ? `${least}` : `${least}–${most}`;
  };
  const cell = (column, rows) => {
    const td = element("td");
    if (column.kind === "filter") {
      const noes = rows.filter((row) => isNo(column.values[row]));
      const first = noes.some((row) => column.values[row] === "1");
      const alike = noes.length ? (first ? "1" : "2") : column.values[rows[0]];
      const [kind, sign, words] = SAID[alike];
      td.className = kind;
      td.append(element("span", { attributes: { "aria-hidden": "true" }, textContent: sign }));
      td.append(element("span", { className: "unseen", textContent: words }));
      if (noes.length && rows.length > 1) td.append(` ${number.format(noes.length)}`);
      if (kind === "no") td.style.setProperty("--share", percent(25 + (75 * noes.length) / rows.length));
      return td;
    }
    if (column.kind === "load") {
      const [row] = rows;
      const [before, after] = [column.before[row], column.after[row]];
      const bar = element("span", { className: "bar" });
      bar.style.setProperty("--kept", percent(Math.min(before, after)));
      bar.style.setProperty("--most", percent(Math.max(before, after)));
      td.className = after < before ? "load less" : "load";
      td.append(bar, `${before}% → ${after}% `, element("span", { className: "place", textContent: column.amounts[row] }));
      return td;
    }
    if (column.kind === "text") {
      const value = column.values[rows[0]];
      td.textContent = value ?? column.none;
      td.className = value === null && column.none.startsWith("✕") ? "no" : "";
      return td;
    }
    const values = numbersOf(column, rows);
    td.textContent = values.length ? range(values) : "–";
    td.className = column.kind === "score" ? (values.length ? "score" : "pass") : "num";
    if (column.kind === "score" && values.length) {
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      // A plugin that tells no nodes apart stays blank.
      td.style.setProperty("--share", percent((100 * (mean - column.least)) / Math.max(1, column.most - column.least)));
    }
    return td;
  };

  // ---- a table ------------------------------------------------------------------------------

  class Grid {
    constructor(box, page) {
      const data = JSON.parse(box.querySelector("script").textContent);
      this.noun = data.noun;
      this.columns = data.columns;
      this.names = data.names ?? data.rows.map((node) => page.names[node]);
      this.texts = data.texts ?? [];
      this.details = data.details;
      this.groupings = this.readGroupings(data, page);
      this.grouping = this.groupings[0];
      this.shows = this.readShows();
      this.show = this.shows[0];
      this.wanted = "";
      this.sorting = null;
      this.open = new Set();
      this.status = element("output", { attributes: { role: "status" } });
      this.table = element("table", { className: box.querySelector("table").className });
      const scroll = element("div", { className: "scroll", tabIndex: 0, attributes: { role: "region", "aria-label": `Table of ${this.noun}s` } }, this.table);
      this.more = element("p", { className: "more" });
      box.replaceChildren(this.tools(), scroll, this.more);
      this.header();
      this.refresh();
    }

    // Ways to put rows together; the last is not to.
    readGroupings(data, page) {
      if (!data.verdicts) return [null];
      const verdicts = { title: "verdict", of: data.verdict, groups: data.verdicts };
      const labels = data.labels.map((place) => {
        const { key, values, of } = page.labels[place];
        const groups = values.map((value) => ({ title: value === null ? `no ${key}` : `${key}=${value}`, place: "" }));
        return { title: `label ${key}`, of: data.rows.map((node) => of[node]), groups };
      });
      return [verdicts, ...labels, null];
    }

    readShows() {
      const filters = this.columns.filter((column) => column.kind === "filter");
      const all = { title: "all", keeps: () => true };
      const of = (column) => ({ title: `rejected by ${column.title}`, keeps: (row) => isNo(column.values[row]) });
      if (!filters.length) return [all];
      const rejected = (row) => filters.some((column) => column.values[row] === "1");
      const fits = this.columns.some((column) => column.kind === "score")
        ? [{ title: "those that take the pod", keeps: (row) => !rejected(row) }, { title: "those that do not", keeps: rejected }]
        : [];
      return [all, ...fits, ...filters.map(of)];
    }

    tools() {
      const search = element("input", { type: "search", autocomplete: "off", spellcheck: false });
      search.addEventListener("input", () => {
        this.wanted = search.value.trim().toLowerCase();
        this.refresh();
      });
      const tools = element("div", { className: "tools" }, element("label", {}, `Find ${this.noun}s by name`, search));
      if (this.shows.length > 1) {
        tools.append(select("Show", this.shows.map((show) => show.title), (index) => {
          this.show = this.shows[index];
          this.refresh();
        }));
      }
      if (this.groupings.length > 1) {
        tools.append(select("Group by", this.groupings.map((grouping) => grouping?.title ?? "nothing"), (index) => {
          this.grouping = this.groupings[index];
          this.open.clear();
          this.header();
          this.refresh();
        }));
      }
      tools.append(this.status);
      return tools;
    }

    // The header; its buttons sort.
    header() {
      const head = element("tr");
      const add = (title, key, numeric, weight) => {
        const button = element("button", { type: "button", className: "sort" });
        // Long names may be broken before their capitals.
        title.split(/(?<=[a-z])(?=[A-Z])/).forEach((part) => button.append(part, element("wbr")));
        if (weight !== undefined) button.append(" ", element("span", { className: "weight", textContent: `×${weight}` }));
        const th = element("th", { scope: "col", className: numeric ? "num" : "" }, button);
        button.addEventListener("click", () => this.sort(th, key));
        if (this.sorting?.key === key) th.setAttribute("aria-sort", this.sorting.down ? "descending" : "ascending");
        head.append(th);
      };
      const noun = this.noun[0].toUpperCase() + this.noun.slice(1);
      add(this.grouping ? (this.grouping.title === "verdict" ? "Verdict" : "Group") : noun, "name", false);
      if (this.grouping) add(`${noun}s`, "size", true);
      for (const column of this.columns) add(column.title, column, column.kind === "number", column.weight);
      this.table.replaceChildren(element("thead", {}, head));
    }

    sort(th, key) {
      const down = this.sorting?.key === key ? !this.sorting.down : key !== "name" && key.kind !== "text";
      this.sorting = { key, down };
      for (const other of th.parentElement.children) other.removeAttribute("aria-sort");
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      this.refresh();
    }

    // Compares items that `rows` turns into rows and `name` into a name; stable, so that what is
    // equal stays in the order of the data.
    sorted(items, rows, name) {
      if (!this.sorting) return items;
      const { key, down } = this.sorting;
      const keyed = items.map((item) => {
        if (key === "name") return [name(item), item];
        if (key === "size") return [rows(item).length, item];
        if (key.kind === "text") return [key.values[rows(item)[0]] ?? "", item];
        return [standing(key, rows(item)), item];
      });
      const compare = key === "name" || key.kind === "text" ? byName : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      keyed.sort(([a], [b]) => (down ? compare(b, a) : compare(a, b)));
      return keyed.map(([, item]) => item);
    }

    refresh() {
      const rows = [];
      this.names.forEach((name, row) => {
        if (this.show.keeps(row) && (!this.wanted || name.toLowerCase().includes(this.wanted))) rows.push(row);
      });
      this.rows = this.sorted(rows, (row) => [row], (row) => this.names[row]);
      this.groups = null;
      if (this.grouping) {
        const groups = new Map();
        for (const row of rows) groups.set(this.grouping.of[row], []);
        for (const row of this.rows) groups.get(this.grouping.of[row]).push(row);
        this.groups = this.sorted([...groups], ([, of]) => of, ([group]) => this.grouping.groups[group].title);
      }
      const shown = this.rows.length === this.names.length ? counted(this.rows.length, this.noun)
        : `${number.format(this.rows.length)} of ${counted(this.names.length, this.noun)}`;
      this.status.textContent = this.groups ? `${shown} in ${counted(this.groups.length, "group")}` : shown;
      this.table.querySelectorAll("tbody").forEach((body) => body.remove());
      this.more.replaceChildren();
      if (this.groups) {
        this.page(this.more, this.groups, GROUPS, "group", (group) => this.table.append(this.group(group)));
      } else {
        const body = this.table.appendChild(element("tbody"));
        this.page(this.more, this.rows, ROWS, this.noun, (row) => body.append(this.row(row)));
      }
    }

    // The next `size` of `items`, and a button in `place` for those after them.
    page(place, items, size, noun, add, from = 0) {
      items.slice(from, from + size).forEach(add);
      const left = items.length - from - size;
      place.replaceChildren();
      if (left <= 0) return;
      const button = element("button", { type: "button", textContent: `Show ${number.format(Math.min(size, left))} more of ${counted(left, noun)}` });
      button.addEventListener("click", () => {
        this.page(place, items, size, noun, add, from + size);
        place.querySelector("button")?.focus();
      });
      place.append(button);
    }

    group([group, rows]) {
      const { title, place } = this.grouping.groups[group];
      const body = element("tbody");
      const button = element("button", { type: "button", className: "fold", textContent: title });
      const head = element("tr", {}, element("th", { scope: "row" }, button, " ", element("span", { className: "place", textContent: place })));
      head.append(element("td", { className: "num", textContent: number.format(rows.length) }));
      for (const column of this.columns) head.append(cell(column, rows));
      const unfold = () => {
        const open = this.open.has(group);
        button.setAttribute("aria-expanded", String(open));
        body.replaceChildren(head);
        if (!open) return;
        const place = element("td", { colSpan: this.columns.length + 2, className: "detail" });
        const more = element("tr", { className: "more" }, place);
        body.append(more);
        this.page(place, rows, ROWS, this.noun, (row) => more.before(this.row(row)));
        if (!place.firstChild) more.remove();
      };
      button.addEventListener("click", () => {
        if (!this.open.delete(group)) this.open.add(group);
        unfold();
        button.focus();
      });
      unfold();
      return body;
    }

    // A row, which unfolds where there is more to say.
    row(row) {
      const name = this.names[row];
      const th = element("th", { scope: "row" });
      const tr = element("tr", { className: this.groups ? "of-group" : "" }, th);
      if (this.groups) tr.append(element("td"));
      for (const column of this.columns) tr.append(cell(column, [row]));
      const lines = this.lines(row);
      if (!lines.length) {
        th.textContent = name;
        return tr;
      }
      const button = element("button", { type: "button", className: "fold", textContent: name, attributes: { "aria-expanded": "false" } });
      const width = this.columns.length + (this.groups ? 2 : 1);
      const list = element("ul", {}, ...lines.map((line) => element("li", { textContent: line })));
      const detail = element("tr", {}, element("td", { colSpan: width, className: "detail" }, list));
      button.addEventListener("click", () => {
        const opens = !detail.isConnected;
        if (opens) tr.after(detail);
        else detail.remove();
        button.setAttribute("aria-expanded", String(opens));
      });
      th.append(button);
      return tr;
    }

    // What is missing there, the points, the labels that nodes can be grouped by.
    lines(row) {
      if (!this.details) return [];
      const lines = this.details[row].map((text) => this.texts[text]);
      const points = this.columns.filter((column) => column.kind === "score" && column.values[row] !== null);
      if (points.length) lines.push(`points: ${points.map((column) => `${column.title} ${column.values[row]}`).join(", ")}`);
      const labels = this.groupings.slice(1).filter(Boolean).map((grouping) => grouping.groups[grouping.of[row]].title);
      if (labels.length) lines.push(`labels: ${labels.join(", ")}`);
      return lines;
    }
  }

  // ---- light and dark -----------------------------------------------------------------------

  const THEMES = { automatic: "light", light: "dark", dark: "automatic" };
  // A page from a file may be denied storage: then the choice lasts as long as the page.
  const stored = (change) => {
    try {
      return change(window.localStorage);
    } catch {
      return null;
    }
  };
  const theme = () => {
    const button = document.getElementById("theme");
    const set = (chosen) => {
      if (chosen === "automatic") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = chosen;
      button.textContent = `Theme: ${chosen}`;
      button.dataset.chosen = chosen;
    };
    const before = stored((storage) => storage.getItem("kubectl-sched-theme"));
    set(Object.hasOwn(THEMES, before) ? before : "automatic");
    button.hidden = false;
    button.addEventListener("click", () => {
      const chosen = THEMES[button.dataset.chosen];
      set(chosen);
      stored((storage) => storage.setItem("kubectl-sched-theme", chosen));
    });
  };

  // Tables far down are made when they come near.
  const tables = (root) => {
    const nodes = root.querySelector("script.nodes");
    const page = nodes ? JSON.parse(nodes.textContent) : {};
    const near = new IntersectionObserver((seen) => {
      for (const { isIntersecting, target } of seen) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        new Grid(target, page);
      }
    }, { rootMargin: "1500px" });
    root.querySelectorAll(".grid").forEach((box, index) => (index < 3 ? new Grid(box, page) : near.observe(box)));
  };

  theme();
  tables(document);
  // The page with the engine in it makes more of them.
  window.kubectlSched = { element, counted, number, tables };
})();
