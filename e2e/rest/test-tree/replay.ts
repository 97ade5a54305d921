import { appendFileSync } from 'node:fs'
import { alternatives, tasksMayBeMissing } from '#e2e/rest/test-tree/free-parts.ts'
import type { OracleCluster } from '#e2e/rest/test-tree/oracle-cluster.ts'
import type { RecordedStep } from '#e2e/rest/test-tree/recording.ts'
import { differences } from '#e2e/rest/test-tree/same-answer.ts'
import { type RawAnswer, sendRaw } from '#e2e/rest/test-tree/send-raw.ts'

const repeatForMs = 15_000
const unsettled = /rebalance|stale configuration/

/** Sends a recorded request again; answers what is different, or nothing. */
export async function replayStep(cluster: OracleCluster, step: RecordedStep): Promise<string[]> {
  const deadline = Date.now() + repeatForMs
  const own = (step.worker ?? 1) - 1
  const found = await replayOn(cluster, step, own, deadline)
  // A status that was waited for is to be known on every worker: the next step may be answered by another one.
  if (!step.repeatUntilMatch || !step.path.endsWith('/status')) return found
  for (const other of cluster.workers.keys()) if (other !== own) await replayOn(cluster, step, other, deadline)
  return found
}

async function replayOn(cluster: OracleCluster, step: RecordedStep, worker: number, deadline: number) {
  for (;;) {
    meanwhile(cluster, step)
    const answer = await send(cluster, step, worker)
    const found = leastDifferent(step, answer, cluster.workers)
    const again =
      ((step.repeatUntilMatch || isStatus(step)) && found.length > 0) ||
      (isUnsettled(answer) && step.status !== answer.status)
    if (!again || Date.now() > deadline) return found
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
}

/** A few answers depend on timing: there are several right ones. */
function leastDifferent(step: RecordedStep, answer: RawAnswer, workers: readonly string[]): string[] {
  const right = [step.responseJson, ...alternatives(step)]
  const found = right.map((responseJson) => {
    const differs = differences({ ...step, ...(responseJson !== undefined && { responseJson }) }, answer, workers)
    return tasksMayBeMissing(step) ? differs.filter((difference) => !difference.startsWith('body.tasks')) : differs
  })
  return found.reduce((least, next) => (next.length < least.length ? next : least))
}

/** While the group shares its work out anew, Kafka Connect asks every client to try again. */
const isUnsettled = ({ status, text }: RawAnswer) => (status === 409 || status === 500) && unsettled.test(text)

/** A change is answered before what it starts again is up, and how soon that is differs from run to run. */
const isStatus = ({ method, path, status }: RecordedStep) =>
  method === 'GET' && path.endsWith('/status') && status === 200

function send(cluster: OracleCluster, step: RecordedStep, at: number): Promise<RawAnswer> {
  const worker = cluster.workers[at] ?? ''
  const { method, path, headers = {}, body, bodyBase64 } = step
  const bytes = bodyBase64 === undefined ? body && Buffer.from(body) : Buffer.from(bodyBase64, 'base64')
  return sendRaw(worker, { method, target: path, headers, ...(bytes && { body: bytes }) })
}

/** Deletes what a scenario left behind, as far as REST can name it. */
export async function deleteConnectors({ workers: [worker = ''] }: OracleCluster): Promise<void> {
  const names = JSON.parse((await sendRaw(worker, { method: 'GET', target: '/connectors', headers: {} })).text)
  for (const name of names) {
    await sendRaw(worker, { method: 'DELETE', target: `/connectors/${encodeURIComponent(name)}`, headers: {} })
  }
}

/** Somebody appends to the watched file while a step waits for the topic that the changed config names. */
function meanwhile(cluster: OracleCluster, step: RecordedStep): void {
  if (step.id === 'rest/topic-tracking/8') appendFileSync(cluster.file('tt.txt'), 'y\n')
}
