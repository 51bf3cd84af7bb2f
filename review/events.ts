/** What the engine tells about a preview, reduced to what a reviewer asks. */
import type { EngineEvent, OpType } from "@pulumi/pulumi/automation";

export type Inputs = Record<string, unknown>;

/** What happens to one resource. */
export interface Step {
  urn: string;
  /** The resource's own type, without those of its parents. */
  type: string;
  name: string;
  op: OpType;
  before?: Inputs;
  after?: Inputs;
  /** Paths of the inputs that change, secret ones included. */
  changed: string[];
}

export interface Violation {
  policy: string;
  isMandatory: boolean;
  message: string;
}

export interface Diagnostic {
  severity: "error" | "warning";
  message: string;
}

export interface Preview {
  steps: Step[];
  violations: Violation[];
  diagnostics: Diagnostic[];
  /** Names of the policies that were asked about models and images. None: it failed before. */
  policies: string[];
}

/** Engine events as Pulumi writes them to an event log, one a line. */
export function readEvents(log: string): Preview {
  const preview: Preview = {
    steps: [],
    violations: [],
    diagnostics: [],
    policies: [],
  };
  const policies = new Set<string>();
  for (const line of log.split("\n")) {
    if (line.trim() !== "") {
      add(JSON.parse(line) as EngineEvent & FurtherEvents, preview, policies);
    }
  }
  // The engine tells in the order in which it gets to them, which is another one each time.
  preview.violations.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  return { ...preview, policies: [...policies].sort() };
}

function sortKey({ isMandatory, policy, message }: Violation): string {
  return [isMandatory ? 0 : 1, policy, message].join(" ");
}

/** Events that the SDK's types do not know. */
interface FurtherEvents {
  policyAnalyzeSummaryEvent?: { resourceUrn: string; passed?: string[]; failed?: string[] };
}

function add(event: EngineEvent & FurtherEvents, preview: Preview, policies: Set<string>): void {
  const { resourcePreEvent, diagnosticEvent, policyEvent, policyAnalyzeSummaryEvent } = event;
  if (resourcePreEvent !== undefined) {
    const { urn, op, old, new: next, detailedDiff, diffs } = resourcePreEvent.metadata;
    const [, , types = "", name = ""] = urn.split("::");
    preview.steps.push({
      urn,
      type: types.split("$").at(-1) ?? "",
      name,
      op,
      before: old?.inputs,
      after: next?.inputs,
      changed: Object.keys(detailedDiff ?? {}).concat(detailedDiff ? [] : (diffs ?? [])),
    });
  } else if (diagnosticEvent !== undefined) {
    const { severity, message, ephemeral } = diagnosticEvent;
    const text = plain(message);
    const isSaid = severity === "error" || severity === "warning";
    if (isSaid && ephemeral !== true && text !== "preview failed") {
      addOnce(preview.diagnostics, { severity, message: text });
    }
  } else if (policyEvent !== undefined) {
    addOnce(preview.violations, {
      policy: policyEvent.policyName,
      isMandatory: policyEvent.enforcementLevel === "mandatory",
      message: reasonOf(plain(policyEvent.message)),
    });
  } else if (policyAnalyzeSummaryEvent?.resourceUrn.includes("model-deployment:index:")) {
    for (const list of [policyAnalyzeSummaryEvent.passed, policyAnalyzeSummaryEvent.failed]) {
      for (const policy of list ?? []) {
        policies.add(policy);
      }
    }
  }
}

function addOnce<T>(list: T[], item: T): void {
  if (!list.some((known) => JSON.stringify(known) === JSON.stringify(item))) {
    list.push(item);
  }
}

/** The engine puts a policy's description before what the policy reports. */
function reasonOf(message: string): string {
  return message.split("\n").at(-1) ?? message;
}

/** Without Pulumi's own colour marks `<{%reset%}>`, and without those of terminals. */
function plain(text: string): string {
  return (
    text
      .replace(/<\{%[a-z0-9 ]*%\}>/gi, "")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they start with
      .replace(/\u001b\[[0-9;]*m/g, "")
      .trim()
  );
}
