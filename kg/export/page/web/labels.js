// Labels that do not collide. Text keeps its size on screen, so the closer one looks the more of it fits; what matters
// most is placed first. Placement depends on the zoom alone and not on the part in view: nothing flickers when the map
// is moved.

class Grid {
  constructor(cell) { this.cell = cell; this.boxes = new Map(); }
  *cells(box) {
    for (let x = Math.floor(box[0] / this.cell); x <= Math.floor(box[2] / this.cell); x++)
      for (let y = Math.floor(box[1] / this.cell); y <= Math.floor(box[3] / this.cell); y++) yield x * 100003 + y;
  }
  add(box) {
    for (const key of this.cells(box)) {
      if (!this.boxes.has(key)) this.boxes.set(key, []);
      this.boxes.get(key).push(box);
    }
  }
  hits(box, own) {
    const found = new Set();
    for (const key of this.cells(box)) for (const other of this.boxes.get(key) || [])
      if (other !== own && box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]) found.add(other);
    return found.size;
  }
}

// Where a label may stand around its mark, the best place first: below, above, right, left.
function candidates(x, y, reach, width, height) {
  const gap = reach + 2;
  return [
    [x - width / 2, y + gap], [x - width / 2, y - gap - height],
    [x + gap + 2, y - height / 2], [x - gap - 2 - width, y - height / 2],
  ];
}

// items: {text, x, y, reach, size, weight, must}, in world units but for the text's `size` in pixels; most important
// first; `taken`: boxes to keep free; `limits`: the leftmost and rightmost pixel. Returns the items that found room with
// the world position of the text's left edge and middle line.
function placeLabels(context, items, scale, taken, limits) {
  const words = new Grid(80), marks = new Grid(40);
  for (const box of taken) words.add(box.map((value) => value * scale));
  const own = new Map();
  for (const item of items) if (item.reach) {
    const reach = item.reach * scale;
    const box = [item.x * scale - reach, item.y * scale - reach, item.x * scale + reach, item.y * scale + reach];
    own.set(item, box);
    marks.add(box);
  }
  const placed = [];
  for (const item of items) {
    const spot = place(context, item, scale, words, marks, own.get(item), limits);
    if (spot) placed.push(spot);
  }
  return placed;
}

function place(context, item, scale, words, marks, own, limits) {
  if (item.width === undefined) {
    context.font = `${item.weight} ${item.size}px ${FONT}`;
    item.width = context.measureText(item.text).width;
  }
  const height = item.size * 1.15;
  let best = null;
  for (const [left, top] of candidates(item.x * scale, item.y * scale, item.reach * scale, item.width, height)) {
    const box = [left - 3, top - 1, left + item.width + 3, top + height + 1];
    if (box[0] < limits[0] || box[2] > limits[1] || words.hits(box)) continue;
    const covered = marks.hits(box, own);
    if (!best || covered < best.covered) best = { covered, box, left, top };
    if (!covered) break;
  }
  if (!best || (best.covered > (item.must || item.over ? 9 : 0))) return null;
  words.add(best.box);
  return { item, x: best.left / scale, y: (best.top + height / 2) / scale };
}

function drawLabel(context, spot, scale, colour, halo) {
  const { item } = spot;
  context.font = `${item.weight} ${item.size / scale}px ${FONT}`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.lineJoin = "round";
  context.lineWidth = 3.5 / scale;
  context.strokeStyle = halo;
  context.strokeText(item.text, spot.x, spot.y);
  context.fillStyle = colour;
  context.fillText(item.text, spot.x, spot.y);
}
