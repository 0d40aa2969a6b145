// The official chat clients accept the lab: they see what they would see from the provider.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { startLab } from "./brownout.mjs";

const prompt = "Say something calm.";
let lab;
before(async () => {
  lab = await startLab(["openai", "anthropic", "gemini"]);
});
after(() => lab.stop());

describe("openai", () => {
  const client = () => new OpenAI({ baseURL: lab.url("openai"), apiKey: "unused", maxRetries: 0 });
  const request = { model: "gpt-5-mini", messages: [{ role: "user", content: prompt }], max_completion_tokens: 30 };

  test("an answer with usage", async () => {
    const reply = await client().chat.completions.create(request);
    assert.ok(reply.choices[0].message.content.length > 0);
    assert.ok(["stop", "length"].includes(reply.choices[0].finish_reason));
    assert.ok(reply.usage.completion_tokens > 0 && reply.usage.prompt_tokens > 0);
    assert.equal(reply.usage.total_tokens, reply.usage.prompt_tokens + reply.usage.completion_tokens);
  });
  test("a stream with usage at its end", async () => {
    const stream = await client().chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } });
    let text = "";
    let finish = null;
    let usage = null;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage ?? usage;
    }
    assert.ok(text.length > 0);
    assert.ok(["stop", "length"].includes(finish));
    assert.ok(usage.completion_tokens > 0);
  });
  test("a rate limit is a RateLimitError with its wait", () =>
    lab.during({ target: "openai", kind: "http_error", status: 429, retry_after_s: 7 }, async () => {
      const error = await client().chat.completions.create(request).then(assert.fail, (e) => e);
      assert.ok(error instanceof OpenAI.RateLimitError, String(error));
      assert.equal(error.headers.get("retry-after"), "7");
    }));
  test("an overload is an InternalServerError", () =>
    lab.during({ target: "openai", kind: "http_error", status: 503 }, async () => {
      const error = await client().chat.completions.create(request).then(assert.fail, (e) => e);
      assert.ok(error instanceof OpenAI.InternalServerError, String(error));
      assert.equal(error.status, 503);
    }));
  test("the models list", async () => {
    const page = await client().models.list();
    assert.ok(Array.isArray(page.data));
  });
});

describe("anthropic", () => {
  const client = () => new Anthropic({ baseURL: lab.url("anthropic"), apiKey: "unused", maxRetries: 0 });
  const request = { model: "claude-haiku-4-5", max_tokens: 30, messages: [{ role: "user", content: prompt }] };

  test("a message with usage", async () => {
    const message = await client().messages.create(request);
    assert.equal(message.type, "message");
    assert.equal(message.content[0].type, "text");
    assert.ok(message.content[0].text.length > 0);
    assert.ok(["end_turn", "max_tokens"].includes(message.stop_reason));
    assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
  });
  test("a stream that the helper puts together", async () => {
    const stream = client().messages.stream(request);
    let text = "";
    stream.on("text", (piece) => (text += piece));
    const message = await stream.finalMessage();
    assert.ok(text.length > 0);
    assert.equal(message.content[0].text, text);
    assert.ok(message.usage.output_tokens > 0);
  });
  test("a rate limit is a RateLimitError", () =>
    lab.during({ target: "anthropic", kind: "http_error", status: 429, retry_after_s: 7 }, async () => {
      const error = await client().messages.create(request).then(assert.fail, (e) => e);
      assert.ok(error instanceof Anthropic.RateLimitError, String(error));
      assert.equal(error.error.error.type, "rate_limit_error");
      assert.ok(error.requestID);
    }));
  test("an overload is a 529 with overloaded_error", () =>
    lab.during({ target: "anthropic", kind: "http_error", status: 529 }, async () => {
      const error = await client().messages.create(request).then(assert.fail, (e) => e);
      assert.ok(error instanceof Anthropic.InternalServerError, String(error));
      assert.equal(error.status, 529);
      assert.equal(error.error.error.type, "overloaded_error");
    }));
});

describe("gemini", () => {
  // The client adds the version itself.
  const client = () =>
    new GoogleGenAI({ apiKey: "unused", httpOptions: { baseUrl: lab.url("gemini").replace(/\/v1beta\/?$/, "") } });
  const request = { model: "gemini-2.5-flash", contents: prompt, config: { maxOutputTokens: 30 } };

  test("an answer with usage", async () => {
    const reply = await client().models.generateContent(request);
    assert.ok(reply.text.length > 0);
    assert.ok(["STOP", "MAX_TOKENS"].includes(reply.candidates[0].finishReason));
    assert.ok(reply.usageMetadata.candidatesTokenCount > 0);
  });
  test("a stream", async () => {
    let text = "";
    let last = null;
    for await (const chunk of await client().models.generateContentStream(request)) {
      text += chunk.text ?? "";
      last = chunk;
    }
    assert.ok(text.length > 0);
    assert.ok(["STOP", "MAX_TOKENS"].includes(last.candidates[0].finishReason));
    assert.ok(last.usageMetadata.candidatesTokenCount > 0);
  });
  test("a rate limit is an ApiError 429 RESOURCE_EXHAUSTED", () =>
    lab.during({ target: "gemini", kind: "http_error", status: 429, retry_after_s: 7 }, async () => {
      const error = await client().models.generateContent(request).then(assert.fail, (e) => e);
      assert.ok(error instanceof ApiError, String(error));
      assert.equal(error.status, 429);
      assert.match(error.message, /RESOURCE_EXHAUSTED/);
    }));
  test("an overload is an ApiError 503 UNAVAILABLE", () =>
    lab.during({ target: "gemini", kind: "http_error", status: 503 }, async () => {
      const error = await client().models.generateContent(request).then(assert.fail, (e) => e);
      assert.ok(error instanceof ApiError, String(error));
      assert.equal(error.status, 503);
      assert.match(error.message, /UNAVAILABLE/);
    }));
});
