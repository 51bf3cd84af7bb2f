import { imagesOf } from "../images";
import type { Rule } from "../rule";

export const imagePinned: Rule = {
  name: "image-pinned",
  description: "Every image of a pod is named by its digest, so that what was proven is what runs.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: (release) =>
    imagesOf(release)
      .filter(({ isPinned }) => !isPinned)
      .map(({ setting, reference }) => ({
        setting,
        message: `found ${reference}, which may be another image tomorrow; name it by digest: ${repositoryOf(reference)}@sha256:…`,
      })),
};

function repositoryOf(reference: string): string {
  return reference.replace(/:[^/]*$/, "");
}
