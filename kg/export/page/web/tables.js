// The views that are tables: papers, entities, leaderboards.

const ROWS = 200;

const PAPER_COLUMNS = [
  { key: "title", title: "Paper", value: (p) => p.title, cell: (p) => itemButton(p) },
  { key: "year", title: "Year", value: (p) => p.year, numeric: true },
  { key: "venue", title: "Venue", value: (p) => p.venue },
  { key: "community", title: "Community", value: (p) => communities[p.community].name, cell: (p) => communityLink(p.community) },
  { key: "entities", title: "Entities", value: (p) => p.entities.length, numeric: true },
  { key: "related", title: "Related", value: (p) => p.ties.size, numeric: true },
  { key: "built", title: "Built on by", value: (p) => p.builtBy.length, numeric: true },
];
const ENTITY_COLUMNS = [
  { key: "name", title: "Entity", value: (e) => e.name, cell: (e) => itemButton(e) },
  { key: "kind", title: "Kind", value: (e) => e.kind },
  { key: "papers", title: "Papers", value: (e) => e.papers, numeric: true },
  { key: "centrality", title: "Centrality", value: (e) => e.centrality, cell: (e) => (e.centrality * 1000).toFixed(2), numeric: true },
  { key: "years", title: "Years", value: (e) => (e.timeline.length ? e.timeline[0][0] : null), cell: (e) => YEARS && sparkline(e.timeline, ...YEARS), wide: true },
  { key: "community", title: "Community", value: (e) => communities[e.community].name, cell: (e) => communityLink(e.community) },
  { key: "aliases", title: "Also written", value: (e) => e.aliases.join(", "), cell: (e) => shorten(e.aliases.join(", "), 60) },
];

const TABLES = {
  papers: { columns: PAPER_COLUMNS, start: "-related", rows: () => papers.filter((paper) => !paper.card && paperShown(paper)), what: "paper" },
  entities: { columns: ENTITY_COLUMNS, start: "-papers", rows: () => entities.filter((entity) => !entity.card && entityShown(entity)), what: "entity" },
};

// The rows of a table as they stand: filtered, sorted.
function tableRows(name) {
  const table = TABLES[name];
  const wanted = plain(state.query.trim());
  const fits = (row) => !wanted || table.columns.some((column) => plain(String(column.value(row) ?? "")).includes(wanted));
  return table.rows().filter(fits).sort(comparison(table));
}

function sortOf(table) {
  const chosen = state.sort && table.columns.some((column) => column.key === state.sort.replace("-", "")) ? state.sort : table.start;
  return { key: chosen.replace("-", ""), down: chosen.startsWith("-") };
}

function comparison(table) {
  const { key, down } = sortOf(table);
  const { value, numeric } = table.columns.find((column) => column.key === key);
  const order = (a, b) => (numeric || typeof a === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
  return (one, other) => {
    const a = value(one), b = value(other);
    // What is not known comes last either way.
    if (a === null || b === null || a === "" || b === "") return (a === null || a === "") - (b === null || b === "") || one.at - other.at;
    return (down ? order(b, a) : order(a, b)) || one.at - other.at;
  };
}

function renderTable(name) {
  const table = TABLES[name], rows = tableRows(name);
  const body = h("tbody", {});
  const more = h("button", { type: "button", class: "more" });
  let shown = 0;
  const grow = () => {
    body.append(...rows.slice(shown, shown + ROWS).map((row) => tableRow(table, row)));
    shown = Math.min(shown + ROWS, rows.length);
    more.hidden = shown >= rows.length;
    more.textContent = `Show ${number(Math.min(ROWS, rows.length - shown))} more of ${number(rows.length)}`;
  };
  more.addEventListener("click", grow);
  grow();
  const holder = $(`view-${name}`);
  const typing = document.activeElement && document.activeElement.classList.contains("table-filter");
  holder.replaceChildren(
    tableHead(name, rows.length),
    h("div", { class: "scroll" }, h("table", {}, h("thead", {}, h("tr", {}, table.columns.map((column) => heading(table, column)))), body), more));
  if (typing) holder.querySelector(".table-filter").focus();
}

function tableHead(name, count) {
  const { what } = TABLES[name];
  const input = h("input", {
    class: "table-filter", type: "search", value: state.query, placeholder: "Filter rows", "aria-label": "Filter rows",
    oninput: (event) => go({ query: event.target.value }, { step: false }),
  });
  return h("div", { class: "table-head" }, h("h2", {}, plural(count, what, what === "entity" ? "entities" : "papers")), input);
}

function heading(table, column) {
  const { key, down } = sortOf(table);
  const here = key === column.key;
  const next = here ? (down ? column.key : `-${column.key}`) : column.numeric ? `-${column.key}` : column.key;
  return h("th", { scope: "col", class: column.numeric ? "numeric" : "", "aria-sort": here ? (down ? "descending" : "ascending") : "none" },
    h("button", { type: "button", onclick: () => go({ sort: next }, { step: false }) }, column.title, h("span", { class: "arrow", "aria-hidden": "true" }, here ? (down ? "↓" : "↑") : "")));
}

function tableRow(table, row) {
  return h("tr", {}, table.columns.map((column) => {
    const content = column.cell ? column.cell(row) : column.value(row);
    return h("td", { class: [column.numeric ? "numeric" : "", `col-${column.key}`].join(" ").trim() }, content === null ? "" : content);
  }));
}

// Leaderboards as the filters leave them.
function shownBoards() {
  const fits = (row) => paperShown(papers[row.paper]);
  return leaderboards(allResults()).map((board) => ({ ...board, rows: board.rows.filter(fits) })).filter((board) => board.rows.length);
}

function renderLeaderboards() {
  const boards = shownBoards();
  const rest = papers.filter(paperShown).flatMap((paper) => paper.results).filter((r) => r.kind !== "absolute" || r.metric === null || r.dataset === null);
  $("view-leaderboards").replaceChildren(
    h("div", { class: "table-head" }, h("h2", {}, plural(boards.length, "leaderboard"))),
    h("div", { class: "scroll" },
      boards.length ? h("div", { class: "boards" }, boards.map((board) => leaderboard(board))) : h("p", { class: "empty" }, "No paper in view states a result with its metric and dataset."),
      rest.length ? h("section", { class: "rest" }, h("h3", {}, "Other results"),
        h("p", { class: "facts" }, "Gains, ratios, and numbers whose dataset the abstract does not name: not to be ranked."),
        h("ul", { class: "list columns" }, rest.slice(0, 300).map((result) => h("li", {}, resultLine(result), h("div", {}, itemButton(papers[result.paper])))))) : null));
}

function leaderboard(board, seenFrom = null) {
  const metric = entities[board.metric], dataset = entities[board.dataset];
  const values = board.rows.map((row) => row.value);
  const most = Math.max(...values.map(Math.abs)) || 1;
  const name = (entity) => (entity === seenFrom ? entity.name : nameLink(entity));
  const way = metric.higher === null ? "" : metric.higher ? "higher is better" : "lower is better";
  return h("article", { class: "board" },
    h("h4", {}, name(dataset), " · ", name(metric), board.setting ? h("span", { class: "note" }, board.setting) : "", board.unit ? h("span", { class: "note" }, board.unit) : "", h("span", { class: "note" }, way)),
    h("ol", {}, board.rows.slice(0, 25).map((row) => boardRow(row, most))));
}

function boardRow(row, most) {
  const bar = h("i", { class: "bar-fill" });
  bar.style.width = `${(100 * Math.abs(row.value)) / most}%`;
  const method = row.method !== null ? nameLink(entities[row.method]) : h("span", { class: "note" }, "method not named");
  const paper = papers[row.paper];
  return h("li", {}, h("b", {}, number(row.value)), h("span", { class: "bar-track" }, bar), h("span", { class: "who" }, method, " ",
    itemLink(paper, { class: "quiet", title: paper.title }, `${shorten(paper.title, 44)}${paper.year ? ` (${paper.year})` : ""}`)));
}
