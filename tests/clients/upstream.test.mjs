// brownoutctl is served by somebody else's servers: aimock as OpenAI, Anthropic and Gemini.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import { ctl, writeChain } from "./brownout.mjs";

const answer = "Breathe in, breathe out, and try the next one.";
const dialects = { openai: "/v1", anthropic: "", gemini: "/v1beta" };
const models = { openai: "gpt-4o", anthropic: "claude-haiku-4-5", gemini: "gemini-2.5-flash" };
// aimock passes each dialect's own names through.
const usage = {
  prompt_tokens: 9, completion_tokens: 12, // OpenAI
  input_tokens: 9, output_tokens: 12, // Anthropic
  promptTokenCount: 9, candidatesTokenCount: 12, // Gemini
};
const server = {};

before(async () => {
  for (const name of [...Object.keys(dialects), "broken"]) {
    server[name] = new LLMock({ port: 0, chunkSize: 8 });
    server[name].onMessage(/.*/, { content: answer, usage });
    await server[name].start();
  }
  await fetch(`${server.broken.url}/__aimock/chaos`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ dropRate: 1 }),
  });
});
after(() => Promise.all(Object.values(server).map((s) => s.stop())));

const target = (id, dialect, base) => ({
  provider: { id, dialect, base_url: server[base].url + dialects[dialect], key: "env:UPSTREAM_KEY" },
  target: { provider: id, model: models[dialect], price: { input_usd_per_mtok: 1, output_usd_per_mtok: 2 } },
});

async function send(entries, args) {
  const chain = writeChain({
    format: "brownout.chain/1",
    name: "upstream",
    providers: entries.map((e) => e.provider),
    chains: [{ id: "default", targets: entries.map((e) => e.target) }],
    policy: { retry: { attempts_per_target: 1 }, timeouts: { first_token_ms: 5000, total_ms: 20000 } },
  });
  try {
    return await ctl(["send", chain.file, "--prompt", "Hello", ...args], { UPSTREAM_KEY: "sk-upstream" });
  } finally {
    chain.remove();
  }
}

for (const dialect of Object.keys(dialects)) {
  describe(dialect, () => {
    for (const args of [[], ["--stream"]]) {
      const how = args.length ? "streamed" : "whole";
      test(`answers, ${how}`, async () => {
        const sent = await send([target("good", dialect, dialect)], args);
        assert.equal(sent.code, 0, sent.err);
        assert.equal(sent.out.trim(), answer);
      });
      test(`is the fallback of a broken one, ${how}`, async () => {
        const sent = await send([target("broken", dialect, "broken"), target("good", dialect, dialect)], args);
        assert.equal(sent.code, 0, sent.err);
        assert.equal(sent.out.trim(), answer);
        assert.match(sent.err, /broken\/.*500/);
      });
    }
    test("counts and costs", async () => {
      const sent = await send([target("good", dialect, dialect)], ["--json"]);
      const json = JSON.parse(sent.out);
      assert.deepEqual(json.usage, { input_tokens: 9, output_tokens: 12, estimated: false });
      assert.equal(json.cost_usd, (9 * 1 + 12 * 2) / 1e6);
    });
    test("all broken is exit 3, and no key is told", async () => {
      const sent = await send([target("broken", dialect, "broken")], []);
      assert.equal(sent.code, 3);
      assert.doesNotMatch(sent.out + sent.err, /sk-upstream/);
    });
  });
}
