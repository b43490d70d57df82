// Who builds on whom, from left to right. Columns and rows were computed beforehand.

const BOX = { width: 240, height: 60, gapX: 90, gapY: 14, margin: 24 };
const ZOOM = { least: 0.2, most: 2, now: 1 };

function renderLineage() {
  const placed = new Map(data.lineage.map(([at, column, row]) => [at, { column, row }]));
  const shown = [...placed.keys()].filter((at) => paperShown(papers[at]));
  const holder = $("view-lineage");
  const head = h("div", { class: "table-head" }, h("h2", {}, "Lineage"), h("p", { class: "note" }, "An arrow leads from a paper to one that uses, compares with or studies the method it proposes."), lineageZoom());
  if (!shown.length) {
    holder.replaceChildren(head, h("p", { class: "empty" }, "No paper in view builds on another one in view."));
    return;
  }
  const rows = closeUp(shown.map((at) => placed.get(at).row));
  const spot = (at) => ({
    x: BOX.margin + placed.get(at).column * (BOX.width + BOX.gapX),
    y: BOX.margin + rows.get(placed.get(at).row) * (BOX.height + BOX.gapY),
  });
  const there = new Set(shown);
  const arrows = shown.flatMap((at) => papers[at].builds.filter(([other]) => there.has(other)).map(([other, via]) => arrow(other, at, via, spot)));
  const width = Math.max(...shown.map((at) => spot(at).x)) + BOX.width + BOX.margin;
  const height = Math.max(...shown.map((at) => spot(at).y)) + BOX.height + BOX.margin;
  const tip = s("marker", { id: "tip", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" }, s("path", { d: "M0 0L8 4L0 8z" }));
  const drawing = s("svg", { class: "lineage", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Papers and what they build on" },
    s("defs", {}, tip), arrows, shown.map((at) => paperBox(papers[at], spot(at))));
  const scroll = h("div", { class: "scroll" }, drawing);
  holder.replaceChildren(head, scroll);
  startMoving(scroll);
  zoomLineage(ZOOM.now);
  traceLineage();
}

function lineageZoom() {
  const button = (label, sign, to) => h("button", { type: "button", "aria-label": label, onclick: () => zoomLineage(to()) }, sign);
  return h("div", { class: "lineage-zoom", role: "group", "aria-label": "Zoom" },
    button("Zoom out", "−", () => ZOOM.now / 1.25), button("Zoom in", "+", () => ZOOM.now * 1.25), button("Show everything", "⤢", wholeLineage));
}

function wholeLineage() {
  const drawing = document.querySelector("svg.lineage"), { clientWidth, clientHeight } = drawing.parentElement;
  const { width, height } = drawing.viewBox.baseVal;
  return Math.min((clientWidth - 40) / width, (clientHeight - 24) / height, 1);
}

// Zoom about a place of the window, or about the middle of the view; that place stays where it is.
function zoomLineage(scale, place = null) {
  const drawing = document.querySelector("svg.lineage");
  if (!drawing) return;
  const scroll = drawing.parentElement, box = scroll.getBoundingClientRect();
  const [x, y] = place ? [place.clientX - box.left, place.clientY - box.top] : [box.width / 2, box.height / 2];
  const before = ZOOM.now;
  ZOOM.now = Math.max(ZOOM.least, Math.min(ZOOM.most, scale));
  const { width, height } = drawing.viewBox.baseVal;
  drawing.setAttribute("width", width * ZOOM.now);
  drawing.setAttribute("height", height * ZOOM.now);
  scroll.scrollLeft = ((scroll.scrollLeft + x) * ZOOM.now) / before - x;
  scroll.scrollTop = ((scroll.scrollTop + y) * ZOOM.now) / before - y;
}

// The drawing is dragged with the mouse; fingers scroll it anyway. Ctrl and the wheel zoom, as pinching a touchpad does.
function startMoving(scroll) {
  let from = null;
  scroll.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomLineage(ZOOM.now * Math.exp(-event.deltaY / 300), event);
  }, { passive: false });
  scroll.addEventListener("pointerdown", (event) => {
    if (event.pointerType === "mouse" && event.button === 0 && !event.target.closest(".paper-box")) {
      from = { x: event.clientX + scroll.scrollLeft, y: event.clientY + scroll.scrollTop };
      scroll.setPointerCapture(event.pointerId);
    }
  });
  scroll.addEventListener("pointermove", (event) => from && scroll.scrollTo(from.x - event.clientX, from.y - event.clientY));
  for (const end of ["pointerup", "pointercancel"]) scroll.addEventListener(end, () => { from = null; });
}

// Rows that a filter emptied are closed up.
function closeUp(rows) {
  const kept = [...new Set(rows)].sort((a, b) => a - b);
  return new Map(kept.map((row, i) => [row, i]));
}

function arrow(from, to, via, spot) {
  const a = spot(from), b = spot(to);
  const x1 = a.x + BOX.width, y1 = a.y + BOX.height / 2, x2 = b.x - 3, y2 = b.y + BOX.height / 2;
  // Papers that build on each other share a column: the arrow goes round its side.
  const beside = a.x === b.x;
  const bend = beside ? 46 : Math.max(40, (x2 - x1) / 2);
  const way = beside ? `C${x1 + bend} ${y1} ${x1 + bend} ${y2} ${x1 + 3} ${y2}` : `C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  return s("path", { class: "arrow-line", d: `M${x1} ${y1}${way}`, "marker-end": "url(#tip)", "data-from": from, "data-to": to },
    s("title", {}, `${papers[to].title}\nbuilds on\n${papers[from].title}\nthrough ${entities[via].name}`));
}

function paperBox(paper, { x, y }) {
  const open = () => focusOn(paper);
  return s("g", {
    class: "paper-box", transform: `translate(${x} ${y})`, tabindex: 0, role: "button", "aria-label": paper.title, "data-paper": paper.at,
    onclick: open, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); open(); } },
  },
  s("rect", { width: BOX.width, height: BOX.height, rx: 6 }),
  twoLines(paper.title, 36).map((line, i) => s("text", { x: 12, y: 18 + 16 * i }, line)),
  s("text", { x: 12, y: 51, class: "small" }, [paper.year, paper.builtBy.length ? `built on by ${paper.builtBy.length}` : ""].filter(Boolean).join(" · ")),
  s("title", {}, paper.title));
}

function twoLines(text, most) {
  const letters = Array.from(text);
  if (letters.length <= most) return [text];
  const cut = letters.slice(0, most + 1).lastIndexOf(" ");
  const end = cut > most / 2 ? cut : most;
  return [letters.slice(0, end).join(""), shorten(letters.slice(end).join("").trim(), most - 2)];
}

// What the paper in focus comes from and leads to stands out; the rest steps back.
function traceLineage() {
  const drawing = document.querySelector("svg.lineage");
  if (!drawing) return;
  const chosen = state.focus && state.focus.type === "paper" ? state.focus : null;
  const line = chosen ? new Set([...reach(chosen.at, (p) => p.builds), ...reach(chosen.at, (p) => p.builtBy)]) : null;
  for (const box of drawing.querySelectorAll(".paper-box")) {
    box.classList.toggle("dim", !!line && !line.has(Number(box.dataset.paper)));
    box.classList.toggle("chosen", !!chosen && Number(box.dataset.paper) === chosen.at);
  }
  for (const path of drawing.querySelectorAll(".arrow-line"))
    path.classList.toggle("dim", !!line && !(line.has(Number(path.dataset.from)) && line.has(Number(path.dataset.to))));
}

function reach(start, links) {
  const found = new Set([start]), queue = [start];
  while (queue.length) for (const [other] of links(papers[queue.pop()])) if (!found.has(other)) { found.add(other); queue.push(other); }
  return found;
}
