// One question over the network: POST it, read the answer's events as they arrive. Knows no page.

// How long a stream may say nothing; the server pings every 15 seconds.
const QUIET_MS = 45_000;

/** Why no answer came. `kind`: "unreachable" (no connection), "problem" (the server said why), "broken" (cut off). */
export class Failure extends Error {
  constructor(kind, { title = "", detail = "", status = 0, retryAfter = 0, cause } = {}) {
    super(String(detail || title || kind), { cause });
    this.kind = kind;
    this.detail = String(detail || title);
    this.status = status;
    this.retryAfter = retryAfter; // seconds, 0 when the server did not say
  }
}

/**
 * Ask, and yield `{name, data}` for each event: sources, token, reset, and at the end exactly one done.
 * Anything else is a Failure; an abort by `signal` throws what fetch throws. Leaving the loop ends the request.
 */
export async function* ask(endpoint, question, { history = [], signal, quietMs = QUIET_MS } = {}) {
  const response = await post(endpoint, { question, history, stream: true }, signal);
  const read = eventReader();
  try {
    for await (const text of texts(response.body, quietMs)) {
      for (const { name, data } of read(text)) {
        const value = JSON.parse(data);
        if (name === "error") throw new Failure("problem", value ?? {});
        yield { name, data: value };
        if (name === "done") return;
      }
    }
  } catch (error) {
    if (error instanceof Failure || signal?.aborted) throw error;
    throw new Failure("broken", { cause: error });
  }
  signal?.throwIfAborted();
  throw new Failure("broken");
}

/** Tell a sleeping server that a question may come. Nothing depends on it. */
export async function warm(endpoint) {
  await fetch(`${endpoint}warm`, { cache: "no-store" }).catch(() => {});
}

/**
 * A reader of server-sent events: feed it text cut anywhere, get the events it completes.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function eventReader() {
  let rest = "";
  let afterReturn = false; // a CR ended the last piece: an LF that opens the next belongs to it
  let name = "";
  let data = [];
  return function* feed(text) {
    if (afterReturn && text.startsWith("\n")) text = text.slice(1);
    else if (!text) return;
    afterReturn = text.endsWith("\r");
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop();
    for (const line of lines) {
      if (line === "") {
        if (data.length) yield { name: name || "message", data: data.join("\n") };
        name = "";
        data = [];
        continue;
      }
      const [, field, value] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line); // a comment has an empty field
      if (field === "event") name = value;
      if (field === "data") data.push(value);
    }
  };
}

async function* texts(body, quietMs) {
  const reader = body.getReader();
  const decoder = new TextDecoder(); // one for the whole stream: a letter may arrive in two pieces
  let timer = 0;
  try {
    for (;;) {
      timer = setTimeout(() => reader.cancel().catch(() => {}), quietMs);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    clearTimeout(timer);
    reader.cancel().catch(() => {});
  }
}

async function post(endpoint, body, signal) {
  const headers = { "Content-Type": "application/json", Accept: "text/event-stream" };
  const request = { method: "POST", headers, body: JSON.stringify(body), signal, cache: "no-store" };
  const response = await fetch(endpoint, request).catch((cause) => {
    throw signal?.aborted ? cause : new Failure("unreachable", { cause });
  });
  if (response.ok && response.body) return response;
  const problem = await response.json().catch(() => ({}));
  const retryAfter = seconds(response.headers.get("Retry-After"));
  throw new Failure("problem", { ...problem, status: response.status, retryAfter });
}

function seconds(retryAfter) {
  const wait = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return wait > 0 ? Math.ceil(wait) : 0;
}
