/** Takes what is secret out of text that others wrote: errors of programs and libraries, addresses, logs. */

const HIDDEN = "***";

/**
 * Addresses keep scheme, host and path; a setting, header or option whose name says that it is secret
 * keeps its name; what looks like a key or token by itself goes. `serving/model_fetcher/redaction.py`
 * does the same, by the same examples.
 *
 * @param known secrets that the caller knows, which go wherever they are
 */
export function redactSecrets(text: string, known: readonly (string | undefined)[] = []): string {
  let redacted = text;
  for (const secret of known) {
    // What is shorter is part of innocent words.
    if (secret !== undefined && secret.trim().length >= 4) {
      redacted = redacted.replaceAll(secret.trim(), HIDDEN);
      redacted = redacted.replaceAll(encodeURIComponent(secret.trim()), HIDDEN);
    }
  }
  return redactTokens(redactNamed(redactAccounts(redacted.replace(PRIVATE_KEY, HIDDEN))));
}

// Every repetition that can be tried from many starts is bounded: the text may be long, and anything.
const PRIVATE_KEY =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END )[\s\S])*(?:-----END [A-Z0-9 ]{0,60}-----)?/g;
const ADDRESS = /(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,30}:\/\/)(\S+)/g;
// `repository:tag@sha256:…` is none.
const BARE_ACCOUNT = /(?<=^|[\s"'`(=,])[\w.+%-]{1,128}:[^\s/]{0,256}@(?!sha\d{3}:)(?=[\w[])/g;

function redactAccounts(text: string): string {
  return text
    .replace(ADDRESS, (_, SCHEME: string, rest: string) => SCHEME + redactAccount(rest))
    .replace(BARE_ACCOUNT, `${HIDDEN}@`);
}

/** What follows `scheme://`: up to the last @ of the authority it is an account. */
function redactAccount(rest: string): string {
  const end = rest.search(/[/?#"'`<>]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const colon = authority.lastIndexOf(":");
  const isPort = colon < 0 || /^(\d*\W*|[^[]*\])$/.test(authority.slice(colon + 1));
  // An unescaped / ? or # in a password ends the authority too early.
  const at = isPort ? authority.lastIndexOf("@") : rest.lastIndexOf("@");
  const ACCOUNT = at < 0 && !isPort && !authority.startsWith("[") ? "" : rest.slice(0, at + 1);
  const place = rest.slice(ACCOUNT.length);
  const parts = /^([^?#"'`<>]*)(\?[^"'`<>#]*)?(#[^"'`<>]*)?/.exec(place) ?? [""];
  const [whole, path = "", query, fragment] = parts;
  return [
    ACCOUNT && `${HIDDEN}@`,
    path,
    query && `?${HIDDEN}`,
    fragment && (fragment.includes("=") ? `#${HIDDEN}` : fragment),
    // Another address may be quoted beside this one.
    redactAccountsAfter(place.slice(whole.length)),
  ].join("");
}

function redactAccountsAfter(text: string): string {
  return text.includes("://") ? redactAccounts(text) : text;
}

const SECRET_NAMES =
  /passw(?:or)?d|passphrase|passcode|pwd|secret|token|credential|(?:api|access|private|account|shared|signing|encryption|master)key|signature|authorization|cookie|sessionid|jwt/;
const secretWords = new Set(["pass", "pw", "sig", "auth", "bearer", "apikey"]);
/** A name that ends so says something about a secret, and is none. */
const TELLING_WORDS =
  /^(?:names?|files?|paths?|refs?|types?|kinds?|counts?|lengths?|sizes?|ttl|limits?|expir\w*|keys|tokens|secrets|stdin|scopes?|urls?|uris?|endpoints?|issuers?|services?|realms?|status|errors?|version)$/;

function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((WORD) => WORD !== "");
  const last = words.at(-1) ?? "";
  return (
    !TELLING_WORDS.test(last) &&
    (SECRET_NAMES.test(words.join("")) || words.some((WORD) => secretWords.has(WORD)))
  );
}

const NAMES = /(?<![\w.-])(-{0,2})([A-Za-z_][\w.-]{0,127})(?![\w-])/g;
const SEPARATOR = /\\?["']?\]?\s{0,8}(?:=>|[=:]|%3D)[ \t]{0,8}/iy;
const SPACE = /[ \t]+(?=[^\s-])/y;
const SCHEME = /(?:bearer|basic|token|digest|negotiate)[ \t]+/iy;
const values = {
  /** `"…"`, `'…'`, and `\"…\"` of a document within a document. */
  quoted: /\\"(?:[^"\\]|\\[^"])*(?:\\"|$)|"(?:[^"\\]|\\[\s\S])*(?:"|$)|'[^'\n]*(?:'|$)/y,
  /** YAML's text of several lines. */
  block: /[|>][-+\d]{0,2}[ \t]*\r?\n[ \t]+[^\n]*(?:\n[ \t]+[^\n]*)*/y,
  header: /[^\n'"][^\n']*/y,
  line: /[^\s{[][^\n"'{}&]*/y,
  word: /[^\s{[][^\s"'&]*/y,
};
/** A value of these may have several words. */
const SEVERAL = /passw|passphrase|pwd/i;
const HEADERS = /authorization|cookie/i;

function redactNamed(text: string): string {
  let redacted = "";
  let from = 0;
  NAMES.lastIndex = 0;
  for (let found = NAMES.exec(text); found !== null; found = NAMES.exec(text)) {
    const [, dashes, name = ""] = found;
    if (!isSecretName(name)) {
      continue;
    }
    const after = NAMES.lastIndex;
    const parted = textAt(SEPARATOR, text, after) || (dashes ? textAt(SPACE, text, after) : "");
    if (parted === "") {
      continue;
    }
    const begin = after + parted.length;
    const start = begin + textAt(SCHEME, text, begin).length;
    const end = start + valueAt(text, start, formatOf(name, parted)).length;
    if (end > start) {
      redacted += text.slice(from, start) + HIDDEN;
      from = end;
    }
    NAMES.lastIndex = Math.max(end, after);
  }
  return redacted + text.slice(from);
}

function formatOf(name: string, parted: string): "header" | "line" | "word" {
  if (!parted.includes(":")) {
    return "word";
  }
  return HEADERS.test(name) ? "header" : SEVERAL.test(name) ? "line" : "word";
}

function valueAt(text: string, start: number, format: "header" | "line" | "word"): string {
  const closed = textAt(values.quoted, text, start) || textAt(values.block, text, start);
  if (closed !== "") {
    return closed;
  }
  const open = textAt(values[format], text, start);
  return open.replace(/[\s,;.)}\]]+$/, "");
}

function textAt(pattern: RegExp, text: string, index: number): string {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0] ?? "";
}

const QUOTED_PASSWORD =
  /\b(passw(?:or)?d|passphrase|pwd)(\s+(?:is\s+|was\s+)?)("[^"\n]{1,256}"|'[^'\n]{1,256}'|(?<=(?:is|was)\s+)\S{0,256}\d\S{0,256})/gi;
const ACCOUNT = /(?<=^|\s)(-u|--user)([ =]+)([^\s:]{1,128}):\S+/g;
const SHOWN = /\b(bearer|basic|token|negotiate)\s+([\w.~+/=:-]{8,})/gi;
const ISSUED =
  /\b(?:gh[a-z]_|github_pat_|gl[a-z]{1,8}-|xox[a-z]-|AKIA|ASIA|eyJ|sk-|hf_|npm_|pypi-|dckr_[a-z]+_|AIza|pul-|hv[sbr]\.|ya29\.|SG\.)[\w.~+/=-]{12,}/g;
const WORD = /(?<![\w+/=-])[A-Za-z0-9_+/=-]{24,}(?![\w+/=-])/g;

function redactTokens(text: string): string {
  return text
    .replace(QUOTED_PASSWORD, `$1$2${HIDDEN}`)
    .replace(ACCOUNT, `$1$2${HIDDEN}`)
    .replace(SHOWN, (whole, name: string, value: string) =>
      /[\d_+/=~]|[a-z][A-Z]|.{20}/.test(value) ? `${name} ${HIDDEN}` : whole,
    )
    .replace(ISSUED, HIDDEN)
    .replace(WORD, (value) => (looksRandom(value) ? HIDDEN : value));
}

/** Not a name of many words, a path or a digest. */
function looksRandom(value: string): boolean {
  const has = (characters: RegExp) => (value.match(characters) ?? []).length >= 2;
  return has(/[a-z]/g) && has(/[A-Z]/g) && has(/[0-9]/g) && !/[a-z]{6}|^\/|\/.*\//.test(value);
}
