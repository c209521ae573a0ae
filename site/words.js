// Every sentence the chat says by itself, in one place.
const en = {
  code: "en",
  name: "English",
  other: "de",
  open: "Ask a question",
  close: "Close",
  conversation: "Conversation",
  starters: "Ask anything about this work, for example:",
  question: "Your question",
  placeholder: "ask a question",
  send: "Send",
  stop: "Stop",
  again: "Ask again",
  retry: "Try again",
  clear: "Clear",
  cleared: "The conversation is cleared.",
  hint: "Enter sends · Shift+Enter starts a new line · Escape stops",
  count: (length, limit) => (length < limit ? `${length} of ${limit} characters` : `${limit} characters is the limit`),

  ai: "Answers come from an AI and may be wrong: check the sources.",
  sentTo: (service) => `Questions may be sent to ${service}, a hosted LLM service.`,
  stays: "Questions stay on this server.",
  imprint: "Imprint",
  privacy: "Privacy",

  waking: "waking up the server…",
  searching: "searching the documents…",
  writing: "writing…",
  takeover: "another part takes over…",

  sources: "Sources",
  openPage: "open the page",
  refused: "No answer",
  notFound: "the documents hold no answer, so none was made up",
  hosted: ({ model }) => `written by ${model}`,
  local: ({ model }) => `written by ${model}, the fallback model`,
  extractive: () => "quoted from the documents",
  contact: () => "no part could answer, so this is the contact card",
  degraded: "some parts are down",
  asOf: (time) => `as of ${time}`,
  copy: "Copy",
  copied: "Copied.",
  up: "Helpful",
  down: "Not helpful",
  thanks: "Thank you, noted.",
  unsaid: "That could not be sent.",

  stopped: "You stopped this answer.",
  offline: "You are offline. The question is asked again when the connection is back.",
  unreachable: "The server cannot be reached.",
  broken: "The connection broke before the answer was complete.",
  status: (status) => `The server could not answer (${status}).`,
  wait: (s) => (s < 90 ? `Ask again in ${s} second${s === 1 ? "" : "s"}.` : `Ask again in ${Math.ceil(s / 60)} minutes.`),
};

const de = {
  code: "de",
  name: "Deutsch",
  other: "en",
  open: "Frage stellen",
  close: "Schließen",
  conversation: "Gespräch",
  starters: "Fragen Sie alles über diese Arbeit, zum Beispiel:",
  question: "Ihre Frage",
  placeholder: "Frage eingeben",
  send: "Senden",
  stop: "Stopp",
  again: "Nochmals fragen",
  retry: "Erneut versuchen",
  clear: "Leeren",
  cleared: "Das Gespräch ist gelöscht.",
  hint: "Eingabe sendet · Umschalt+Eingabe beginnt eine Zeile · Escape hält an",
  count: (length, limit) => (length < limit ? `${length} von ${limit} Zeichen` : `höchstens ${limit} Zeichen`),

  ai: "Antworten kommen von einer KI und können falsch sein: Prüfen Sie die Quellen.",
  sentTo: (service) => `Fragen können an ${service} gehen, einen fremden LLM-Dienst.`,
  stays: "Fragen bleiben auf diesem Server.",
  imprint: "Impressum",
  privacy: "Datenschutz",

  waking: "der Server wacht auf …",
  searching: "die Dokumente werden durchsucht …",
  writing: "die Antwort wird geschrieben …",
  takeover: "ein anderer Teil übernimmt …",

  sources: "Quellen",
  openPage: "Seite öffnen",
  refused: "Keine Antwort",
  notFound: "die Dokumente geben keine Antwort her, also wurde keine erfunden",
  hosted: ({ model }) => `geschrieben von ${model}`,
  local: ({ model }) => `geschrieben von ${model}, dem Ersatzmodell`,
  extractive: () => "zitiert aus den Dokumenten",
  contact: () => "niemand konnte antworten, deshalb die Kontaktkarte",
  degraded: "einige Teile sind ausgefallen",
  asOf: (time) => `Stand ${time}`,
  copy: "Kopieren",
  copied: "Kopiert.",
  up: "Hilfreich",
  down: "Nicht hilfreich",
  thanks: "Danke, notiert.",
  unsaid: "Das ließ sich nicht senden.",

  stopped: "Sie haben diese Antwort angehalten.",
  offline: "Sie sind offline. Die Frage wird gestellt, sobald die Verbindung zurück ist.",
  unreachable: "Der Server ist nicht erreichbar.",
  broken: "Die Verbindung brach ab, bevor die Antwort vollständig war.",
  status: (status) => `Der Server konnte nicht antworten (${status}).`,
  wait: (s) => (s < 90 ? `Bitte in ${s} Sekunde${s === 1 ? "" : "n"} noch einmal.` : `Bitte in ${Math.ceil(s / 60)} Minuten noch einmal.`),
};

const words = { en, de };
export default words;

/** The first one wanted that there is; then what the browser prefers. */
export function language(...wanted) {
  const codes = [...wanted, ...navigator.languages].map((tag) => `${tag}`.slice(0, 2).toLowerCase());
  return codes.find((code) => code in words) ?? "en";
}
