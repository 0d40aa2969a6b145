// Counter-tests of the endpoint: curl as it comes, and what a browser would send for a page.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { request } from "node:http";
import { after, before, describe, test } from "node:test";
import { startEndpoint } from "./brownout.mjs";
import { chainOf, simulated } from "./chains.mjs";

let endpoint;
before(async () => {
  endpoint = await startEndpoint(chainOf([simulated("first", "anthropic"), simulated("second", "gemini")]));
});
after(() => endpoint.stop());

const chat = (more = {}) =>
  JSON.stringify({ model: "auto", max_tokens: 20, messages: [{ role: "user", content: "Say something calm." }], ...more });

function curl(...args) {
  const child = spawn("curl", ["--silent", "--show-error", "--max-time", "20", ...args]);
  const out = [];
  const err = [];
  child.stdout.on("data", (data) => out.push(data));
  child.stderr.on("data", (data) => err.push(data));
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code) =>
      code === 0 ? done(Buffer.concat(out).toString()) : failed(new Error(`curl: ${code} ${Buffer.concat(err)}`)));
  });
}

describe("curl", () => {
  const json = ["-H", "content-type: application/json"];
  test("an answer, of a fallback, with who gave it", () =>
    endpoint.during({ target: "first", kind: "http_error", status: 529 }, async () => {
      const reply = await curl("--include", ...json, "-d", chat(), `${endpoint.url}/v1/chat/completions`);
      assert.match(reply, /^HTTP\/1\.1 200 /);
      assert.match(reply, /\r\nX-Provider: second\r\n/i);
      assert.ok(JSON.parse(reply.slice(reply.indexOf("\r\n\r\n"))).choices[0].message.content.length > 0);
    }));
  test("a stream, event by event to its end", async () => {
    const reply = await curl("-N", ...json, "-d", chat({ stream: true }), `${endpoint.url}/v1/chat/completions`);
    assert.ok(reply.split("data: ").length > 3);
    assert.ok(reply.endsWith("data: [DONE]\n\n"));
  });
  test("a stream that breaks ends in an error, and curl with it", () =>
    endpoint.during({ target: "first", kind: "stream_cut", after_tokens: 3 }, async () => {
      const reply = await curl("-N", ...json, "-d", chat({ stream: true }), `${endpoint.url}/v1/chat/completions`);
      assert.match(reply, /"error"/);
      assert.ok(!reply.includes("[DONE]"));
    }));
  test("what is no JSON is a 400 that says so", async () => {
    const reply = await curl("-w", "%{http_code}", "-d", "prompt=hi", `${endpoint.url}/v1/messages`);
    assert.match(reply, /JSON.*400$/s);
    assert.match(reply, /"type":\s*"invalid_request_error"/);
  });
  test("another Host is refused: names that are made to point here (DNS rebinding)", async () => {
    const reply = await curl("-w", "%{http_code}", "-H", "Host: rebound.example", `${endpoint.url}/v1/models`);
    assert.match(reply, /403$/);
  });
  test("control routes want the token", async () => {
    const code = (...args) => curl("-o", "/dev/null", "-w", "%{http_code}", ...args);
    assert.equal(await code(`${endpoint.url}/faults`), "401");
    assert.equal(await code("-m", "5", `${endpoint.url}/events`), "401");
    assert.equal(await code(`${endpoint.url}/healthz`), "200");
    assert.equal(await code(`${endpoint.url}/metrics`), "200");
  });
  test("headers without end are refused in the caller's words", async () => {
    const reply = await curl("-w", "%{http_code}", "-H", `x-flood: ${"a".repeat(80_000)}`, "-d", "{}",
      `${endpoint.url}/v1/messages`);
    assert.match(reply, /431$/);
    assert.match(reply, /"type":\s*"error"/);
  });
});

describe("a page in a browser", () => {
  // fetch() may not set Host and some other headers; this may.
  const send = (method, path, headers, body = "") =>
    new Promise((done, failed) => {
      const out = request(endpoint.url + path, { method, headers }, (reply) => {
        let text = "";
        reply.on("data", (data) => (text += data)).on("end", () => done({ status: reply.statusCode, headers: reply.headers, text }));
      });
      out.on("error", failed);
      out.end(body);
    });
  const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" };

  test("of another origin sends nothing, whatever type it claims, and reads nothing", async () => {
    for (const type of ["application/json", "text/plain;charset=UTF-8"]) {
      const reply = await send("POST", "/v1/chat/completions", { ...foreign, "content-type": type }, chat());
      assert.equal(reply.status, 403);
      assert.equal(reply.headers["access-control-allow-origin"], undefined);
    }
    assert.equal((await send("GET", "/v1/models", foreign)).status, 403);
  });
  test("of another origin gets no preflight", async () => {
    const reply = await send("OPTIONS", "/v1/chat/completions", { ...foreign, "access-control-request-method": "POST" });
    assert.notEqual(reply.status, 204);
    assert.equal(reply.headers["access-control-allow-origin"], undefined);
  });
  test("with an origin that is hidden is refused, too", async () => {
    const reply = await send("POST", "/v1/chat/completions", { origin: "null", "content-type": "text/plain" }, chat());
    assert.equal(reply.status, 403);
  });
  test("of this machine may ask and read, but switch no faults", async () => {
    const origin = "http://localhost:3000";
    const asked = { origin, "access-control-request-method": "POST", "access-control-request-headers": "authorization,content-type" };
    const preflight = await send("OPTIONS", "/v1/chat/completions", asked);
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers["access-control-allow-origin"], origin);
    const reply = await send("POST", "/v1/chat/completions", { origin, "content-type": "application/json" }, chat());
    assert.equal(reply.status, 200);
    assert.equal(reply.headers["access-control-allow-origin"], origin);
    assert.equal((await send("POST", "/faults", { origin, authorization: "Bearer client-tests-token" }, "{}")).status, 403);
  });
});
