// <ask-portfolio endpoint="…">: a terminal that asks and shows. Its state is one attribute,
// idle, waiting, streaming or failed, and chat.css shows it. What stands inside before the script runs stays.
import { ask, warm } from "./ask.js";
import config from "./config.js";
import { el, link } from "./render.js";
import { Turn } from "./turn.js";
import words from "./words.js";

const LIMIT = 2000; // characters of a question, as the server counts them
const REMEMBERED = 20; // messages sent along
const WARM_EVERY_MS = 60_000; // a function left alone goes back to sleep

class AskPortfolio extends HTMLElement {
  #screen;
  #form;
  #field;
  #count;
  #turns = el("ol", { class: "turns" });
  #status = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
  #history = [];
  #running = null; // the abort controller of the question under way
  #warmed = -Infinity;
  #pinned = true; // the reader is at the end, so the end stays in sight

  connectedCallback() {
    if (this.#form) return;
    this.#build();
    this.#listen();
    this.#meet();
    this.#warm();
    this.setAttribute("state", "idle");
  }

  disconnectedCallback() {
    this.#running?.abort();
  }

  get endpoint() {
    const base = this.getAttribute("endpoint") ?? config.endpoint;
    return new URL(base.replace(/\/?$/, "/"), document.baseURI).href;
  }

  /** Ask as if it had been typed. One at a time: while another is under way the question goes into the field. */
  async ask(question) {
    if (this.#running) return this.#fill(question);
    const running = (this.#running = new AbortController());
    const turn = new Turn(question, () => this.#follow());
    this.#turns.append(turn.node);
    this.#status.textContent = "";
    this.#pinned = true;
    this.#enter("waiting");
    if (matchMedia("(pointer: coarse)").matches) turn.node.focus({ preventScroll: true }); // folds the keyboard away
    let end = "idle";
    try {
      const settings = { history: this.#history.slice(-REMEMBERED), signal: running.signal };
      for await (const event of ask(this.endpoint, question, settings)) {
        turn.show(event, this.#slot("name")?.textContent ?? "");
        if (event.name === "token") this.#enter("streaming");
        if (event.name === "reset") this.#enter("waiting");
        if (event.name === "done") this.#remember(question, event.data.answer);
      }
    } catch (error) {
      const stopped = running.signal.aborted;
      if (!stopped) end = "failed";
      turn.fail(stopped ? words.stopped : reason(error), stopped ? words.again : words.retry, () => {
        if (this.#running) return;
        turn.node.remove();
        this.#field.focus();
        this.ask(question);
      });
    }
    this.#running = null;
    this.#enter(end);
    this.#status.textContent = turn.summary;
  }

  #build() {
    this.#screen = this.querySelector(".screen") ?? this.appendChild(el("div", { class: "screen" }));
    for (const [name, value] of Object.entries({ role: "region", "aria-label": words.conversation, tabindex: "0" }))
      this.#screen.setAttribute(name, value);
    this.#screen.append(this.#turns);
    this.#field = el("textarea", {
      rows: 1, maxlength: LIMIT, placeholder: words.placeholder, "aria-label": words.question,
      "aria-describedby": "ask-hint", enterkeyhint: "send", autocomplete: "off",
    });
    this.#count = el("span", { class: "count" });
    this.#form = el(
      "form", {},
      el(
        "div", { class: "line" },
        el("span", { class: "prompt", "aria-hidden": "true" }, words.prompt),
        this.#field,
        el("button", { class: "send" }, words.send),
        el("button", { type: "button", class: "stop" }, words.stop),
      ),
      el("p", { class: "hint" }, el("span", { id: "ask-hint" }, words.hint), this.#count),
    );
    this.#screen.after(this.#form, this.#status);
  }

  #listen() {
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener("input", () => this.#measure());
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.#running?.abort());
    this.addEventListener("focusin", () => this.#warm());
    document.addEventListener("visibilitychange", () => this.#warm());
    this.#form.querySelector(".stop").addEventListener("click", () => {
      this.#running?.abort();
      this.#field.focus();
    });
    this.#screen.addEventListener("click", (event) => {
      const starter = event.target.closest(".starters button");
      if (starter) this.ask(starter.textContent);
    });
    this.#screen.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#screen;
      this.#pinned = scrollHeight - scrollTop - clientHeight < 48;
    });
  }

  /** Whose portfolio it is, from subject.json beside this file; without it, what stands in the page is right. */
  async #meet() {
    const response = await fetch(new URL("subject.json", import.meta.url)).catch(() => null);
    const subject = response?.ok && (await response.json().catch(() => null));
    if (!subject) return;
    const { name, tagline, links = [], starters = [], services } = subject;
    const put = (slot, ...nodes) => nodes.some(Boolean) && this.#slot(slot)?.replaceChildren(...nodes);
    put("name", name);
    put("tagline", tagline);
    put("links", ...links.map(({ label, url }) => el("li", {}, link(url, label) ?? label)));
    put("starters", ...starters.map((text) => el("li", {}, el("button", { type: "button" }, text))));
    if (services) put("service", services.hosted ? words.sentTo(services.hosted) : words.stays);
  }

  #slot(name) {
    return this.querySelector(`[data-subject="${name}"]`);
  }

  #submit() {
    const question = this.#field.value.trim();
    if (!question || this.#running) return this.#field.focus();
    this.#fill("");
    this.ask(question);
  }

  #fill(text) {
    this.#field.value = text;
    this.#measure();
    this.#field.focus({ preventScroll: true });
  }

  #measure() {
    const { value, style } = this.#field;
    style.height = "auto";
    style.height = `${this.#field.scrollHeight}px`;
    this.#count.textContent = value.length > LIMIT * 0.9 ? words.count(value.length, LIMIT) : "";
  }

  #remember(question, answer) {
    this.#history.push({ role: "user", content: question }, { role: "assistant", content: answer });
  }

  #enter(state) {
    if (this.getAttribute("state") !== state) this.setAttribute("state", state);
    this.#follow();
  }

  #follow() {
    if (this.#pinned) this.#screen.scrollTop = this.#screen.scrollHeight;
  }

  #warm() {
    const now = performance.now();
    if (document.visibilityState === "hidden" || now - this.#warmed < WARM_EVERY_MS) return;
    this.#warmed = now;
    warm(this.endpoint);
  }
}

/** A failure in plain words. */
function reason({ kind, detail, status, retryAfter }) {
  if (kind === "unreachable") return navigator.onLine ? words.unreachable : words.offline;
  if (kind !== "problem") return words.broken;
  return [detail || words.status(status), retryAfter && words.wait(retryAfter)].filter(Boolean).join(" ");
}

customElements.get("ask-portfolio") ?? customElements.define("ask-portfolio", AskPortfolio);
