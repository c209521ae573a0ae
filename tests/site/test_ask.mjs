// What site/ask.js promises, over real sockets where the network matters.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, beforeEach, test } from "node:test";

import { ask, eventReader, Failure, rate, warm } from "../../site/ask.js";

const bytes = (text) => new TextEncoder().encode(text);
const event = (name, data) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const WHOLE = event("sources", []) + event("token", { text: "Grüße 👋" }) + event("done", { answer: "Grüße 👋" });

let answer; // how the server answers the next request
let asked; // what it was asked last
let server;
let endpoint;

before(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    asked = { method: request.method, url: request.url, headers: request.headers, body: body && JSON.parse(body) };
    await answer(response, request);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${server.address().port}/api/`;
});
beforeEach(() => { answer = stream(WHOLE); });
after(() => {
  server.closeAllConnections();
  server.close();
});

/** A server that sends these pieces apart; null cuts the connection. */
function stream(...pieces) {
  return async (response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    for (const piece of pieces) {
      if (piece === null) return response.destroy();
      response.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    response.end();
  };
}

async function collect(settings) {
  const events = [];
  for await (const event of ask(endpoint, "Who?", settings)) events.push(event);
  return events;
}

const read = (...pieces) => {
  const feed = eventReader();
  return pieces.flatMap((piece) => [...feed(piece)]);
};

// ── the format ──

const CASES = {
  "line feeds": ["event: a\ndata: 1\n\ndata: 2\n\n", [["a", "1"], ["message", "2"]]],
  "carriage returns": ["event: a\rdata: 1\r\rdata: 2\r\r", [["a", "1"], ["message", "2"]]],
  "both": ["event: a\r\ndata: 1\r\n\r\ndata: 2\r\n\r\n", [["a", "1"], ["message", "2"]]],
  "mixed": ["event: a\r\ndata: 1\n\rdata: 2\r\n\n", [["a", "1"], ["message", "2"]]],
  "data of several lines": ["data: 1\ndata:\ndata:  2\n\n", [["message", "1\n\n 2"]]],
  "comments and pings": [": ping\n\n:\ndata: 1\n: between\n\n", [["message", "1"]]],
  "unknown fields": ["id: 7\nretry: 10\nx\ndata: 1\n\n", [["message", "1"]]],
  "no space after the colon": ["event:a\ndata:1:2\n\n", [["a", "1:2"]]],
  "an event without data": ["event: a\n\ndata: 1\n\n", [["message", "1"]]],
  "an event cut off": ["data: 1\n\ndata: 2\n", [["message", "1"]]],
  "line separators inside data": ["data: a\u2028b\u0085c\n\n", [["message", "a\u2028b\u0085c"]]],
};

for (const [name, [text, expected]] of Object.entries(CASES)) {
  test(`reads ${name}, cut anywhere`, () => {
    const pairs = (events) => events.map(({ name, data }) => [name, data]);
    assert.deepEqual(pairs(read(text)), expected);
    assert.deepEqual(pairs(read(...text)), expected);
    assert.deepEqual(pairs(read(...[...text].flatMap((letter) => [letter, ""]))), expected);
    for (let at = 0; at <= text.length; at++)
      assert.deepEqual(pairs(read(text.slice(0, at), text.slice(at))), expected, `cut at ${at}`);
  });
}

test("an event is out as soon as its empty line is, even with carriage returns", () => {
  assert.equal(read("data: 1\r\r").length, 1);
});

// ── the request ──

test("a question goes out as JSON with its history and asks for a stream", async () => {
  const history = [{ role: "user", content: "Hi" }];
  assert.deepEqual((await collect({ history, language: "de" })).map(({ name }) => name), ["open", "sources", "token", "done"]);
  assert.equal(asked.method, "POST");
  assert.equal(asked.url, "/api/");
  assert.equal(asked.headers.accept, "text/event-stream");
  assert.equal(asked.headers["accept-language"], "de");
  assert.equal(asked.headers["content-type"], "application/json");
  assert.deepEqual(asked.body, { question: "Who?", history, stream: true });
});

test("warming asks for warm and minds no error", async () => {
  answer = (response) => response.writeHead(503).end();
  assert.equal(await warm(endpoint), false);
  assert.equal(asked.url, "/api/warm");
  assert.equal(await warm("http://127.0.0.1:9/"), false);
  answer = (response) => response.writeHead(204).end();
  assert.equal(await warm(endpoint), true);
});

test("a verdict goes out with the answer's id and says whether it was taken", async () => {
  answer = (response) => response.writeHead(204).end();
  assert.equal(await rate(endpoint, "a1", "up"), true);
  assert.equal(asked.url, "/api/feedback");
  assert.deepEqual(asked.body, { id: "a1", verdict: "up" });
  answer = (response) => response.writeHead(422).end();
  assert.equal(await rate(endpoint, "a1", "up"), false);
  assert.equal(await rate("http://127.0.0.1:9/", "a1", "up"), false);
});

test("the server is said to be there before the first event", async () => {
  let release;
  answer = async (response) => {
    response.writeHead(200).flushHeaders();
    await new Promise((resolve) => { release = resolve; });
    response.end(WHOLE);
  };
  const events = ask(endpoint, "Who?");
  assert.equal((await events.next()).value.name, "open");
  release();
  assert.equal((await events.next()).value.name, "sources");
});

// ── the answer ──

test("letters of several bytes survive every cut", async () => {
  const all = bytes(WHOLE);
  const expected = await collect();
  assert.equal(expected[2].data.text, "Grüße 👋");
  answer = stream(...[...all].map((byte) => Uint8Array.of(byte)));
  assert.deepEqual(await collect(), expected);
  for (let at = WHOLE.indexOf("Gr"); at < WHOLE.indexOf("Gr") + 16; at++) {
    answer = stream(all.slice(0, at), all.slice(at));
    assert.deepEqual(await collect(), expected);
  }
});

test("tokens are handed over when they arrive", async () => {
  let release;
  answer = async (response) => {
    response.write(event("token", { text: "first" }));
    await new Promise((resolve) => { release = resolve; });
    response.end(event("done", {}));
  };
  const events = ask(endpoint, "Who?");
  assert.equal((await events.next()).value.name, "open");
  assert.equal((await events.next()).value.data.text, "first");
  release();
  assert.equal((await events.next()).value.name, "done");
});

test("what follows done is not read", async () => {
  answer = stream(WHOLE + event("token", { text: "late" }));
  assert.equal((await collect()).at(-1).name, "done");
});

const BROKEN = {
  "ends without done": [event("token", { text: "half" })],
  "is empty": [],
  "is cut by the network": [event("token", { text: "half" }), null],
  "is cut inside an event": [event("token", { text: "half" }), "event: done\ndata: {"],
  "holds something that is not JSON": ["event: token\ndata: {oops\n\n"],
};

for (const [name, pieces] of Object.entries(BROKEN)) {
  test(`a stream that ${name} is broken`, async () => {
    answer = stream(...pieces);
    await assert.rejects(collect(), (error) => error instanceof Failure && error.kind === "broken");
  });
}

test("a stream that falls silent is broken", async () => {
  answer = (response) => { response.write(event("token", { text: "half" })); };
  await assert.rejects(collect({ quietMs: 50 }), { kind: "broken" });
});

test("pings keep a slow stream alive", async () => {
  const pings = Array(1000).fill(": ping\n\n"); // together well above the silence allowed, apart far below it
  answer = stream(...pings, WHOLE);
  const started = Date.now();
  assert.equal((await collect({ quietMs: 1500 })).length, 4);
  assert.ok(Date.now() - started > 1500);
});

// ── the failures ──

test("a problem is told with its detail and how long to wait", async () => {
  answer = (response) => {
    response.writeHead(429, { "Content-Type": "application/problem+json", "Retry-After": "12" });
    response.end(JSON.stringify({ title: "Too many questions", status: 429, detail: "Twenty an hour are answered." }));
  };
  await assert.rejects(collect(), {
    kind: "problem", status: 429, detail: "Twenty an hour are answered.", retryAfter: 12,
  });
});

test("Retry-After may be a date", async () => {
  const soon = new Date(Date.now() + 30_000).toUTCString();
  answer = (response) => response.writeHead(503, { "Retry-After": soon }).end("{}");
  await assert.rejects(collect(), ({ retryAfter }) => retryAfter > 20 && retryAfter <= 30);
});

test("an error page that is no problem document keeps its status", async () => {
  answer = (response) => response.writeHead(502, { "Retry-After": "soon" }).end("<h1>Bad gateway</h1>");
  await assert.rejects(collect(), { kind: "problem", status: 502, detail: "", retryAfter: 0 });
});

test("an error event is a problem, also after tokens", async () => {
  answer = stream(event("token", { text: "half" }) + event("error", { status: 500, detail: "It broke." }));
  await assert.rejects(collect(), { kind: "problem", status: 500, detail: "It broke." });
});

test("a server that is not there is unreachable", async () => {
  await assert.rejects(async () => { for await (const _ of ask("http://127.0.0.1:9/", "Who?")); }, { kind: "unreachable" });
});

// ── leaving ──

/** A server that streams without end, and a promise that the visitor has left. */
function endless() {
  return new Promise((left) => {
    answer = (response) => {
      const timer = setInterval(() => response.write(event("token", { text: "." })), 5);
      response.on("close", () => { clearInterval(timer); left(); });
    };
  });
}

test("an abort ends the request and is no failure of ours", async () => {
  const left = endless();
  const controller = new AbortController();
  await assert.rejects(async () => {
    for await (const _ of ask(endpoint, "Who?", { signal: controller.signal })) controller.abort();
  }, { name: "AbortError" });
  await left;
});

test("an abort before the first byte ends the request", async () => {
  const left = new Promise((resolve) => { answer = (response) => response.on("close", resolve); });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(collect({ signal: controller.signal }), { name: "AbortError" });
  await left;
});

for (const event of ["open", "token"]) {
  test(`leaving the loop at ${event} ends the request`, async () => {
    const left = endless();
    for await (const { name } of ask(endpoint, "Who?")) if (name === event) break;
    await left;
  });
}
