// Beside the explorer page when it comes from a server: a way to the queries, and what the page does not hold itself.
"use strict";

(() => {
  const whole = document.currentScript.dataset.whole === "yes";
  const byId = (id) => document.getElementById(id);
  const link = (href, text) => Object.assign(document.createElement("a"), { href, textContent: text });

  const icon = Object.assign(document.createElement("link"), { rel: "icon", href: "/static/icon.svg" });
  document.head.append(icon);
  const actions = document.querySelector(".actions");
  if (actions) {
    const queries = link("/sparql?format=html", "Queries");
    queries.style.cssText = "align-self: center; margin-right: 8px";
    actions.prepend(queries);
  }

  // Under what the panel tells of a paper or entity: the page that tells everything.
  const panel = byId("panel");
  const follow = () => {
    const body = panel.querySelector(".panel-body");
    const chosen = /[#&](?:paper|entity)=([^&]*)/.exec(location.hash);
    if (!body || !chosen || body.querySelector(".from-server")) return;
    const more = document.createElement("p");
    more.className = "facts from-server";
    more.append(link(`/lookup?id=${chosen[1]}`, "All that the graph knows of it"));
    body.append(more);
  };
  if (panel) new MutationObserver(follow).observe(panel, { childList: true });

  // Names that the page does not know are looked for in the whole graph.
  const input = byId("search"), box = byId("suggestions");
  if (whole || !input || !box) return;
  let waiting = 0, asked = "";
  const item = (hit) => {
    const entry = document.createElement("li");
    entry.className = "from-server";
    entry.setAttribute("role", "option");
    const note = document.createElement("span");
    note.className = "note";
    note.textContent = hit.year || (hit.papers ? `${hit.papers} paper${hit.papers === 1 ? "" : "s"}` : "");
    const name = link(`${hit.path}?format=html`, hit.name);
    name.className = "item-name";
    name.style.textDecoration = "none";
    const mark = document.querySelector(`#filters .mark.${hit.kind}`);
    entry.append(...(mark ? [mark.cloneNode(true)] : []), name, note);
    entry.addEventListener("mousedown", (event) => { event.preventDefault(); location.assign(name.href); });
    return entry;
  };
  const search = async () => {
    const text = input.value.trim();
    if (text.length < 2) return;
    asked = text;
    const response = await fetch(`/search?q=${encodeURIComponent(text)}&format=json`);
    if (!response.ok || asked !== text || input.value.trim() !== text) return;
    const there = new Set([...box.querySelectorAll(".item-name")].map((found) => found.textContent));
    const others = (await response.json()).filter((hit) => !there.has(hit.name)).slice(0, 8);
    if (input.value.trim() !== text || !others.length) return;
    for (const none of box.querySelectorAll(".none, .from-server")) none.remove();
    box.append(...others.map(item));
    box.hidden = document.activeElement !== input;
  };
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 250); });
  input.addEventListener("keydown", (event) => {
    const first = box.querySelector(".from-server a");
    if (event.key === "Enter" && first && !box.querySelector('[id^="suggestion-"]')) location.assign(first.href);
  });
})();
