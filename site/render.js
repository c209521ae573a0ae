// Text → nodes. What somebody wrote stays text.

const SAFE = ["http:", "https:", "mailto:"];

// Markdown inside a line; the first that fits wins.
const INLINE = new RegExp(
  [
    /`(?<code>[^`\n]+)`/,
    /\[(?<label>[^[\]\n]+)\]\((?<href>[^()\s]+)\)/,
    /\[(?<cites>\d{1,2}(?:\s*,\s*\d{1,2})*)\]/,
    /\*\*(?=\S)(?<strong>[^\n]+?)\*\*/,
    /(?<![\w*])(?<mark>[*_])(?=\S)(?<em>[^*_\n]+)(?<=\S)\k<mark>(?![\w*])/,
    /(?<url>https?:\/\/[^\s<>()[\]]*[^\s<>()[\].,;:!?'"*_])/,
  ].map((part) => part.source).join("|"),
  "g",
);

/** An attribute that is a function listens to that event. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function button(label, click, attributes) {
  return el("button", { type: "button", click, ...attributes }, label);
}

/** Null when the address is relative or could run something. */
export function link(href, ...children) {
  if (!URL.canParse(href)) return null;
  const url = new URL(href);
  if (!SAFE.includes(url.protocol)) return null;
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

/** Touches only the blocks that changed: a selection outlives the next token. */
export function paint(container, text, sources) {
  const wanted = blocks(text);
  wanted.forEach((block, i) => {
    const key = JSON.stringify([block, sources]);
    const old = container.children[i];
    if (old?.key === key) return;
    const node = Object.assign(blockNode(block, sources), { key });
    if (old) old.replaceWith(node);
    else container.append(node);
  });
  while (container.children.length > wanted.length) container.lastElementChild.remove();
}

function blocks(text) {
  const found = [];
  let open = null;
  const begin = (tag, item, start) => found.push((open = { tag, start, items: [item] }));
  for (const line of text.split("\n")) {
    const fence = /^\s*```/.exec(line);
    const [, number, item] = /^\s*(?:[-*•]|(\d{1,3})[.)])\s+(.*)/.exec(line) ?? [];
    const title = /^#{1,6}\s+(.*)/.exec(line);
    if (open?.tag === "pre") {
      if (!fence) open.items[0] += `${line}\n`;
      else {
        open = null;
        const rest = line.slice(fence[0].length);
        if (rest.trim()) begin("p", rest);
      }
    } else if (fence) begin("pre", "");
    else if (!line.trim()) open = null;
    else if (item !== undefined) {
      const tag = number ? "ol" : "ul";
      if (open?.tag === tag) open.items.push(item);
      else begin(tag, item, number);
    } else if (title) {
      begin("p", `**${title[1]}**`);
      open = null;
    } else if (open) open.items[open.items.length - 1] += `\n${line}`;
    else begin("p", line);
  }
  return found;
}

function blockNode({ tag, start, items }, sources) {
  if (tag === "pre") return el("pre", { tabindex: 0 }, ...items);
  if (tag === "p") return el("p", {}, ...inline(items[0], sources));
  return el(tag, start ? { start } : {}, ...items.map((item) => el("li", {}, ...inline(item, sources))));
}

function inline(text, sources) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(text.slice(from, match.index), ...inlineNodes(match, sources));
    from = match.index + match[0].length;
  }
  return [...nodes, text.slice(from)];
}

function inlineNodes({ 0: raw, groups: { code, label, href, cites, strong, em, url } }, sources) {
  if (code) return [el("code", {}, code)];
  if (label) return [link(href, ...inline(label, [])) ?? raw];
  if (strong) return [el("strong", {}, ...inline(strong, sources))];
  if (em) return [el("em", {}, ...inline(em, sources))];
  if (url) return [link(url, url) ?? raw];
  const cited = cites.split(",").map((n) => sources.find((source) => source.n === Number(n)));
  return cited.every(Boolean) ? cited.map(citation) : [raw];
}

function citation({ n, title }) {
  return el("button", { type: "button", class: "cite", value: n, "aria-label": `[${n}] ${title}` }, `[${n}]`);
}
