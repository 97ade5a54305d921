import { setTimeout as sleep } from 'node:timers/promises'
import { type Copies, type CopiesReport, startCopies } from '#e2e/chaos/copies.ts'
import { createDice, type Dice } from '#e2e/chaos/dice.ts'
import { complaints } from '#e2e/checker/checker.ts'
import type { Harm } from '#e2e/checker/observation.ts'
import { type Cluster, startCluster } from '#e2e/harness/cluster.ts'
import type { ConnectWorker } from '#e2e/harness/connect-worker.ts'
import { startVerifiableRun, type VerifiableReport, type VerifiableRun } from '#e2e/observers/verifiable-run.ts'

export interface ChaosOptions {
  seed: number
  /** How long workers are troubled; healing and checking come on top. */
  forMs: number
  /** Called before each fault, for whoever watches. */
  onFault?: (fault: string) => void
}

export interface ChaosReport {
  seed: number
  faults: Record<Fault, number>
  /** Lines that were written into files and numbers that the verifiable source handed out. */
  lines: number
  numbers: number
  /** From the end of the last fault until everything runs on all workers again, in ms. */
  healMs: number
  lost: number
  duplicates: number
  /** What I3 allows after these faults. */
  mostDuplicates: number
  inversions: number
  foreign: number
  offsetsBack: number
  /** Whether every invariant holds that this run can judge; else the first that broke each of the others. */
  ok: boolean
  broken: string[]
}

type Fault = 'kill' | 'stop' | 'freeze'

const harmOf = { kill: 'cut-off', stop: 'none', freeze: 'zombie' } as const satisfies Record<Fault, Harm>

const perSecond = 200
const copiesCount = 3
const verifiableTasks = 3
const sessionMs = 6_000
const healWithinMs = 60_000

/**
 * Three workers copy files through topics, and numbers from a verifiable source into a verifiable sink, while workers are
 * killed, stopped and frozen, one or two at a time, in an order that the seed decides; then everything heals, and what was
 * seen from outside is judged. The judge believes nothing that the workers say.
 */
export async function runChaos({ seed, forMs, onFault }: ChaosOptions): Promise<ChaosReport> {
  const dice = createDice(seed)
  const properties = { 'session.timeout.ms': String(sessionMs) }
  await using cluster = await startCluster({ workers: 3, verifiable: true, properties })
  await using copies = await startCopies(cluster, copiesCount, perSecond)
  await using numbers = await startVerifiableRun(cluster, {
    name: 'numbers',
    tasks: verifiableTasks,
    throughput: perSecond,
    promises: {
      delivery: 'at-least-once',
      healMs: healWithinMs,
      commitMs: healWithinMs,
      statusWithinMs: healWithinMs,
      quietMs: healWithinMs,
    },
  })
  await copies.running(cluster.workers, healWithinMs)

  const faults: Record<Fault, number> = { kill: 0, stop: 0, freeze: 0 }
  let repeatableMs = 0
  const end = performance.now() + forMs
  while (performance.now() < end) {
    const victims = drawVictims(dice, cluster)
    const fault = dice.pick(['kill', 'stop', 'freeze'] as const)
    faults[fault] += victims.length
    onFault?.(`${fault} ${victims.map(({ id }) => id).join(' and ')}`)
    const windows = await copies.fault(fault, harmOf[fault], () =>
      numbers.fault(fault, harmOf[fault], () =>
        Promise.all(victims.map((victim) => trouble(dice, fault, victim, numbers))),
      ),
    )
    repeatableMs += Math.max(...windows)
    await sleep(dice.between(0, 3_000))
  }
  const healMs = await heal(copies, cluster)
  await numbers.goesOn()
  // I3: what a source repeats is seen in its topic and in the output; what a sink repeats in the output.
  const mostDuplicates = Math.ceil((3 * repeatableMs * perSecond * copiesCount) / 1_000)
  const copied = await copies.finish({ withinMs: healWithinMs, healMs: healWithinMs, mostDuplicates })
  return { seed, faults, healMs, mostDuplicates, ...judge(copied, await numbers.finish()) }
}

function drawVictims(dice: Dice, { workers }: Cluster): ConnectWorker[] {
  const left = [...workers]
  return Array.from({ length: dice.between(1, 2) }, () => left.splice(dice.between(0, left.length - 1), 1)).flat()
}

/** Commits go once a second, and may take one. */
const uncommittedMs = 2_000

/**
 * One fault and its end: the worker is back when this resolves. Answers of how much time, in ms, what was sent may be sent
 * again: what was not committed yet, and of a frozen worker what it catches up with before it knows of its successor (I7).
 */
async function trouble(
  dice: Dice,
  fault: Fault,
  worker: ConnectWorker,
  numbers: Pick<VerifiableRun, 'gone'>,
): Promise<number> {
  // Drawn in any case, so that the same seed tells the same story whatever time things take.
  const [frozenMs, awayMs] = [dice.between(500, 2 * sessionMs), dice.between(0, 4_000)]
  const { part } = worker
  if (fault === 'freeze') {
    part.freeze()
    await sleep(frozenMs)
    part.thaw()
    return frozenMs + uncommittedMs
  }
  await part[fault]()
  numbers.gone(part.pid)
  await sleep(awayMs)
  await worker.start()
  return fault === 'kill' ? uncommittedMs : 0
}

async function heal(copies: Copies, { workers }: Cluster): Promise<number> {
  const begin = performance.now()
  await copies.running(workers, healWithinMs)
  return Math.round(performance.now() - begin)
}

function judge(copied: CopiesReport, numbered: VerifiableReport) {
  const verdicts = [...copied.verdicts, ...numbered.verdicts]
  const violations = (invariant: string) =>
    verdicts.reduce((sum, verdict) => sum + (verdict.invariant === invariant ? verdict.violations : 0), 0)
  const broken = complaints(verdicts)
  return {
    lines: copied.sent,
    numbers: numbered.seen.polled ?? 0,
    lost: violations('I1'),
    duplicates: copied.duplicates,
    inversions: violations('I4'),
    foreign: violations('I14'),
    offsetsBack: violations('I5'),
    ok: broken.length === 0,
    broken,
  }
}
