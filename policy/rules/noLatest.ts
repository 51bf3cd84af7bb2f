import { imagesOf, isPinned, tagOf } from "../images";
import type { Rule } from "../rule";

export const noLatest: Rule = {
  name: "no-latest",
  description: "No image is tagged `latest`, which tells nobody what it is.",
  severity: { dev: "advisory", staging: "mandatory", prod: "mandatory" },
  release: (release) =>
    imagesOf(release)
      .filter(({ tag, isPinned }) => isLatest(tag, isPinned))
      .map(({ setting, reference }) => ({
        setting,
        message: `found ${reference}; give it the tag of a version, such as 1.0.0`,
      })),
  build: ({ baseImage }) =>
    typeof baseImage === "string" && isLatest(tagOf(baseImage), isPinned(baseImage))
      ? [
          {
            setting: "image.baseImage",
            message: `found ${baseImage}; give it the tag of a version, such as ${baseImage.replace(/:latest$/, "")}:3.13-slim`,
          },
        ]
      : [],
};

/** No tag means `latest`, unless a digest says what is meant. */
function isLatest(tag: string | undefined, pinned: boolean): boolean {
  return tag === "latest" || (tag === undefined && !pinned);
}
