// Chains of simulated providers for the endpoint, and a provider that calls tools.
import { createServer } from "node:http";

export const simulated = (id, dialect, more = {}) => ({
  id, dialect, base_url: "lab:", key: "none", model: { first_token_ms: 20, token_ms: 2 }, ...more,
});
export const chainOf = (providers, policy = {}) => ({
  format: "brownout.chain/1",
  name: "endpoint",
  providers,
  chains: [{ id: "default", targets: providers.map((p) => ({ provider: p.id, model: "any" })) }],
  policy: { retry: { backoff: { kind: "none" } }, ...policy },
});

// A provider that answers with a call of a tool, in OpenAI's words.
export function toolProvider() {
  const seen = [];
  const call = { id: "call_1", type: "function", function: { name: "weather", arguments: '{"city":"Oslo"}' } };
  const usage = { prompt_tokens: 9, completion_tokens: 5, total_tokens: 14 };
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const asked = JSON.parse(body);
    seen.push(asked);
    const answered = asked.messages.at(-1).role === "tool";
    const result = answered ? { role: "assistant", content: "It rains." } : { role: "assistant", content: null, tool_calls: [call] };
    const finish = answered ? "stop" : "tool_calls";
    if (!asked.stream) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ id: "x", object: "chat.completion", created: 1, model: "any", usage,
        choices: [{ index: 0, message: result, finish_reason: finish }] }));
      return;
    }
    response.setHeader("content-type", "text/event-stream");
    const chunk = (delta, finish_reason = null) =>
      response.write(`data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "any",
        choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    chunk({ role: "assistant" });
    if (answered) chunk({ content: "It rains." });
    else {
      chunk({ tool_calls: [{ index: 0, id: call.id, type: "function", function: { name: "weather", arguments: "" } }] });
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] });
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"Oslo"}' } }] });
    }
    chunk({}, finish);
    response.end("data: [DONE]\n\n");
  });
  return new Promise((done) =>
    server.listen(0, "127.0.0.1", () =>
      done({ seen, url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() })));
}
