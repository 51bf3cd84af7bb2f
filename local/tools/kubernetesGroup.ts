/** Which Kubernetes the local platform runs. */
import { SemVer } from "semver";
import { UserError } from "../../shared/userError";
import { TOOL_GROUPS, type ToolGroup } from "./catalogue";

/** The versions of Kubernetes there are tools for, newest first, by the name that KUBERNETES takes. */
export const KUBERNETES_GROUPS: ReadonlyMap<string, ToolGroup> = new Map(
  TOOL_GROUPS.filter(({ module }) => module === "k8s.io/kubernetes").map((group) => {
    const { major, minor } = new SemVer(group.version);
    return [`${major}.${minor}`, group];
  }),
);

/** The one that KUBERNETES names, such as 1.34; the newest if it names none. */
export function kubernetesGroup(wanted = process.env.KUBERNETES ?? ""): ToolGroup {
  const [newest] = KUBERNETES_GROUPS.values();
  const group = wanted === "" ? newest : KUBERNETES_GROUPS.get(wanted);
  if (group === undefined) {
    throw new UserError(
      `KUBERNETES=${wanted} is none of the versions that the local platform runs`,
      `name one of these, or none for the newest: ${[...KUBERNETES_GROUPS.keys()].join(", ")}`,
    );
  }
  return group;
}
