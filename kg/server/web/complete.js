// Completion on the query page: keywords, prefixes, variables, classes and properties while they are typed, and by its
// name what the graph holds. Uses what query.js declares.
"use strict";

const MOST_OFFERED = 60;
const SEARCH_AFTER_MS = 150;
const WORD_BEFORE = /(?:[\w-]*:[\w%.+-]*|[?$]\w*|[A-Za-z]\w*)$/;
const WORD_AFTER = /^[\w:%-]/;
const THING = /^(method|dataset|metric|task|paper):(..+)$/;
// Prefixed names that need no escape.
const PLAIN = /^[\w-]+:[\w:%-]+(?:\.[\w:%-]+)*$/;
const completion = { offers: [], at: 0, asked: 0 };

// The word that ends at the caret; none in the middle of one, nor in a comment, a string or an IRI.
function wordAtCaret() {
  const { value, selectionStart: caret, selectionEnd: end } = $("query");
  if (caret !== end || WORD_AFTER.test(value.slice(caret)) || /<\S*$/.test(value.slice(0, caret))) return "";
  const inside = ({ index, 0: { length }, groups }) => (groups.comment || groups.string || groups.iri) && index < caret && caret <= index + length;
  if ([...value.matchAll(TOKENS)].some(inside)) return "";
  return (value.slice(0, caret).match(WORD_BEFORE) || [""])[0];
}

function candidates(word) {
  if (/^[?$]/.test(word)) {
    const variables = new Set($("query").value.match(/[?$]\w+/g));
    variables.delete(word);
    return [...variables].map((name) => ({ name, words: "" }));
  }
  if (word.includes(":")) return known.terms;
  const prefixes = Object.entries(known.prefixes).map(([prefix, iri]) => ({ name: `${prefix}:`, words: iri }));
  return [...KEYWORDS.split("|").map((name) => ({ name, words: "" })), ...prefixes, ...known.terms];
}

// Names that begin with the word, classes first behind "a" and properties first elsewhere; then those whose local part does.
function fitting(word) {
  const begins = (text) => text.toLowerCase().startsWith(word.toLowerCase());
  const { value, selectionStart: caret } = $("query"), wantsClass = /\sa\s+$/.test(value.slice(0, caret - word.length));
  const ranks = [[], [], []];
  for (const candidate of candidates(word)) {
    const local = candidate.name.slice(candidate.name.indexOf(":") + 1);
    if (begins(candidate.name)) ranks[Number(word.includes(":") && /^[A-Z]/.test(local) !== wantsClass)].push(candidate);
    else if (word.length > 2 && begins(local)) ranks[2].push(candidate);
  }
  return ranks.flat();
}

async function complete() {
  const word = wordAtCaret(), mine = ++completion.asked;
  const [, kind, name] = word.match(THING) || [];
  if (!kind) return offerWords(word, word ? fitting(word) : []);
  await new Promise((resolve) => { setTimeout(resolve, SEARCH_AFTER_MS); });
  if (mine !== completion.asked) return;
  const found = (await Promise.all([...new Set([name, name.replaceAll("-", " ")])].map(things))).flat();
  if (mine !== completion.asked) return;
  const ofKind = new Map(found.filter((thing) => thing.kind === kind).map((thing) => [thing.iri, thing]));
  offerWords(word, [...ofKind.values()].map(({ iri, name: words }) => ({ name: PLAIN.test(short(iri)) ? short(iri) : `<${iri}>`, words })));
}

async function things(text) {
  const response = await fetch(`/search?${new URLSearchParams({ q: text })}`, { headers: { Accept: "application/json" } });
  return response.ok ? response.json() : [];
}

// The list

function offerWords(word, offers) {
  const done = offers.some(({ name }) => name === word || name === word.toUpperCase());
  Object.assign(completion, { offers: done ? [] : offers.slice(0, MOST_OFFERED), at: 0 });
  const list = $("completions");
  list.replaceChildren(...completion.offers.map(({ name, words }, i) => h("li", {
    id: `completion-${i}`, role: "option", onmousedown: (event) => { event.preventDefault(); accept(i); },
  }, h("b", {}, name), h("span", {}, words))));
  list.hidden = !completion.offers.length;
  if (!list.hidden) {
    place(list);
    point(0);
  } else $("query").removeAttribute("aria-activedescendant");
}

const stopOffering = () => { completion.asked++; offerWords("", []); };

// Under the word's first letter, or above it where there is no room; the coloured copy of the text knows where that is.
function place(list) {
  let left = $("query").selectionStart - wordAtCaret().length;
  const texts = document.createTreeWalker($("colours"), NodeFilter.SHOW_TEXT), letter = document.createRange();
  while (texts.nextNode() && left >= texts.currentNode.length) left -= texts.currentNode.length;
  letter.setStart(texts.currentNode, left);
  letter.setEnd(texts.currentNode, left + 1);
  const at = letter.getBoundingClientRect(), below = at.bottom + list.offsetHeight + 4 < window.innerHeight;
  list.style.left = `${Math.max(4, Math.min(at.left - 10, window.innerWidth - list.offsetWidth - 4))}px`;
  list.style.top = `${below ? at.bottom + 3 : Math.max(0, at.top - list.offsetHeight - 3)}px`;
}

function point(to) {
  const options = $("completions").children;
  completion.at = (to + options.length) % options.length;
  for (const [i, option] of [...options].entries()) option.setAttribute("aria-selected", String(i === completion.at));
  options[completion.at].scrollIntoView({ block: "nearest" });
  $("query").setAttribute("aria-activedescendant", options[completion.at].id);
}

// Typed rather than set, so that Ctrl-Z takes it back.
function accept(i) {
  const field = $("query"), end = field.selectionStart, { name } = completion.offers[i];
  field.setSelectionRange(end - wordAtCaret().length, end);
  document.execCommand("insertText", false, name);
  if (!name.endsWith(":")) stopOffering();
}

const KEYS = {
  ArrowDown: () => point(completion.at + 1), ArrowUp: () => point(completion.at - 1), Escape: stopOffering,
  Enter: () => accept(completion.at), Tab: () => accept(completion.at),
};

$("query").addEventListener("input", (event) => { if (event.inputType) complete(); });
$("query").addEventListener("keydown", (event) => {
  const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
  if (key === " " && ctrlKey) complete();
  else if ($("completions").hidden || event.isComposing) return;
  else if (KEYS[key] && !(ctrlKey || metaKey || altKey || shiftKey)) KEYS[key]();
  else return key.length > 1 && stopOffering();
  event.preventDefault();
});
$("query").addEventListener("scroll", () => { if (!$("completions").hidden) place($("completions")); });
for (const leaving of ["blur", "click"]) $("query").addEventListener(leaving, stopOffering);
window.addEventListener("resize", stopOffering);
