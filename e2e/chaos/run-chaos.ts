import { setTimeout as sleep } from 'node:timers/promises'
import { allOf } from '#e2e/chaos/all-of.ts'
import { type ChaosReport, reportOf } from '#e2e/chaos/chaos-report.ts'
import { type Copies, startCopies } from '#e2e/chaos/copies.ts'
import { keepingEvidence } from '#e2e/chaos/evidence.ts'
import { type ChaosKafka, type Ground, startGround } from '#e2e/chaos/ground.ts'
import { instancesRun } from '#e2e/chaos/instances-run.ts'
import { type Blow, type FaultKind, faultKinds, type Strike, tellStory } from '#e2e/chaos/story.ts'
import { harmOf, strikeBroker, strikeWorker } from '#e2e/chaos/strike.ts'
import type { Harm } from '#e2e/checker/observation.ts'
import { findHanging } from '#e2e/observers/hanging-transactions.ts'
import { observingClient } from '#e2e/observers/observing-client.ts'
import { startVerifiableRun, type VerifiableRun } from '#e2e/observers/verifiable-run.ts'
import { createLifecycle } from '#server/contract/lifecycle.ts'

export interface ChaosOptions {
  seed: number
  /** How long there is trouble, and no shorter than until each kind has come; healing and checking come on top. */
  forMs: number
  /** An embedded broker unless said otherwise. Of one that is not this run's own there is no `broker-kill`. */
  kafka?: ChaosKafka
  /** Which kinds there are; all, unless said otherwise. */
  kinds?: readonly FaultKind[]
  /** The longest that one fault lasts: by default long enough for workers to lose their session. */
  longestMs?: number
  /** Where everything is kept that the processes of a run that is not ok left behind: ledgers, journals, Kafka's logs. */
  keep?: string | undefined
  /** Called before each blow, for whoever watches. */
  onBlow?: (blow: string) => void
}

const perSecond = 200
const copiesCount = 3
const verifiableTasks = 3
const onceTasks = 2
const sessionMs = 6_000
const healWithinMs = 60_000
const bounds = {
  healMs: healWithinMs,
  commitMs: healWithinMs,
  statusWithinMs: healWithinMs,
  quietMs: healWithinMs,
} as const

/**
 * Three workers copy files through topics, and numbers from a verifiable source into a verifiable sink; two more do the
 * same with a source that delivers exactly once. Meanwhile workers, their ways to the broker and the broker itself have
 * faults, one or two at a time, in an order that the seed decides; then everything heals, and what was seen from outside is
 * judged. The judge believes nothing that the workers say.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, kafka = 'embedded' } = options
  const kinds = kindsOf(options)
  await using lifecycle = createLifecycle()
  const own = async <Part extends AsyncDisposable>(starting: Promise<Part>) => lifecycle.own(await starting)
  const ground = await own(startGround({ kafka, seed, sessionMs }))
  const { atLeastOnce, exactlyOnce } = ground
  const [copies, numbers, once] = await allOf([
    own(startCopies(atLeastOnce.cluster, copiesCount, perSecond)),
    own(
      startVerifiableRun(atLeastOnce.cluster, {
        ...{ name: 'numbers', tasks: verifiableTasks, throughput: perSecond },
        promises: { delivery: 'at-least-once', ...bounds },
      }),
    ),
    own(
      startVerifiableRun(exactlyOnce.cluster, {
        ...{ name: 'once', tasks: onceTasks, throughput: perSecond },
        promises: { delivery: 'exactly-once', ...bounds },
        config: { 'transaction.boundary': 'interval', 'transaction.boundary.interval.ms': '500' },
      }),
    ),
  ])
  const scene: Scene = { ground, copies, numbers, once }
  return await keepingEvidence(options.keep, ground, () => storm(options, kinds, scene))
}

/** The trouble, the healing and the judgement. */
async function storm(
  { seed, forMs, longestMs = 2 * sessionMs, onBlow }: ChaosOptions,
  kinds: readonly FaultKind[],
  scene: Scene,
): Promise<ChaosReport> {
  const { ground, copies, numbers, once } = scene
  const { atLeastOnce, exactlyOnce } = ground
  const { bootstrapServers } = atLeastOnce.cluster
  await everythingRuns(ground)

  const faults = Object.fromEntries(kinds.map((kind) => [kind, 0])) as ChaosReport['faults']
  const workers = atLeastOnce.victims.length + exactlyOnce.victims.length
  let repeatableMs = 0
  const end = performance.now() + forMs
  for (const blow of tellStory(seed, { kinds, workers, longestMs })) {
    if (performance.now() >= end && kinds.every((kind) => (faults[kind] ?? 0) > 0)) break
    for (const { kind } of blow.strikes) faults[kind] = (faults[kind] ?? 0) + 1
    onBlow?.(wordsOf(blow))
    repeatableMs += await blamingKafka(bootstrapServers, carryOut(blow, scene))
    await sleep(blow.calmMs)
  }
  const healed = performance.now()
  await blamingKafka(bootstrapServers, everythingRuns(ground))
  const healMs = Math.round(performance.now() - healed)
  await Promise.all([numbers.goesOn(), once.goesOn()])
  // I3: what a source repeats is seen in its topic and in the output; what a sink repeats in the output.
  const mostDuplicates = Math.ceil((3 * repeatableMs * perSecond * copiesCount) / 1_000)
  const copied = await copies.finish({ withinMs: healWithinMs, healMs: healWithinMs, mostDuplicates })
  const [numbered, exactly] = await allOf([numbers.finish(), once.finish()])
  return { seed, faults, healMs, mostDuplicates, ...reportOf(copied, numbered, exactly) }
}

function kindsOf({ kafka = 'embedded', kinds = faultKinds }: ChaosOptions): readonly FaultKind[] {
  const possible = kinds.filter((kind) => typeof kafka === 'string' || kind !== 'broker-kill')
  if (possible.length === 0) throw new Error(`None of ${kinds.join()} can be done to a Kafka of somebody else`)
  return possible
}

/**
 * Lets an error name its cause when that is Kafka: one that was killed may take a transaction that it had prepared for complete
 * without having ended it in its partitions. Readers of committed records get no further there for good, so nothing that is exactly
 * once starts again.
 */
async function blamingKafka<Answer>(bootstrapServers: string, work: Promise<Answer>): Promise<Answer> {
  try {
    return await work
  } catch (error) {
    await using client = observingClient(bootstrapServers)
    const hanging = await findHanging(client).catch(() => []) // a Kafka that is away is another matter
    if (hanging.length === 0) throw error
    const places = hanging.map(({ topic, partition, ...rest }) => `${topic}-${partition} ${JSON.stringify(rest)}`)
    throw new Error(`Kafka left a transaction open: ${places.join()}`, { cause: error })
  }
}

interface Scene {
  ground: Ground
  copies: Copies
  numbers: VerifiableRun
  once: VerifiableRun
}

/** Commits go once a second, and may take one. */
const uncommittedMs = 2_000

/**
 * Carries out one blow; each side learns of what befell it. Answers of how much time, in ms, what was copied may come again.
 */
async function carryOut({ strikes }: Blow, { ground, copies, numbers, once }: Scene): Promise<number> {
  const { atLeastOnce, exactlyOnce, broker } = ground
  const first = atLeastOnce.victims.length
  const befell = (mine: (strike: Strike) => boolean) => strikes.filter((one) => one.kind === 'broker-kill' || mine(one))
  const here = befell(({ worker }) => worker < first)
  const there = befell(({ worker }) => worker >= first)

  async function strike(one: Strike): Promise<void> {
    if (one.kind === 'broker-kill') {
      if (broker) await strikeBroker(one, broker)
      return
    }
    const victim = atLeastOnce.victims[one.worker] ?? exactlyOnce.victims[one.worker - first]
    const run = one.worker < first ? numbers : once
    if (victim) await strikeWorker(one, victim, run.gone)
  }

  const all = async () => void (await Promise.all(strikes.map(strike)))
  const onThatSide = told(there, [once], all)
  const beganAt = performance.now()
  await told(here, [copies, numbers], onThatSide)()
  const tookMs = performance.now() - beganAt
  return Math.max(0, ...here.map((one) => repeatable(one, tookMs)))
}

/**
 * What was not committed yet; what piled up while the broker was away, and goes at once when it is back, maybe into the next
 * fault; and what a zombie catches up with before he knows of his successor (I7).
 */
function repeatable({ kind, lastsMs }: Strike, tookMs: number): number {
  if (kind === 'broker-kill') return tookMs + uncommittedMs
  return { none: 0, 'cut-off': uncommittedMs, zombie: lastsMs + uncommittedMs }[harmOf[kind]]
}

const worst: readonly Harm[] = ['zombie', 'cut-off', 'none']

/** Lets those who judge one side know what befalls it while `work` is done. */
function told(
  strikes: readonly Strike[],
  judges: readonly Pick<Copies, 'fault'>[],
  work: () => Promise<void>,
): () => Promise<void> {
  if (strikes.length === 0) return work
  const harm = worst.find((one) => strikes.some(({ kind }) => harmOf[kind] === one)) ?? 'none'
  const what = strikes.map(({ kind }) => kind).join(' and ')
  const kafkaAway = strikes.some(({ kind }) => kind === 'broker-kill')
  return judges.reduce((inner, judge) => () => judge.fault({ what, harm, kafkaAway }, inner), work)
}

/** Connectors and tasks: a source and a sink for each copy, with a task each; a source and a sink with as many tasks. */
const instancesOf = { copies: copiesCount * 4, numbers: 2 + 2 * verifiableTasks, once: 2 + 2 * onceTasks }

async function everythingRuns({ atLeastOnce, exactlyOnce }: Ground): Promise<void> {
  const instances = instancesOf.copies + instancesOf.numbers
  await Promise.all([
    instancesRun(atLeastOnce.cluster.workers, { instances }, healWithinMs),
    instancesRun(exactlyOnce.cluster.workers, { instances: instancesOf.once }, healWithinMs),
  ])
}

const wordsOf = ({ strikes }: Blow): string =>
  strikes
    .map(({ kind, worker, lastsMs, awayMs, severity }) =>
      kind === 'broker-kill'
        ? `${kind} for ${awayMs} ms`
        : kind === 'kill' || kind === 'stop'
          ? `${kind} ${worker} for ${awayMs} ms`
          : `${kind} ${worker} for ${lastsMs} ms at ${severity.toFixed(2)}`,
    )
    .join(' and ')
