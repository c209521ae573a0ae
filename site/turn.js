// One question and what became of it, as nodes.
import { button, el, link, paint } from "./render.js";

const SLOW_MS = 4_000;

export class Turn {
  #text = "";
  #void = false; // dropped, but shown until other text takes its place
  #sources = [];
  #frame = 0;
  #answer = el("div", { class: "answer", dir: "auto" });
  #stage = el("p", { class: "stage" });
  #list = el("div");
  #by = el("p", { class: "by" });
  #tools = el("p", { class: "tools" });

  constructor(entry, chat) {
    Object.assign(this, { entry, chat, words: chat.words });
    const asked = el("h2", {}, el("span", { class: "prompt", "aria-hidden": "true" }, "$ "), el("span", { dir: "auto" }, entry.question));
    const parts = [asked, this.#answer, this.#stage, this.#list, this.#by, this.#tools];
    this.node = el("li", { class: "turn", tabindex: "-1", click: ({ target }) => this.#openSource(target) }, ...parts);
  }

  get text() {
    return this.#void ? "" : this.#text;
  }

  get summary() {
    const said = [this.#answer, this.#stage.firstChild, this.#by];
    return said.map((node) => node?.textContent).filter(Boolean).join(" ");
  }

  wait(awake) {
    const { waking, searching } = this.words;
    this.#say(awake ? searching : waking);
    this.slow = setTimeout(() => this.#say(waking), SLOW_MS);
  }

  show({ name, data }) {
    const { searching, writing } = this.words;
    clearTimeout(this.slow);
    if (name === "open") this.#say(searching);
    if (name === "sources") this.#cite(data);
    if (name === "sources" && !this.#text) this.#say(writing);
    if (name === "token") this.#write(data.text);
    if (name === "reset") this.#drop();
    if (name === "done") this.#finish(data);
  }

  /** One without an end was cut off when its page went. */
  recall() {
    if (this.entry.record) this.#finish(this.entry.record);
    else this.fail();
  }

  /** What was written so far stays, marked as incomplete. */
  fail() {
    const { entry, words } = this;
    const { failure = {}, text = "" } = entry;
    this.#text = text;
    this.#end("failed");
    const label = failure.kind === "stopped" ? words.again : words.retry;
    this.#stage.replaceChildren(reason(failure, words), " ", button(label, () => this.chat.again(this)));
    this.chat.follow();
  }

  #write(text) {
    this.#text = this.text + text;
    this.#void = false;
    this.#say("");
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #drop() {
    this.#paint();
    this.#void = this.#text !== "";
    this.#answer.style.minHeight = `${this.#answer.offsetHeight}px`;
    this.#answer.classList.toggle("void", this.#void);
    this.#say(this.words.takeover);
  }

  #paint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#void) return;
    this.#answer.classList.remove("void");
    paint(this.#answer, this.#text, this.#sources);
    this.chat.follow();
  }

  #cite(sources) {
    if (JSON.stringify(sources) === JSON.stringify(this.#sources)) return; // keeps opened ones open
    this.#sources = sources;
    const label = this.words.sources;
    const list = el("ol", { class: "sources", "aria-label": label }, ...sources.map((source) => this.#source(source)));
    this.#list.replaceChildren(sources.length ? list : "");
    this.#paint();
  }

  #source(source) {
    const { n, snippet, uri } = source;
    const { openPage } = this.words;
    const page = /^https?:/i.test(uri) && link(uri, openPage);
    if (page) page.ariaLabel = `${openPage}: ${heading(source)}`;
    return el(
      "li", {},
      el(
        "details", { "data-n": n },
        el("summary", {}, el("span", { class: "number" }, `[${n}]`), el("span", { dir: "auto" }, heading(source))),
        el("blockquote", { dir: "auto" }, snippet ?? ""), page || "",
      ),
    );
  }

  #say(stage) {
    this.#stage.textContent = stage;
    this.chat.follow();
  }

  #end(outcome) {
    clearTimeout(this.slow);
    this.#void = false;
    this.#answer.style.minHeight = "";
    this.#paint();
    this.node.dataset.outcome = outcome;
  }

  #finish(record) {
    const { entry, words } = this;
    entry.record = record;
    const { answer, sources, provider, answered, degraded } = record;
    this.#text = answer;
    this.#void = false;
    this.#cite(sources);
    this.#say("");
    const outcome = provider === "contact" ? "contact" : answered ? "answered" : "refused";
    this.#end(outcome);
    const refused = outcome === "refused";
    if (refused) this.#answer.prepend(el("p", { class: "label" }, words.refused));
    const said = [refused ? words.notFound : words[provider]?.(record), degraded && this.#lacking(record.as_of)];
    this.#by.textContent = said.filter(Boolean).join(" · ");
    this.#tools.replaceChildren(...this.#buttons(record));
    this.chat.follow();
  }

  #lacking(time) {
    const { degraded, asOf, code } = this.words;
    const told = new Date(time).toLocaleString(code, { dateStyle: "medium", timeStyle: "short" });
    return Date.parse(time) ? `${degraded}, ${asOf(told)}` : degraded;
  }

  #buttons({ answer }) {
    const { words, chat, entry } = this;
    const copy = button(words.copy, async () => {
      const sources = this.#sources.map((source) => `[${source.n}] ${heading(source)} ${source.uri}`);
      await navigator.clipboard.writeText([answer, "", ...sources].join("\n"));
      chat.say(words.copied);
    });
    const rating = (value) => button(words[value], () => chat.rate(this, value).then(show), { value });
    const ratings = ["up", "down"].map(rating);
    const show = () => ratings.forEach((node) => (node.ariaPressed = entry.verdict === node.value));
    show();
    return [...(navigator.clipboard ? [copy] : []), ...ratings]; // a page without https has none
  }

  #openSource(target) {
    const cite = target.closest(".cite");
    const source = cite && this.#list.querySelector(`[data-n="${cite.value}"]`);
    if (!source) return;
    source.open = true;
    source.firstChild.focus({ preventScroll: true });
    source.scrollIntoView({ block: "nearest" });
  }
}

function heading({ title, section }) {
  return [title, section].filter(Boolean).join(" › ");
}

function reason({ kind, detail, status, retryAfter }, w) {
  if (kind === "problem") return [detail || w.status(status), retryAfter && w.wait(retryAfter)].filter(Boolean).join(" ");
  return w[kind] ?? w.broken;
}
