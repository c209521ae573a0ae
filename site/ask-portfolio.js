// <ask-portfolio endpoint="…" lang="de" bubble>: see docs/page.md
import { el } from "./render.js";
import words, { language } from "./words.js";

class AskPortfolio extends HTMLElement {
  #chat; // a promise
  #bubble;
  #memory;

  connectedCallback() {
    if (this.hasAttribute("bubble")) this.#bubble ??= new Bubble(this.#root(), language(this.lang), () => this.#open());
    else this.#open();
  }

  async disconnectedCallback() {
    const chat = await this.#chat;
    if (this.isConnected) return; // only moved
    chat?.close();
    this.#chat = null;
  }

  get memory() {
    return (this.#memory ??= new Memory(this.endpoint));
  }

  get endpoint() {
    const said = this.getAttribute("endpoint");
    return new URL((said ?? "api").replace(/\/?$/, "/"), said === null ? import.meta.url : document.baseURI).href;
  }

  async ask(question) {
    return (await this.#open())?.ask(question);
  }

  async restart() {
    (await this.#chat).close();
    this.#chat = null;
    return this.#open();
  }

  #root() {
    return this.shadowRoot ?? this.attachShadow({ mode: "open" });
  }

  /** Null when the code does not come: what stands inside the element stays. */
  #open() {
    const made = ({ Chat }) => new Chat(this, this.#root(), this.#bubble);
    return (this.#chat ??= import("./chat.js").then(made, () => (this.#chat = null)));
  }
}

/** A button in the corner. The chat's code loads on first approach. */
class Bubble {
  panel = el("div", { class: "panel", role: "dialog", hidden: "" });
  #launcher = el("button", {
    type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false",
    click: () => this.show(true), pointerenter: () => this.open(), focus: () => this.open(),
  });

  constructor(root, lang, open) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
      :host { position: fixed; z-index: 2147483000; inset: auto 1rem 1rem auto; color-scheme: light dark; }
      .launcher { padding: .7rem 1.1rem; background: light-dark(#0a6b43, #5fe0a0); border: 0; border-radius: .6rem;
        box-shadow: 0 .3rem 1rem #0006; color: Canvas; font: 700 1rem/1.4 ui-monospace, monospace; cursor: pointer; }
      .launcher:focus-visible { outline: 3px solid light-dark(#0a6b43, #5fe0a0); outline-offset: 2px; }
      @media print { :host { display: none; } }
    `);
    root.adoptedStyleSheets = [sheet];
    this.open = open;
    root.replaceChildren(el("div", { role: "region" }, this.panel, this.#launcher));
    this.#speak(lang);
  }

  async show(shown) {
    const chat = await this.open();
    if (!chat) return;
    this.#speak(chat.lang);
    this.panel.hidden = !shown;
    this.#launcher.hidden = shown;
    this.#launcher.ariaExpanded = shown;
    (shown ? chat : this.#launcher).focus();
  }

  #speak(lang) {
    const label = (this.#launcher.textContent = words[lang].open);
    const region = this.panel.parentNode;
    region.ariaLabel = this.panel.ariaLabel = label;
    region.lang = lang;
  }
}

/** This visit's conversation: in sessionStorage, so per tab and gone with it. */
class Memory {
  turns = []; // { question, record?, failure?, text?, verdict? }
  #key;

  constructor(endpoint) {
    this.#key = `ask-portfolio ${endpoint}`;
    try {
      const { turns, lang, draft } = JSON.parse(sessionStorage[this.#key]);
      const ours = ({ question, record }) => question.trim() && (!record || record.sources.every(Boolean));
      Object.assign(this, { turns: turns.filter(ours), lang, draft });
    } catch { /* blocked, empty, or not ours */ }
  }

  save() {
    try {
      sessionStorage[this.#key] = JSON.stringify(this);
    } catch { /* blocked or full */ }
  }

  history() {
    const said = (role, content) => ({ role, content: content.slice(0, 8000) });
    const turns = this.turns.filter(({ record }) => record);
    return turns.flatMap(({ question, record }) => [said("user", question), said("assistant", record.answer)]).slice(-20);
  }
}

customElements.get("ask-portfolio") ?? customElements.define("ask-portfolio", AskPortfolio);

if (new URL(import.meta.url).searchParams.has("bubble") && !document.querySelector("ask-portfolio"))
  document.body.append(el("ask-portfolio", { bubble: "" }));
