// Official clients change their base URL and nothing else: `brownoutctl serve` answers through the
// chain, whatever its targets speak, and says in their own words what went wrong.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { ApiError, createFalClient } from "@fal-ai/client";
import OpenAI from "openai";
import Replicate from "replicate";
import { startEndpoint } from "./brownout.mjs";
import { chainOf, simulated, toolProvider } from "./chains.mjs";

const prompt = "Say something calm.";
const openai = (endpoint, options = {}) =>
  new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: "unused", maxRetries: 0, ...options });
const anthropic = (endpoint, options = {}) =>
  new Anthropic({ baseURL: endpoint.url, apiKey: "unused", maxRetries: 0, ...options });
const chat = { model: "auto", messages: [{ role: "user", content: prompt }], max_completion_tokens: 40 };
const message = { model: "auto", max_tokens: 40, messages: [{ role: "user", content: prompt }] };

describe("a chain of three dialects", () => {
  let endpoint;
  before(async () => {
    endpoint = await startEndpoint(
      chainOf([simulated("first", "openai"), simulated("second", "anthropic"), simulated("third", "gemini")]),
    );
  });
  after(() => endpoint.stop());

  for (const [first, broken] of [["the first", null], ["a fallback", { target: "first", kind: "http_error", status: 503 }]]) {
    const during = (work) => (broken ? endpoint.during(broken, work) : work());
    const server = broken ? "second" : "first";

    test(`openai: an answer of ${first}`, () =>
      during(async () => {
        const { data, response } = await openai(endpoint).chat.completions.create(chat).withResponse();
        assert.ok(data.choices[0].message.content.length > 0);
        assert.equal(data.usage.total_tokens, data.usage.prompt_tokens + data.usage.completion_tokens);
        assert.equal(response.headers.get("x-provider"), server);
      }));
    test(`openai: a stream of ${first}`, () =>
      during(async () => {
        const stream = openai(endpoint).chat.completions.stream({ ...chat, stream_options: { include_usage: true } });
        const final = await stream.finalChatCompletion();
        assert.ok(final.choices[0].message.content.length > 0);
        assert.ok(final.usage.completion_tokens > 0);
      }));
    test(`anthropic: an answer of ${first}`, () =>
      during(async () => {
        const { data, response } = await anthropic(endpoint).messages.create(message).withResponse();
        assert.equal(data.content[0].type, "text");
        assert.ok(data.content[0].text.length > 0 && data.usage.output_tokens > 0);
        assert.equal(response.headers.get("x-provider"), server);
      }));
    test(`anthropic: a stream of ${first}`, () =>
      during(async () => {
        const final = await anthropic(endpoint).messages.stream(message).finalMessage();
        assert.ok(final.content[0].text.length > 0);
        assert.ok(["end_turn", "max_tokens"].includes(final.stop_reason));
      }));
  }

  test("a picture in the question", async () => {
    const data =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const first = await openai(endpoint).chat.completions.create({ ...chat, messages: [{ role: "user", content: [
      { type: "text", text: "What is it?" }, { type: "image_url", image_url: { url: `data:image/png;base64,${data}` } }] }] });
    assert.ok(first.choices[0].message.content.length > 0);
    const second = await anthropic(endpoint).messages.create({ ...message, messages: [{ role: "user", content: [
      { type: "image", source: { type: "base64", media_type: "image/png", data } }, { type: "text", text: "What is it?" }] }] });
    assert.ok(second.content[0].text.length > 0);
  });
  test("openai: typed errors", async () => {
    const error = await endpoint.during({ target: "*", kind: "http_error", status: 429, retry_after_s: 7 }, () =>
      openai(endpoint).chat.completions.create(chat).then(assert.fail, (e) => e));
    assert.ok(error instanceof OpenAI.RateLimitError, String(error));
    assert.ok(Number(error.headers.get("retry-after")) >= 1);
    const bad = await openai(endpoint).chat.completions.create({ ...chat, temperature: 9 }).then(assert.fail, (e) => e);
    assert.ok(bad instanceof OpenAI.BadRequestError, String(bad));
    assert.equal(bad.param, "temperature");
  });
  test("anthropic: typed errors", async () => {
    const bad = await anthropic(endpoint).messages.create({ ...message, max_tokens: 0 }).then(assert.fail, (e) => e);
    assert.ok(bad instanceof Anthropic.BadRequestError, String(bad));
    assert.equal(bad.error.error.type, "invalid_request_error");
    const out = await endpoint.during({ target: "*", kind: "http_error", status: 503 }, () =>
      anthropic(endpoint).messages.create(message).then(assert.fail, (e) => e));
    assert.ok(out instanceof Anthropic.InternalServerError, String(out));
    assert.equal(out.error.error.type, "overloaded_error");
  });
  test("a body that is too large is refused in the caller's words", async () => {
    const content = "x".repeat(33 << 20);
    const messages = [{ role: "user", content }];
    const large = await openai(endpoint).chat.completions.create({ ...chat, messages }).then(assert.fail, (e) => e);
    assert.equal(large.status, 413);
    assert.equal(large.code, "request_too_large");
    const other = await anthropic(endpoint).messages.create({ ...message, messages }).then(assert.fail, (e) => e);
    assert.equal(other.status, 413);
    assert.equal(other.error.error.type, "request_too_large");
  });
  test("a refused request is not sent again by a client that would", async () => {
    let sent = 0;
    const counting = { maxRetries: 3, fetch: (...all) => (++sent, fetch(...all)) };
    await openai(endpoint, counting).chat.completions.create({ ...chat, n: 3 }).then(assert.fail, () => {});
    assert.equal(sent, 1);
  });
  test("models", async () => {
    const names = (await openai(endpoint).models.list()).data.map((model) => model.id);
    for (const name of ["auto", "default", "any"]) assert.ok(names.includes(name), name);
    assert.equal((await openai(endpoint).models.retrieve("default")).id, "default");
    assert.equal((await openai(endpoint).models.retrieve("second/any")).id, "second/any"); // sent as %2F
  });
  test("a page of another origin is refused", async () => {
    const reply = await fetch(`${endpoint.url}/v1/models`, { headers: { origin: "https://evil.example" } });
    assert.equal(reply.status, 403);
  });
});

for (const policy of ["restart", "partial", "error"]) {
  test(`a provider that breaks in the middle of a stream (${policy}): no token twice, no hang`, async () => {
    const endpoint = await startEndpoint(
      chainOf([simulated("first", "openai"), simulated("second", "anthropic")], { on_broken_stream: policy }),
    );
    const cut = { target: "first", kind: "stream_cut", after_tokens: 5 };
    try {
      await endpoint.during(cut, async () => {
        let text = "";
        let error = null;
        let finish = null;
        try {
          for await (const chunk of await openai(endpoint).chat.completions.create({ ...chat, stream: true })) {
            text += chunk.choices[0]?.delta?.content ?? "";
            finish = chunk.choices[0]?.finish_reason ?? finish;
          }
        } catch (e) {
          error = e;
        }
        assert.ok(text.length > 0);
        if (policy === "partial") {
          assert.equal(error, null);
          assert.equal(finish, "length");
        } else {
          assert.ok(error instanceof OpenAI.APIError, String(error));
          assert.equal(finish, null);
        }
      });
      const failed = await endpoint.during(cut, () =>
        anthropic(endpoint).messages.stream(message).finalMessage().then((m) => m.stop_reason, (e) => e));
      if (policy === "partial") assert.equal(failed, "max_tokens");
      else assert.ok(failed instanceof Anthropic.APIError, String(failed));
    } finally {
      await endpoint.stop();
    }
  });
}

describe("tools, there and back", () => {
  let provider;
  let endpoint;
  before(async () => {
    provider = await toolProvider();
    endpoint = await startEndpoint(chainOf([{ id: "tools", dialect: "openai", base_url: provider.url, key: "none" }]));
  });
  after(async () => {
    await endpoint.stop();
    provider.close();
  });
  const schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };

  for (const stream of [false, true]) {
    test(`openai, ${stream ? "streamed" : "whole"}`, async () => {
      const client = openai(endpoint);
      const tools = [{ type: "function", function: { name: "weather", parameters: schema } }];
      const ask = (messages) =>
        stream
          ? client.chat.completions.stream({ model: "auto", messages, tools }).finalChatCompletion()
          : client.chat.completions.create({ model: "auto", messages, tools });
      const first = (await ask([{ role: "user", content: "Rain?" }])).choices[0];
      assert.equal(first.finish_reason, "tool_calls");
      assert.deepEqual(JSON.parse(first.message.tool_calls[0].function.arguments), { city: "Oslo" });
      const { role, content, tool_calls } = first.message;
      const second = await ask([
        { role: "user", content: "Rain?" },
        { role, content, tool_calls },
        { role: "tool", tool_call_id: tool_calls[0].id, content: "yes" },
      ]);
      assert.equal(second.choices[0].message.content, "It rains.");
      assert.deepEqual(provider.seen.at(-1).tools[0].function.parameters, schema);
    });
    test(`anthropic, ${stream ? "streamed" : "whole"}`, async () => {
      const client = anthropic(endpoint);
      const tools = [{ name: "weather", input_schema: schema }];
      const ask = (messages) => {
        const body = { model: "auto", max_tokens: 50, messages, tools };
        return stream ? client.messages.stream(body).finalMessage() : client.messages.create(body);
      };
      const first = await ask([{ role: "user", content: "Rain?" }]);
      assert.equal(first.stop_reason, "tool_use");
      const use = first.content.find((block) => block.type === "tool_use");
      assert.deepEqual(use.input, { city: "Oslo" });
      const second = await ask([
        { role: "user", content: "Rain?" },
        { role: "assistant", content: first.content },
        { role: "user", content: [{ type: "tool_result", tool_use_id: use.id, content: "yes" }] },
      ]);
      assert.equal(second.content[0].text, "It rains.");
      assert.equal(provider.seen.at(-1).messages.at(-1).tool_call_id, use.id);
    });
  }
  test("parameters of the caller's own dialect reach a target that speaks it", async () => {
    await openai(endpoint).chat.completions.create({ ...chat, reasoning_effort: "low", user: "u-1" });
    assert.equal(provider.seen.at(-1).reasoning_effort, "low");
    assert.equal(provider.seen.at(-1).user, "u-1");
  });
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
  const picture = "a lighthouse at dusk";
  const isPng = (bytes) => Buffer.from(bytes).subarray(1, 4).toString() === "PNG";
  const fetched = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
  // FAL's client has one setting for another address: the proxy.
  const fal = () => createFalClient({ credentials: "unused", proxyUrl: { url: `${endpoint.url}/fal`, when: "always" } });
  const replicate = () => new Replicate({ auth: "unused", baseUrl: `${endpoint.url}/replicate/v1` });

  test("openai", async () => {
    const reply = await openai(endpoint).images.generate({ model: "gpt-image-1", prompt: picture, size: "1024x1024" });
    assert.ok(isPng(Buffer.from(reply.data[0].b64_json, "base64")));
  });
  test("openai: of a fallback, and a typed error where there is none left", async () => {
    const paint = () => openai(endpoint).images.generate({ model: "gpt-image-1", prompt: picture });
    const other = await endpoint.during({ target: "openai", kind: "http_error", status: 500 }, paint);
    assert.ok(isPng(Buffer.from(other.data[0].b64_json, "base64")));
    const error = await endpoint.during({ target: "*", kind: "http_error", status: 503 }, () =>
      paint().then(assert.fail, (e) => e));
    assert.ok(error instanceof OpenAI.InternalServerError, String(error));
  });
  test("fal: run", async () => {
    const reply = await fal().run("fal-ai/flux/schnell", { input: { prompt: picture } });
    assert.ok(isPng(await fetched(reply.data.images[0].url)));
  });
  test("fal: the queue is subscribed to until it is done", async () => {
    const reply = await fal().subscribe("fal-ai/flux/schnell", { input: { prompt: picture }, pollInterval: 50 });
    assert.ok(isPng(await fetched(reply.data.images[0].url)));
  });
  test("fal: an error is an ApiError", () =>
    endpoint.during({ target: "*", kind: "http_error", status: 503 }, async () => {
      const error = await fal().run("fal-ai/flux/schnell", { input: { prompt: picture } }).then(assert.fail, (e) => e);
      assert.ok(error instanceof ApiError, String(error));
      assert.equal(error.status, 503);
    }));
  for (const kind of ["job_failed", "corrupt_image", "reset"])
    test(`fal and replicate: a job whose provider breaks (${kind}) is done by the next`, () =>
      endpoint.during({ target: "fal", kind }, async () => {
        const input = { prompt: picture };
        const reply = await fal().subscribe("fal-ai/flux/schnell", { input, pollInterval: 50 });
        assert.ok(isPng(await fetched(reply.data.images[0].url)));
        const created = await replicate().predictions.create({ model: "fal-ai/flux/schnell", input });
        const done = await replicate().wait(created, { interval: 50 });
        assert.equal(done.status, "succeeded");
        assert.ok(isPng(await fetched([done.output].flat()[0])));
      }));
  test("replicate: a stream of pictures is refused, not waited for", async () => {
    const work = async () => {
      for await (const event of replicate().stream("black-forest-labs/flux-schnell", { input: { prompt: picture } }))
        assert.fail(String(event));
    };
    await assert.rejects(work, /stream/i);
  });
  test("replicate: a prediction is canceled", async () => {
    await endpoint.during({ target: "*", kind: "hang", ms: 60000 }, async () => {
      const created = await replicate().predictions.create({ model: "fal-ai/flux/schnell", input: { prompt: picture } });
      await replicate().predictions.cancel(created.id);
      const over = await replicate().wait(created, { interval: 50 });
      assert.equal(over.status, "canceled");
    });
  });
  test("replicate: run, whoever makes the picture", async () => {
    const output = await replicate().run("black-forest-labs/flux-schnell", { input: { prompt: picture } });
    const first = Array.isArray(output) ? output[0] : output;
    assert.ok(isPng(await fetched(typeof first === "string" ? first : first.url().href)));
  });
  test("replicate: a prediction that fails says so", () =>
    endpoint.during({ target: "*", kind: "http_error", status: 500 }, async () => {
      const error = await replicate()
        .run("black-forest-labs/flux-schnell", { input: { prompt: picture } })
        .then(assert.fail, (e) => e);
      assert.match(String(error), /failed/i);
    }));
});
