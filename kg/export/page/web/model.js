// What the page knows. Papers and entities refer to each other by position in their lists; here the ways back are added.

const read = (id) => JSON.parse($(id).textContent);
const data = read("data");
const { papers, entities, relations, communities } = data;

const ROLE_TITLES = {
  proposes: "Proposes", uses: "Uses", comparesWith: "Compares with", studies: "Studies",
  evaluatesOn: "Evaluates on", measures: "Measures", addresses: "Addresses", mentions: "Mentions",
};
const ROLE_OF = {
  proposes: "Proposed by", uses: "Used by", comparesWith: "Compared with by", studies: "Studied by",
  evaluatesOn: "Evaluated on by", measures: "Measured by", addresses: "Addressed by", mentions: "Mentioned by",
};
const KIND_TITLES = { paper: "Papers", method: "Methods", dataset: "Datasets", metric: "Metrics", task: "Tasks" };

const asEntity = (entity, at) => Object.assign(entity, { at, type: "entity", in: [], narrower: [], results: [] });
const asPaper = (paper, at) => Object.assign(paper, { at, type: "paper", kind: "paper", name: paper.title, ties: new Map(), builtBy: [] });
entities.forEach(asEntity);
papers.forEach(asPaper);

for (const entity of entities) for (const wider of entity.broader) entities[wider].narrower.push(entity.at);
for (const paper of papers) {
  for (const [entity, relation] of paper.entities) entities[entity].in.push([paper.at, relations[relation]]);
  for (const [other, via] of paper.builds) papers[other].builtBy.push([paper.at, via]);
  for (const result of paper.results) {
    result.paper = paper.at;
    for (const field of ["method", "metric", "dataset"]) if (result[field] !== null) entities[result[field]].results.push(result);
  }
  // The strongest few of each paper are listed with it alone: a tie holds both ways.
  for (const [other, weight, shared] of paper.related) {
    paper.ties.set(other, { weight, shared });
    if (!papers[other].ties.has(paper.at)) papers[other].ties.set(paper.at, { weight, shared });
  }
}

const byId = { paper: new Map(papers.map((p) => [p.id, p])), entity: new Map(entities.map((e) => [e.id, e])) };
byId.community = new Map(communities.map((c) => [String(c.id), Object.assign(c, { type: "community", short: c.name.split(" · ").slice(0, 2).join(" · ") })]));

const known = papers.map((paper) => paper.year).filter((year) => year !== null);
const YEARS = known.length ? [Math.min(...known), Math.max(...known)] : null;
const allWeights = papers.flatMap((paper) => paper.related.map((tie) => tie[1]));
const MOST_WEIGHT = allWeights.reduce((most, weight) => Math.max(most, weight), 0);

// Names in the map are short: a paper goes by what stands before its colon, if that is a name.
const shortTitle = (paper) => {
  const head = paper.title.split(/[:?]\s/)[0];
  return shorten(head.length < 4 ? paper.title : head, 34);
};

const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
const indexed = (item) => ({
  item,
  texts: [item.name, ...(item.aliases || [])].map(plain),
  rank: item.type === "entity" ? Math.log(1 + item.papers) : item.importance * 2,
});
const index = [...entities, ...papers].map(indexed);

// The papers and entities that a query means best: a name that begins with it before one with a word that does.
function find(query, most = 12) {
  const wanted = plain(query.trim());
  if (!wanted) return [];
  const hits = [];
  for (const { item, texts, rank } of index) {
    let best = 0;
    for (const text of texts) {
      const at = text.indexOf(wanted);
      if (at < 0) continue;
      const score = text === wanted ? 40 : at === 0 ? 20 : /[^\p{L}\p{N}]/u.test(text[at - 1]) ? 10 : 2;
      best = Math.max(best, score);
    }
    if (best) hits.push({ item, score: best + rank });
  }
  return hits.sort((a, b) => b.score - a.score).slice(0, most).map((hit) => hit.item);
}

const unitText = (result) => (/^[%°]/.test(result.unit) ? result.unit : result.unit && ` ${result.unit}`);
const valueText = (result) => (result.kind === "absolute" ? `${result.value}${unitText(result)}` : result.text);

const allResults = () => papers.flatMap((paper) => paper.results);

// Absolute results of one metric on one dataset under one setting, best first where the metric says which way is up.
function leaderboards(results) {
  const boards = new Map();
  for (const result of results) {
    if (result.kind !== "absolute" || result.metric === null || result.dataset === null) continue;
    const key = [result.dataset, result.metric, result.setting, result.unit].join("|");
    if (!boards.has(key)) boards.set(key, { dataset: result.dataset, metric: result.metric, setting: result.setting, unit: result.unit, rows: [] });
    boards.get(key).rows.push(result);
  }
  for (const board of boards.values()) {
    const up = entities[board.metric].higher;
    board.rows.sort((a, b) => (up === false ? a.value - b.value : b.value - a.value) || a.paper - b.paper);
  }
  return [...boards.values()].sort((a, b) => b.rows.length - a.rows.length || a.dataset - b.dataset || a.metric - b.metric);
}

// What the filters let through.
function paperShown(paper) {
  return !state.hide.has("paper") && inYears(paper) && (state.community === null || paper.community === state.community);
}
function inYears(paper) {
  if (!state.years) return true;
  return paper.year !== null && paper.year >= state.years[0] && paper.year <= state.years[1];
}
function entityShown(entity) {
  if (state.hide.has(entity.kind)) return false;
  if (state.community === null && !state.years) return true;
  return entity.in.some(([at]) => inYears(papers[at]) && (state.community === null || papers[at].community === state.community));
}
