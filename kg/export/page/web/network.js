// The map. vis-network draws the marks and handles the pointer; communities and links are drawn beneath, labels above.
// Nothing moves by itself: every place was computed beforehand.

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
const SHAPES = { paper: "dot", method: "diamond", dataset: "square", metric: "triangle", task: "hexagon" };

const itemOf = (key) => (key[0] === "p" ? papers : entities)[Number(key.slice(1))];
const keyOf = (item) => (item.type === "paper" ? "p" : "e") + item.at;
// On a screen higher than wide the communities stand in another order, their members with them.
const circles = $("canvas").clientWidth < 0.9 * $("canvas").clientHeight ? data.circles.tall : data.circles.wide;
const BOOST = markScale();
const places = new Map(read("nodes").map((node) => {
  const id = itemOf(node.id).community;
  const [x, y] = data.circles.wide[id], [toX, toY] = circles[id];
  return [node.id, { ...node, x: node.x - x + toX, y: node.y - y + toY, size: node.size * (node.group === "paper" ? Math.sqrt(BOOST) : BOOST) }];
}));
// The largest entity of each community is named even where its label covers smaller marks.
const capitals = new Set(Object.keys(circles).map((id) => {
  const inside = [...places.values()].filter((place) => place.group !== "paper" && String(itemOf(place.id).community) === id);
  return inside.length ? inside.reduce((a, b) => (b.size > a.size ? b : a)).id : null;
}));
const nodeSet = new vis.DataSet([...places.values()].map(({ id, x, y, size, group }) => ({ id, x, y, size, group })));
// A weight of 0 stands for a link to an entity.
const links = read("edges");

let network = null;
let palette = {};
let hovered = null;
let shown = new Set();
let lit = null;
let labels = { key: "", spots: [], names: [] };

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue("--" + name).trim();
  palette = Object.fromEntries(["ground", "ink", "muted", "line", "land", "coast", "edge", "accent"].map((name) => [name, colour(name)]));
  palette.kind = Object.fromEntries(data.kinds.map((kind) => [kind, colour(kind)]));
}

function options() {
  const groups = {};
  for (const kind of data.kinds) {
    const colour = { background: palette.kind[kind], border: palette.ground };
    groups[kind] = { shape: SHAPES[kind], color: { ...colour, highlight: colour, hover: colour } };
  }
  return {
    groups,
    physics: false,
    layout: { improvedLayout: false },
    interaction: { hover: true, dragNodes: false, zoomSpeed: 0.7, keyboard: { enabled: true, bindToWindow: false } },
    nodes: { borderWidth: 1, borderWidthSelected: 1, chosen: false },
  };
}

function startNetwork() {
  network = new vis.Network($("canvas"), { nodes: nodeSet, edges: [] }, options());
  network.on("beforeDrawing", drawBeneath);
  network.on("afterDrawing", drawAbove);
  network.on("click", ({ nodes, pointer }) => (nodes.length ? focusOn(itemOf(nodes[0])) : clickGround(pointer.canvas)));
  network.on("hoverNode", ({ node }) => hover(node));
  network.on("blurNode", () => hover(null));
  showEverything(false);
}

// Draw anew with the next frame, once however often it is asked for.
let redrawing = false;
function redraw() {
  if (redrawing) return;
  redrawing = true;
  requestAnimationFrame(() => { redrawing = false; network.redraw(); });
}

function clickGround({ x, y }) {
  const spot = labels.names.find(({ box }) => x > box[0] && x < box[2] && y > box[1] && y < box[3]);
  if (spot) focusOn(byId.community.get(spot.id));
  else if (state.focus) go({ focus: null });
}

function hover(key) {
  hovered = key;
  $("canvas").style.cursor = key ? "pointer" : "";
  redraw();
}

// Everything that an item is tied to, by key, with the weight of the tie.
function tied(item) {
  const found = new Map();
  const add = (other, weight) => found.set(keyOf(other), weight);
  if (item.type === "community") for (const key of places.keys()) { if (itemOf(key).community === item.id) found.set(key, 0); }
  if (item.type === "entity") for (const [at] of item.in) add(papers[at], 1);
  if (item.type === "paper") {
    for (const [at] of item.entities) add(entities[at], 1);
    for (const [at, tie] of item.ties) if (tie.weight >= state.weight) add(papers[at], tie.weight);
    for (const [at] of [...item.builds, ...item.builtBy]) add(papers[at], MOST_WEIGHT);
  }
  return found;
}

const neighbours = (item) => new Map([...tied(item)].filter(([key]) => places.has(key)));

const visible = (key) => (key[0] === "p" ? paperShown : entityShown)(itemOf(key)) &&
  (state.community === null || itemOf(key).community === state.community);

function applyFilters() {
  const { focus } = state;
  lit = focus ? new Set([...neighbours(focus).keys(), ...(focus.type === "community" ? [] : [keyOf(focus)])]) : null;
  shown = new Set([...places.keys()].filter(visible));
  updateMarks();
  labels.key = "";
  const here = focus && focus.type !== "community" && !places.has(keyOf(focus));
  $("hint").textContent = here ? "Not drawn on the map; the marks shown are what it is tied to." : "";
  redraw();
}

// Only marks that look different from before: to touch every one takes vis-network half a second on a large map.
function updateMarks() {
  const changes = [];
  nodeSet.forEach(({ id, hidden = false, opacity = 1 }) => {
    const next = { id, hidden: !shown.has(id), opacity: !lit || lit.has(id) ? 1 : 0.14 };
    if (next.hidden !== hidden || next.opacity !== opacity) changes.push(next);
  });
  nodeSet.update(changes);
}

// The box round circles or marks, given as [x, y, radius].
function bounds(round) {
  return [
    Math.min(...round.map(([x, , r]) => x - r)), Math.min(...round.map(([, y, r]) => y - r)),
    Math.max(...round.map(([x, , r]) => x + r)), Math.max(...round.map(([, y, r]) => y + r)),
  ];
}

const shownCircles = () => Object.entries(circles).filter(([id]) => state.community === null || Number(id) === state.community).map(([, circle]) => circle);

// Room for labels beside the outermost marks, in pixels.
function margin() {
  return Math.min(150, $("canvas").clientWidth / 6);
}

function fitting([left, top, right, bottom], most) {
  const { width, height } = free();
  return Math.min((width - margin()) / (right - left), (height - 72) / (bottom - top), most);
}

// The part of the canvas that the panel does not cover: on a phone it lies over the lower part.
function free() {
  const canvas = $("canvas"), panel = $("panel");
  const over = !panel.hidden && getComputedStyle(panel).position === "absolute" ? panel.offsetHeight : 0;
  return { width: canvas.clientWidth, height: canvas.clientHeight - over, over };
}

// Where the whole map is small, marks are drawn larger, so that their shapes can be told apart.
function markScale() {
  const all = Object.values(circles);
  return all.length ? Math.max(1, Math.min(2.6, 0.75 / fitting(bounds(all), 3))) : 1;
}

function showEverything(animate = true) {
  const round = shownCircles();
  if (round.length) show(bounds(round), 3, animate);
}

function show(box, most, animate = true) {
  const scale = fitting(box, most);
  moveTo({ x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2 + (free().over / 2 - 12) / scale }, scale, animate);
}

const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
function moveTo(position, scale, animate = true) {
  const animation = animate && !calm.matches && { duration: 350, easingFunction: "easeInOutQuad" };
  network.moveTo({ position, scale, animation });
}

// Bring what is looked at and all it is tied to into view.
function reveal(item) {
  if (item.type === "community") {
    if (circles[item.id]) show(bounds([circles[item.id]]), 2);
    return;
  }
  const keys = [...lit].filter((key) => shown.has(key));
  if (keys.length) show(bounds(keys.map((key) => [places.get(key).x, places.get(key).y, 30])), 1.6);
}

function drawBeneath(context) {
  const scale = network.getScale();
  for (const [id, [x, y, radius]] of Object.entries(circles)) {
    if (state.community !== null && Number(id) !== state.community) continue;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = palette.land;
    context.fill();
    context.lineWidth = 1 / scale;
    context.strokeStyle = palette.coast;
    context.stroke();
  }
  drawLinks(context, scale);
  const item = hovered ? itemOf(hovered) : state.focus;
  if (item && item.type !== "community" && places.has(keyOf(item))) drawTies(context, item, scale);
}

function drawLinks(context, scale) {
  context.beginPath();
  for (const { from, to, weight } of links) {
    if (weight < state.weight || !shown.has(from) || !shown.has(to)) continue;
    const a = places.get(from), b = places.get(to);
    context.moveTo(a.x, a.y);
    context.lineTo(b.x, b.y);
  }
  context.lineWidth = Math.min(1, 1 / scale);
  context.strokeStyle = palette.edge;
  context.globalAlpha = lit ? 0.4 : 1;
  context.stroke();
  context.globalAlpha = 1;
}

function drawTies(context, item, scale) {
  const from = places.get(keyOf(item));
  context.strokeStyle = palette.accent;
  for (const [key, weight] of neighbours(item)) {
    if (!shown.has(key)) continue;
    const to = places.get(key);
    context.globalAlpha = key[0] === "p" && item.type === "paper" ? 0.75 : 0.4;
    context.lineWidth = (0.8 + (key[0] === "p" ? (2 * weight) / (MOST_WEIGHT || 1) : 0)) / scale;
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }
  context.globalAlpha = 1;
}

function drawAbove(context) {
  const scale = network.getScale();
  const key = `${scale.toFixed(3)} ${hovered}`;
  if (labels.key !== key) labels = { key, ...layLabels(context, scale) };
  for (const name of labels.names) drawName(context, name, scale);
  for (const spot of labels.spots) {
    context.globalAlpha = !lit || lit.has(spot.item.key) || spot.item.key === hovered ? 1 : 0.25;
    drawLabel(context, spot, scale, spot.item.key[0] === "p" && !spot.item.must ? palette.muted : palette.ink, palette.ground);
  }
  context.globalAlpha = 1;
  const item = state.focus;
  if (item && item.type !== "community" && places.has(keyOf(item))) drawRing(context, places.get(keyOf(item)), scale);
}

function drawRing(context, place, scale) {
  context.beginPath();
  context.arc(place.x, place.y, place.size + 5 / scale, 0, 2 * Math.PI);
  context.lineWidth = 2 / scale;
  context.strokeStyle = palette.accent;
  context.stroke();
}

function layLabels(context, scale) {
  const box = bounds(Object.values(circles)), side = margin() / 2;
  const limits = [box[0] * scale - side, box[2] * scale + side];
  const names = communityNames(context, scale, limits);
  const items = [];
  for (const [key, place] of places) {
    if (!shown.has(key)) continue;
    const item = itemOf(key), paper = item.type === "paper";
    const first = key === hovered || item === state.focus;
    const chosen = lit && state.focus.type !== "community" && lit.has(key);
    items.push({
      key, x: place.x, y: place.y, reach: place.size, must: first || chosen, over: capitals.has(key),
      text: paper ? shortTitle(item) : shorten(item.name, 30), size: paper ? 11 : 12, weight: first ? 600 : paper ? 400 : 500,
      rank: (first ? 200 : 0) + (chosen ? 100 : 0) + (paper ? -50 : 0) + place.size,
    });
  }
  items.sort((a, b) => b.rank - a.rank);
  return { names, spots: items.length ? placeLabels(context, items, scale, names.map((name) => name.box), limits) : [] };
}

// A community's name stands at its circle, as many of its parts as there is room for: above, or where another
// name is in the way, in the middle or below.
function communityNames(context, scale, limits) {
  const names = [], boxes = [];
  for (const community of communities) {
    const circle = circles[community.id];
    if (!circle || (state.community !== null && community.id !== state.community)) continue;
    const [x, y, radius] = circle;
    const size = Math.max(12, Math.min(17, (radius * scale) / 8));
    context.font = `600 ${size}px ${FONT}`;
    const parts = community.name.split(" · ");
    const room = Math.max(2.2 * radius * scale, 120);
    while (parts.length > 1 && context.measureText(parts.join(" · ")).width > room) parts.pop();
    const text = parts.join(" · ");
    const width = context.measureText(text).width / scale, height = (size * 1.3) / scale;
    const left = Math.max(limits[0] / scale, Math.min(x - width / 2, limits[1] / scale - width));
    const free = (box) => !boxes.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
    const box = [y - radius - height - 3 / scale, y - height / 2, y + radius + 3 / scale]
      .map((top) => [left, top, left + width, top + height]).find(free);
    if (!box) continue;
    boxes.push(box);
    names.push({ id: String(community.id), text, size, box });
  }
  return names;
}

function drawName(context, { text, size, box, id }, scale) {
  context.font = `600 ${size / scale}px ${FONT}`;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.lineWidth = 4 / scale;
  context.strokeStyle = palette.ground;
  context.fillStyle = palette.muted;
  context.globalAlpha = lit && !(state.focus.type === "community" && String(state.focus.id) === id) ? 0.5 : 0.9;
  context.strokeText(text, box[0], (box[1] + box[3]) / 2);
  context.fillText(text, box[0], (box[1] + box[3]) / 2);
  context.globalAlpha = 1;
}
