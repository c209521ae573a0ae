// The official client against the bot: node openai.mjs URL → one JSON line of what it made of the replies.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: `${process.argv[2]}/v1`, apiKey: "none", maxRetries: 0 });
const messages = [{ role: "user", content: "Where does Vivek work?" }];
const asked = { model: "portfolio", messages };

const whole = await client.chat.completions.create(asked);
const runner = client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } });
const streamed = await runner.finalChatCompletion();
const models = [];
for await (const model of client.models.list()) models.push(model.id);

async function refused(body) {
  try {
    await client.chat.completions.create(body);
  } catch (error) {
    return { name: error.constructor.name, status: error.status, type: error.type, message: error.message };
  }
}

console.log(JSON.stringify({ whole, streamed, models, refused: await refused({ model: "x", messages: [] }) }));
