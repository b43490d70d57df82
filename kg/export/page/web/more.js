// What the page does not hold itself. A server that gives an overview of a large graph hands over a source of the rest;
// opened as a file the page has none, and asks nobody.

let source = null;

document.addEventListener("kg-source", ({ detail }) => {
  source = detail;
  if (state.missing) fetchMissing(state.missing);
  else completeFocus(state, blank());
});

// Cards tell as much of a paper or entity as a link to it needs. Returns the item, which may be known already.
function meet(card) {
  const type = card.kind === "paper" ? "paper" : "entity";
  const met = byId[type].get(card.id);
  if (met) return met;
  const item = type === "paper"
    ? asPaper({ ...card, card: true, title: card.name, abstract: "", authors: [], venue: "", link: "", importance: 0, entities: [], results: [], related: [], builds: [] }, papers.length)
    : asEntity({ ...card, card: true, aliases: [], centrality: 0, timeline: [], higher: null, same: [], broader: [] }, entities.length);
  (type === "paper" ? papers : entities).push(item);
  byId[type].set(item.id, item);
  index.push(indexed(item));
  return item;
}

// Take in all that is known of one paper or entity. In the page items refer to each other by position.
function learn({ node, cards }) {
  const position = new Map([node, ...cards].map((card) => [card.id, meet(card).at]));
  const at = (id) => position.get(id) ?? null;
  const item = meet(node);
  const results = node.results.map((result) => ({
    ...result, paper: result.paper ? at(result.paper) : item.at, method: at(result.method), metric: at(result.metric), dataset: at(result.dataset),
  }));
  if (item.type === "paper") learnPaper(item, node, results, at);
  else learnEntity(item, node, results, at);
  Object.assign(item, { card: false, whole: true });
  index.find((entry) => entry.item === item).texts = indexed(item).texts;
  return item;
}

// Lists are fetched up to a length: what the page held before stays in them.
const joined = (news, held) => [...new Map([...news, ...held].map((entry) => [String(entry), entry])).values()];

function learnPaper(paper, { title, abstract, authors, venue, link: address, year, entities: named, related, builds, builtBy }, results, at) {
  const lineage = (steps) => steps.map(([other, via]) => [at(other), at(via)]);
  Object.assign(paper, {
    title, abstract, authors, venue, year, link: address, results,
    entities: named.map(([id, relation, spans]) => [at(id), relations.indexOf(relation), spans]),
    ties: new Map([...paper.ties, ...related.map(([id, weight, shared]) => [at(id), { weight, shared: shared.map(at) }])]),
    builds: lineage(builds), builtBy: joined(lineage(builtBy), paper.builtBy),
  });
  for (const [entity, relation] of paper.entities) {
    const entries = entities[entity].in;
    if (!entries.some(([other]) => other === paper.at)) entries.push([paper.at, relations[relation]]);
  }
}

function learnEntity(entity, { aliases, centrality, timeline, higher, same, broader, narrower, counts, in: entries }, results, at) {
  const own = results.filter((result) => [result.method, result.metric, result.dataset].includes(entity.at));
  Object.assign(entity, {
    aliases, centrality, timeline, higher, same, counts, results: own, ranked: results,
    broader: broader.map(at), narrower: joined(narrower.map(at), entity.narrower),
    in: joined(entries.map(([paper, relation]) => [at(paper), relation]), entity.in),
  });
}

function completeFocus(now, before) {
  if (now.focus && now.focus !== before.focus) fetchRest(now.focus);
}

// Fetch what is not known of an item that is looked at, then show it.
async function fetchRest(item) {
  if (!source || item.whole || item.type === "community" || item.awaited) return;
  Object.assign(item, { awaited: true, failed: false });
  try {
    const found = await source.open(item.id);
    if (found) learn(found);
    else item.whole = true;
  } catch {
    item.failed = true;
  }
  item.awaited = false;
  if (state.focus !== item) return;
  refreshPanel();
  showMap(state, { ...state, focus: null });
}

// An address may name what the page has never heard of.
async function fetchMissing(id) {
  if (!source) return;
  const found = await source.open(id).catch(() => null);
  if (found && state.missing === id) go({ focus: learn(found) }, { step: false });
}

function sourceNote(item) {
  if (!source || item.type === "community" || (item.whole && !item.card)) return null;
  if (item.whole) return h("p", { class: "facts" }, "The graph that the server holds knows no more of it.");
  if (!item.failed) return h("p", { class: "facts", role: "status" }, "Fetching the rest …");
  return h("p", { class: "facts", role: "alert" }, "The server did not answer. ",
    h("button", { type: "button", onclick: () => { fetchRest(item); refreshPanel(); } }, "Try again"));
}
