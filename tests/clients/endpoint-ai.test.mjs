// The AI SDK with its provider for compatible servers, unchanged but for its base URL, against
// `brownoutctl serve` over simulated providers of other dialects.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, Output, generateImage, generateText, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";
import { startEndpoint } from "./brownout.mjs";
import { chainOf, simulated, toolProvider } from "./chains.mjs";

const prompt = "Say something calm.";
const provider = (endpoint) =>
  createOpenAICompatible({ name: "brownout", baseURL: `${endpoint.url}/v1`, apiKey: "unused", includeUsage: true });
const ask = (endpoint, more = {}) =>
  ({ model: provider(endpoint)("auto"), prompt, maxRetries: 0, maxOutputTokens: 40, ...more });
const failure = (work) => work.then(() => assert.fail("it should have failed"), (error) => error);

/** All that a stream gave: its text, why it ended, and the errors that it told. */
async function read(result) {
  const told = { text: "", errors: [], finish: null, usage: null };
  for await (const part of result.fullStream) {
    if (part.type === "text-delta") told.text += part.text;
    if (part.type === "error") told.errors.push(part.error);
    if (part.type === "finish") [told.finish, told.usage] = [part.finishReason, part.totalUsage];
  }
  return told;
}
const quiet = { onError() {} }; // errors are read from the stream

describe("a chain of three dialects", () => {
  let endpoint;
  before(async () => {
    endpoint = await startEndpoint(
      chainOf([simulated("first", "openai"), simulated("second", "anthropic"), simulated("third", "gemini")]),
    );
  });
  after(() => endpoint.stop());

  const broken = (target) => ({ target, kind: "http_error", status: 503 });
  for (const [name, server, during] of [
    ["the first", "first", (work) => work()],
    ["a fallback", "second", (work) => endpoint.during(broken("first"), work)],
    ["the last one", "third", (work) => endpoint.during(broken("first"), () => endpoint.during(broken("second"), work))],
  ]) {
    test(`an answer of ${name}`, () =>
      during(async () => {
        const answer = await generateText(ask(endpoint));
        assert.ok(answer.text.length > 0);
        assert.ok(answer.usage.inputTokens > 0 && answer.usage.outputTokens > 0);
        assert.equal(answer.response.headers["x-provider"], server);
      }));
    test(`a stream of ${name}`, () =>
      during(async () => {
        const told = await read(streamText({ ...ask(endpoint), ...quiet }));
        assert.deepEqual(told.errors, []);
        assert.ok(told.text.length > 0);
        assert.ok(["stop", "length"].includes(told.finish), told.finish);
        assert.ok(told.usage.outputTokens > 0);
      }));
  }

  test("a picture in the question", async () => {
    const png = Buffer.from(
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
      "base64",
    );
    const messages = [{ role: "user", content: [{ type: "text", text: "What is it?" }, { type: "image", image: png }] }];
    const answer = await generateText({ ...ask(endpoint), prompt: undefined, messages });
    assert.ok(answer.text.length > 0);
  });
  test("a caller that leaves ends its stream at once", async () => {
    const control = new AbortController();
    const result = streamText({ ...ask(endpoint), ...quiet, abortSignal: control.signal });
    const kinds = [];
    for await (const part of result.fullStream) {
      kinds.push(part.type);
      if (part.type === "text-delta") control.abort();
    }
    assert.ok(kinds.includes("abort"));
    assert.ok(!kinds.includes("finish"));
  });
  test("a refusal, a rate limit and an outage are APICallErrors with their status", async () => {
    const refused = await failure(generateText(ask(endpoint, { temperature: 9 })));
    assert.ok(APICallError.isInstance(refused), String(refused));
    assert.deepEqual([refused.statusCode, refused.isRetryable], [400, false]);
    assert.match(refused.message, /temperature/);
    for (const [status, retry] of [[429, true], [503, true]]) {
      const error = await endpoint.during({ target: "*", kind: "http_error", status, retry_after_s: 7 }, () =>
        failure(generateText(ask(endpoint))));
      assert.ok(APICallError.isInstance(error), String(error));
      assert.deepEqual([error.statusCode, error.isRetryable], [status, retry]);
      assert.ok(Number(error.responseHeaders["retry-after"]) >= 1);
    }
  });
  test("a stream that cannot begin tells the error and ends", () =>
    endpoint.during(broken("*"), async () => {
      const told = await read(streamText({ ...ask(endpoint), ...quiet }));
      assert.equal(told.text, "");
      assert.ok(APICallError.isInstance(told.errors[0]), String(told.errors[0]));
      assert.equal(told.errors[0].statusCode, 503);
    }));
});

for (const policy of ["restart", "partial", "error"]) {
  test(`a provider that breaks in the middle of a stream (${policy}): no token twice, no hang`, async () => {
    const endpoint = await startEndpoint(
      chainOf([simulated("first", "openai"), simulated("second", "anthropic")], { on_broken_stream: policy }),
    );
    try {
      await endpoint.during({ target: "first", kind: "stream_cut", after_tokens: 5 }, async () => {
        const told = await read(streamText({ ...ask(endpoint), ...quiet }));
        assert.ok(told.text.length > 0);
        if (policy === "partial") {
          assert.deepEqual(told.errors, []);
          assert.equal(told.finish, "length");
        } else {
          assert.equal(told.errors.length, 1);
          assert.match(JSON.stringify(told.errors[0]), /stream/i);
          assert.ok(told.finish === null || told.finish === "error", told.finish);
        }
        // What is not streamed has shown nobody anything: the next target answers it whole.
        const whole = await generateText(ask(endpoint));
        assert.ok(whole.text.length > 0);
      });
      const after = await read(streamText({ ...ask(endpoint), ...quiet }));
      assert.deepEqual(after.errors, []);
    } finally {
      await endpoint.stop();
    }
  });
}

describe("tools", () => {
  let source;
  let endpoint;
  before(async () => {
    source = await toolProvider();
    endpoint = await startEndpoint(
      chainOf([simulated("first", "anthropic"), { id: "tools", dialect: "openai", base_url: source.url, key: "none" }]),
    );
  });
  after(async () => {
    await endpoint.stop();
    source.close();
  });
  for (const stream of [false, true]) {
    test(`are called and answered across a failover, ${stream ? "streamed" : "whole"}`, () =>
      endpoint.during({ target: "first", kind: "overloaded" }, async () => {
        const asked = [];
        const weather = tool({
          description: "The weather of a city",
          inputSchema: z.object({ city: z.string() }),
          execute: async ({ city }) => {
            asked.push(city);
            return "rain";
          },
        });
        const request = { ...ask(endpoint), prompt: "Rain?", tools: { weather }, stopWhen: stepCountIs(3) };
        const text = stream ? (await read(streamText({ ...request, ...quiet }))).text : (await generateText(request)).text;
        assert.deepEqual(asked, ["Oslo"]);
        assert.equal(text, "It rains.");
        const { messages, tools } = source.seen.at(-1);
        assert.equal(messages.at(-1).role, "tool");
        assert.match(messages.at(-1).content, /rain/);
        assert.deepEqual(tools[0].function.parameters.required, ["city"]);
      }));
  }
  test("a wanted shape of the answer reaches the target", () =>
    endpoint.during({ target: "first", kind: "overloaded" }, async () => {
      const model = createOpenAICompatible({
        name: "brownout", baseURL: `${endpoint.url}/v1`, supportsStructuredOutputs: true,
      })("auto");
      const output = Output.object({ schema: z.object({ city: z.string() }) });
      await generateText({ model, prompt: "Rain?", output, maxRetries: 0 }).catch(() => {}); // it calls a tool instead
      const format = source.seen.at(-1).response_format;
      assert.equal(format.type, "json_schema");
      assert.deepEqual(format.json_schema.schema.required, ["city"]);
    }));
});

describe("pictures", () => {
  let endpoint;
  before(async () => {
    const chain = chainOf([simulated("openai", "openai"), simulated("fal", "fal")]);
    chain.chains[0].targets = [
      { provider: "openai", model: "gpt-image-1" },
      { provider: "fal", model: "fal-ai/flux/schnell" },
    ];
    endpoint = await startEndpoint(chain);
  });
  after(() => endpoint.stop());
  const paint = () =>
    generateImage({ model: provider(endpoint).imageModel("auto"), prompt: "a lighthouse at dusk", size: "1024x1024", maxRetries: 0 });
  const isPng = (bytes) => Buffer.from(bytes).subarray(1, 4).toString() === "PNG";

  test("of the first, and of a fallback that speaks otherwise", async () => {
    assert.ok(isPng((await paint()).image.uint8Array));
    await endpoint.during({ target: "openai", kind: "http_error", status: 500 }, async () =>
      assert.ok(isPng((await paint()).image.uint8Array)));
  });
  test("an outage is an APICallError", () =>
    endpoint.during({ target: "*", kind: "http_error", status: 503 }, async () => {
      const error = await failure(paint());
      assert.ok(APICallError.isInstance(error), String(error));
      assert.equal(error.statusCode, 503);
    }));
});
