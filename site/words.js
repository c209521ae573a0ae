// Every sentence the page says by itself, in one place.
export default {
  prompt: "visitor@portfolio:~$",
  question: "Your question",
  placeholder: "ask a question",
  send: "Send",
  stop: "Stop",
  again: "Ask again",
  retry: "Try again",
  hint: "Enter sends · Shift+Enter starts a new line · Escape stops",
  count: (length, limit) => (length < limit ? `${length} of ${limit} characters` : `${limit} characters is the limit`),
  sentTo: (service) => `Your question may be sent to ${service}, a hosted LLM service, to write the answer.`,
  stays: "Your question stays on this server.",
  conversation: "Conversation",
  sources: "Sources",
  openPage: "open the page",

  searching: "searching the documents…",
  slow: "no word yet, the server may be waking up…",
  writing: "writing…",
  takeover: "another part takes over…",

  refused: "No answer",
  by: {
    hosted: ({ model }) => `written by ${model}`,
    local: ({ model }) => `written by ${model}, the fallback model`,
    extractive: () => "quoted from the documents",
    contact: (_, person) => `no part could answer; here is how to reach ${person}`,
  },
  notFound: "the documents hold no answer, so none was made up",
  degraded: "some parts are down",

  stopped: "You stopped this answer.",
  offline: "You are offline. Your question is kept: try again when the connection is back.",
  unreachable: "The server cannot be reached.",
  broken: "The connection broke before the answer was complete.",
  status: (status) => `The server could not answer (${status}).`,
  wait: (s) => (s < 90 ? `Ask again in ${s} second${s === 1 ? "" : "s"}.` : `Ask again in ${Math.ceil(s / 60)} minutes.`),
};
