/** A volume of the node that holds models, as a team's file server would. */
import { environment } from "../../local/environment";
import { run } from "../../shared/run";
import { kubectl } from "./workingCopy";

const volumeOf = (namespace: string, claim: string) => `${namespace}-${claim}`;

/** Makes a volume of a folder, and the claim by which pods of the namespace mount it. */
export async function createVolume(
  namespace: string,
  claim: string,
  folder: string,
): Promise<void> {
  const storage = "1Gi";
  const spec = { accessModes: ["ReadOnlyMany"], storageClassName: "" };
  const volume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: volumeOf(namespace, claim) },
    spec: {
      ...spec,
      capacity: { storage },
      hostPath: { path: folder },
      claimRef: { namespace, name: claim },
    },
  };
  const ofNamespace = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { namespace, name: claim },
    spec: { ...spec, volumeName: volume.metadata.name, resources: { requests: { storage } } },
  };
  const items = [volume, ofNamespace];
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
  // That of an earlier run goes as soon as its claim is gone.
  await kubectl("delete", "persistentvolume", volumeOf(namespace, claim), "--ignore-not-found");
  await run("kubectl", ["apply", "--filename=-"], { env: environment(true), input });
}

/** Removes the volume, as soon as its claim has gone with the namespace. */
export async function deleteVolume(namespace: string, claim: string): Promise<void> {
  const volume = volumeOf(namespace, claim);
  await kubectl("delete", "persistentvolume", volume, "--ignore-not-found", "--wait=false");
}
