/** Pods that are asked for more than they can answer stay in service: judged by a real kubelet. */
import * as assert from "node:assert/strict";
import { PORTS } from "../../local/settings";
import { completeRow, isExpected } from "../../shared/golden";
import { awaitPrediction, post } from "../../shared/predict";
import { goldens, MODEL, PlainRelease } from "../end-to-end/plainRelease";
import { kubectl } from "../end-to-end/workingCopy";
import { TEST_TIMEOUT_MS, TIMEOUT_MS } from "../timeouts";
import { Generator, type Outcome } from "./generator";
import { PodWatch } from "./podWatch";

/** How long each load lasts. */
const SECONDS_EACH = Number(process.env.SECONDS_EACH ?? 120);
/** Right answers before each of them, to know one. */
const ASKED_FIRST = 1;
const golden = goldens["1.0.0"];
const release = new PlainRelease("busy-pods");

interface Place {
  host: string;
  port: number;
}

/** What came of golden rows that one client asked, one after the other. */
interface Answers {
  right: number;
  refused: number;
  others: string[];
}

describe(`a model on two pods under load that never pauses, ${SECONDS_EACH} s each`, function () {
  this.timeout(TEST_TIMEOUT_MS + SECONDS_EACH * 1000);

  let generator: Generator | undefined;
  let nodePort: Place;
  const ingress: Place = { host: release.host, port: PORTS.ingress.port };

  before(async () => {
    generator = await Generator.compile();
    await release.install({
      ...(await release.prepare()),
      replicaCount: 2,
      service: { type: "NodePort" },
      // The chart's own, as its probes.
      resources: undefined,
    });
    const path = "--output=jsonpath={.spec.ports[0].nodePort}";
    const port = await release.kubectl("get", `service/${MODEL}`, path);
    nodePort = { host: "127.0.0.1", port: Number(port) };
    for (const place of [nodePort, ingress]) {
      await awaitPrediction(url(place), { golden });
    }
  });
  after(async () => {
    generator?.remove();
    await release.remove();
  });

  const url = ({ host, port }: Place) => `http://${host}:${port}/`;

  /** How many predictions each pod has given, as it counts them itself. */
  async function given(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const name of await release.pods()) {
      const pod = name.replace("pod/", "");
      const path = `/api/v1/namespaces/${release.namespace}/pods/${pod}:5001/proxy/metrics`;
      const metrics = await kubectl("get", "--raw", path);
      const line = /^model_server_requests_total\{route="predict",status="200"\} (\S+)$/m;
      found[pod] = Number(line.exec(metrics)?.[1] ?? 0);
    }
    return found;
  }

  /** One client more, which asks a row at a time and looks at each answer. */
  async function askRows(place: Place, isOver: () => boolean): Promise<Answers> {
    const answers: Answers = { right: 0, refused: 0, others: [] };
    for (let asked = 0; !isOver(); asked += 1) {
      const row = asked % golden.features.length;
      const features = golden.features[row];
      try {
        const { status, headers, body } = await post(
          `${url(place)}predict`,
          { features },
          TIMEOUT_MS,
        );
        const isRight = () =>
          isExpected(golden, row, (JSON.parse(body) as { prediction?: unknown }).prediction);
        if (status === 200 && isRight()) {
          answers.right += 1;
        } else if (status === 503 && headers["retry-after"] !== undefined) {
          answers.refused += 1;
        } else {
          answers.others.push(`row ${row}: ${status} ${body.slice(0, 300)}`);
        }
      } catch (error) {
        answers.others.push(`row ${row}: ${error}`);
      }
    }
    return answers;
  }

  async function load(place: Place, connections: number): Promise<[Outcome, Answers]> {
    const request = JSON.stringify({ features: golden.features[completeRow(golden) ?? 0] });
    const { body: answer } = await awaitPrediction(url(place), { golden });
    const seconds = SECONDS_EACH;
    let isOver = false;
    const driven = generator?.drive({ ...place, request, answer, connections, seconds });
    assert.ok(driven);
    const beside = askRows(place, () => isOver);
    const outcome = await driven.finally(() => {
      isOver = true;
    });
    return [outcome, await beside];
  }

  async function staysInService(place: Place, connections: number): Promise<void> {
    const before = await given();
    const pods = Object.keys(before);
    assert.equal(pods.length, 2);
    const watch = await PodWatch.start(release);
    try {
      const [outcome, beside] = await load(place, connections);
      await watch.catchUp();
      process.stdout.write(`      ${JSON.stringify(outcome)}\n      ${JSON.stringify(beside)}\n`);

      // Never out of service, not even for a moment, and never started again.
      const outOfService = watch
        .states()
        .filter(({ ready, restarts }) => ready !== "True" || restarts !== "0");
      assert.deepEqual(outOfService, [], await release.kubectl("describe", "pods"));
      // Whoever asked has the right answer, or has been told to come again.
      assert.deepEqual(beside.others, []);
      const { wrong, failed, unanswered } = outcome;
      assert.deepEqual({ wrong, failed, unanswered }, { wrong: 0, failed: 0, unanswered: 0 });
      assert.equal(outcome.retryable, outcome.refused);
      // Both took part, and have given no answer that nobody has received.
      const after = await given();
      assert.deepEqual(Object.keys(after), pods);
      const more = pods.map((pod) => (after[pod] ?? 0) - (before[pod] ?? 0));
      assert.ok(Math.min(...more) > 0, JSON.stringify({ before, after }));
      const received = outcome.answered + beside.right + ASKED_FIRST;
      const sum = more.reduce((total, one) => total + one);
      assert.equal(sum, received);
    } finally {
      await watch.stop();
    }
  }

  for (const connections of [300, 512, 1000]) {
    it(`keeps both in service beside ${connections} connections`, () =>
      staysInService(nodePort, connections));
  }

  it("keeps both in service beside 512 connections through the ingress", () =>
    staysInService(ingress, 512));
});
