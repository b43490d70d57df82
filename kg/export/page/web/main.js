// Start: draw the map, then let everything follow the state.

function renderCounts() {
  const { paper, method, dataset, metric, task, result } = data.totals;
  const held = data.whole ? "" : `${number(papers.length)} of `;
  const counts = [held + plural(paper, "paper"), plural(method + dataset + metric + task, "entity", "entities"), plural(result, "result")];
  $("counts").replaceChildren(...counts.flatMap((text, i) => [i ? " · " : "", h("span", {}, text)]));
  if (held) $("counts").title = "An overview: the papers that stand out most in each community";
}

const RENDER = {
  network: () => {}, papers: () => renderTable("papers"), entities: () => renderTable("entities"),
  leaderboards: renderLeaderboards, lineage: renderLineage,
};
const filtersOf = ({ hide, years, community, weight, query, sort, view }) => JSON.stringify([[...hide], years, community, weight, query, sort, view]);

function showView(now, before) {
  for (const view of VIEWS) $(`view-${view}`).hidden = view !== now.view;
  $("save-picture").disabled = now.view !== "network";
  const changed = filtersOf(now) !== filtersOf(before);
  if (changed) { renderViews(); RENDER[now.view](); }
  if (now.view === "lineage" && now.focus !== before.focus) traceLineage();
}

function showMap(now, before) {
  if (now.view !== "network") return;
  applyFilters();
  if (now.focus && now.focus !== before.focus) requestAnimationFrame(() => reveal(now.focus));
  else if (now.community !== before.community) showEverything();
}

function showFilters(now, before) {
  // Not while a field is being used: replacing it would take the pointer's grip away.
  if ($("filters").contains(document.activeElement) && now.community === before.community && now.hide !== before.hide) return;
  if (filtersOf(now) !== filtersOf(before)) renderFilters();
}

followAddress(history.state);
renderCounts();
renderViews();
renderFilters();
startTheme();
startNetwork();
startSearch();
startKeys();
startSaving();
listeners.push(showView, showMap, completeFocus, renderPanel, showFilters);
announce({ ...blank(), view: "" });
