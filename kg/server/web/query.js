// The query page: named queries to start from, an editor, and the answer as a table. Text only ever enters the page as
// text nodes and attribute values, never as markup.
"use strict";

const $ = (id) => document.getElementById(id);
const h = (tag, properties, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== ""));
  return element;
};
const number = (value) => value.toLocaleString("en");
const plural = (count, one) => `${number(count)} ${one}${count === 1 ? "" : "s"}`;

const LOOKS = "application/sparql-results+json, text/turtle;q=0.9";
const FORMATS = { table: [["CSV", "csv"], ["TSV", "tsv"], ["JSON", "json"], ["XML", "xml"]], graph: [["Turtle", "turtle"], ["N-Triples", "ntriples"], ["JSON-LD", "jsonld"], ["RDF/XML", "rdfxml"]] };
const ROWS_AT_ONCE = 500;
const NUMERIC = /#(integer|decimal|double|float|int|long|gYear)$/;
let known = { base: "", prefixes: {}, terms: [], queries: [] };
let asking = null;

// Editor

const KEYWORDS = "SELECT|ASK|CONSTRUCT|DESCRIBE|WHERE|PREFIX|BASE|DISTINCT|REDUCED|OPTIONAL|UNION|MINUS|FILTER|BIND|VALUES|EXISTS|NOT|IN|AS|ORDER|GROUP|BY|HAVING|LIMIT|OFFSET|ASC|DESC|COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT|SEPARATOR|STR|LANG|DATATYPE|BOUND|IRI|URI|CONTAINS|STRSTARTS|STRENDS|STRLEN|SUBSTR|REPLACE|REGEX|LCASE|UCASE|CONCAT|IF|COALESCE|YEAR|ROUND|ABS|a|true|false";
const TOKENS = new RegExp([
  "(?<comment>#[^\\n]*)", "(?<string>\"\"\"[^]*?\"\"\"|\"(?:[^\"\\\\\\n]|\\\\.)*(?:\"|(?=\\n)|$)|'(?:[^'\\\\\\n]|\\\\.)*(?:'|(?=\\n)|$))", "(?<iri><[^<>\"{}|^`\\\\\\s]*>)",
  "(?<variable>[?$]\\w+)", "(?<name>[\\w-]*:[\\w%.+-]*)", `(?<keyword>\\b(?:${KEYWORDS})\\b)`, "\\w+",
].join("|"), "gi");

function colour() {
  const text = $("query").value, pieces = [];
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [kind] = Object.entries(match.groups).find(([, found]) => found !== undefined) || [];
    if (!kind) continue;
    pieces.push(text.slice(at, match.index), h("span", { class: kind }, match[0]));
    at = match.index + match[0].length;
  }
  $("colours").replaceChildren(...pieces, text.slice(at) + "\n");
  follow();
}

function follow() {
  $("colours").scrollTop = $("query").scrollTop;
  $("colours").scrollLeft = $("query").scrollLeft;
}

function write(text) {
  $("query").value = text;
  $("query").scrollTop = 0;
  colour();
}

// Named queries

function listQueries() {
  $("named").replaceChildren(...known.queries.map((query) => h("li", {}, h("button", {
    type: "button", "aria-pressed": "false", "data-name": query.name, onclick: () => choose(query),
  }, query.description))));
  const prefixes = Object.entries(known.prefixes);
  $("prefixes").replaceChildren(...prefixes.flatMap(([prefix, iri]) => [h("dt", {}, `${prefix}:`), h("dd", { title: iri }, iri)]));
}

function press(name) {
  for (const button of $("named").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.name === name));
}

async function choose(query) {
  press(query.name);
  const fields = query.parameters.map((parameter) => h("label", { class: parameter.type === "integer" ? "number" : "" }, parameter.description,
    h("input", { name: parameter.name, value: parameter.default || "", placeholder: parameter.default === null ? "needed" : "", inputmode: parameter.type === "integer" ? "numeric" : "text", autocomplete: "off", spellcheck: "false" })));
  $("parameters").hidden = !fields.length;
  $("parameters").replaceChildren(...fields, fields.length ? h("button", { type: "submit" }, "Fill in and run") : "");
  $("parameters").onsubmit = (event) => { event.preventDefault(); fill(query, true); };
  const empty = query.parameters.some((parameter) => parameter.default === null);
  if (empty) {
    write(query.text);
    say("Fill in the blanks above.");
    $("downloads").hidden = true;
    $("answer").replaceChildren();
    $("parameters").querySelector("input").focus();
  } else await fill(query, true);
}

async function fill(query, thenRun) {
  const values = new URLSearchParams(new FormData($("parameters")));
  const response = await fetch(`/queries/${query.name}?${values}`);
  const text = await response.text();
  if (!response.ok) return complain(text);
  write(text);
  if (thenRun) await run();
}

// Asking

async function run() {
  const query = $("query").value;
  if (asking) asking.abort();
  const mine = (asking = new AbortController());
  busy(true);
  say("Asking …");
  const start = performance.now();
  try {
    const response = await fetch("/sparql", {
      method: "POST", body: query, signal: mine.signal, headers: { "Content-Type": "application/sparql-query", Accept: LOOKS },
    });
    const text = await response.text();
    if (mine !== asking) return;
    const took = performance.now() - start;
    if (!response.ok) complain(text);
    else show(query, response.headers.get("Content-Type"), text, took);
  } catch (error) {
    if (mine === asking) complain(error.name === "AbortError" ? "Stopped." : "The server cannot be reached. Is kg serve still running?");
  } finally {
    if (mine === asking) { asking = null; busy(false); }
  }
}

function busy(yes) {
  $("run").disabled = yes;
  $("stop").hidden = !yes;
  $("answer").setAttribute("aria-busy", String(yes));
}

const say = (text) => { $("status").textContent = text; };

function complain(text) {
  say("");
  $("downloads").hidden = true;
  $("answer").replaceChildren(h("pre", { class: "error", role: "alert" }, text.trim()));
  const [, line, column] = text.match(/at line (\d+), column (\d+)/) || [];
  if (line) mark(Number(line), Number(column));
}

// Select the place that a complaint is about, up to the end of the word; columns count code points.
function mark(line, column) {
  const lines = $("query").value.split("\n"), before = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  const at = before + [...(lines[line - 1] || "")].slice(0, column - 1).join("").length;
  $("query").focus();
  $("query").setSelectionRange(at, at + ($("query").value.slice(at).match(/^\S+/) || [""])[0].length);
}

// Showing

function show(query, type, text, took) {
  const time = `in ${took < 1000 ? `${Math.round(took)} ms` : `${(took / 1000).toFixed(1)} s`}`;
  remember(query);
  if (!type.includes("json")) {
    offer(query, FORMATS.graph);
    say(`Triples ${time}`);
    return $("answer").replaceChildren(text.trim() ? h("pre", {}, text) : h("p", { class: "note" }, "No triples."));
  }
  const answer = JSON.parse(text);
  offer(query, FORMATS.table);
  if ("boolean" in answer) {
    say(`Answered ${time}`);
    return $("answer").replaceChildren(h("p", { class: "yes" }, answer.boolean ? "Yes" : "No"));
  }
  const rows = answer.results.bindings;
  say(`${plural(rows.length, "row")} ${time}`);
  $("answer").replaceChildren(rows.length ? table(answer.head.vars, rows) : h("p", { class: "note" }, "Nothing in the graph fits."));
}

function table(names, rows) {
  const numeric = names.map((name) => rows.slice(0, 50).every((row) => !row[name] || NUMERIC.test(row[name].datatype || "")) && rows.some((row) => row[name]));
  const body = h("tbody");
  const more = h("button", { type: "button", class: "more", onclick: () => add() });
  let at = 0;
  const add = () => {
    const next = rows.slice(at, at + ROWS_AT_ONCE);
    at += next.length;
    body.append(...next.map((row) => h("tr", {}, names.map((name, i) => cell(row[name], numeric[i])))));
    more.hidden = at >= rows.length;
    more.textContent = `Show more of ${number(rows.length)}`;
  };
  add();
  const head = h("tr", {}, names.map((name, i) => h("th", { scope: "col", class: numeric[i] ? "numeric" : null }, name)));
  return h("div", {}, h("table", {}, h("thead", {}, head), body), more);
}

function cell(term, numeric) {
  if (!term) return h("td");
  if (term.type === "uri") return h("td", {}, link(term.value));
  if (term.type === "bnode") return h("td", { class: "note" }, `_:${term.value}`);
  const text = typeof term.value === "string" ? term.value : JSON.stringify(term.value);
  return h("td", { class: numeric ? "numeric" : "literal", title: term["xml:lang"] || null }, text);
}

function link(iri) {
  if (known.base && iri.startsWith(known.base)) {
    const [kind, ...local] = iri.slice(known.base.length).split("/");
    if (known.prefixes[kind] === `${known.base}${kind}/` && local.length) return h("a", { href: `/${kind}/${local.join("/")}?format=html`, title: iri }, short(iri));
  }
  return /^https?:\/\//.test(iri) ? h("a", { href: iri, rel: "noopener noreferrer", target: "_blank", title: iri }, short(iri)) : document.createTextNode(iri);
}

function short(iri) {
  let best = "";
  for (const [prefix, start] of Object.entries(known.prefixes)) if (iri.startsWith(start) && start.length > (known.prefixes[best] || "").length) best = prefix;
  return best ? `${best}:${iri.slice(known.prefixes[best].length)}` : iri;
}

// An address of the answer in each format: to save, or to give to another program.
function offer(query, formats) {
  const address = (format) => `/sparql?${new URLSearchParams({ query, format })}`;
  const fits = address("").length < 60000;
  $("downloads").hidden = !fits;
  if (fits) $("downloads").replaceChildren("Save as", ...formats.map(([name, format]) => h("a", { href: address(format), download: `answer.${format}` }, name)));
}

function remember(query) {
  const address = `/sparql?${new URLSearchParams({ query, format: "html" })}`;
  if (address.length < 60000 && address !== location.pathname + location.search) history.pushState(null, "", address);
}

function restore() {
  const query = new URLSearchParams(location.search).get("query");
  if (query !== null && query !== $("query").value) { write(query); run(); }
  return query !== null;
}

$("query").addEventListener("input", colour);
$("query").addEventListener("scroll", follow);
$("query").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
});
$("run").addEventListener("click", run);
$("stop").addEventListener("click", () => asking && asking.abort());
window.addEventListener("popstate", restore);

(async () => {
  const response = await fetch("/queries");
  if (response.ok) known = await response.json();
  listQueries();
  if (restore()) return;
  const first = known.queries.find((query) => query.name === "most-shared-methods") || known.queries[0];
  if (first) await choose(first);
})();
