/** Words from other tools that mean one of ours. */
const synonyms: Readonly<Record<string, string | readonly string[]>> = {
  replicaCount: "replicas",
  version: "tag",
  imagePullSecrets: "pullSecrets",
  checksum: "sha256",
  hash: "sha256",
  sha: "sha256",
  class: "className",
  file: "path",
  pvc: "persistentVolumeClaim",
  repo: "repository",
  s3: "uri",
  secret: ["existingSecret", "secretName"],
  token: "password",
  url: "location",
};

/**
 * The known word somebody most likely meant, if any is near.
 *
 * @param limit most edits from the one to the other. Default: a third of the word
 */
export function nearest(
  word: string,
  known: readonly string[],
  limit = Math.max(1, Math.floor(word.length / 3)),
): string | undefined {
  const synonym = [synonyms[word] ?? []].flat().find((one) => known.includes(one));
  if (synonym !== undefined) {
    return synonym;
  }
  return known
    .map((candidate) => ({
      candidate,
      distance: distance(word.toLowerCase(), candidate.toLowerCase()),
    }))
    .filter((near) => near.distance <= limit)
    .sort((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** Edits from one word to the other, a swap of neighbours being one (Damerau, restricted). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let edits = Math.min(replaced, at(i - 1, j) + 1, at(i, j - 1) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, at(i - 2, j - 2) + 1);
      }
      (rows[i] as number[])[j] = edits;
    }
  }
  return at(a.length, b.length);
}
