/** Images that do what no server should. */
import * as assert from "node:assert/strict";
import { environment } from "../../local/environment";
import { BASE_IMAGE, REGISTRY } from "../../local/settings";
import { run } from "../../shared/run";
import { NAMESPACE } from "./stack";

/** Builds and pushes an image that runs a line of Python; resolves with its digest. */
export async function buildImage(name: string, python: string): Promise<string> {
  const image = `${NAMESPACE}/${name}`;
  const dockerfile = `FROM ${BASE_IMAGE}\nCMD ${JSON.stringify(["python3", "-c", python])}\n`;
  const output = `--output=type=image,name=${REGISTRY}/${image}:test,push=true`;
  const args = ["build", "--quiet", "--provenance=false", output, "-"];
  await run("buildx", args, { env: environment(true), input: dockerfile });
  const { headers } = await fetch(`http://${REGISTRY}/v2/${image}/manifests/test`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json, */*" },
  });
  const digest = headers.get("docker-content-digest");
  assert.ok(digest, "the registry tells no digest");
  return digest;
}
