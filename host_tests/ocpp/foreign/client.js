// The strict client of ocpp-rpc as a judge of central systems. One JSON line per event on stdout:
//   connected | disconnected code | call action payload
//   violation where action payload code text   a frame of the central system that breaks its schema
//   own_fault action payload text              a frame of ours that does
//   answer / error reference payload / code text
// stdin takes JSON lines {action, payload, reference}, and {answers: {action: payload}} for calls to come;
// its end ends the client. Arguments: the address before the identity, the identity, the version.
"use strict";

const readline = require("node:readline");
const { createRequire } = require("node:module");

// Installed apart from this file, so that the sources stay clean
const { RPCClient } = createRequire(`${process.cwd()}/`)("ocpp-rpc");

const [endpoint, identity, version] = process.argv.slice(2);
const answers = {};
const say = (event, fields) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);

const client = new RPCClient({
  endpoint, identity, protocols: [version], strictMode: true, reconnect: false, pingIntervalMs: 0,
});
client.on("strictValidationFailure", ({ method, params, result, error, outbound, isCall }) => {
  say(outbound ? "own_fault" : "violation", {
    where: isCall ? "call" : "answer", action: method, payload: isCall ? params : result,
    code: error.rpcErrorCode, text: error.message,
  });
});
client.on("badMessage", ({ buffer, error }) => {
  say("violation", { where: "frame", action: "", payload: buffer.toString().slice(0, 500), text: error.message });
});
client.on("disconnect", ({ code }) => say("disconnected", { code }));
client.handle(({ method, params }) => {
  say("call", { action: method, payload: params });
  return answers[method] ?? { status: "Accepted" };
});

async function obey({ action, payload, reference, answers: given }) {
  if (given !== undefined) return Object.assign(answers, given);
  try {
    return say("answer", { reference, payload: await client.call(action, payload) });
  } catch (error) {
    return say("error", { reference, code: error.rpcErrorCode ?? error.name, text: error.message });
  }
}

const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => obey(JSON.parse(line)));
lines.on("close", () => process.exit(0));

client.connect().then(() => say("connected", {}));
