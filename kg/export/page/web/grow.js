// More on the map: what is looked at and what it is tied to, where that was not drawn to begin with. A new mark stands
// in its community, in the free spot nearest to what it is tied to; what is there already stays where it is.

const GROWTH = 16;
const STEP = 11, CLEAR = 6;
const MOST_PAPERS = entities.reduce((most, entity) => Math.max(most, entity.papers), 1);
const MOST_IMPORTANCE = papers.reduce((most, paper) => Math.max(most, paper.importance), 0) || 1;

// What a click would add: of papers those tied most, of entities those in most papers.
function undrawn(item) {
  const news = [...tied(item)].filter(([key]) => !places.has(key) && itemOf(key).community !== null);
  const papersFirst = news.filter(([key]) => key[0] === "p").sort((a, b) => b[1] - a[1]).slice(0, GROWTH);
  const entitiesNext = news.filter(([key]) => key[0] === "e").sort(([a], [b]) => itemOf(b).papers - itemOf(a).papers).slice(0, GROWTH);
  return [...papersFirst, ...entitiesNext];
}

function drawButton(item) {
  const drawn = places.has(keyOf(item)), count = undrawn(item).length;
  if (!circles[item.community] || (drawn && !count)) return null;
  const what = [drawn ? "" : "it", count ? plural(count, drawn ? "more neighbour" : "neighbour") : ""].filter(Boolean).join(" and ");
  return h("p", {}, h("button", { type: "button", id: "grow", onclick: () => grow(item) }, `Draw ${what} on the map`));
}

function grow(item) {
  const news = undrawn(item).filter(([key]) => circles[itemOf(key).community]);
  if (!places.has(keyOf(item))) addMark(item, middle([...neighbours(item).keys()], item.community));
  for (const [key, weight] of news) {
    addMark(itemOf(key), places.get(keyOf(item)));
    links.push({ from: keyOf(item), to: key, weight: key[0] === "p" && item.type === "paper" ? weight : 0 });
  }
  if (state.view !== "network") go({ view: "network" });
  showMap(state, { ...state, focus: null });
  refreshPanel();
}

// The middle of the marks that stand in a community, or of the community itself.
function middle(keys, community) {
  const there = keys.filter((key) => itemOf(key).community === community).map((key) => places.get(key));
  const [x, y] = circles[community];
  const mean = (values, otherwise) => (values.length ? values.reduce((a, b) => a + b) / values.length : otherwise);
  return { x: mean(there.map((place) => place.x), x), y: mean(there.map((place) => place.y), y) };
}

function addMark(item, near) {
  const paper = item.type === "paper";
  const share = paper ? item.importance / MOST_IMPORTANCE : Math.sqrt(item.papers / MOST_PAPERS);
  const size = paper ? (3.5 + 7 * share) * Math.sqrt(BOOST) : (4.5 + 13 * share) * BOOST;
  const key = keyOf(item);
  places.set(key, { id: key, group: item.kind, size, ...freeSpot(circles[item.community], size, near) });
  nodeSet.add(places.get(key));
}

// The spot nearest to a place that has room for a mark; in a crowded circle the one with most room.
function freeSpot([x, y, radius], size, near) {
  const others = [...places.values()].filter((place) => Math.hypot(place.x - x, place.y - y) <= radius);
  const room = (spot) => Math.min(...others.map((place) => Math.hypot(place.x - spot.x, place.y - spot.y) - place.size - size), radius);
  let best = null;
  for (let dx = -radius; dx <= radius; dx += STEP) for (let dy = -radius; dy <= radius; dy += STEP) {
    const spot = { x: x + dx, y: y + dy };
    const away = Math.hypot(spot.x - near.x, spot.y - near.y);
    if (Math.hypot(dx, dy) > radius - size || (best && best.room === CLEAR && best.away <= away)) continue;
    const found = { spot, away, room: Math.min(room(spot), CLEAR) };
    if (!best || found.room > best.room || (found.room === best.room && found.away < best.away)) best = found;
  }
  return best ? best.spot : { x, y };
}
