/** Values of fields as people may read them: short, and without what is secret. */
import { redactSecrets } from "../shared/redactSecrets";
import { withShortDigests } from "../shared/shortDigests";
import type { FieldDrift } from "./compare";
import type { Writer } from "./managedFields";

/** A field that differs, ready to be shown. */
export interface ShownField {
  field: string;
  stored: string;
  live: string;
  writer?: Writer;
}

const HIDDEN = "***";
const NOT_SET = "not set";
const MAX_CHARACTERS = 120;

/** What is no secret wherever it stands. */
const IS_PLAIN =
  /(^|\.)image$|\.resources\.|\.(port|targetPort|containerPort|nodePort|replicas)$|^spec\.replicas$/;

/**
 * @param hasSecrets some values of the release were given to Pulumi as secrets, and any text may hold one
 */
export function shownField(
  { field, stored, live, writer }: FieldDrift,
  kind: string,
  hasSecrets: boolean,
): ShownField {
  const isHidden =
    (kind === "Secret" && /^(data|stringData)\b/.test(field)) ||
    // What `kubectl apply` leaves behind is the whole object.
    field.includes("last-applied-configuration");
  const show = (value: unknown, other: unknown): string => {
    if (value === undefined || value === null) {
      return NOT_SET;
    }
    const isText = typeof value !== "number" && typeof value !== "boolean";
    if (isHidden || (hasSecrets && isText && !IS_PLAIN.test(field))) {
      return HIDDEN;
    }
    return shortened(redacted(field, textOf(value, other)));
  };
  return { field, stored: show(stored, live), live: show(live, stored), ...(writer && { writer }) };
}

/** A text of many lines is shown from where it differs. */
function textOf(value: unknown, other: unknown): string {
  if (typeof value !== "string") {
    return JSON.stringify(value);
  }
  if (value === "") {
    return '""';
  }
  if (typeof other !== "string" || !value.includes("\n")) {
    return value;
  }
  const [lines, others] = [value.split("\n"), other.split("\n")];
  const first = lines.findIndex((line, index) => line !== others[index]);
  return first < 0 ? `${lines.length} lines` : `line ${first + 1}: ${lines[first]?.trim()}`;
}

/** By the name of what it is in as well: of a variable its own, else the last key. */
function redacted(field: string, text: string): string {
  const name =
    /\[([^[\]]+)\]\.value$/.exec(field)?.[1] ?? /(?:^|[.["])([\w-]+)"?\]?$/.exec(field)?.[1] ?? "";
  const told = redactSecrets(`${name}=${text}`);
  return told.startsWith(`${name}=`) ? told.slice(name.length + 1) : HIDDEN;
}

function shortened(text: string): string {
  const line = withShortDigests(text).replace(/\s*\n\s*/g, " ");
  return line.length <= MAX_CHARACTERS ? line : `${line.slice(0, MAX_CHARACTERS)}…`;
}
