#!/usr/bin/env bash
# What a resource costs in a Pulumi program that ts-node runs: four stack traces for each property, each looked up line
# by line in the source maps.
# Versions: @pulumi/pulumi 3.245.0, ts-node 10.9.2, typescript 5.9.3, Node.js 20.20.2.
# Seen: 4 stack traces a property: true
#       worked out by ts-node: 300 resources of 35 properties take 26.2 s, and 4.3 s without those traces
#       (with others at work on the machine; the seconds are others each time)
#
# The SDK's `debuggablePromise` reads `new Error().stack` for each promise, whether or not somebody looks for promises
# that never end (PULUMI_DEBUG_PROMISE_LEAKS). ts-node, by which Pulumi runs programs in TypeScript, sets
# `Error.prepareStackTrace`, and so works each out. A `helm.v3.Release` has 37 properties, of which most programs set
# five; a preview of 1,000 of them takes half its time for this.
# Fails if there are fewer traces than that.
set -euo pipefail

command -v npm >/dev/null || {
  echo "needs Node.js and npm on PATH" >&2
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --silent --no-progress @pulumi/pulumi@3.245.0 ts-node@10.9.2 typescript@5.9.3 @types/node@20 >/dev/null

echo '{ "compilerOptions": { "module": "commonjs", "target": "es2022" } }' >tsconfig.json
cat >program.ts <<'TS'
import * as pulumi from "@pulumi/pulumi";

class Release extends pulumi.CustomResource {
  constructor(name: string, properties: Record<string, unknown>) {
    super("test:index:Release", name, properties);
  }
}

pulumi.runtime.setMocks({
  newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
  call: () => ({}),
});

const PROPERTIES = 35;
const properties = Object.fromEntries(
  Array.from({ length: PROPERTIES }, (_, index) => [`property${index}`, index]),
);
const prepare = Error.prepareStackTrace;
if (prepare === undefined) {
  throw new Error("ts-node has set no Error.prepareStackTrace");
}

let traces = 0;
Error.prepareStackTrace = (error, frames) => {
  traces += frames[0]?.getFunctionName() === "debuggablePromise" ? 1 : 0;
  return prepare(error, frames);
};
new Release("counted", properties);
const areFour = traces >= 4 * PROPERTIES;
console.log(`4 stack traces a property: ${areFour}`);

function seconds(name: string): string {
  const start = process.hrtime.bigint();
  for (let index = 0; index < 300; index++) {
    new Release(`${name}-${index}`, properties);
  }
  return (Number(process.hrtime.bigint() - start) / 1e9).toFixed(1);
}
Error.prepareStackTrace = prepare;
const usual = seconds("usual");
Error.prepareStackTrace = (error, frames) =>
  frames[0]?.getFunctionName() === "debuggablePromise" ? "" : prepare(error, frames);
console.log(
  `worked out by ts-node: 300 resources of ${PROPERTIES} properties take ${usual} s, and ${seconds("untraced")} s without those traces`,
);
process.exitCode = areFour ? 0 : 1;
TS
node --require ts-node/register/transpile-only program.ts
