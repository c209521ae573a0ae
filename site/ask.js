// A question goes out, the answer's events come in. Knows no page.

const QUIET_MS = 45_000; // of silence; the server pings every 15 s

/** `kind`: offline, unreachable, problem (the server says why), broken (cut off) */
export class Failure extends Error {
  constructor(kind, { title, detail = title, status = 0, retryAfter = 0, cause } = {}) {
    super(kind, { cause });
    Object.assign(this, { kind, detail: String(detail ?? ""), status, retryAfter });
  }
}

/** Yields {name, data}: open, the stream's events, at the end one done; else throws a Failure. */
export async function* ask(endpoint, question, { history = [], language, signal, quietMs = QUIET_MS } = {}) {
  const response = await open(endpoint, { question, history, stream: true }, language, signal);
  const read = eventReader();
  try {
    yield { name: "open" };
    for await (const text of texts(response.body, quietMs)) {
      for (const { name, data } of read(text)) {
        const value = JSON.parse(data);
        if (name === "error") throw new Failure("problem", value ?? {});
        yield { name, data: value };
        if (name === "done") return;
      }
    }
  } catch (cause) {
    if (cause instanceof Failure || signal?.aborted) throw cause;
    throw new Failure("broken", { cause });
  } finally {
    response.body.cancel().catch(() => {}); // whoever leaves at "open" has no reader yet
  }
  signal?.throwIfAborted();
  throw new Failure("broken");
}

/** Wake the server: true once it is. */
export async function warm(endpoint) {
  return (await fetch(`${endpoint}warm`, { cache: "no-store" }).catch(() => null))?.ok === true;
}

/** Say "up" or "down" about an answer: true when that was taken. */
export async function rate(endpoint, id, verdict) {
  return (await post(`${endpoint}feedback`, { id, verdict }).catch(() => null))?.ok === true;
}

/** A reader of server-sent events: text cut anywhere in, complete events out. */
export function eventReader() {
  let rest = "", name = "", data = [];
  let afterReturn = false; // an LF that opens a piece belongs to the CR before
  return function* feed(text) {
    if (afterReturn && text.startsWith("\n")) text = text.slice(1);
    else if (!text) return;
    afterReturn = text.endsWith("\r");
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = lines.pop();
    for (const line of lines) {
      const [, field, value] = /^([^:]*)(?:: ?)?(.*)$/s.exec(line);
      if (field === "event") name = value;
      if (field === "data") data.push(value);
      if (line) continue;
      if (data.length) yield { name: name || "message", data: data.join("\n") };
      name = "";
      data = [];
    }
  };
}

async function* texts(body, quietMs) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader(); // a letter may arrive in two pieces
  const cancel = () => reader.cancel().catch(() => {});
  let timer;
  try {
    for (;;) {
      timer = setTimeout(cancel, quietMs);
      const { done, value } = await reader.read();
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    cancel();
  }
}

async function open(endpoint, question, language, signal) {
  const headers = { Accept: "text/event-stream", ...(language && { "Accept-Language": language }) };
  const response = await post(endpoint, question, headers, signal).catch((cause) => {
    throw signal?.aborted ? cause : new Failure(globalThis.navigator?.onLine === false ? "offline" : "unreachable", { cause });
  });
  if (response.ok && response.body) return response;
  const problem = await response.json().catch(() => ({}));
  const retryAfter = seconds(response.headers.get("Retry-After"));
  throw new Failure("problem", { ...problem, status: response.status, retryAfter });
}

function post(url, body, headers, signal) {
  headers = { "Content-Type": "application/json", ...headers };
  return fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal, cache: "no-store" });
}

function seconds(retryAfter) {
  const wait = parseInt(retryAfter) || (Date.parse(retryAfter) - Date.now()) / 1000;
  return wait > 0 ? Math.ceil(wait) : 0;
}
