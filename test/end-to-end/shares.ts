/** How requests are shared between the versions of a model. */
import * as assert from "node:assert/strict";
import type { Golden } from "../../shared/golden";
import { post } from "../../shared/predict";

/**
 * How many of some requests each version answers; every answer must be right for its version.
 *
 * @param versions golden requests of each version that may answer, all with the same features
 */
export async function answersByVersion(
  url: string,
  versions: Record<string, Golden>,
  sample: number,
): Promise<Record<string, number>> {
  const [{ features } = { features: [] }] = Object.values(versions);
  const counts: Record<string, number> = {};
  for (let i = 0; i < sample; i += 1) {
    const row = i % features.length;
    const answer = await post(`${url}predict`, { features: features[row] });
    assert.equal(answer.status, 200, answer.body);
    const version = String(answer.headers["x-model-version"]);
    const { prediction } = JSON.parse(answer.body) as { prediction: number };
    assert.equal(prediction, versions[version]?.predictions[row], `${version}, row ${row}`);
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

/** Whether a count is what chance makes of a share of the sample, but for one of half a billion runs. */
export function isShare(count: number, share: number, sample: number): boolean {
  const deviation = Math.sqrt(sample * share * (1 - share));
  return Math.abs(count - sample * share) < 6 * deviation;
}
