// The panel beside the view: all that is known of one paper, entity or community.

const STRONG = 8;

function itemButton(item, ...notes) {
  return itemLink(item, { class: "item" },
    mark(item.kind), h("span", { class: "item-name" }, item.name), ...notes.map((note) => h("span", { class: "note" }, note)));
}

function chip(entity) {
  return itemLink(entity, { class: `chip ${entity.kind}`, title: KIND_TITLES[entity.kind].slice(0, -1) }, mark(entity.kind), entity.name);
}

const nameLink = (entity) => itemLink(entity, { class: `quiet ${entity.kind}` }, entity.name);

function section(title, ...content) {
  const inside = content.flat(Infinity).filter(Boolean);
  return inside.length ? h("section", { class: "block" }, h("h3", {}, title), ...inside) : null;
}

// A list that shows its first entries and the rest on demand.
function list(entries, most = STRONG) {
  const box = h("ul", { class: "list" }, entries.slice(0, most).map((entry) => h("li", {}, entry)));
  if (entries.length <= most) return box;
  const more = h("button", {
    type: "button", class: "more",
    onclick: () => { box.append(...entries.slice(most).map((entry) => h("li", {}, entry))); more.remove(); },
  }, `Show ${entries.length - most} more`);
  return [box, more];
}

function renderPanel(now, before) {
  const panel = $("panel");
  if (now.focus === before.focus) return;
  // Whoever goes on with the keyboard finds the focus where they look: in the panel, or in the view when it has closed.
  const held = document.activeElement === document.body || panel.contains(document.activeElement);
  if (held && !now.focus) $("main").focus();
  panel.hidden = !now.focus;
  document.body.classList.toggle("with-panel", !!now.focus);
  if (!now.focus) return;
  const body = { paper: paperPanel, entity: entityPanel, community: communityPanel }[now.focus.type](now.focus);
  panel.replaceChildren(crumbs(), h("div", { class: "panel-body" }, body, sourceNote(now.focus)));
  panel.setAttribute("aria-label", `Details: ${now.focus.name}`);
  panel.scrollTop = 0;
  if (held) panel.focus({ preventScroll: true });
}

// The same once more, when more of it is known.
function refreshPanel() {
  const { scrollTop } = $("panel");
  renderPanel(state, { focus: null });
  $("panel").scrollTop = scrollTop;
}

function crumbs() {
  const steps = trail.slice(-3).map((item) => item === state.focus
    ? h("span", { "aria-current": "page" }, shorten(item.name, 26))
    : itemLink(item, {}, shorten(item.name, 18)));
  return h("div", { class: "crumbs" },
    h("button", { type: "button", class: "back", "aria-label": "Back", onclick: () => history.back() }, "‹"),
    h("nav", { "aria-label": "Looked at" },
      h("button", { type: "button", onclick: () => go({ focus: null }) }, "All"), steps.map((step) => [h("span", { class: "sep", "aria-hidden": "true" }, "›"), step])),
    h("button", { type: "button", class: "close", "aria-label": "Close details", onclick: () => go({ focus: null }) }, "×"));
}

const communityLink = (id) => communities[id] && itemLink(communities[id], { class: "quiet", title: communities[id].name }, communities[id].short);

function paperPanel(paper) {
  const facts = [paper.year, paper.venue].filter(Boolean).join(" · ");
  const marked = markMentions(paper);
  return [
    h("p", { class: "kind" }, mark("paper"), "Paper"),
    h("h2", {}, paper.link ? link(paper.link, marked.title, h("span", { class: "away", "aria-label": "opens elsewhere" }, " ↗")) : marked.title),
    paper.authors.length ? h("p", { class: "authors" }, authorLine(paper.authors)) : null,
    h("p", { class: "facts" }, facts, facts ? " · " : "", communityLink(paper.community)),
    drawButton(paper),
    paper.abstract ? h("p", { class: "abstract" }, marked.abstract) : null,
    section("Results", paper.results.length ? h("ul", { class: "list" }, paper.results.map((result) => h("li", {}, resultLine(result)))) : null),
    entityRoles(paper),
    section("Builds on", list(paper.builds.map(([at, via]) => [itemButton(papers[at], papers[at].year || ""), reason("through", [via])]))),
    section("Built on by", list(paper.builtBy.map(([at, via]) => [itemButton(papers[at], papers[at].year || ""), reason("through", [via])]))),
    section("Related papers", list(relatedEntries(paper), 6)),
  ];
}

const authorLine = (authors) => (authors.length > 12 ? [...authors.slice(0, 10), `and ${authors.length - 10} more`] : authors).join(", ");

function relatedEntries(paper) {
  return [...paper.ties].sort((a, b) => b[1].weight - a[1].weight || a[0] - b[0]).map(([at, tie]) => [
    itemButton(papers[at], papers[at].year || ""), reason("shares", tie.shared, tie.weight),
  ]);
}

function reason(word, which, weight) {
  const bar = weight ? h("span", { class: "weight", title: `Weight ${weight}` }, h("i", {})) : null;
  if (bar) bar.firstChild.style.width = `${Math.min(100, Math.round((100 * weight) / MOST_WEIGHT))}%`;
  return h("p", { class: "reason" }, bar, `${word} `, which.slice(0, 4).map((at, i) => [i ? ", " : "", nameLink(entities[at])]),
    which.length > 4 ? ` and ${which.length - 4} more` : "");
}

function entityRoles(paper) {
  return relations.map((relation, number) => {
    const held = paper.entities.filter((entry) => entry[1] === number).map((entry) => entities[entry[0]]);
    return section(ROLE_TITLES[relation], held.length ? h("div", { class: "chips" }, held.map(chip)) : null);
  });
}

function resultLine(result) {
  const part = (at) => nameLink(entities[at]);
  return h("span", { class: "result" }, h("b", {}, valueText(result)), " ",
    result.kind === "absolute" ? "" : h("em", {}, result.kind), " ",
    result.metric !== null ? part(result.metric) : "", result.method !== null ? [" by ", part(result.method)] : "",
    result.dataset !== null ? [" on ", part(result.dataset)] : "", result.setting ? ` (${result.setting})` : "");
}

// Offsets count code points, JavaScript's strings UTF-16 units: the text is taken apart into code points first.
function markMentions(paper) {
  const letters = Array.from(`${paper.title}\n${paper.abstract}`);
  const spans = [];
  for (const [entity, , offsets] of paper.entities)
    for (let i = 0; i < offsets.length; i += 2) spans.push({ start: offsets[i], end: offsets[i + 1], entity: entities[entity] });
  for (const result of paper.results) spans.push({ start: result.span[0], end: result.span[1], result });
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const border = Array.from(paper.title).length;
  return { title: pieces(letters, spans, 0, border, true), abstract: pieces(letters, spans, border + 1, letters.length, false) };
}

function pieces(letters, spans, start, end, still) {
  const out = [];
  let at = start;
  for (const span of spans) {
    if (span.start < at || span.end > end) continue;
    const text = letters.slice(span.start, span.end).join("");
    out.push(letters.slice(at, span.start).join(""), mention(text, span, still));
    at = span.end;
  }
  return [...out, letters.slice(at, end).join("")];
}

function mention(text, { entity, result }, still) {
  if (result) return h("mark", { class: "number" }, text);
  // The title is itself a link, and another may not stand in it.
  if (still) return h("mark", { class: entity.kind }, text);
  return itemLink(entity, { class: `mention ${entity.kind}`, title: entity.name }, text);
}

function entityPanel(entity) {
  const kind = KIND_TITLES[entity.kind].slice(0, -1);
  const way = entity.higher === null ? "" : entity.higher ? " · higher is better" : " · lower is better";
  return [
    h("p", { class: "kind" }, mark(entity.kind), kind),
    h("h2", {}, entity.name),
    h("p", { class: "facts" }, plural(entity.papers, "paper"), way, " · ", communityLink(entity.community)),
    entity.aliases.length ? h("p", { class: "aliases" }, "Also written ", shownAliases(entity)) : null,
    drawButton(entity),
    YEARS && entity.timeline.length > 1 ? section("Over the years", timelineFigure(entity)) : null,
    section("Wider", entity.broader.length ? h("div", { class: "chips" }, entity.broader.map((at) => chip(entities[at]))) : null),
    section("Narrower", entity.narrower.length ? h("div", { class: "chips" }, entity.narrower.slice(0, 30).map((at) => chip(entities[at]))) : null),
    entityBoards(entity),
    relations.map((relation) => papersByRole(entity, relation)),
    !entity.counts && entity.in.length < entity.papers ? h("p", { class: "facts" }, `This page holds ${number(entity.in.length)} of its ${number(entity.papers)} papers.`) : null,
    section("The same elsewhere", entity.same.length ? h("ul", { class: "list" }, entity.same.map((address) => h("li", {}, link(address, address)))) : null),
  ];
}

const shownAliases = (entity) => entity.aliases.slice(0, 12).map((alias, i) => [i ? ", " : "", h("i", {}, alias)]);

function timelineFigure(entity) {
  const years = entity.timeline.map((point) => point[0]);
  const [first, last] = [Math.min(YEARS[0], ...years), Math.max(YEARS[1], ...years)];
  const drawn = sparkline(entity.timeline, first, last);
  drawn.classList.add(entity.kind);
  const scale = h("p", {}, h("span", {}, first), h("span", {}, last));
  scale.style.width = `${Math.max(70, drawn.getAttribute("width"))}px`;
  return h("div", { class: "years" }, drawn, scale);
}

function papersByRole(entity, relation) {
  const held = entity.in.filter((entry) => entry[1] === relation).map((entry) => papers[entry[0]]);
  held.sort((a, b) => (b.year || 0) - (a.year || 0) || b.importance - a.importance);
  const count = entity.counts ? entity.counts[relation] || 0 : held.length;
  return section(`${ROLE_OF[relation]} (${number(count)})`, held.length ? list(held.map((paper) => itemButton(paper, paper.year || ""))) : null,
    held.length < count ? h("p", { class: "facts" }, `${number(held.length)} are listed, the latest among them.`) : null);
}

function entityBoards(entity) {
  const boards = leaderboards(entity.ranked || allResults()).filter((board) => board.dataset === entity.at || board.metric === entity.at || board.rows.some((row) => row.method === entity.at));
  return section("Results", boards.slice(0, 6).map((board) => leaderboard(board, entity)), otherResults(entity));
}

function otherResults(entity) {
  const rest = entity.results.filter((result) => result.kind !== "absolute" || result.metric === null || result.dataset === null);
  return rest.length ? list(rest.map((result) => [resultLine(result), h("div", {}, itemButton(papers[result.paper]))]), 6) : null;
}

function communityPanel(community) {
  const inside = papers.filter((paper) => !paper.card && paper.community === community.id).sort((a, b) => b.importance - a.importance);
  const only = state.community === community.id;
  return [
    h("p", { class: "kind" }, "Community"),
    h("h2", {}, community.name),
    h("p", { class: "facts" }, plural(community.papers, "paper"), " that share entities with each other more than with the rest"),
    h("p", {}, h("button", { type: "button", onclick: () => go({ community: only ? null : community.id, focus: only ? community : null }) }, only ? "Show all communities" : "Show only this community")),
    section("Most characteristic", community.top.length ? h("div", { class: "chips" }, community.top.map((at) => chip(entities[at]))) : null),
    section("Papers", list(inside.map((paper) => itemButton(paper, paper.year || "")), 15)),
  ];
}
