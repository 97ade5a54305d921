import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { converters } from '#server/converters/catalog.ts'
import { BeyondOurValues, pairOf, type RecordedPair } from '#server/converters/testdata/recorded-value.ts'
import { sameValue } from '#server/converters/testdata/same-value.ts'
import { sameSchema } from '#server/sdk/schema.ts'
import type { SchemaAndValue } from '#server/sdk/value.ts'

interface Case {
  id: string
  class: string
  config: Record<string, string | number | null>
  op: 'fromConnectData' | 'toConnectData' | 'fromConnectHeader' | 'toConnectHeader'
  in: RecordedPair | string | null
  out?: RecordedPair | string | null
  error?: { class: string; message: string; portable: boolean }
}

/** What a file of recordings holds that our values or our purpose cannot answer alike. */
export interface Differences {
  /** How many cases hold a Java value that has no counterpart here. */
  beyondOurValues: number
  /** Ids of cases that end differently on purpose, each with the reason. */
  onPurpose?: Readonly<Record<string, string>>
}

/** Replays a file of recordings of Kafka Connect's converters: the same bytes, values and messages, case by case. */
export function replay(file: string, { beyondOurValues, onPurpose = {} }: Differences): void {
  const cases = casesOf(file)
  const beyond: string[] = []
  for (const recorded of cases) {
    if (recorded.id in onPurpose) continue
    try {
      const run = runnable(recorded)
      test(recorded.id, run)
    } catch (error) {
      if (!(error instanceof BeyondOurValues)) throw error
      beyond.push(recorded.id)
    }
  }
  test('every other case is one whose Java value we have no counterpart for', () => {
    expect(cases.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(onPurpose)))
    if (!named) expect(beyond, beyond.join('\n')).toHaveLength(beyondOurValues)
  })
}

/** A folder with a `converters.jsonl` of all converters in place of our files, one a converter or two. */
const named = process.env.SLUICE_ORACLE_DIR

function casesOf(file: string): Case[] {
  const own = read(join(import.meta.dirname, `${file}.jsonl`))
  if (!named) return own
  const classes = new Set(own.map(({ class: name }) => name))
  return read(join(named, 'converters.jsonl')).filter(({ class: name }) => classes.has(name))
}

const read = (path: string): Case[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

function runnable(recorded: Case): () => void {
  const { in: given, out, error } = recorded
  if (recorded.op.startsWith('from')) {
    const { schema, value } = pairOf(given as RecordedPair)
    const write = () => {
      const { converter, header } = create(recorded)
      return recorded.op === 'fromConnectData'
        ? converter().fromConnectData('topic', schema, value)
        : header().fromConnectHeader('topic', 'h', schema, value)
    }
    return error ? () => fails(write, error) : () => expect(textOf(write())).toEqual(textOf(bytesOf(out)))
  }
  const bytes = bytesOf(given)
  const read = () => {
    const { converter, header } = create(recorded)
    return recorded.op === 'toConnectData'
      ? converter().toConnectData('topic', bytes)
      : header().toConnectHeader('topic', 'h', bytes)
  }
  if (error) return () => fails(read, error)
  const expected: SchemaAndValue = out ? pairOf(out as RecordedPair) : { schema: null, value: null }
  return () => {
    const answer = read()
    expect(sameSchema(answer.schema, expected.schema), `${inspect(answer, { depth: 9 })}`).toBe(true)
    expect(sameValue(answer.value, expected.value), `${inspect(answer, { depth: 9 })}`).toBe(true)
  }
}

function create({ class: name, config }: Case) {
  const plugin = converters.find((candidate) => candidate.class === name)
  if (!plugin) throw new Error(`no converter ${name}`)
  const settings = Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) => (value === null ? [] : [[key, `${value}`]])),
  )
  return {
    converter: () => plugin.converter?.(settings, false) ?? missing(name),
    header: () => plugin.headerConverter?.(settings) ?? missing(name),
  }
}

function missing(name: string): never {
  throw new Error(`${name} is none of that kind`)
}

const bytesOf = (recorded: unknown) => (typeof recorded === 'string' ? Buffer.from(recorded, 'base64') : null)
const textOf = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('latin1')

/** Java's classes in a message are masked: ours name the class that a Kafka Connect converter would have made. */
const masked = (message: string) => message.replaceAll(/class [\w.$[;]+/g, 'class *')

function fails(run: () => unknown, { message, portable }: NonNullable<Case['error']>) {
  let thrown: unknown
  try {
    run()
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(Error)
  if (portable) expect(masked((thrown as Error).message)).toBe(masked(message))
}
