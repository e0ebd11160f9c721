"use strict";
(() => {
  // The page is complete without this: here are the colours, the filters and the order of tables.
  const root = document.documentElement;
  const themes = { auto: "as the system", light: "light", dark: "dark" };
  const kept = {
    get() { try { return localStorage.getItem("rfl-lint-theme"); } catch { return null; } },
    set(value) { try { localStorage.setItem("rfl-lint-theme", value); } catch { /* this visit only */ } },
  };
  let theme = kept.get() in themes ? kept.get() : "auto";
  const paint = () => { if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme; };
  paint();

  document.addEventListener("DOMContentLoaded", () => {
    const all = (selector, within = document) => [...within.querySelectorAll(selector)];
    const one = (selector) => document.querySelector(selector);

    const button = one("#theme");
    const label = () => { button.querySelector("span").textContent = themes[theme]; };
    button.hidden = false;
    label();
    button.addEventListener("click", () => {
      const names = Object.keys(themes);
      theme = names[(names.indexOf(theme) + 1) % names.length];
      kept.set(theme);
      paint();
      label();
    });

    for (const table of all("table.sortable")) {
      all("thead th", table).forEach((head, column) => {
        if (head.classList.contains("drawn")) return;
        const sorter = document.createElement("button");
        sorter.type = "button";
        sorter.textContent = head.textContent;
        head.replaceChildren(sorter);
        sorter.addEventListener("click", () => sort(table, head, column));
      });
    }
    function sort(table, head, column) {
      const numeric = head.classList.contains("num") || table.querySelector("tbody tr").cells[column].dataset.v;
      const was = head.getAttribute("aria-sort");
      const up = was ? was === "descending" : !numeric;
      const key = (row) => {
        const cell = row.cells[column];
        if (!numeric) return cell.textContent;
        return Number(cell.dataset.v ?? cell.textContent.replace(/,/g, "")) || 0;
      };
      const order = numeric ? (a, b) => key(a) - key(b) : (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
      const rows = [...table.tBodies[0].rows].sort((a, b) => (up ? order(a, b) : order(b, a)));
      table.tBodies[0].append(...rows);
      all("thead th", table).forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
    }

    // A link into a closed part opens it.
    const open = () => {
      const name = location.hash.slice(1);
      if (name.includes("=")) return;
      const target = document.getElementById(name);
      if (!target) return;
      for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
      if (target.closest("[hidden]")) reset();
      target.scrollIntoView();
    };
    const printing = { opened: [] };
    addEventListener("beforeprint", () => {
      printing.opened = all("details:not([open])");
      printing.opened.forEach((each) => { each.open = true; });
    });
    addEventListener("afterprint", () => printing.opened.forEach((each) => { each.open = false; }));

    const form = one("#filters");
    if (!form) { addEventListener("hashchange", open); open(); return; }
    const files = all("#findings > .file").map((section) => ({
      section,
      path: section.dataset.path,
      folder: section.dataset.path.includes("/") ? section.dataset.path.replace(/\/[^/]*$/, "") : ".",
      items: all("article", section).map((node) => ({ node, text: null })),
    }));
    const total = files.reduce((sum, file) => sum + file.items.length, 0);
    const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
    const selects = all("select", form);
    const boxes = all("input[name=severity]", form);
    form.hidden = false;
    form.querySelector("details").open = matchMedia("(min-width: 70rem)").matches;
    form.addEventListener("submit", (event) => event.preventDefault());

    function apply() {
      const words = form.q.value.toLowerCase().split(/\s+/).filter(Boolean);
      const severities = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
      const chosen = Object.fromEntries(selects.map((select) => [select.name, select.value]));
      let shown = 0;
      let inFiles = 0;
      for (const file of files) {
        const here = (!chosen.file || chosen.file === file.path)
          && (!chosen.folder || chosen.folder === file.folder || file.folder.startsWith(`${chosen.folder}/`));
        let matching = 0;
        for (const item of file.items) {
          const data = item.node.dataset;
          let fits = here && severities.has(data.severity)
            && ["rule", "group", "state"].every((name) => !chosen[name] || chosen[name] === data[name]);
          if (fits && words.length) {
            item.text ??= `${file.path} ${item.node.textContent}`.toLowerCase();
            fits = words.every((word) => item.text.includes(word));
          }
          item.node.hidden = !fits;
          matching += fits;
        }
        file.section.hidden = matching === 0;
        file.section.querySelector(".count").textContent = matching === file.items.length
          ? matching : `${matching} of ${file.items.length}`;
        shown += matching;
        inFiles += matching > 0;
      }
      const where = plural(inFiles, "file");
      const filtered = shown !== total;
      one("#shown").textContent = filtered
        ? `${shown.toLocaleString("en")} of ${plural(total, "finding")} in ${where}` : `${plural(total, "finding")} in ${where}`;
      one("#match-count").textContent = `${shown.toLocaleString("en")} of ${total.toLocaleString("en")}`;
      one("#none").hidden = shown > 0;
    }

    // The filters stand in the address, so that a view can be sent to somebody and the way back works.
    function write() {
      const state = new URLSearchParams();
      if (form.q.value) state.set("q", form.q.value);
      const on = boxes.filter((box) => box.checked);
      if (on.length < boxes.length) state.set("severity", on.map((box) => box.value).join(","));
      for (const select of selects) if (select.value) state.set(select.name, select.value);
      const hash = state.size ? `#${state}` : "#findings";
      try { history.replaceState(null, "", hash); } catch { /* an address that may not change */ }
    }
    function read() {
      const hash = location.hash.slice(1);
      if (!hash.includes("=")) { open(); return; }
      const state = new URLSearchParams(hash);
      form.q.value = state.get("q") ?? "";
      const on = state.get("severity")?.split(",");
      for (const box of boxes) box.checked = !on || on.includes(box.value);
      for (const select of selects) {
        const value = state.get(select.name) ?? "";
        if (value && ![...select.options].some((option) => option.value === value)) {
          // A folder that holds files only in folders below it.
          if (select.name === "folder") select.add(new Option(value, value)); else continue;
        }
        select.value = value;
      }
      apply();
      one("#findings").scrollIntoView();
    }
    function reset() {
      form.reset();
      apply();
      write();
    }

    let timer;
    const soon = () => { clearTimeout(timer); timer = setTimeout(() => { apply(); write(); }, 80); };
    form.addEventListener("input", soon);
    form.addEventListener("change", soon);
    for (const each of all(".reset")) each.addEventListener("click", reset);
    for (const link of all("a[data-filter]")) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        form.reset();
        form[link.dataset.filter].value = link.dataset.value;
        apply();
        write();
        const heading = one("#h-findings");
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
        one("#findings").scrollIntoView();
      });
    }
    addEventListener("hashchange", read);
    read();
  });
})();
