// Making elements. Text only ever enters the page as text nodes and attribute values, never as markup.

const $ = (id) => document.getElementById(id);

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "hidden" || name === "checked" || name === "disabled" || name === "value") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const h = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);

const SVG = "http://www.w3.org/2000/svg";
const s = (tag, properties, ...children) => fill(document.createElementNS(SVG, tag), properties, children);

const number = (value) => value.toLocaleString("en", { maximumFractionDigits: 6 });
const plural = (count, one, many = one + "s") => `${number(count)} ${count === 1 ? one : many}`;

function shorten(text, most) {
  const letters = Array.from(text);
  if (letters.length <= most) return text;
  const cut = letters.slice(0, most - 1).join("");
  return cut.slice(0, Math.max(cut.lastIndexOf(" "), most * 0.6)).trimEnd() + "…";
}

// A link for http(s) addresses; anything else a record may hold ("javascript:…") is shown as the text it is.
function link(address, ...children) {
  let url = null;
  try { url = new URL(address); } catch { /* not an address */ }
  if (!url || !/^https?:$/.test(url.protocol)) return h("span", {}, ...children);
  return h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

// The marks of the kinds, the same on the map, in the legend and in lists: told apart by shape as well as by colour.
const MARKS = {
  paper: "M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11z",
  method: "M8 1.5L14.5 8L8 14.5L1.5 8z",
  dataset: "M3 3h10v10H3z",
  metric: "M8 2L14.5 13.5H1.5z",
  task: "M4.5 2.5h7L15 8l-3.5 5.5h-7L1 8z",
};

const mark = (kind) => s("svg", { class: `mark ${kind}`, viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: MARKS[kind] }));

function sparkline(timeline, first, last) {
  if (!timeline.length) return null;
  const years = last - first + 1, most = Math.max(...timeline.map((point) => point[1]));
  const width = Math.max(3, Math.min(14, 220 / years));
  const bars = timeline.map(([year, count]) => s("rect", {
    x: (year - first) * width + 0.5, width: width - 1, y: 28 - (26 * count) / most, height: (26 * count) / most,
  }, s("title", {}, `${year}: ${plural(count, "paper")}`)));
  const said = timeline.map(([year, count]) => `${year}: ${count}`).join(", ");
  return s("svg", {
    class: "sparkline", viewBox: `0 0 ${years * width} 29`, width: years * width, height: 29, role: "img",
    "aria-label": `Papers by year: ${said}`,
  }, s("path", { d: `M0 28.5h${years * width}` }), bars);
}
