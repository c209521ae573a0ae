// AI SDK's own reader and chat against the bot: node ui.mjs URL [question] → one JSON line of what they made of the reply.
import { AbstractChat, DefaultChatTransport, parseJsonEventStream, uiMessageChunkSchema } from "ai";

const api = `${process.argv[2]}/chat`;
const text = process.argv[3] ?? "Where does Vivek work?";

class State {
  status = "ready";
  error = undefined;
  messages = [];
  pushMessage = (message) => this.messages.push(message);
  popMessage = () => this.messages.pop();
  replaceMessage = (index, message) => (this.messages[index] = message);
  snapshot = (thing) => structuredClone(thing);
}

class Chat extends AbstractChat {
  constructor(init) {
    super({ ...init, state: new State() });
  }
}

const body = JSON.stringify({ messages: [{ role: "user", parts: [{ type: "text", text }] }] });
const reply = await fetch(api, { method: "POST", headers: { "Content-Type": "application/json" }, body });
const chunks = [];
const faults = [];
if (reply.ok)
  for await (const part of parseJsonEventStream({ stream: reply.body, schema: uiMessageChunkSchema }))
    part.success ? chunks.push(part.value) : faults.push(String(part.error));

const chat = new Chat({ transport: new DefaultChatTransport({ api }) });
await chat.sendMessage({ text });
await chat.sendMessage({ text: "Which languages does he speak?" });
console.log(
  JSON.stringify({
    header: reply.headers.get("x-vercel-ai-ui-message-stream"),
    chunks,
    faults,
    messages: chat.messages,
    status: chat.status,
    error: chat.error && String(chat.error),
  }),
);
