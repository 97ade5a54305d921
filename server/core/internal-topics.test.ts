import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { createConfigFold, targetOf, taskIds } from '#server/core/config-fold.ts'
import { decodeConfigRecord, encodeConfigRecord, type TextRecord } from '#server/core/config-record.ts'
import { createOffsetFold, toConnectorOffset } from '#server/core/offset-fold.ts'
import { decodeOffsetRecord, encodeOffsetRecord } from '#server/core/offset-record.ts'
import { createStatusFold } from '#server/core/status-fold.ts'
import { decodeStatusRecord, encodeStatusRecord, type StoredStatus } from '#server/core/status-record.ts'

/**
 * What Kafka Connect 4.3.1 wrote to its three topics while it answered REST requests; `SLUICE_ORACLE_DIR` names another
 * folder of recordings.
 */
const folder = process.env.SLUICE_ORACLE_DIR ?? join(import.meta.dirname, 'testdata')
const lines: (Operation | Recorded | { kind: 'topic' })[] = readFileSync(join(folder, 'internal-topics.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line))

interface Operation {
  kind: 'operation'
  id: string
  scenario: string
  method: string
  path: string
  status: number
  responseJson?: unknown
}

interface Recorded {
  kind: 'record'
  id: string
  scenario: string
  topic: 'configs' | 'status' | 'offsets'
  offset: number
  timestamp: number
  key: string
  value: string | null
}

const operations = lines.filter((line) => line.kind === 'operation')
const records = lines.filter((line) => line.kind === 'record')
const scenarios = [...new Set(records.map(({ scenario }) => scenario))]

const textOf = ({ key, value }: Recorded): TextRecord => ({
  key: Buffer.from(key, 'base64').toString(),
  value: value === null ? null : Buffer.from(value, 'base64').toString(),
})

/** Partitions have no order among each other but that of time. */
const written = (scenario: string, topic: Recorded['topic']) =>
  records
    .filter((record) => record.scenario === scenario && record.topic === topic)
    .toSorted((a, b) => a.timestamp - b.timestamp)

/** Reads a record and writes it again. */
const again: Record<Recorded['topic'], (record: TextRecord) => TextRecord | string> = {
  configs: (record) => {
    const decoded = decodeConfigRecord(record)
    return typeof decoded === 'string' ? decoded : encodeConfigRecord(decoded)
  },
  status: (record) => {
    const decoded = decodeStatusRecord(record)
    return typeof decoded === 'string' ? decoded : encodeStatusRecord(decoded)
  },
  offsets: (record) => {
    const decoded = decodeOffsetRecord(record)
    return typeof decoded === 'string' ? decoded : encodeOffsetRecord(decoded)
  },
}

describe.each(scenarios)('the topics of %s', (scenario) => {
  test('every record is read and written again byte for byte', () => {
    const all = records.filter((record) => record.scenario === scenario)
    expect(all.map((record) => ({ id: record.id, ...textOf(record) }))).toEqual(
      all.map((record) => ({ id: record.id, ...(again[record.topic](textOf(record)) as TextRecord) })),
    )
  })
})

/** What an answer says about one connector, and what a fold says about the same. */
interface Fact {
  topic: Recorded['topic']
  connector: string
  aspect: keyof Views
  answer: unknown
}

interface Views {
  config(connector: string): unknown
  target(connector: string): unknown
  status(connector: string): unknown
  topics(connector: string): unknown
  offsets(connector: string): unknown
}

/** The facts that an answer of REST states; a recorded answer of another kind states none. */
function factsOf({ method, path, status, responseJson }: Operation): Fact[] {
  const [, , name = '', part, tail] = path.split(/[/?]/)
  const body = (responseJson ?? {}) as Record<string, unknown>
  const fact = (topic: Fact['topic'], aspect: Fact['aspect'], answer: unknown, connector = name): Fact[] => [
    { topic, connector, aspect, answer },
  ]
  if (method === 'DELETE' && part === undefined && status === 204) return fact('configs', 'config', null)
  if (part === 'status') {
    return fact('status', 'status', status === 404 ? null : { connector: body.connector, tasks: body.tasks })
  }
  if (status >= 300) return []
  if (part === 'pause') return fact('configs', 'target', 'PAUSED')
  if (part === 'resume') return fact('configs', 'target', 'STARTED')
  if (part === 'stop') return fact('configs', 'target', 'STOPPED')
  if (part === 'topics' && tail === 'reset') return fact('status', 'topics', [])
  if (part === 'topics') return fact('status', 'topics', (body[name] as { topics: string[] }).topics.toSorted())
  if (part === 'offsets' && method === 'DELETE') return fact('offsets', 'offsets', [])
  if (part === 'offsets' && method === 'GET' && isOfSource(body.offsets)) {
    return fact('offsets', 'offsets', sorted(body.offsets))
  }
  if ('config' in body) return fact('configs', 'config', { config: body.config, tasks: body.tasks }, String(body.name))
  return []
}

/** A sink's offsets stand in its consumer group. */
const isOfSource = (offsets: unknown): offsets is { partition: Record<string, unknown> }[] =>
  Array.isArray(offsets) && offsets.every(({ partition }) => !('kafka_topic' in partition))

const sorted = (entries: readonly unknown[]) => entries.toSorted((a, b) => (text(a) < text(b) ? -1 : 1))
const text = (value: unknown) => JSON.stringify(value)
const asSent = (value: unknown): unknown => JSON.parse(text(value))

/**
 * I8: here Kafka Connect still shows RUNNING what the same worker had put down, and said so, before a change of its
 * config; we show UNASSIGNED.
 */
const untrue: ReadonlySet<string> = new Set(['it-eos/op/8'])

/** The three folds under one scenario's records, seen as REST would show them. */
function createFolds() {
  const configs = createConfigFold()
  const statuses = createStatusFold()
  const offsets = createOffsetFold()
  /** The recording has a trace's first line alone. */
  const shown = ({ state, version, trace }: StoredStatus) => ({
    state,
    worker_id: '<worker>',
    version: version === '4.3.1' ? '<version>' : version,
    ...(trace && { trace: trace.split('\n')[0] }),
  })
  const views: Views = {
    config(name) {
      const known = configs.state.connectors.get(name)
      return known ? { config: known.config, tasks: taskIds(configs.state, name) } : null
    },
    target: (name) => targetOf(configs.state, name),
    status(name) {
      const connector = statuses.state.connectors.get(name)
      if (!connector) return null
      const tasks = [...statuses.state.tasks.values()].filter(({ id }) => id.connector === name)
      const inOrder = tasks.toSorted((a, b) => a.id.task - b.id.task)
      return {
        connector: shown(connector),
        tasks: inOrder.map(({ id, status }) => ({ id: id.task, ...shown(status) })),
      }
    },
    topics: (name) => [...(statuses.state.topics.get(name)?.keys() ?? [])].sort(),
    offsets: (name) => sorted(offsets.of(name).map(toConnectorOffset)),
  }
  function apply(record: Recorded): void {
    const given = textOf(record)
    if (record.topic === 'offsets') offsets.apply(given)
    if (record.topic === 'status') {
      const decoded = decodeStatusRecord(given)
      if (typeof decoded !== 'string') statuses.apply(decoded)
    }
    if (record.topic === 'configs') {
      const decoded = decodeConfigRecord(given)
      configs.apply(typeof decoded === 'string' ? undefined : decoded, record.offset)
    }
  }
  return { views, apply }
}

describe.each(scenarios)('the folded topics of %s', (scenario) => {
  const facts = operations
    .filter((operation) => operation.scenario === scenario && !untrue.has(operation.id))
    .flatMap((operation) => factsOf(operation).map((fact) => ({ ...fact, id: operation.id })))

  test.each(['configs', 'status', 'offsets'] as const)('%s passes through every state that REST showed', (topic) => {
    const { views, apply } = createFolds()
    const left = written(scenario, topic).values()
    for (const { id, connector, aspect, answer } of facts.filter((fact) => fact.topic === topic)) {
      const seen = () => asSent(views[aspect](connector))
      while (!isDeepStrictEqual(seen(), answer)) {
        const { value: next } = left.next()
        if (!next) break
        apply(next)
      }
      expect({ id, connector, aspect, is: seen() }).toEqual({ id, connector, aspect, is: answer })
    }
  })
})

test('every recording is looked at', () => {
  expect(records.length).toBeGreaterThan(250)
  expect(operations.flatMap(factsOf).length).toBeGreaterThan(50)
  expect(new Set(operations.flatMap(factsOf).map(({ aspect }) => aspect)).size).toBe(5)
})
