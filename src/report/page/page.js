"use strict";
// Folds, sorts, searches and links what stands in the page; no figure is made here.
(() => {
  const root = document.documentElement;
  const words = JSON.parse(document.getElementById("words").textContent);
  const say = (sentence, what) => sentence.replace("%", () => what);
  const narrow = matchMedia("(max-width: 60rem)");

  // The number that a cell is sorted by, or its words.
  const valueOf = (cell) => {
    const text = cell.textContent.trim();
    if (cell.dataset.sort) return Number(cell.dataset.sort);
    if (text === "") return null;
    const sizes = /^[\d,.]+(×[\d,.]+)*/.exec(text);
    if (!sizes) return text.toLowerCase();
    return sizes[0].split("×").reduce((product, size) => product * Number(size.replaceAll(",", "")), 1);
  };

  // Words in the order in which people count: layer 2 before layer 10.
  const order = new Intl.Collator(root.lang, { numeric: true });

  // Numbers before words, and nothing last, whichever way it goes.
  const compare = (a, b, direction) => {
    if (a === null || b === null) return (a === null) - (b === null);
    const isNumber = typeof a === "number";
    if (isNumber !== (typeof b === "number")) return isNumber ? -1 : 1;
    return direction * (isNumber ? a - b : order.compare(a, b));
  };

  // Breaks a long sum into formulas of a term each, between which a line may end.
  const broken = (sum) => {
    const terms = [[]];
    for (const part of sum.children) {
      if (part.localName === "mo" && part.textContent === "+") {
        part.setAttribute("form", "infix");
        terms.push([]);
      }
      terms.at(-1).push(part);
    }
    if (terms.length < 4) return;
    let last = sum.parentElement;
    for (const term of terms.slice(1)) {
      const math = document.createElementNS("http://www.w3.org/1998/Math/MathML", "math");
      math.append(...term);
      last.after(" ", math);
      last = math;
    }
  };

  // The table of layers: a tree that is folded, or, sorted or not in order, a list of its leaves.
  class Layers {
    constructor(panel, network) {
      this.network = network;
      this.table = panel.querySelector(".layers table");
      this.body = this.table.tBodies[0];
      this.heads = [...this.table.tHead.rows[0].cells];
      this.said = panel.querySelector(".said");
      this.search = panel.querySelector(".search");
      this.rows = [];
      this.known = new Map();
      this.sorted = null;
      this.read(panel.id);
      this.show();
      this.listen(panel);
    }

    read(prefix) {
      const above = [];
      for (const element of this.body.rows) {
        const level = Number(element.getAttribute("aria-level"));
        const parent = above[level - 2] ?? null;
        const name = element.cells[0].textContent;
        const row = { element, level, parent, name, path: name, children: [], isOpen: true, isFound: true, isShown: true };
        row.key = element.id.slice(prefix.length + 1);
        if (parent) {
          row.path = `${parent.path}/${name}`;
          parent.children.push(row);
          if (element.classList.contains("deep")) parent.isOpen = false;
        }
        element.classList.remove("deep");
        element.tabIndex = -1;
        element.setAttribute("aria-selected", "false");
        above.length = level - 1;
        above.push(row);
        this.rows.push(row);
        this.known.set(row.key, row);
        row.element.row = row;
      }
      for (const row of this.rows) {
        if (row.children.length === 0) row.element.removeAttribute("aria-expanded");
      }
      this.bars();
      const whole = this.table.tFoot.rows[0];
      const total = { element: whole, level: 1, parent: null, name: "", path: "", children: [], key: "S0", isShown: true, isTotal: true };
      whole.tabIndex = -1;
      whole.setAttribute("aria-selected", "false");
      whole.row = total;
      this.total = total;
      this.known.set("S0", total);
      this.current = this.rows[0] ?? total;
      this.current.element.tabIndex = 0;
    }

    // A bar behind each share, the longest behind the largest.
    bars() {
      const column = this.heads.findIndex((head) => head.dataset.key === "share");
      const bars = this.rows.map((row) => row.element.cells[column]).filter((cell) => cell?.textContent);
      const most = Math.max(...bars.map(valueOf), Number.MIN_VALUE);
      for (const bar of bars) {
        bar.classList.add("bar");
        bar.style.setProperty("--share", `${(100 * valueOf(bar)) / most}%`);
      }
    }

    // Shows the rows whose boxes are open, or what was searched for with the boxes around it.
    show() {
      const isFlat = this.sorted !== null;
      const isSearched = this.isSearched();
      let count = 0;
      if (isSearched) {
        const wanted = this.search.value.trim().toLowerCase();
        for (const row of this.rows) {
          const op = row.element.cells[1].textContent;
          row.isFound = `${row.path} ${op}`.toLowerCase().includes(wanted);
          row.leadsTo = false;
          if (row.isFound) {
            if (row.children.length === 0) count += 1;
            for (let above = row.parent; above && !above.leadsTo; above = above.parent) above.leadsTo = true;
          }
        }
      }
      for (const row of this.rows) {
        const isBranch = row.children.length > 0;
        if (isFlat) row.isShown = !isBranch && (!isSearched || row.isFound);
        else if (isSearched) row.isShown = row.isFound || row.leadsTo;
        else row.isShown = row.parent === null || (row.parent.isShown && row.parent.isOpen);
        const { element } = row;
        if (element.hidden === row.isShown) element.hidden = !row.isShown;
        element.classList.toggle("out", isFlat && isBranch);
        if (isBranch) element.setAttribute("aria-expanded", String(row.isOpen || isSearched));
      }
      if (!this.current.isShown) this.makeCurrent(this.nearest(this.current));
      if (isSearched) this.said.textContent = count > 0 ? say(words.found, count) : words.nothing;
      else this.said.textContent = isFlat ? this.order() : "";
    }

    isSearched() {
      return this.search.value.trim() !== "";
    }

    order() {
      return say(words.sorted, this.heads[this.sorted.column].textContent);
    }

    nearest(row) {
      for (let above = row.parent; above; above = above.parent) if (above.isShown) return above;
      return this.rows.find((other) => other.isShown) ?? this.total;
    }

    makeCurrent(row) {
      this.current.element.tabIndex = -1;
      this.current = row;
      row.element.tabIndex = 0;
    }

    focus(row) {
      if (!row) return;
      this.makeCurrent(row);
      row.element.focus({ preventScroll: true });
      row.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    }

    fold(row, isOpen) {
      if (row.children.length === 0 || row.isOpen === isOpen || this.sorted || this.isSearched()) return;
      row.isOpen = isOpen;
      this.show();
    }

    foldAll(isOpen) {
      if (this.isSearched()) this.search.value = "";
      if (this.sorted) this.sort(null);
      for (const row of this.rows) if (row.children.length > 0) row.isOpen = isOpen;
      this.show();
    }

    // By a column, the largest number or the first word first, then the other way; without one, in the order of execution.
    sort(column) {
      const before = this.sorted;
      if (column === null) this.sorted = null;
      else {
        const isWords = column === 0 || typeof this.rows.map((row) => valueOf(row.element.cells[column])).find((value) => value !== null) === "string";
        const direction = before?.column === column ? -before.direction : isWords ? 1 : -1;
        this.sorted = { column, direction };
      }
      const rows = [...this.rows];
      if (this.sorted) {
        const { direction } = this.sorted;
        const values = new Map(rows.map((row) => [row, column === 0 ? row.path.toLowerCase() : valueOf(row.element.cells[column])]));
        rows.sort((a, b) => compare(values.get(a), values.get(b), direction));
      }
      this.heads.forEach((head, at) => {
        if (this.sorted?.column !== at) head.removeAttribute("aria-sort");
        else head.setAttribute("aria-sort", this.sorted.direction > 0 ? "ascending" : "descending");
      });
      if ((before === null) !== (this.sorted === null)) {
        for (const row of rows) {
          row.element.cells[0].textContent = this.sorted ? row.path : row.name;
          row.element.setAttribute("aria-level", this.sorted ? "1" : String(row.level));
        }
      }
      this.body.append(...rows.map((row) => row.element));
      this.show();
    }

    // Opens what a row stands in, and brings it into view.
    reveal(row) {
      if (row.isTotal) return;
      if (this.isSearched() && !row.isShown) this.search.value = "";
      if (this.sorted && row.children.length > 0) this.sort(null);
      for (let above = row.parent; above; above = above.parent) above.isOpen = true;
      this.show();
      row.element.scrollIntoView({ block: "nearest", inline: "nearest" });
    }

    choose(row) {
      if (this.chosen) this.chosen.element.setAttribute("aria-selected", "false");
      this.chosen = row;
      row?.element.setAttribute("aria-selected", "true");
    }

    shown() {
      return [...this.body.rows].map((element) => element.row).filter((row) => row.isShown).concat(this.total);
    }

    listen(panel) {
      this.table.addEventListener("click", (event) => {
        const button = event.target.closest("thead button");
        if (button) {
          this.sort(button.parentElement.cellIndex);
          return;
        }
        const row = event.target.closest("tr")?.row;
        if (!row) return;
        this.makeCurrent(row);
        const head = event.target.closest("th");
        const isFold = head && row.children.length > 0 && event.clientX < head.getBoundingClientRect().left + this.edge(head);
        if (isFold) this.fold(row, !row.isOpen);
        else this.network.choose(row.key, "table");
      });
      this.table.addEventListener("dblclick", (event) => {
        const row = event.target.closest("tr")?.row;
        if (row?.children?.length > 0) this.fold(row, !row.isOpen);
      });
      this.table.addEventListener("focusin", (event) => {
        if (event.target.row) this.makeCurrent(event.target.row);
      });
      this.table.addEventListener("keydown", (event) => this.key(event));
      this.search.addEventListener("input", () => this.show());
      this.search.addEventListener("keydown", (event) => {
        if (event.key === "ArrowDown" || event.key === "Enter") {
          const row = this.shown().find((other) => other.isFound && other.children.length === 0) ?? this.shown()[0];
          this.focus(row);
          event.preventDefault();
        }
      });
      for (const button of panel.querySelectorAll("[data-fold]")) {
        button.addEventListener("click", () => {
          if (button.dataset.fold === "order") {
            this.sort(null);
            this.said.textContent = words.in_order;
          } else this.foldAll(button.dataset.fold === "open");
        });
      }
      for (const box of panel.querySelectorAll("[data-column]")) {
        // On a phone there is room for what it is called and what it costs.
        if (narrow.matches && innerWidth < 640 && ["2", "3", "5"].includes(box.dataset.column)) {
          box.checked = false;
          this.hide(box.dataset.column, true);
        }
        box.addEventListener("change", () => this.hide(box.dataset.column, !box.checked));
      }
    }

    // The width of what folds a row, before its name.
    edge(head) {
      return Number.parseFloat(getComputedStyle(head).paddingLeft);
    }

    hide(column, isHidden) {
      const hidden = new Set(this.table.dataset.hide.split(" ").filter(Boolean));
      if (isHidden) hidden.add(column);
      else hidden.delete(column);
      this.table.dataset.hide = [...hidden].join(" ");
    }

    key(event) {
      const row = event.target.row;
      if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
      const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
      if (event.key in steps) {
        const rows = this.shown();
        const at = Math.min(Math.max(rows.indexOf(row) + steps[event.key], 0), rows.length - 1);
        this.focus(rows[at]);
      } else if (event.key === "ArrowRight") {
        if (row.children.length > 0 && !row.isOpen) this.fold(row, true);
        else if (row.children.length > 0 && !this.sorted) this.focus(row.children.find((child) => child.isShown));
      } else if (event.key === "ArrowLeft") {
        if (row.children.length > 0 && row.isOpen && !this.sorted && !this.isSearched()) this.fold(row, false);
        else if (row.parent?.isShown) this.focus(row.parent);
      } else if (event.key === "Enter" || event.key === " ") {
        this.network.choose(row.key, "table");
      } else if (event.key === "Escape") {
        this.network.choose(null);
      } else return;
      event.preventDefault();
    }
  }

  // The picture: the same things, to be chosen there as well.
  class Picture {
    constructor(panel, network) {
      this.network = network;
      this.figure = panel.querySelector(".picture");
      this.frame = panel.querySelector(".frame");
      this.views = [...this.frame.children];
      this.things = this.views.map((view) => this.read(view, panel));
      this.scale = null;
      this.listen();
      this.turn(0);
    }

    read(view, panel) {
      const svg = view.querySelector("svg");
      const things = new Map();
      if (!svg) return things;
      svg.setAttribute("role", "group");
      svg.setAttribute("aria-label", panel.getAttribute("aria-label"));
      for (const thing of svg.querySelectorAll("[data-place]")) {
        thing.setAttribute("role", "button");
        thing.setAttribute("tabindex", "-1");
        // Its name is what stands on it, then where it is.
        const lines = [...thing.querySelectorAll(":scope > text")];
        const path = thing.querySelector(":scope > title")?.textContent.split("\n")[0];
        thing.setAttribute("aria-label", lines.map((line) => line.textContent.trim()).concat(path ? [`(${path})`] : []).join(" "));
        for (const line of lines) line.after(" ");
        things.set(thing.dataset.place, thing);
      }
      things.values().next().value?.setAttribute("tabindex", "0");
      return things;
    }

    // One column, or the whole picture.
    turn(at) {
      this.at = at;
      this.views.forEach((view, index) => (view.hidden = index !== at));
      this.zoom(at === 0 ? "own" : "fit");
    }

    svg() {
      return this.views[this.at].querySelector("svg");
    }

    zoom(how) {
      const svg = this.svg();
      if (!svg) return;
      const own = svg.viewBox.baseVal?.width || svg.clientWidth;
      const room = this.frame.clientWidth - 18;
      const fit = room > 0 ? room / own : 1;
      const now = this.scale ?? Math.min(1, fit);
      const scale = { in: now * 1.25, out: now / 1.25, fit, own: Math.min(1, Math.max(fit, 0.7)) }[how];
      this.scale = Math.min(Math.max(scale, 0.05), 8);
      svg.removeAttribute("height");
      svg.style.width = `${own * this.scale}px`;
    }

    listen() {
      this.figure.addEventListener("click", (event) => {
        const zoom = event.target.closest("[data-zoom]")?.dataset.zoom;
        if (zoom === "all") {
          this.turn(1 - this.at);
          this.mark(this.marked ?? []);
        } else if (zoom) this.zoom(zoom);
        const thing = event.target.closest("[data-place]");
        if (thing) this.network.choose(thing.dataset.place, "picture");
      });
      this.frame.addEventListener("keydown", (event) => {
        const thing = event.target.closest("[data-place]");
        if (event.key === "+" || event.key === "=") this.zoom("in");
        else if (event.key === "-") this.zoom("out");
        else if (event.key === "0") this.zoom("fit");
        else if (thing && (event.key === "Enter" || event.key === " ")) this.network.choose(thing.dataset.place, "picture");
        else if (thing && event.key === "Escape") this.network.choose(null);
        else if (thing && event.key.startsWith("Arrow")) this.step(thing, event.key === "ArrowDown" || event.key === "ArrowRight" ? 1 : -1);
        else return;
        event.preventDefault();
      });
      const shade = this.figure.querySelector(".shade");
      shade.addEventListener("change", () => this.shade(shade.value));
    }

    step(thing, by) {
      const all = [...this.things[this.at].values()];
      const next = all[all.indexOf(thing) + by];
      if (!next) return;
      thing.setAttribute("tabindex", "-1");
      next.setAttribute("tabindex", "0");
      next.focus({ preventScroll: true });
      this.bring(next);
    }

    // What of the picture shows a row: itself, what stands for it, what is in it, or what it is drawn in.
    of(row) {
      const things = this.things[this.at];
      const own = things.get(row.element.dataset.drawn ?? row.key);
      if (own) return [own];
      const inside = [];
      const collect = (part) => {
        const thing = things.get(part.element.dataset.drawn ?? part.key);
        if (thing) inside.push(thing);
        else part.children.forEach(collect);
      };
      row.children.forEach(collect);
      if (inside.length > 0) return inside;
      for (let above = row.parent; above; above = above.parent) {
        const thing = things.get(above.element.dataset.drawn ?? above.key);
        if (thing) return [thing];
      }
      return [];
    }

    mark(rows, from) {
      this.marked = rows;
      for (const thing of this.frame.querySelectorAll(".chosen")) {
        thing.classList.remove("chosen");
        thing.removeAttribute("aria-current");
      }
      const things = rows.flatMap((row) => this.of(row));
      for (const thing of things) {
        thing.classList.add("chosen");
        thing.setAttribute("aria-current", "true");
      }
      if (things.length > 0) {
        for (const other of this.things[this.at].values()) other.setAttribute("tabindex", "-1");
        things[0].setAttribute("tabindex", "0");
        if (from !== "picture") this.bring(things[0]);
      }
      return things;
    }

    // Moves the frame, and not the page, so that a thing is in its middle.
    bring(thing) {
      const [frame, box] = [this.frame.getBoundingClientRect(), thing.getBoundingClientRect()];
      const isSeen = box.top >= frame.top && box.bottom <= frame.bottom && box.left >= frame.left && box.right <= frame.right;
      if (isSeen) return;
      const middle = (start, size, from, room) => start - from - Math.max((room - size) / 2, 8);
      this.frame.scrollBy({
        top: middle(box.top, box.height, frame.top, frame.height),
        left: middle(box.left, box.width, frame.left, frame.width),
        behavior: "instant",
      });
    }

    shade(column) {
      this.figure.classList.toggle("heated", column !== "");
      if (column === "") return;
      for (const things of this.things) {
        const value = (key) => {
          const cell = this.network.layers.known.get(key)?.element.cells[Number(column) - 1];
          const number = cell ? valueOf(cell) : 0;
          return typeof number === "number" ? number : 0;
        };
        const isThing = (thing) => thing.classList.contains("node");
        const values = [...things].filter(([, thing]) => isThing(thing)).map(([key, thing]) => [thing, value(key)]);
        const most = Math.max(...values.map(([, number]) => number), Number.MIN_VALUE);
        for (const [thing, number] of values) thing.style.setProperty("--heat", `${(100 * number) / most}%`);
      }
    }
  }

  // A network: its layers and its picture, and the working of what is chosen in either.
  class Network {
    constructor(panel) {
      this.panel = panel;
      this.workings = null;
      this.working = panel.querySelector(".explained");
      this.hint = this.working.innerHTML;
      this.layers = new Layers(panel, this);
      this.picture = new Picture(panel, this);
    }

    choose(key, from) {
      const row = key === null ? null : this.layers.known.get(key);
      if (row === undefined) return;
      this.layers.choose(row);
      const things = this.picture.mark(row ? [row] : [], from);
      if (row && from !== "table") {
        this.layers.makeCurrent(row);
        this.layers.reveal(row);
      }
      this.tell(row, things);
      const place = row ? `#${row.element.id}` : `#${this.panel.id}`;
      if (from !== "address") history.replaceState(null, "", place);
      if (row && from !== "address") this.working.scrollIntoView({ block: "nearest" });
    }

    tell(row, things) {
      if (!row) {
        this.working.innerHTML = this.hint;
        return;
      }
      this.workings ??= JSON.parse(document.getElementById(`${this.panel.id}-workings`).textContent);
      const parts = this.workings.of[row.key];
      const heading = document.createElement("h3");
      heading.textContent = row.path || this.panel.getAttribute("aria-label");
      const body = document.createElement("div");
      // Markup that the program has made: what was text in it is escaped, and a backquote stands for the sign before a tag.
      if (parts) body.innerHTML = parts.map((part) => this.workings.parts[part].replaceAll("`", "<")).join("");
      else body.textContent = words.no_working;
      for (const sum of body.querySelectorAll("dd > math > mrow")) broken(sum);
      this.working.replaceChildren(heading, body);
      const drawn = things[0]?.dataset.place;
      if (things.length === 1 && drawn !== row.key && this.layers.known.has(drawn)) {
        const note = document.createElement("p");
        note.className = "note";
        note.textContent = say(words.drawn_in, this.layers.known.get(drawn).path || this.panel.getAttribute("aria-label"));
        this.working.append(note);
      }
      this.working.scrollTop = 0;
    }
  }

  const panels = [...document.querySelectorAll(".panel")];
  const links = [...document.querySelectorAll("nav a")];
  const networks = new Map();

  // Shows the part of the page that the address names, and in it what is chosen there.
  const open = () => {
    const name = decodeURIComponent(location.hash.slice(1));
    const panel = panels.find((one) => one.id === name || name.startsWith(`${one.id}-`)) ?? panels[0];
    for (const one of panels) one.classList.toggle("shown", one === panel);
    links.forEach((link) => {
      if (link.hash === `#${panel.id}`) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
    if (panel.querySelector(".layers") && !networks.has(panel.id)) networks.set(panel.id, new Network(panel));
    if (name === panel.id) scrollTo(0, 0);
    if (name.startsWith(`${panel.id}-`)) networks.get(panel.id)?.choose(name.slice(panel.id.length + 1), "address");
  };

  // A table that goes on at the right says so.
  for (const wide of document.querySelectorAll(".wide")) {
    const look = () => wide.classList.toggle("more", wide.scrollLeft + wide.clientWidth < wide.scrollWidth - 1);
    wide.addEventListener("scroll", look, { passive: true });
    const sizes = new ResizeObserver(look);
    sizes.observe(wide);
    sizes.observe(wide.firstElementChild);
  }

  const theme = document.querySelector(".theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const press = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    press();
    try {
      localStorage.setItem("cnncost-theme", root.dataset.theme);
    } catch {
      // Without storage it holds as long as the page is open.
    }
  });
  dark.addEventListener("change", press);
  press();

  addEventListener("hashchange", open);
  // On paper all is open.
  addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("main details:not(.columns)")) part.open = true;
  });
  // A menu of columns is closed by a click elsewhere, or with Escape.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.columns[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.columns[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    if (event.key === "/" && !event.target.closest("input, select")) {
      document.querySelector(".panel.shown .search")?.focus();
      event.preventDefault();
    }
  });
  open();
})();
