// What is remembered of this visit: in sessionStorage, per tab and gone with it; without it, in memory.

export class Memory {
  turns = []; // { question, record?, failure?, text?, verdict? }, oldest first
  lang = "";
  draft = "";
  #key;

  constructor(endpoint) {
    this.#key = `ask-portfolio ${endpoint}`;
    try {
      const { turns, lang, draft } = JSON.parse(sessionStorage.getItem(this.#key));
      const ours = ({ question, record }) => question.trim() && (!record || record.sources.every(Boolean));
      Object.assign(this, { turns: turns.filter(ours), lang, draft });
    } catch { /* blocked, or not ours */ }
  }

  save() {
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(this));
    } catch { /* blocked or full */ }
  }

  /** No more than the server takes. */
  history() {
    const said = (role, content) => ({ role, content: content.slice(0, 8000) });
    const answered = this.turns.filter(({ record }) => record);
    return answered.flatMap(({ question, record }) => [said("user", question), said("assistant", record.answer)]).slice(-20);
  }
}
