// Search, filters, views, theme and keys.

function startSearch() {
  const input = $("search"), box = $("suggestions");
  let hits = [], at = -1, waiting = 0;
  const close = () => { box.hidden = true; at = -1; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
  const choose = (item) => { input.value = ""; close(); input.blur(); focusOn(item); };
  const point = (next) => {
    at = hits.length ? (next + hits.length) % hits.length : -1;
    [...box.children].forEach((child, i) => child.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) { input.setAttribute("aria-activedescendant", `suggestion-${at}`); box.children[at].scrollIntoView({ block: "nearest" }); }
  };
  const suggest = (others, none = "Nothing by that name") => {
    const pointed = hits[at];
    hits = [...new Set([...find(input.value), ...others])].slice(0, 16);
    box.replaceChildren(...hits.map((item, i) => suggestion(item, i, choose)));
    if (!hits.length && input.value.trim()) box.append(h("li", { class: "none" }, none));
    box.hidden = !input.value.trim();
    input.setAttribute("aria-expanded", String(!box.hidden));
    point(Math.max(hits.indexOf(pointed), 0));
  };
  const askSource = async (text) => {
    const cards = await source.search(text).catch(() => []);
    if (input.value.trim() === text && document.activeElement === input) suggest(cards.map(meet));
  };
  const start = () => {
    const text = input.value.trim();
    const further = source && text.length > 1;
    at = -1;
    suggest([], further ? "Looking in the whole graph …" : undefined);
    clearTimeout(waiting);
    if (further) waiting = setTimeout(askSource, 150, text);
  };
  input.addEventListener("input", start);
  input.addEventListener("focus", () => input.value.trim() && start());
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); point(at + (event.key === "ArrowDown" ? 1 : -1)); }
    else if (event.key === "Enter" && hits[at]) choose(hits[at]);
    else if (event.key === "Escape") { event.stopPropagation(); input.value = ""; close(); input.blur(); }
  });
}

function suggestion(item, i, choose) {
  const note = item.type === "paper" ? item.year || "" : plural(item.papers, "paper");
  return h("li", { id: `suggestion-${i}`, role: "option", "aria-selected": "false", onmousedown: (event) => { event.preventDefault(); choose(item); } },
    mark(item.kind), h("span", { class: "item-name" }, item.name), h("span", { class: "note" }, note));
}

function renderFilters() {
  const count = (kind) => number(data.totals[kind]);
  const kinds = data.kinds.map((kind) => h("label", { class: "check" },
    h("input", { type: "checkbox", checked: !state.hide.has(kind), onchange: (event) => toggleKind(kind, event.target.checked) }),
    mark(kind), h("span", {}, KIND_TITLES[kind]), h("span", { class: "note" }, count(kind))));
  $("filters").replaceChildren(
    h("fieldset", {}, h("legend", {}, "Show"), kinds),
    YEARS && YEARS[0] < YEARS[1] ? h("fieldset", {}, h("legend", {}, "Years"), yearFields()) : "",
    MOST_WEIGHT ? h("fieldset", {}, h("legend", {}, "Weakest link"), weightField()) : "",
    h("fieldset", {}, h("legend", {}, "Communities"), communityList()),
    h("button", { type: "button", id: "reset", class: "quiet", onclick: () => go({ ...blank(), view: state.view, focus: state.focus }) }, "Clear filters"));
}

function toggleKind(kind, on) {
  const hide = new Set(state.hide);
  if (on) hide.delete(kind); else hide.add(kind);
  go({ hide }, { step: false });
}

function yearFields() {
  const [from, to] = state.years || YEARS;
  const field = (label, value, which) => h("input", {
    type: "number", min: YEARS[0], max: YEARS[1], value, "aria-label": label, id: which,
    onchange: () => {
      const chosen = [Number($("year-from").value) || YEARS[0], Number($("year-to").value) || YEARS[1]].sort((a, b) => a - b);
      go({ years: chosen[0] <= YEARS[0] && chosen[1] >= YEARS[1] ? null : chosen }, { step: false });
    },
  });
  return h("div", { class: "years-fields" }, field("From year", from, "year-from"), "–", field("To year", to, "year-to"));
}

function weightField() {
  const said = h("output", {}, state.weight ? `at least ${state.weight}` : "all drawn");
  return [h("input", {
    type: "range", min: 0, max: MOST_WEIGHT.toFixed(1), step: 0.1, value: state.weight, "aria-label": "Weakest link shown between papers", id: "weight",
    oninput: (event) => { said.textContent = Number(event.target.value) ? `at least ${event.target.value}` : "all drawn"; },
    onchange: (event) => go({ weight: Number(event.target.value) }, { step: false }),
  }), said];
}

function communityList() {
  const row = (id, name, count) => h("button", {
    type: "button", class: "community", "aria-pressed": String(state.community === id), onclick: () => go({ community: state.community === id ? null : id }),
  }, h("span", {}, name), h("span", { class: "note" }, number(count)));
  return [row(null, "All", data.totals.paper), ...communities.map((community) => row(community.id, community.short, community.papers))];
}

function renderViews() {
  $("views").replaceChildren(...VIEWS.map((view) => h("button", {
    type: "button", "aria-current": view === state.view ? "page" : false, onclick: () => go({ view }),
  }, view[0].toUpperCase() + view.slice(1))));
}

// What a reader chose last time; a browser may keep nothing for pages that are files.
function remembered(name) {
  try { return localStorage.getItem(`kg-${name}`) || ""; } catch { return ""; }
}
function remember(name, value) {
  try { localStorage.setItem(`kg-${name}`, value); } catch { /* then it holds until the page is closed */ }
}

function startTheme() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  root.dataset.theme = remembered("theme");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const show = () => {
    $("theme").textContent = isDark() ? "☀" : "☾";
    readPalette();
    if (!network) return;
    network.setOptions(options());
    redraw();
  };
  $("theme").addEventListener("click", () => { remember("theme", root.dataset.theme = isDark() ? "light" : "dark"); show(); });
  dark.addEventListener("change", show);
  show();
}

function startKeys() {
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); $("search").focus(); }
    if (event.key === "Escape" && state.focus && !(typing && event.target.value)) go({ focus: null });
  });
  $("zoom-in").addEventListener("click", () => moveTo(network.getViewPosition(), network.getScale() * 1.4));
  $("zoom-out").addEventListener("click", () => moveTo(network.getViewPosition(), network.getScale() / 1.4));
  $("zoom-fit").addEventListener("click", () => showEverything());
  $("filters-button").addEventListener("click", () => {
    const open = document.body.classList.toggle("with-filters");
    $("filters-button").setAttribute("aria-expanded", String(open));
  });
}
