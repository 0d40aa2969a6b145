// Starts brownoutctl as a user does, and says where it listens. BROWNOUTCTL names the program.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const program = process.env.BROWNOUTCTL;
if (!program) throw new Error("BROWNOUTCTL must name the brownoutctl to test");
const token = "client-tests-token";

export function writeChain(document) {
  const folder = mkdtempSync(join(tmpdir(), "brownout-clients-"));
  const file = join(folder, "test.chain.json");
  writeFileSync(file, JSON.stringify(document));
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const model = { first_token_ms: 20, token_ms: 1 };

/** A lab with one simulated provider per dialect, named after it. */
export async function startLab(dialects) {
  const chain = writeChain({
    format: "brownout.chain/1",
    name: "clients",
    providers: dialects.map((dialect) => ({ id: dialect, dialect, base_url: "lab:", key: "none", model })),
    chains: [{ id: "default", targets: dialects.map((provider) => ({ provider, model: "any" })) }],
  });
  const child = spawn(program, ["lab", chain.file], {
    env: { ...process.env, BROWNOUT_TOKEN: token },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const address = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const words = line.trim().split(/\s+/);
    address[words[0]] = words.at(-1);
    if (words[0] === "faults") break;
  }
  for (const dialect of dialects)
    if (!address[dialect]) throw new Error(`the lab does not serve ${dialect}`);
  return { url: (dialect) => address[dialect], ...faultControl(address.faults), stop: () => stop(child, chain) };
}

function faultControl(address) {
  const control = async (method, body) => {
    const reply = await fetch(address, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(`${method} /faults: ${reply.status} ${await reply.text()}`);
  };
  return {
    /** Puts one fault on, runs the work, and takes it off again. */
    async during(fault, work) {
      await control("POST", fault);
      try {
        return await work();
      } finally {
        await control("DELETE");
      }
    },
  };
}

async function stop(child, chain) {
  child.kill("SIGTERM");
  await new Promise((done) => (child.exitCode === null ? child.once("exit", done) : done()));
  chain.remove();
}

/** `brownoutctl serve` on a chain; faults are switched through the endpoint itself. */
export async function startEndpoint(document) {
  const chain = writeChain(document);
  const child = spawn(program, ["serve", chain.file, "--port", "0", "--quiet"], {
    env: { ...process.env, BROWNOUT_TOKEN: token },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let url = null;
  for await (const line of createInterface({ input: child.stdout })) {
    url = line.match(/^listening on (\S+)$/)?.[1];
    break;
  }
  if (!url) throw new Error("the endpoint does not listen");
  const control = faultControl(`${url}/faults`);
  return { url, ...control, stop: () => stop(child, chain) };
}

/** brownoutctl with arguments: its exit code and what it printed. */
export function ctl(args, environment = {}) {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const out = [];
  const err = [];
  child.stdout.on("data", (data) => out.push(data));
  child.stderr.on("data", (data) => err.push(data));
  return new Promise((done) =>
    child.once("close", (code) =>
      done({ code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }),
    ),
  );
}
