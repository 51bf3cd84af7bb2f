#!/usr/bin/env bash
# proxy-from-env reads HTTPS_PROXY and NO_PROXY, and picks another way to a server than Go and curl do.
# Versions: proxy-from-env 2.1.0 (behind axios), golang.org/x/net v0.61.0 (as in net/http), curl 7.88. Needs Go.
# Seen: HTTPS_PROXY=127.0.0.1:PORT: Go http://127.0.0.1:PORT; proxy-from-env https://127.0.0.1:PORT
#   NO_PROXY=10.0.0.0/8, example.com or ::1: Go asks 10.1.2.3, api.example.com and [::1] directly; proxy-from-env
#   asks the proxy for all three; curl connects to the proxy in plain text, its first word is CONNECT
#
# A proxy without a scheme gets the scheme of the URL that is asked for, so a client that follows proxy-from-env speaks
# TLS to a plain HTTP proxy for https URLs. An entry of NO_PROXY is compared as text: no CIDR ranges, no subdomains
# without a leading dot, IPv6 only in brackets. One environment that works for helm, docker and curl thus fails for a
# program in Node.js beside them; scheme, dots and brackets spelled out suit all, single addresses replace ranges.
# Fails if the two libraries agree on one of the lines, or differ where all is spelled out, or curl speaks TLS.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >npm.log
npm install --silent --no-audit --no-fund proxy-from-env@2.1.0 >npm.log
cat >main.go <<'GO'
package main

import (
	"fmt"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"
)

func main() {
	asked, err := url.Parse(os.Args[1])
	if err != nil {
		panic(err)
	}
	proxy, err := httpproxy.FromEnvironment().ProxyFunc()(asked)
	if err != nil {
		panic(err)
	}
	if proxy == nil {
		fmt.Println("directly")
	} else {
		fmt.Println(proxy)
	}
}
GO
cat >main.mjs <<'JS'
import { getProxyForUrl } from "proxy-from-env";

console.log(getProxyForUrl(process.argv[2]) || "directly");
JS
go mod init example.com/proxy 2>>go.log || { cat go.log >&2; exit 1; }
go get golang.org/x/net/http/httpproxy@v0.61.0 2>>go.log || { cat go.log >&2; exit 1; }
go build -o go-says . 2>>go.log || { cat go.log >&2; exit 1; }
unset http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY

failed=0
compare() { # HTTPS_PROXY NO_PROXY URL what Go says, what proxy-from-env says
  local go node
  go=$(HTTPS_PROXY=$1 NO_PROXY=$2 ./go-says "$3")
  node=$(HTTPS_PROXY=$1 NO_PROXY=$2 node main.mjs "$3")
  printf 'HTTPS_PROXY=%s NO_PROXY=%s %s: Go %s; proxy-from-env %s\n' "$1" "$2" "$3" "$go" "$node"
  [ "$go" = "$4" ] && [ "$node" = "$5" ] || failed=1
}
compare 127.0.0.1:3128 '' https://example.com/ http://127.0.0.1:3128 https://127.0.0.1:3128
proxy=http://127.0.0.1:3128
compare $proxy 10.0.0.0/8 https://10.1.2.3/ directly $proxy
compare $proxy example.com https://api.example.com/ directly $proxy
compare $proxy ::1 'https://[::1]/' directly $proxy
compare $proxy 10.1.2.3 https://10.1.2.3/ directly directly
compare $proxy .example.com https://api.example.com/ directly directly
compare $proxy '[::1]' 'https://[::1]/' directly directly

cat >proxy.mjs <<'JS'
import { spawn } from "node:child_process";
import net from "node:net";

// What curl sends first to a proxy that is named without a scheme.
const server = net.createServer((client) => {
  client.once("data", (data) => {
    console.log(`curl begins with ${data.toString("latin1").split(" ")[0]}`);
    client.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    server.close();
  });
});
server.listen(0, "127.0.0.1", () => {
  const proxy = `127.0.0.1:${server.address().port}`;
  const env = { ...process.env, HTTPS_PROXY: proxy };
  spawn("curl", ["--silent", "--max-time", "20", "https://example.com/"], { env });
});
JS
curl=$(node proxy.mjs)
echo "$curl"
[ "$curl" = "curl begins with CONNECT" ] || failed=1
exit "$failed"
