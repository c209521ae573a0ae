// One question and what became of it, as nodes. It is told events and shows them; it asks nobody.
import { el, paint, sourceList } from "./render.js";
import words from "./words.js";

const SLOW_MS = 4_000;

export class Turn {
  #text = "";
  #sources = [];
  #frame = 0;
  #answer = el("div", { class: "answer", dir: "auto" });
  #stage = el("p", { class: "stage" }, words.searching);
  #list = el("div");
  #by = el("p", { class: "by" });

  /** `changed()` is called after each change of height. */
  constructor(question, changed) {
    this.changed = changed;
    const prompt = el("span", { class: "prompt", "aria-hidden": "true" }, words.prompt);
    const asked = el("h2", {}, prompt, " ", el("span", { dir: "auto" }, question));
    this.node = el("li", { class: "turn", tabindex: "-1" }, asked, this.#answer, this.#stage, this.#list, this.#by);
    this.node.addEventListener("click", (event) => this.#openSource(event.target.closest(".cite")));
    this.slow = setTimeout(() => this.#say(words.slow), SLOW_MS);
  }

  /** What a screen reader is told when all is said. */
  get summary() {
    const said = [this.#answer, this.#stage.firstChild, this.#by]; // without the button
    return said.map((node) => node?.textContent).filter(Boolean).join(" ");
  }

  /** One event of the answer; `person` is who the contact card is about. */
  show({ name, data }, person) {
    clearTimeout(this.slow);
    if (name === "sources") this.#cite(data);
    if (name === "sources" && !this.#text) this.#say(words.writing);
    if (name === "token") this.#write(this.#text + data.text);
    if (name === "reset") this.#drop();
    if (name === "done") this.#finish(data, person);
  }

  /** It ended without an answer: say why and offer `again()`. What was written so far stays, marked as incomplete. */
  fail(why, label, again) {
    this.#end("failed");
    const button = el("button", { type: "button" }, label);
    button.addEventListener("click", again);
    this.#stage.replaceChildren(why, " ", button);
    this.changed();
  }

  #write(text) {
    this.#text = text;
    this.#say("");
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #drop() {
    this.#text = "";
    this.#paint();
    this.#say(words.takeover);
  }

  #paint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    paint(this.#answer, this.#text, this.#sources);
    this.changed();
  }

  #cite(sources) {
    if (JSON.stringify(sources) === JSON.stringify(this.#sources)) return; // keeps opened ones open
    this.#sources = sources;
    this.#list.replaceChildren(...(sources.length ? [sourceList(sources, words)] : []));
    this.#paint();
  }

  #say(stage) {
    this.#stage.textContent = stage;
    this.changed();
  }

  #end(outcome) {
    clearTimeout(this.slow);
    this.#paint();
    this.node.dataset.outcome = outcome;
  }

  #finish(record, person) {
    this.#text = record.answer;
    this.#cite(record.sources);
    this.#say("");
    const reached = record.provider === "contact";
    const refused = !record.answered && !reached;
    this.#end(reached ? "contact" : refused ? "refused" : "answered");
    if (refused) this.#answer.prepend(el("p", { class: "label" }, words.refused));
    const said = [refused ? words.notFound : words.by[record.provider]?.(record, person), record.degraded && words.degraded];
    this.#by.append(said.filter(Boolean).join(" · "));
    this.changed();
  }

  #openSource(cite) {
    const source = cite && this.#list.querySelector(`[data-n="${Number(cite.dataset.n)}"]`);
    if (!source) return;
    source.open = true;
    source.firstElementChild.focus({ preventScroll: true });
    source.scrollIntoView({ block: "nearest" });
  }
}
