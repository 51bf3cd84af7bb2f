/** The proxy that HTTPS_PROXY and NO_PROXY name for an address, as Helm and the providers obey them. */
export async function proxyFor(url: string): Promise<string | undefined> {
  const said = ["https_proxy", "http_proxy", "all_proxy"];
  if (!said.some((name) => process.env[name] || process.env[name.toUpperCase()])) {
    return undefined;
  }
  const { getProxyForUrl } = await import("proxy-from-env");
  return getProxyForUrl(url) || undefined;
}
