#!/usr/bin/env bash
# https-proxy-agent and socks-proxy-agent refuse the valid certificate of a server that is addressed by IP.
# Versions: https-proxy-agent 9.1.0 and socks-proxy-agent 10.1.0 (the newest of both), Node.js 20.
# Seen: directly: 200; through https-proxy-agent and through socks-proxy-agent: ERR_TLS_CERT_ALTNAME_INVALID,
#   "Host: localhost. is not cert's CN: server" (altnames: IP 127.0.0.2); with an own checkServerIdentity: 200
#
# Both leave `host` out of what they hand to tls.connect and add `servername` for names only, since SNI knows no
# addresses. Node then falls back to `localhost` as the name that the certificate has to bear. A Kubernetes API server
# or a registry that is named by IP is therefore unreachable through a proxy. What helps is a `checkServerIdentity`
# that checks the address itself, or a name that resolves to it.
# Fails if one of the two agents gets an answer without such a function, or any of the other ways gets none.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >npm.log
npm install --silent --no-audit --no-fund https-proxy-agent@9.1.0 socks-proxy-agent@10.1.0 >npm.log
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=server \
  -addext subjectAltName=IP:127.0.0.2 -keyout key.pem -out certificate.pem 2>openssl.log

cat >ask.mjs <<'JS'
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import tls from "node:tls";
import { HttpsProxyAgent } from "https-proxy-agent";
import { SocksProxyAgent } from "socks-proxy-agent";

const ca = readFileSync("certificate.pem");
const host = "127.0.0.2";
const listen = (server, address) =>
  new Promise((resolve) => server.listen(0, address, () => resolve(server.address().port)));
const join = (client, port, greeting) => {
  const upstream = net.connect(port, host, () => {
    client.write(greeting);
    upstream.pipe(client).pipe(upstream);
  });
  for (const [one, other] of [[client, upstream], [upstream, client]]) {
    one.on("error", () => other.destroy()).on("close", () => other.destroy());
  }
};

const server = https.createServer({ cert: ca, key: readFileSync("key.pem") }, (_, response) => response.end());
const port = await listen(server, host);
const tunnels = [];
const httpProxy = await listen(
  http.createServer().on("connect", (request, client) => {
    tunnels.push(request.url);
    join(client, Number(request.url.split(":")[1]), "HTTP/1.1 200 OK\r\n\r\n");
  }),
  "127.0.0.1",
);
// SOCKS 5 without authentication: one message to greet, one with the address and port (IPv4).
const socksProxy = await listen(
  net.createServer((client) => {
    client.on("error", () => client.destroy());
    client.once("data", () => {
      client.write(Buffer.from([5, 0]));
      client.once("data", (message) => {
        tunnels.push(`${[...message.subarray(4, 8)].join(".")}:${message.readUInt16BE(8)}`);
        join(client, message.readUInt16BE(8), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
      });
    });
  }),
  "127.0.0.1",
);

const ask = (agent, more = {}) =>
  new Promise((resolve) => {
    https
      .get({ host, port, agent, ca, ...more }, (response) => resolve(`${response.resume().statusCode}`))
      .on("error", (error) => resolve(`${error.code}, ${error.reason}`));
  });
const refusal = "ERR_TLS_CERT_ALTNAME_INVALID, Host: localhost. is not cert's CN: server";
const own = { checkServerIdentity: (_, certificate) => tls.checkServerIdentity(host, certificate) };
const agents = {
  "https-proxy-agent": () => new HttpsProxyAgent(`http://127.0.0.1:${httpProxy}`),
  "socks-proxy-agent": () => new SocksProxyAgent(`socks5://127.0.0.1:${socksProxy}`),
};
let held = true;
const show = (name, answer, expected) => {
  console.log(`${name}: ${answer}`);
  held &&= answer === expected;
};
show("directly", await ask(new https.Agent()), "200");
for (const [name, agent] of Object.entries(agents)) {
  show(name, await ask(agent()), refusal);
  show(`${name}, own checkServerIdentity`, await ask(agent(), own), "200");
}
held &&= tunnels.length === 4 && tunnels.every((tunnel) => tunnel === `${host}:${port}`);
process.exit(held ? 0 : 1);
JS
node ask.mjs
