import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { offsetsTopic, openOffsetStore } from '#server/broker/groups/offset-store.ts'
import type { PartitionLog } from '#server/broker/log/partition-log.ts'
import { createTailCache } from '#server/broker/log/tail-cache.ts'
import { logConfigOf } from '#server/broker/topics/topic-configs.ts'
import { openTopics } from '#server/broker/topics/topics.ts'
import { prepareEnd } from '#server/broker/transactions/transaction.ts'
import { createTransactionCoordinator } from '#server/broker/transactions/transaction-coordinator.ts'
import { openTransactionStore } from '#server/broker/transactions/transaction-store.ts'
import type { Clock } from '#server/contract/clock.ts'
import type { Logger } from '#server/contract/logger.ts'
import { visibleBatches } from '#server/kafka/committed-filter.ts'
import { encodeBatch, readBatches } from '#server/protocol/record-batch.ts'

/** Each run rolls and forces many small segments to the disk. */
const full = process.env.SLUICE_TEST_FULL === '1'

const quiet: Logger = {
  log: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (message, fields) => {
    throw fields?.error ?? new Error(message)
  },
  child: () => quiet,
}

const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const topicConfigs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0', 'delete.retention.ms': '10' }

interface World {
  now: number
  wake: () => void
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'transactions-'))
  folders.push(folder)
  return folder
}

/** The broker without its sockets, on a clock that the test moves. */
function open(directory: string, world: World) {
  const clock: Clock = {
    now: () => world.now,
    monotonic: () => world.now,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        world.wake = resolve
        signal?.addEventListener('abort', () => resolve())
      }),
    random: () => 0,
  }
  const topics = openTopics({
    directory,
    cache: createTailCache(0),
    clock,
    logger: quiet,
    maxPartitions: 100,
    defaults: {},
  })
  if (!topics.byName('t')) {
    topics.create({
      name: 't',
      partitions: 2,
      configs: { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0' },
    })
  }
  const offsets = openOffsetStore(topics, clock)
  let nextId = world.now * 1000
  const coordinator = createTransactionCoordinator({
    topics,
    offsets: { topic: offsetsTopic, endTransaction: offsets.endTransaction },
    newProducerId: () => nextId++,
    expirationMs: 1e9,
    clock,
    logger: quiet,
  })
  // Segments so small that a handful of records fills one.
  for (const log of topics.byName('t')?.partitions ?? [])
    log.configure({ ...logConfigOf(topicConfigs), segmentBytes: 200 })
  const log = (partition: number): PartitionLog => {
    const found = topics.byName('t')?.partitions[partition]
    if (!found) throw new Error('no log')
    return found
  }
  return { topics, offsets, coordinator, clock, log }
}

interface Written {
  offset: number
  key: string
  value: string
  /** Undefined for what was written outside of transactions. */
  producer: number | undefined
  fate: 'open' | 'committed' | 'aborted'
}

/** What a reader of committed records gets, batch by batch, as [offset, key, value]. */
function readCommitted(log: PartitionLog): [number, string, string][] {
  const seen: [number, string, string][] = []
  for (let at = log.startOffset; at < log.lastStableOffset; ) {
    const { records, nextOffset } = log.read(at, 200, log.lastStableOffset)
    const batches = records.flatMap((part) => [...readBatches(part, { verifyCrc: true })])
    for (const batch of visibleBatches(batches, log.abortedTransactions(at, nextOffset))) {
      const index = batch.index()
      for (let record = 0; record < index.count; record++) {
        seen.push([index.offset(record), `${index.key(record)}`, `${index.value(record)}`])
      }
    }
    if (nextOffset === at) break
    at = nextOffset
  }
  return seen
}

/** Nothing that is not decided and committed shows, in the order of offsets; the last value of a key is always there. */
function checkReader(log: PartitionLog, written: readonly Written[]) {
  const open = written.find(({ fate }) => fate === 'open')
  const decided = open ? written.filter(({ offset }) => offset < open.offset) : written
  const visible = decided.filter(({ fate }) => fate === 'committed')
  const asLine = ({ offset, key, value }: Written) => JSON.stringify([offset, key, value])
  const seen = readCommitted(log).map((line) => JSON.stringify(line))
  const all = visible.map(asLine)
  expect(seen).toEqual(all.filter((line) => seen.includes(line)))
  for (const last of new Map(visible.map((one) => [one.key, asLine(one)])).values()) expect(seen).toContain(last)
}

type Step =
  | { do: 'write' | 'offset' | 'supersede'; producer: number; partition: number }
  | { do: 'end'; producer: number; committed: boolean; crash: boolean }
  | { do: 'writePlain'; partition: number }
  | { do: 'timeout' | 'crash' | 'close' | 'compact' }

const producer = fc.integer({ min: 0, max: 2 })
const partition = fc.integer({ min: 0, max: 1 })
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), producer, partition }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('writePlain' as const), partition }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('offset' as const, 'supersede' as const), producer, partition }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('end' as const), producer, committed: fc.boolean(), crash: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'compact' as const,
        'timeout' as const,
        'crash' as const,
        'close' as const,
        'compact' as const,
      ),
    }),
  },
)

/** Three producers of two partitions, what they did, and what must come of it. */
function createWorld(version: 0 | 2) {
  const directory = newFolder()
  const world: World = { now: 1, wake: () => {} }
  let broker = open(directory, world)
  const identities = new Map<number, { producerId: number; epoch: number; sequences: [number, number] }>()
  const written: [Written[], Written[]] = [[], []]
  const pendingOffset = new Map<number, number>()
  let committedOffset = -1
  let values = 0

  const idOf = (producer: number) => `producer-${producer}`

  function identify(producer: number) {
    const { producerId, epoch } = broker.coordinator.initialise(idOf(producer), 1000, undefined)
    const identity = { producerId, epoch, sequences: [0, 0] as [number, number] }
    identities.set(producer, identity)
    return identity
  }

  function append(partition: number, producer?: { id: number; identity: ReturnType<typeof identify> }) {
    const [key, value] = [`k${values % 4}`, `v${values++}`]
    const identity = producer?.identity
    const at = partition as 0 | 1
    const records = encodeBatch([{ key: Buffer.from(key), value: Buffer.from(value) }], {
      timestamp: world.now,
      ...(identity && { producer: { ...identity, sequence: identity.sequences[at]++, transactional: true } }),
    })
    for (const batch of readBatches(records, { verifyCrc: false })) {
      const { baseOffset: offset } = broker.log(partition).append(batch)
      written[at].push({ offset, key, value, producer: producer?.id, fate: producer ? 'open' : 'committed' })
    }
  }

  function decide(producer: number, fate: 'committed' | 'aborted') {
    for (const one of written.flat()) if (one.producer === producer && one.fate === 'open') one.fate = fate
    if (fate === 'committed') committedOffset = pendingOffset.get(producer) ?? committedOffset
    pendingOffset.delete(producer)
  }

  const isOpen = (producer: number) =>
    pendingOffset.has(producer) || written.flat().some((one) => one.producer === producer && one.fate === 'open')

  function restart(clean: boolean) {
    broker.coordinator.close()
    if (clean) broker.topics.close()
    else abandon()
    broker = open(directory, world)
  }

  const abandon = () => {
    for (const { partitions } of broker.topics.all()) for (const log of partitions) log.abandon()
  }

  /** Ends a transaction; with `crash` the decision is in the log and nothing of it was carried out. */
  function end(producer: number, committed: boolean, crash: boolean) {
    const identity = identities.get(producer)
    if (!identity || !isOpen(producer)) return
    if (crash) {
      const store = openTransactionStore(broker.topics, broker.clock)
      const ask = { committed, version, now: world.now, newProducerId: () => 1 }
      store.save(idOf(producer), prepareEnd(store.get(idOf(producer)), identity, ask))
      restart(false)
      if (version === 2) identity.epoch++
    } else {
      identity.epoch = broker.coordinator.end(
        { transactionalId: idOf(producer), ...identity },
        committed,
        version,
      ).epoch
    }
    if (version === 2) identity.sequences = [0, 0]
    decide(producer, committed ? 'committed' : 'aborted')
  }

  return {
    async run(step: Step) {
      world.now++
      const identity = 'producer' in step ? (identities.get(step.producer) ?? identify(step.producer)) : undefined
      if ('producer' in step && identity) {
        const named = { transactionalId: idOf(step.producer), ...identity }
        if (step.do === 'write') {
          broker.coordinator.addPartitions(named, [{ topic: 't', partition: step.partition }], version)
          append(step.partition, { id: step.producer, identity })
        } else if (step.do === 'offset') {
          broker.coordinator.addPartitions(named, [{ topic: offsetsTopic, partition: 0 }], version)
          const committed = { offset: values++, leaderEpoch: -1, metadata: '', timestamp: world.now }
          broker.offsets.commitLater('g', [{ topic: 't', partition: 0, committed }], identity)
          pendingOffset.set(step.producer, committed.offset)
        } else if (step.do === 'supersede') {
          identify(step.producer)
          decide(step.producer, 'aborted')
          expect(() => broker.coordinator.end(named, true, version)).toThrow()
          expect(() => broker.coordinator.addPartitions(named, [{ topic: 't', partition: 0 }], version)).toThrow()
        } else if (step.do === 'end') end(step.producer, step.committed, step.crash)
      } else if (step.do === 'writePlain') append(step.partition)
      else if (step.do === 'crash' || step.do === 'close') restart(step.do === 'close')
      else if (step.do === 'timeout') {
        world.now += 2000
        world.wake()
        await new Promise((resolve) => setImmediate(resolve))
        for (const late of identities.keys()) {
          if (!isOpen(late)) continue
          decide(late, 'aborted')
          identities.delete(late)
        }
      } else for (const _ of broker.topics.maintain());
    },
    check() {
      for (const at of [0, 1] as const) checkReader(broker.log(at), written[at])
      expect(broker.offsets.offsetsOf('g').get('t')?.get(0)?.offset ?? -1).toBe(committedOffset)
      expect(broker.offsets.isPending('g', 't', 0)).toBe(pendingOffset.size > 0)
    },
    [Symbol.dispose]() {
      broker.coordinator.close()
      abandon()
    },
  }
}

test.each([0, 2] as const)(
  'I13: readers see exactly what was committed, whatever ends, times out, crashes and is compacted (version %i)',
  async (version) => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60, size: 'max' }), async (steps) => {
        using world = createWorld(version)
        for (const step of steps) {
          await world.run(step)
          world.check()
        }
      }),
      { numRuns: full ? 200 : 8 },
    )
  },
  600_000,
)
