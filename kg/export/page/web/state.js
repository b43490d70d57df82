// What is shown, and the address that says so: everything that a reader chose is in the fragment, so a link or the
// browser's back button restores it.

const VIEWS = ["network", "papers", "entities", "leaderboards", "lineage"];
const blank = () => ({ view: "network", focus: null, missing: null, hide: new Set(), years: null, community: null, weight: 0, query: "", sort: null });
let state = blank();
let trail = [];
const listeners = [];

function toFragment() {
  const parts = [];
  const say = (name, value) => parts.push(`${name}=${encodeURIComponent(value)}`);
  if (state.view !== "network") say("view", state.view);
  if (state.focus) say(state.focus.type, state.focus.id);
  if (state.hide.size) say("hide", [...state.hide].sort().join(","));
  if (state.years) say("years", state.years.join("-"));
  if (state.community !== null) say("within", state.community);
  if (state.weight) say("weight", state.weight);
  if (state.query) say("filter", state.query);
  if (state.sort) say("sort", state.sort);
  return "#" + parts.join("&");
}

function fromFragment(fragment) {
  const next = blank();
  for (const part of fragment.replace(/^#/, "").split("&")) {
    const cut = part.indexOf("=");
    let value = part.slice(cut + 1);
    try { value = decodeURIComponent(value); } catch { /* taken as written */ }
    restore(next, part.slice(0, cut), value);
  }
  return next;
}

function restore(next, name, value) {
  if (name === "view" && VIEWS.includes(value)) next.view = value;
  if (name in byId && byId[name].has(value)) next.focus = byId[name].get(value);
  else if (name === "paper" || name === "entity") next.missing = value;
  if (name === "hide") next.hide = new Set(value.split(",").filter((kind) => data.kinds.includes(kind)));
  if (name === "years" && /^\d+-\d+$/.test(value)) next.years = value.split("-").map(Number);
  if (name === "within" && byId.community.has(value)) next.community = Number(value);
  if (name === "weight" && Number(value) > 0) next.weight = Number(value);
  if (name === "filter") next.query = value;
  if (name === "sort" && /^-?\w+$/.test(value)) next.sort = value;
}

// Change what is shown. Going somewhere makes a step in the browser's history; turning a filter does not.
function go(change, { step = true } = {}) {
  const before = state;
  state = { ...state, missing: null, ...change };
  if (state.focus && state.focus !== before.focus) trail = [...trail.filter((item) => item !== state.focus), state.focus].slice(-5);
  const address = toFragment();
  const memory = { trail: trail.map((item) => [item.type, String(item.id)]) };
  if (step && address !== location.hash) history.pushState(memory, "", address);
  else history.replaceState(memory, "", address);
  announce(before);
}

const focusOn = (item) => go({ focus: item });

// A real link to an item, so that it can be opened in another tab or copied; a plain click keeps view and filters.
function itemLink(item, properties, ...children) {
  const follow = (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    focusOn(item);
  };
  return h("a", { href: `#${item.type}=${encodeURIComponent(item.id)}`, onclick: follow, ...properties }, ...children);
}

function announce(before) {
  for (const listener of listeners) listener(state, before);
}

function followAddress(memory) {
  const before = state;
  state = fromFragment(location.hash);
  trail = ((memory && memory.trail) || []).map(([type, id]) => byId[type].get(id)).filter(Boolean);
  if (state.focus && !trail.includes(state.focus)) trail = [...trail, state.focus];
  announce(before);
  if (state.missing) fetchMissing(state.missing);
}

window.addEventListener("popstate", (event) => followAddress(event.state));
