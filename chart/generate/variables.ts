/** Which value is which environment variable: what `# @env` says, and the rule where it says nothing. */
import type { Value } from "./valuesDocument";

/** How the template `_environment.tpl` makes a variable of a value. */
export interface Variable {
  name: string;
  /** Path of the value. */
  value: string;
  /** Path of the switch without which it does not count. */
  when?: string;
  /** What else is not said, beside null and what is empty. */
  omit?: unknown[];
  /** What some texts are called by the program. */
  words?: Record<string, string>;
  /** The value names a Secret, and this is the path of the value that names its key. */
  secretKey?: string;
}

/** Where in values.yaml a value stands. */
interface Place {
  /** Begins the variables of the group it is in, if those are variables. */
  prefix?: string;
  /** Path of that group. */
  group?: string;
  when?: string;
}

/** What `# @env` may say of a value, beside its name alone, and `none`. */
interface Told {
  name?: string;
  omit?: unknown;
  words?: Record<string, string>;
  secretKey?: string;
}

const NONE = "none";

/** `auth.maxAgeSeconds` is `AUTH_MAX_AGE_SECONDS`. */
const derivedName = (path: string): string =>
  path
    .replaceAll(".", "_")
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase();

/** The variables of all values; `# @env` on a group is how those of its values begin. */
export function variablesOf(values: Value[], place: Place = {}): Variable[] {
  const toggle = values.find(({ kind, name }) => kind === "leaf" && name === "enabled");
  const inside = toggle === undefined ? place : { ...place, when: toggle.path };
  return values
    .filter((value) => value !== toggle && value.env !== NONE)
    .flatMap((value) => {
      if (value.kind === "leaf") {
        return variablesOfValue(value.path, value.env, inside);
      }
      const { env, path, children } = value;
      const own = env === undefined ? {} : { prefix: String(env), group: path };
      return variablesOf(children, { ...inside, ...own });
    });
}

function variablesOfValue(path: string, env: unknown, place: Place): Variable[] {
  if (env === undefined && place.prefix === undefined) {
    return [];
  }
  // Two programs may have the same value.
  return (Array.isArray(env) ? env : [env]).map((said: unknown) => {
    const told = (typeof said === "string" ? { name: said } : (said ?? {})) as Told;
    const { prefix = "", group = "", when } = place;
    const name = prefix + (told.name ?? derivedName(path.slice(group.length + 1)));
    if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(name)) {
      throw new Error(`${path}: @env makes it ${name}, which is no name of a variable`);
    }
    const { omit, words, secretKey } = told;
    return {
      name,
      value: path,
      ...(when !== undefined && { when }),
      ...(omit !== undefined && { omit: [omit] }),
      ...(words !== undefined && { words }),
      ...(secretKey !== undefined && { secretKey }),
    };
  });
}
