// The strict server of ocpp-rpc as a judge of stations. One JSON line per event on stdout:
//   listening port | connected identity protocol | disconnected identity code | call identity action payload
//   violation identity where action payload code text   a frame of the station that breaks its schema
//   own_fault identity action payload text              an answer of ours that does: never expected
//   answer / error reference payload / code text        what a call asked for on stdin brought
// stdin takes JSON lines {identity, action, payload, reference}, {identity, raw} and {identity, close};
// its end ends the server. Arguments: the password that stations must give, if any.
"use strict";

const readline = require("node:readline");
const { createRequire } = require("node:module");

// Installed apart from this file, so that the sources stay clean
const { RPCServer } = createRequire(`${process.cwd()}/`)("ocpp-rpc");

const PROTOCOLS = ["ocpp2.0.1", "ocpp1.6"];
const PASSWORD = process.argv[2];
const stations = new Map();
let lastTransaction = 1000;

const say = (event, fields) => process.stdout.write(`${JSON.stringify({ event, ...fields })}\n`);
const now = () => new Date().toISOString();
const accepted = () => ({ status: "Accepted" });

const BOTH = {
  BootNotification: () => ({ status: "Accepted", currentTime: now(), interval: 300 }),
  Heartbeat: () => ({ currentTime: now() }),
  DataTransfer: accepted,
  SignCertificate: accepted,
};
const ANSWERS = {
  "ocpp1.6": {
    ...BOTH,
    Authorize: () => ({ idTagInfo: accepted() }),
    StartTransaction: () => ({ transactionId: (lastTransaction += 1), idTagInfo: accepted() }),
    StopTransaction: (call) => (call.idTag === undefined ? {} : { idTagInfo: accepted() }),
  },
  "ocpp2.0.1": {
    ...BOTH,
    Authorize: () => ({ idTokenInfo: accepted() }),
    TransactionEvent: (call) => (call.idToken === undefined ? {} : { idTokenInfo: accepted() }),
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
  if (PASSWORD !== undefined && given !== PASSWORD) reject(401, "Unauthorized");
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
    const answer = ANSWERS[client.protocol][method];
    return answer ? answer(params) : {};
  });
});

async function obey({ identity, action, payload, reference, raw, close }) {
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
