// Beside the explorer page when it comes from a server: a way to the queries, and the rest of a graph too large for it.
"use strict";

(() => {
  const whole = document.currentScript.dataset.whole === "yes";
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
  const panel = document.getElementById("panel");
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

  if (whole) return;
  const fetched = async (address) => {
    const response = await fetch(address);
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  };
  const source = {
    search: (text) => fetched(`/data/search?q=${encodeURIComponent(text)}`),
    open: (id) => fetched(`/data/node?id=${encodeURIComponent(id)}`),
  };
  document.dispatchEvent(new CustomEvent("kg-source", { detail: source }));
})();
