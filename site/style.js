// The terminal's looks. A constructed sheet passes where a policy forbids inline styles.
const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  --window: light-dark(#fdfdfb, #0f1412);
  --bar: light-dark(#f1f3ef, #151c19);
  --edge: light-dark(#d0d7d0, #29332e);
  --text: light-dark(#1a211d, #dce6df);
  --dim: light-dark(#56625b, #93a299);
  --accent: light-dark(#0a6b43, #5fe0a0);
  --amber: light-dark(#855400, #f0bd6c);
  --red: light-dark(#ab241c, #ff958a);
  display: block;
  color-scheme: light dark;
}
.terminal {
  container-type: inline-size;
  display: flex;
  flex-direction: column;
  max-width: var(--ask-width, 54rem);
  max-height: var(--ask-height, min(44rem, 100dvh));
  margin: auto;
  overflow: hidden;
  background: var(--window);
  border: 1px solid var(--edge);
  border-radius: .75rem;
  color: var(--text);
  font: .9375rem/1.65 ui-monospace, Menlo, Consolas, monospace;
}
*, ::before, ::after { box-sizing: border-box; }
h2, p, ol, ul, form, blockquote, pre { margin: 0; padding: 0; font: inherit; list-style: none; }
a { color: var(--accent); text-underline-offset: .2em; }
a::after { content: " ↗" / ""; }
button { padding: .1rem .6rem; background: none; border: 1px solid var(--edge); border-radius: .4rem; color: inherit; font: inherit; cursor: pointer; }
button:hover { border-color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.unseen { position: absolute; clip-path: inset(50%); }
.prompt { color: var(--accent); font-weight: 600; white-space: nowrap; }

.bar { display: flex; flex: none; gap: .5rem; align-items: center; padding: .5rem 1rem; background: var(--bar); border-bottom: 1px solid var(--edge); color: var(--dim); }
.bar i { flex: none; width: .75rem; height: .75rem; border-radius: 50%; background: var(--edge); }
.bar i:nth-child(3) { background: var(--accent); }
.bar span { flex: 1; text-align: center; }
:host([state="failed"]) i:nth-child(3) { background: var(--red); }

.screen { min-height: 0; padding: 1.5rem clamp(1rem, 4cqi, 1.75rem); overflow: hidden auto; overflow-wrap: anywhere; overscroll-behavior: contain; }
.screen:focus-visible { outline-offset: -3px; }
.about h2 { font-size: 1.25rem; font-weight: 700; }
.about p, .starters h2, .stage, .by { color: var(--dim); }
.about ul, .starters ul, .tools { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .6rem; }
.starters, .turn { margin-top: 1.75rem; }
.starters button { padding: .3rem .8rem; background: var(--bar); text-align: start; }
.starters button::before { content: "› " / ""; color: var(--accent); }

.turn { padding-top: 1.5rem; border-top: 1px dashed var(--edge); outline: none; }
.turn h2 { font-weight: 600; white-space: pre-wrap; }
.turn > :empty { display: none; }
.answer, .answer > * + *, .stage, .by { margin-top: .75rem; }
.answer { max-width: 72ch; }
.answer p, blockquote { white-space: pre-line; }
.answer :is(ul, ol) { padding-inline-start: 1.6rem; }
.answer ul li { list-style: "– "; }
.answer ol li { list-style: decimal; }
code, pre, blockquote { padding: .1em .35em; background: var(--bar); border-radius: .25rem; font: inherit; }
pre { overflow-x: auto; overflow-wrap: normal; }
:disabled, .void { opacity: .5; }
.cite { padding: 0 .1em; border: 0; color: var(--accent); font-size: .875em; font-weight: 600; }
:host([state="waiting"]) .turn:last-child .stage::after, :host([state="streaming"]) .turn:last-child .answer > :last-child::after { content: "█" / ""; color: var(--accent); animation: blink 1.1s steps(1) infinite; }
.sources { margin-top: 1.1rem; font-size: .875rem; }
.sources::before { content: attr(aria-label) / ""; color: var(--dim); }
summary { display: flex; gap: .6rem; padding: .2rem 0; cursor: pointer; }
summary::after { content: "+" / ""; margin-inline-start: auto; color: var(--accent); }
[open] summary::after { content: "−" / ""; }
[open] { padding-bottom: .5rem; }
.number { flex: none; color: var(--accent); }
blockquote { margin: .35rem 0 .5rem; padding: .7rem .9rem; border-inline-start: 2px solid var(--accent); }
.by, .tools, .bar { font-size: .8125rem; }
.by::before { content: "— " / ""; }
[aria-pressed="true"] { border-color: var(--accent); color: var(--accent); }

[data-outcome="refused"] .answer, [data-outcome="contact"] .answer, [data-outcome="failed"] .stage { padding-inline-start: .9rem; border-inline-start: 2px solid var(--amber); }
[data-outcome="failed"] .answer { color: var(--dim); }
[data-outcome="failed"] .stage { border-color: var(--red); color: var(--text); }
.label { color: var(--amber); font-weight: 700; }

form, .notes { flex: none; padding: 1rem clamp(1rem, 4cqi, 1.75rem) 0; background: var(--bar); color: var(--dim); font-size: .75rem; }
form { border-top: 1px solid var(--edge); }
.notes { padding-block: .35rem .9rem; }
.line { color: var(--text); display: flex; flex-wrap: wrap; gap: 0 .6rem; align-items: start; padding: .35rem .35rem .35rem .9rem; background: var(--window); border: 1px solid var(--edge); border-radius: .55rem; font-size: .9375rem; }
.line:has(:focus) { border-color: var(--accent); box-shadow: 0 0 0 1px var(--accent); }
.line .prompt, textarea { padding: .3rem 0; }
textarea { outline: 0 !important; flex: 1 1 8rem; min-width: 0; max-height: 9.5rem; background: none; border: 0; color: inherit; font: inherit; caret-color: var(--accent); resize: none; }
::placeholder { color: var(--dim); opacity: 1; }
.line button { padding: .3rem .8rem; border-color: var(--accent); color: var(--accent); font-weight: 700; }
.line .send { background: var(--accent); color: var(--window); }
:host(:is([state="waiting"], [state="streaming"])) .send, :host(:not([state="waiting"], [state="streaming"])) .stop { display: none; }
.hint { display: flex; justify-content: space-between; margin-top: .5rem; }
.count { color: var(--amber); }
@container (max-width: 30rem) { .line .prompt { flex: 1 0 100%; padding-bottom: 0; } .bar span { height: 0; visibility: hidden; } #hint { display: none; } }
@media (hover: none) { #hint { display: none; } }

.panel { width: min(30rem, 100vw - 2rem); }
.panel .terminal { max-height: min(40rem, 100dvh - 2rem); box-shadow: 0 1rem 3rem #0006; }

/* as at 400 % zoom */
@media (max-height: 30rem) { .terminal { max-height: none; overflow: auto; } .screen { flex: none; overflow: visible; } }
@media (prefers-reduced-motion) { * , ::before, ::after { animation: none !important; } }
@media print {
  :host { color-scheme: light; }
  .terminal { max-height: none; }
  .screen { overflow: visible; }
  .bar, .starters, .tools, form, .stage button { display: none; }
  ::details-content { content-visibility: visible; }
}
@keyframes blink { 50% { opacity: 0; } }
`);
export default sheet;
