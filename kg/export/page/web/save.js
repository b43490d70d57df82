// Saving what is in view: the map as a PNG picture, any view as a CSV table.

function download(blob, name) {
  const address = URL.createObjectURL(blob);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

function savePicture() {
  const drawn = $("canvas").querySelector("canvas");
  const picture = h("canvas", { width: drawn.width, height: drawn.height });
  const context = picture.getContext("2d");
  context.fillStyle = palette.ground;
  context.fillRect(0, 0, drawn.width, drawn.height);
  context.drawImage(drawn, 0, 0);
  picture.toBlob((blob) => download(blob, "graph.png"), "image/png");
}

// A spreadsheet takes a cell that begins like a formula for one; an apostrophe makes it text. Numbers stay numbers.
function cell(value) {
  let text = String(value ?? "");
  if (/^[=+\-@\t\r]/.test(text) && typeof value !== "number") text = `'${text}`;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const csv = (rows) => "\ufeff" + rows.map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";

function visibleRows() {
  if (state.view in TABLES) {
    const { columns } = TABLES[state.view];
    return [["id", ...columns.map((column) => column.title)], ...tableRows(state.view).map((row) => [row.id, ...columns.map((column) => column.value(row))])];
  }
  if (state.view === "leaderboards") return boardRows();
  if (state.view === "lineage") return lineageRows();
  return mapRows();
}

function boardRows() {
  const name = (at) => (at === null ? "" : entities[at].name);
  const rows = shownBoards().flatMap((board) => board.rows.map((row, i) => [
    name(row.dataset), name(row.metric), row.setting, i + 1, row.value, row.unit, name(row.method), papers[row.paper].id, papers[row.paper].title,
  ]));
  return [["dataset", "metric", "setting", "rank", "value", "unit", "method", "paper", "title"], ...rows];
}

function lineageRows() {
  const rows = papers.filter(paperShown).flatMap((paper) => paper.builds.filter(([at]) => paperShown(papers[at])).map(([at, via]) => [
    paper.id, paper.title, papers[at].id, papers[at].title, entities[via].name,
  ]));
  return [["paper", "title", "builds on", "its title", "through"], ...rows];
}

function mapRows() {
  const view = network.DOMtoCanvas({ x: 0, y: 0 }), end = network.DOMtoCanvas({ x: $("canvas").clientWidth, y: $("canvas").clientHeight });
  const inView = ([key, { x, y }]) => shown.has(key) && x >= view.x && x <= end.x && y >= view.y && y <= end.y;
  const rows = [...places].filter(inView).map(([key]) => {
    const item = itemOf(key);
    return [item.id, item.kind, item.name, item.year ?? "", item.type === "entity" ? item.papers : "", communities[item.community].name];
  });
  return [["id", "kind", "name", "year", "papers", "community"], ...rows];
}

function startSaving() {
  $("save-picture").addEventListener("click", savePicture);
  $("save-table").addEventListener("click", () => download(new Blob([csv(visibleRows())], { type: "text/csv" }), `${state.view}.csv`));
}
