import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { verifiablePlugins } from '#e2e/verifiable/plugin-folder.ts'
import { createAndWait, putConfig, round, until } from '#server/benchmarks/connector-control.ts'
import { type MeasuredWorker, placeOf, type Stage } from '#server/benchmarks/stage.ts'

/** More than a worker has threads for tasks on this class of machine: some of them share one with what spins. */
const neighbours = 4
const recordsPerSecond = Number(process.env.BENCH_RATE ?? 2_000)
const measuredMs = Number(process.env.BENCH_SECONDS ?? 15) * 1_000
const lookEveryMs = 20

const spinningConnectors = fileURLToPath(new URL('../../e2e/reliability/testdata', import.meta.url))

/**
 * One connector spins whenever it is begun, beside sources that write at a steady pace: how long until the worker finds out,
 * for how long the worst of the others wrote nothing, and at which share of their rate they write afterwards.
 */
export async function measureIsolation(stage: Stage): Promise<object[]> {
  const lines: object[] = []
  for (const hook of ['start', 'poll', 'task configs']) lines.push(await besideOneThatSpins(stage, hook))
  return lines
}

async function besideOneThatSpins(stage: Stage, hook: string): Promise<object> {
  const group = `isolation-${hook.replaceAll(' ', '-')}`
  const folder = join(stage.folder, group)
  const worker = await stage.startWorker('sluice', {
    ...placeOf(group),
    'sluice.data.dir': folder,
    'plugin.path': `${verifiablePlugins(folder)},${spinningConnectors}`,
  })
  const topics = Array.from({ length: neighbours }, (_, n) => `${group}-${n}`)
  for (const topic of topics) {
    await createAndWait(worker.url, topic, {
      'connector.class': 'VerifiableSource',
      'ledger.folder': folder,
      throughput: `${recordsPerSecond}`,
      topic,
    })
  }
  const written = () => Promise.all(topics.map((topic) => stage.endOffset(topic)))
  const before = await rateOf(written)
  const outage = watchOutage(written)
  const begunAt = performance.now()
  const spins = { 'connector.class': 'BlockingSource', block: hook, manner: 'spin', topic: `${group}-bad` }
  await putConfig(worker.url, 'bad', spins)
  await until(async () => /is lost while/.test(await traceOf(worker, 'bad')), 20, 60_000)
  const detectedMs = performance.now() - begunAt
  const backMs = await outage.untilAllGrow()
  const after = await rateOf(written)
  const longestMs = await outage.end()
  await worker.stop()
  return {
    bench: 'isolation',
    hook,
    detectedSeconds: round(detectedMs / 1_000),
    backAfterDetectionSeconds: round(backMs / 1_000),
    longestOutageSeconds: round(longestMs / 1_000),
    rateShare: round(after / before, 3),
  }
}

/** What is said of the connector and its tasks, failures and restarts alike. */
async function traceOf({ url }: MeasuredWorker, name: string): Promise<string> {
  const response = await fetch(`${url}/connectors/${name}/status`)
  return response.ok ? await response.text() : ''
}

type Written = () => Promise<number[]>

/** Records per second, of all together. */
async function rateOf(written: Written): Promise<number> {
  const sum = async () => (await written()).reduce((all, one) => all + one, 0)
  const begin = { at: performance.now(), records: await sum() }
  await new Promise((resolve) => setTimeout(resolve, measuredMs))
  return ((await sum()) - begin.records) / ((performance.now() - begin.at) / 1_000)
}

/** Follows who writes, and remembers the longest time for which one of them did not. */
function watchOutage(written: Written) {
  const begin = performance.now()
  let last: number[] = []
  let grewAt: number[] = []
  let longestMs = 0
  let watching = true

  async function look(): Promise<void> {
    const counts = await written()
    const now = performance.now()
    grewAt = counts.map((count, n) => (count > (last[n] ?? -1) ? now : (grewAt[n] ?? begin)))
    longestMs = Math.max(longestMs, ...grewAt.map((at) => now - at))
    last = counts
  }

  const watch = (async () => {
    while (watching) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs))
    }
  })()

  return {
    /** How long from now until each of them has written again. */
    async untilAllGrow(): Promise<number> {
      const asked = performance.now()
      const reached = last
      await until(async () => last.every((count, n) => count > (reached[n] ?? 0)), lookEveryMs, 60_000)
      return performance.now() - asked
    },
    async end(): Promise<number> {
      watching = false
      await watch
      return longestMs
    },
  }
}
