/** Which package index a build asks: what the environment of pip says, as a file that only the build sees. */

/** Name of the build secret. */
export const PIP_SECRET = "pip-config";

/** Variables of pip that count, by the key that its configuration has for each. */
const variables = { "index-url": "PIP_INDEX_URL", "extra-index-url": "PIP_EXTRA_INDEX_URL" };

/** A configuration of pip; it may hold passwords. */
export function pipConfig(env: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(variables).flatMap(([key, variable]) => {
    const value = env[variable]?.trim() ?? "";
    return value === "" ? [] : [`${key} = ${value.split(/\s+/).join("\n  ")}`];
  });
  return ["[global]", ...lines, ""].join("\n");
}
