// One question and what became of it, as nodes.
import { button, el, heading, paint, sourceList } from "./render.js";

const SLOW_MS = 4_000;

export class Turn {
  #text = "";
  #void = false; // the text is dropped, and shown until other text takes its place
  #sources = [];
  #frame = 0;
  #answer = el("div", { class: "answer", dir: "auto" });
  #stage = el("p", { class: "stage" });
  #list = el("div");
  #by = el("p", { class: "by" });
  #tools = el("p", { class: "tools" });

  /** `on` has changed(), again(), rate(verdict) and say(text). */
  constructor(entry, words, on) {
    Object.assign(this, { entry, words, on });
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

  /** What was written so far stays, marked as incomplete. */
  fail(reason, label, text = this.text) {
    this.#text = text;
    this.#end("failed");
    this.#stage.replaceChildren(reason, " ", button(label, this.on.again));
    this.on.changed();
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
    this.on.changed();
  }

  #cite(sources) {
    if (JSON.stringify(sources) === JSON.stringify(this.#sources)) return; // keeps opened ones open
    this.#sources = sources;
    this.#list.replaceChildren(...(sources.length ? [sourceList(sources, this.words)] : []));
    this.#paint();
  }

  #say(stage) {
    this.#stage.textContent = stage;
    this.on.changed();
  }

  #end(outcome) {
    clearTimeout(this.slow);
    this.#void = false;
    this.#answer.style.minHeight = "";
    this.#paint();
    this.node.dataset.outcome = outcome;
  }

  #finish(record) {
    const { words } = this;
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
    this.on.changed();
  }

  #lacking(time) {
    const { degraded, asOf, code } = this.words;
    const told = (time) => time.toLocaleString(code, { dateStyle: "medium", timeStyle: "short" });
    return Date.parse(time) ? `${degraded}, ${asOf(told(new Date(time)))}` : degraded;
  }

  #buttons({ answer }) {
    const { words, on, entry } = this;
    const copy = button(words.copy, async () => {
      const sources = this.#sources.map((source) => `[${source.n}] ${heading(source)} ${source.uri}`);
      await navigator.clipboard.writeText([answer, "", ...sources].join("\n"));
      on.say(words.copied);
    });
    const ratings = ["up", "down"].map((verdict) => {
      const node = button(words[verdict], () => on.rate(verdict).then(show));
      node.verdict = verdict;
      return node;
    });
    const show = () => ratings.forEach((node) => (node.ariaPressed = entry.verdict === node.verdict));
    show();
    return [...(navigator.clipboard ? [copy] : []), ...ratings]; // a page without https has none
  }

  #openSource(target) {
    const cite = target.closest(".cite");
    const source = cite && this.#list.querySelector(`[data-n="${Number(cite.dataset.n)}"]`);
    if (!source) return;
    source.open = true;
    source.firstChild.focus({ preventScroll: true });
    source.scrollIntoView({ block: "nearest" });
  }
}
