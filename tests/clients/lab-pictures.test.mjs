// The official picture clients accept the lab: jobs run to their picture, errors are typed.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ApiError, createFalClient } from "@fal-ai/client";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import Replicate from "replicate";
import { startLab } from "./brownout.mjs";

const prompt = "a lighthouse at dusk";
const isPng = (bytes) => Buffer.from(bytes).subarray(1, 4).toString() === "PNG";
const fetched = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer());
let lab;
before(async () => {
  lab = await startLab(["openai", "gemini", "replicate", "fal"]);
});
after(() => lab.stop());

describe("openai", () => {
  const client = () => new OpenAI({ baseURL: lab.url("openai"), apiKey: "unused", maxRetries: 0 });

  test("a picture", async () => {
    const reply = await client().images.generate({ model: "gpt-image-1", prompt, size: "1024x1024" });
    assert.ok(isPng(Buffer.from(reply.data[0].b64_json, "base64")));
  });
});

describe("gemini", () => {
  const client = () =>
    new GoogleGenAI({ apiKey: "unused", httpOptions: { baseUrl: lab.url("gemini").replace(/\/v1beta\/?$/, "") } });
  const request = {
    model: "gemini-2.5-flash-image",
    contents: prompt,
    config: { responseModalities: ["IMAGE"], imageConfig: { aspectRatio: "16:9" } },
  };

  test("a picture, with usage", async () => {
    const reply = await client().models.generateContent(request);
    const data = reply.candidates[0].content.parts[0].inlineData;
    assert.equal(data.mimeType, "image/png");
    const png = Buffer.from(data.data, "base64");
    assert.ok(isPng(png));
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [1024, 576]);
    assert.ok(reply.usageMetadata.candidatesTokenCount > 0);
  });
  test("a blocked prompt is an answer that says so, streamed and not", () =>
    lab.during({ target: "gemini", kind: "moderation" }, async () => {
      const whole = await client().models.generateContent(request);
      assert.equal(whole.promptFeedback.blockReason, "PROHIBITED_CONTENT");
      const chunks = [];
      const chat = { model: "gemini-2.5-flash", contents: prompt };
      for await (const chunk of await client().models.generateContentStream(chat)) chunks.push(chunk);
      assert.equal(chunks.length, 1);
      assert.equal(chunks[0].promptFeedback.blockReason, "PROHIBITED_CONTENT");
    }));
});

describe("replicate", () => {
  const client = () => new Replicate({ auth: "unused", baseUrl: `${lab.url("replicate").replace(/\/v1\/?$/, "")}/v1` });
  const model = "black-forest-labs/flux-schnell";

  test("run gives the picture", async () => {
    const output = await client().run(model, { input: { prompt } });
    const first = Array.isArray(output) ? output[0] : output;
    // The client wraps https addresses only; the lab's is plain http.
    assert.ok(isPng(await fetched(typeof first === "string" ? first : first.url().href)));
  });
  test("a prediction is created, watched and done", async () => {
    const created = await client().predictions.create({ model, input: { prompt } });
    assert.ok(["starting", "processing", "succeeded"].includes(created.status));
    const done = await client().wait(created, { interval: 50 });
    assert.equal(done.status, "succeeded");
  });
  test("a job that fails says so", () =>
    lab.during({ target: "replicate", kind: "job_failed" }, async () => {
      const error = await client().run(model, { input: { prompt } }).then(assert.fail, (e) => e);
      assert.match(String(error), /failed/i);
    }));
  test("a refusal carries its status and words", () =>
    lab.during({ target: "replicate", kind: "http_error", status: 402 }, async () => {
      const error = await client().run(model, { input: { prompt } }).then(assert.fail, (e) => e);
      assert.equal(error.response.status, 402);
    }));
});

describe("fal", () => {
  // Its addresses are fixed in the client; only the host is changed.
  const client = () =>
    createFalClient({
      credentials: "unused",
      requestMiddleware: async (request) => {
        const url = new URL(request.url);
        const ours = lab.url("fal").replace(/\/$/, "");
        if (request.url.startsWith(ours)) return request; // the lab's own status and result addresses
        const queue = url.hostname.startsWith("queue.") ? "/queue" : "";
        return { ...request, url: ours + queue + url.pathname + url.search };
      },
    });
  const model = "fal-ai/flux/schnell";

  test("run gives the picture", async () => {
    const reply = await client().run(model, { input: { prompt } });
    assert.ok(isPng(await fetched(reply.data.images[0].url)));
    assert.ok(reply.requestId);
  });
  test("the queue is subscribed to until it is done", async () => {
    const seen = [];
    const reply = await client().subscribe(model, {
      input: { prompt },
      pollInterval: 50,
      onQueueUpdate: (update) => seen.push(update.status),
    });
    assert.equal(seen.at(-1), "COMPLETED");
    assert.ok(isPng(await fetched(reply.data.images[0].url)));
  });
  test("an error is an ApiError with its status", () =>
    lab.during({ target: "fal", kind: "http_error", status: 403 }, async () => {
      const error = await client().run(model, { input: { prompt } }).then(assert.fail, (e) => e);
      assert.ok(error instanceof ApiError, String(error));
      assert.equal(error.status, 403);
    }));
});
