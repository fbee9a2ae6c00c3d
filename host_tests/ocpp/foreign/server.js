// The strict server of ocpp-rpc as a judge of stations. One JSON line per event on stdout:
//   listening port | connected identity protocol | disconnected identity code | call identity action payload
//   violation identity where action payload code text   a frame of the station that breaks its schema
//   own_fault identity action payload text              an answer of ours that does: never expected
//   answer / error reference payload / code text        what a call asked for on stdin brought
// stdin takes JSON lines {identity, action, payload, reference}, {identity, raw} and {identity, close};
// {verdicts: {token: status}}; {password}; {away: true} refuses stations and drops those that are there;
// {script: {action: [{payload} | {error: code} | {silent} | {lost}]}} is what the next calls get, lost: the link ends.
// Its end ends the server. Arguments: the password that stations must give, if any.
"use strict";

const readline = require("node:readline");
const { createRequire } = require("node:module");

// Installed apart from this file, so that the sources stay clean
const { RPCServer, createRPCError } = createRequire(`${process.cwd()}/`)("ocpp-rpc");

const PROTOCOLS = ["ocpp2.0.1", "ocpp1.6"];
let password = process.argv[2];
const stations = new Map();
let lastTransaction = 1000;

const say = (event, fields) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
const now = () => new Date().toISOString();
const accepted = () => ({ status: "Accepted" });
const verdicts = {};
const script = {};
let away = false;
const verdict = (token) => ({ status: verdicts[token] ?? "Accepted" });

const BOTH = {
  BootNotification: () => ({ status: "Accepted", currentTime: now(), interval: 300 }),
  Heartbeat: () => ({ currentTime: now() }),
  DataTransfer: accepted,
  SignCertificate: accepted,
};
const ANSWERS = {
  "ocpp1.6": {
    ...BOTH,
    Authorize: ({ idTag }) => ({ idTagInfo: verdict(idTag) }),
    StartTransaction: ({ idTag }) => ({ transactionId: (lastTransaction += 1), idTagInfo: verdict(idTag) }),
    StopTransaction: ({ idTag }) => (idTag === undefined ? {} : { idTagInfo: verdict(idTag) }),
  },
  "ocpp2.0.1": {
    ...BOTH,
    Authorize: ({ idToken }) => ({ idTokenInfo: verdict(idToken.idToken) }),
    TransactionEvent: ({ idToken }) => (idToken === undefined ? {} : { idTokenInfo: verdict(idToken.idToken) }),
    Get15118EVCertificate: () => ({ status: "Failed", exiResponse: "" }),
    GetCertificateStatus: () => ({ status: "Failed" }),
    NotifyEVChargingNeeds: () => ({ status: "Rejected" }),
    NotifyEVChargingSchedule: accepted,
  },
};

const server = new RPCServer({
  protocols: PROTOCOLS, strictMode: true, pingIntervalMs: 0, wssOptions: { perMessageDeflate: false },
});

server.auth((accept, reject, handshake) => {
  const given = handshake.password === undefined ? undefined : handshake.password.toString();
  if (away) reject(503, "Service Unavailable");
  else if (password !== undefined && given !== password) reject(401, "Unauthorized");
  else accept({});
});

server.on("client", (client) => {
  const identity = client.identity;
  stations.set(identity, client);
  say("connected", { identity, protocol: client.protocol });
  client.on("disconnect", ({ code }) => {
    if (stations.get(identity) === client) stations.delete(identity);
    say("disconnected", { identity, code });
  });
  client.on("strictValidationFailure", ({ method, params, result, error, outbound, isCall }) => {
    say(outbound ? "own_fault" : "violation", {
      identity, where: isCall ? "call" : "answer", action: method, payload: isCall ? params : result,
      code: error.rpcErrorCode, text: error.message,
    });
  });
  client.on("badMessage", ({ buffer, error }) => {
    say("violation", {
      identity, where: "frame", action: "", payload: buffer.toString().slice(0, 500),
      code: error.rpcErrorCode, text: error.message,
    });
  });
  client.handle(({ method, params }) => {
    say("call", { identity, protocol: client.protocol, action: method, payload: params });
    const next = script[method]?.shift();
    if (next?.error) throw createRPCError(next.error);
    if (next?.lost) client.close({ force: true });
    if (next?.lost || next?.silent) return new Promise(() => {});
    if (next?.payload) return next.payload;
    const answer = ANSWERS[client.protocol][method];
    return answer ? answer(params) : {};
  });
});

function set(order) {
  Object.assign(verdicts, order.verdicts);
  for (const [action, answers] of Object.entries(order.script ?? {})) (script[action] ??= []).push(...answers);
  password = order.password ?? password;
  if (order.away === undefined) return;
  ({ away } = order);
  if (away) for (const client of stations.values()) client.close({ force: true });
}

async function obey({ identity, action, payload, reference, raw, close, ...order }) {
  if (identity === undefined) return set(order);
  const client = stations.get(identity);
  if (!client) return say("error", { reference, code: "NotConnected", text: `${identity} is not connected` });
  if (raw !== undefined) return client.sendRaw(raw);
  if (close !== undefined) return client.close({ code: close });
  try {
    return say("answer", { reference, payload: await client.call(action, payload) });
  } catch (error) {
    return say("error", { reference, code: error.rpcErrorCode ?? error.name, text: error.message });
  }
}

const lines = readline.createInterface({ input: process.stdin });
lines.on("line", (line) => obey(JSON.parse(line)));
lines.on("close", () => process.exit(0));

server.listen(0, "127.0.0.1").then((http) => say("listening", { port: http.address().port }));
