// The terminal; the element's `state` is idle, waiting, streaming or failed.
import { ask, rate, warm } from "./ask.js";
import { button, el, link } from "./render.js";
import sheet from "./style.js";
import { Turn } from "./turn.js";
import words, { language } from "./words.js";

const LIMIT = 2000;
const WARM_MS = 60_000; // a function left alone goes back to sleep

export class Chat {
  #host;
  #bubble;
  #memory;
  #turns = el("ol", { class: "turns" });
  #status = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
  #screen;
  #field;
  #count = el("span", { class: "count" });
  #switch;
  #running = null;
  #awake = -Infinity;
  #warming = false;
  #pinned = true;
  #closed = new AbortController();

  constructor(host, root, bubble) {
    this.#host = host;
    this.#bubble = bubble;
    this.#memory = host.memory;
    this.words = words[this.lang];
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
    const place = bubble?.panel ?? root;
    this.#build(place);
    for (const entry of this.#memory.turns) this.#show(entry).recall();
    this.#enter("idle");
    this.#listen();
  }

  get lang() {
    return language(this.#memory.lang, this.#host.lang);
  }

  focus() {
    this.#field.focus({ preventScroll: true });
  }

  close() {
    this.#abort("left");
    this.#closed.abort();
  }

  /** While another is under way the question goes into the field. */
  async ask(question) {
    if (this.#running) return this.#fill(question);
    const { signal } = (this.#running = new AbortController());
    const entry = { question };
    const history = this.#memory.history();
    this.#memory.turns.push(entry);
    this.#memory.save();
    const turn = this.#show(entry);
    this.#pinned = true;
    turn.wait(Date.now() - this.#awake < WARM_MS);
    this.#enter("waiting");
    this.say(turn.summary);
    if (matchMedia("(pointer: coarse)").matches) turn.node.focus({ preventScroll: true }); // folds the keyboard away
    try {
      for await (const event of ask(this.#host.endpoint, question, { history, language: this.lang, signal })) {
        this.#awake = Date.now();
        turn.show(event);
        if (event.name === "token") this.#enter("streaming");
        if (event.name === "reset") this.#enter("waiting");
      }
    } catch (error) {
      Object.assign(entry, { failure: { ...(signal.reason ?? error) }, text: turn.text });
      turn.fail();
    }
    this.#running = null;
    this.#memory.save();
    this.#enter(entry.record || entry.failure.kind === "stopped" ? "idle" : "failed");
    if (turn.node.isConnected) this.say(turn.summary);
  }

  #build(place) {
    const w = this.words;
    const other = words[w.other];
    this.#switch = button(other.name, () => this.#speak(other.code), { lang: other.code });
    const tools = [this.#switch, button(w.clear, () => this.#clear())];
    if (this.#bubble) tools.push(button("×", () => this.#bubble.show(false), { "aria-label": w.close }));
    const header = el("div", { class: "about" });
    const starters = el("div", { class: "starters" });
    const notes = el("p", { class: "notes" }, w.ai, " ");
    this.#screen = el(
      "div", { class: "screen", part: "screen", role: "region", "aria-label": w.conversation, tabindex: "0", scroll: () => this.#scrolled() },
      el("slot", { name: "header" }, header), starters, this.#turns,
    );
    this.#field = el("textarea", {
      rows: 1, maxlength: LIMIT, placeholder: w.placeholder, "aria-label": w.question, "aria-describedby": "hint",
      enterkeyhint: "send", autocomplete: "off", keydown: (event) => this.#key(event), input: () => this.#measure(),
    });
    this.#field.value = this.#memory.draft ?? "";
    const line = el(
      "div", { class: "line" }, el("span", { class: "prompt", "aria-hidden": "true" }, "visitor@portfolio:~$"), this.#field,
      el("button", { class: "send" }, w.send), button(w.stop, () => this.#stop(), { class: "stop" }),
    );
    place.replaceChildren(el(
      "div", {
        class: "terminal", part: "terminal", lang: w.code,
        keydown: ({ key }) => key === "Escape" && this.#escape(), focusin: () => this.#warm(),
      },
      el("div", { class: "bar" }, el("i"), el("i"), el("i"), el("span", { "aria-hidden": "true" }, "visitor@portfolio: ~"), ...tools),
      this.#screen,
      el("form", { submit: (event) => this.#submit(event) }, line, el("p", { class: "hint" }, el("span", { id: "hint" }, w.hint), this.#count)),
      notes, this.#status,
    ));
    this.#meet(header, starters, notes);
  }

  /** Whose portfolio it is; the page's own header stands. */
  async #meet(header, starters, notes) {
    const response = await fetch(new URL("subject.json", import.meta.url)).catch(() => null);
    const subject = await response?.json().catch(() => null);
    if (!subject) return;
    const w = this.words;
    const list = (items) => el("ul", {}, ...items.map((item) => el("li", {}, item)));
    const hosted = subject.services?.hosted;
    header.append(el("h2", {}, subject.name), el("p", {}, subject.tagline), list(subject.links.map(({ label, url }) => link(url, label) ?? label)));
    const starter = (text) => button(text, () => this.ask(text));
    const questions = subject.starters_by_language?.[w.code] ?? subject.starters;
    if (questions.length) starters.append(el("h2", {}, w.starters), list(questions.map(starter)));
    notes.append(hosted ? w.sentTo(hosted) : w.stays);
    for (const page of ["imprint", "privacy"]) notes.append(" ", link(subject[page], w[page]) ?? "");
    this.follow();
  }

  #listen() {
    const { signal } = this.#closed;
    const warmed = () => this.#warm();
    document.addEventListener("visibilitychange", warmed, { signal });
    addEventListener("pageshow", warmed, { signal });
    addEventListener("pagehide", () => this.#abort("left"), { signal }); // it would freeze in mid-answer
    addEventListener("online", () => this.#online(), { signal });
    warmed();
  }

  #show(entry) {
    const turn = new Turn(entry, this);
    this.#turns.append(turn.node);
    return turn;
  }

  again({ entry, node }) {
    if (this.#running) return;
    node.remove();
    this.#memory.turns.splice(this.#memory.turns.indexOf(entry), 1);
    this.focus();
    this.ask(entry.question);
  }

  async rate({ entry }, verdict) {
    const taken = await rate(this.#host.endpoint, entry.record.id, verdict);
    if (taken) entry.verdict = verdict;
    this.#memory.save();
    this.say(this.words[taken ? "thanks" : "unsaid"]);
  }

  #online() {
    if (this.#memory.turns.at(-1)?.failure?.kind === "offline") this.#turns.lastChild.querySelector(".stage button").click();
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    const question = this.#field.value.trim();
    if (!question || this.#running) return this.focus();
    this.#fill("");
    this.ask(question);
  }

  #abort(kind) {
    this.#running?.abort({ kind });
  }

  #stop() {
    this.#abort("stopped");
    this.focus();
  }

  #escape() {
    if (this.#running) this.#stop();
    else this.#bubble?.show(false);
  }

  #clear() {
    this.#stop();
    this.#memory.turns = [];
    this.#memory.save();
    this.#turns.replaceChildren();
    this.say(this.words.cleared);
  }

  async #speak(lang) {
    Object.assign(this.#memory, { lang, draft: this.#field.value }).save();
    (await this.#host.restart()).#switch.focus();
  }

  #fill(text) {
    this.#field.value = text;
    this.#measure();
    this.focus();
  }

  #measure() {
    const { value, style } = this.#field;
    style.height = "auto";
    style.height = `${this.#field.scrollHeight}px`;
    this.#count.textContent = value.length > LIMIT * 0.9 ? this.words.count(value.length, LIMIT) : "";
  }

  say(text) {
    this.#status.textContent = text;
  }

  #enter(state) {
    this.#host.setAttribute("state", state);
    this.#switch.disabled = this.#running !== null; // what is under way cannot change its words
    this.follow();
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#screen;
    this.#pinned = scrollHeight - scrollTop - clientHeight < 48;
  }

  follow() {
    const last = this.#turns.lastChild;
    if (this.#pinned && last) this.#screen.scrollTop = last.offsetTop - this.#screen.offsetTop; // its question stays
  }

  async #warm() {
    if (document.hidden || this.#warming || Date.now() - this.#awake < WARM_MS) return;
    this.#warming = true;
    if (await warm(this.#host.endpoint)) this.#awake = Date.now();
    this.#warming = false;
  }
}
