/** Steady traffic to a model on this machine, with a record of every answer. */
import { type Golden, post } from "../../local/predict";

export interface Traffic {
  /** Requests sent. */
  total: number;
  /** What went wrong, one line each: no answer, an error, or a prediction that is no version's. */
  failures: string[];
  /** Answers by the model version that gave them. */
  byVersion: Record<string, number>;
}

export interface Pace {
  /** Requests under way at once. */
  clients: number;
  /** Milliseconds before each next one of a client. */
  pause: number;
}
const STEADY: Pace = { clients: 2, pause: 10 };
/** No test needs more; a runaway loop ends here. */
const MOST_REQUESTS = 50_000;

/**
 * Asks for golden rows while the work goes on. Every answer must be right for the version that the
 * response names.
 *
 * @param versions golden requests of each version that may answer
 */
export async function duringTraffic(
  url: string,
  versions: Record<string, Golden>,
  work: () => Promise<unknown>,
  pace = STEADY,
): Promise<Traffic> {
  const traffic: Traffic = { total: 0, failures: [], byVersion: {} };
  const [first] = Object.values(versions);
  if (first === undefined) throw new Error("no version to compare with");
  let going = true;

  const ask = async (): Promise<void> => {
    const row = traffic.total % first.features.length;
    traffic.total += 1;
    const answer = await post(`${url.replace(/\/$/, "")}/predict`, {
      features: first.features[row],
    });
    const version = String(answer.headers["x-model-version"]);
    traffic.byVersion[version] = (traffic.byVersion[version] ?? 0) + 1;
    const golden = versions[version];
    const expected = golden?.predictions[row];
    const { prediction } = JSON.parse(answer.body) as { prediction?: number };
    const isRight =
      answer.status === 200 &&
      golden !== undefined &&
      expected !== undefined &&
      prediction !== undefined &&
      Math.abs(prediction - expected) <= golden.tolerance;
    if (!isRight) traffic.failures.push(`row ${row}, ${version}: ${answer.status} ${answer.body}`);
  };

  const clients = Array.from({ length: pace.clients }, async () => {
    while (going && traffic.total < MOST_REQUESTS) {
      await ask().catch((error: unknown) => traffic.failures.push(String(error)));
      await new Promise((resolve) => setTimeout(resolve, pace.pause));
    }
  });
  try {
    await work();
  } finally {
    going = false;
    await Promise.all(clients);
  }
  return traffic;
}
