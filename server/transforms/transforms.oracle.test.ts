import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { BeyondOurValues } from '#server/converters/testdata/recorded-value.ts'
import { parseConfig } from '#server/core/config-def.ts'
import { DataError } from '#server/sdk/data-error.ts'
import type { ConnectRecord, PredicatePlugin, TransformPlugin } from '#server/sdk/transform.ts'
import { predicates, transforms } from '#server/transforms/catalog.ts'
import { differences } from '#server/transforms/testdata/differences.ts'
import { type RecordedRecord, recordOf, sameRecord } from '#server/transforms/testdata/recorded-record.ts'

interface Case {
  id: string
  group: 'transform' | 'predicate'
  class: string
  config: Record<string, string | null>
  in: RecordedRecord
  predicate?: { class: string; config: Record<string, string>; negate: boolean }
  out?: RecordedRecord | boolean | null
  error?: { class: string; message: string | null; portable: boolean }
  phase?: string
}

/** The folder of the recordings; another one can be named. */
const folder = process.env.SLUICE_ORACLE_DIR ?? join(import.meta.dirname, 'testdata')
const cases = readFileSync(join(folder, 'transforms.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Case => JSON.parse(line))

function create<P extends TransformPlugin | PredicatePlugin>(
  plugins: readonly P[],
  name: string,
  config: Record<string, string | null>,
): ReturnType<P['create']> {
  const plugin = plugins.find(({ class: candidate }) => candidate === name)
  if (!plugin) throw new Error(`no plugin ${name}`)
  const parsed = parseConfig(plugin.config, config)
  if (!parsed.ok) throw new ConnectError('CONFIG_INVALID', parsed.problems[0]?.message ?? '')
  const [problem] = Object.values(plugin.validate?.(parsed.value as never) ?? {}).flat()
  if (problem !== undefined) throw new ConnectError('CONFIG_INVALID', problem)
  return plugin.create(parsed.value as never) as ReturnType<P['create']>
}

function answerOf({ group, class: name, config, predicate, ...recorded }: Case): ConnectRecord | boolean | null {
  const record = recordOf(recorded.in)
  if (group === 'predicate') return create(predicates, name, config).test(record)
  const transform = create(transforms, name, config)
  const applies = !predicate || create(predicates, predicate.class, predicate.config).test(record) !== predicate.negate
  return applies ? transform.apply(record) : record
}

/** Java's classes are masked: ours name the class that a Kafka Connect converter would have made. */
const masked = (message: string) => message.replaceAll(/(class |found: )[\w.$[;]+/g, '$1*')

const errorClasses: Readonly<Record<string, (error: unknown) => boolean>> = {
  ConfigException: (error) => error instanceof ConnectError && error.code === 'CONFIG_INVALID',
  DataException: (error) => error instanceof DataError,
  SchemaBuilderException: (error) => error instanceof DataError && error.name === 'SchemaBuilderException',
}

const shown = (what: unknown) => inspect(what, { depth: 9, breakLength: 160 })

/** An answer that is not the recorded one; `message` is that of the error which we threw, if we did. */
interface Miss {
  got: string
  message: string
}

/** Throws `BeyondOurValues`. */
function missOf(recorded: Case): Miss | undefined {
  let answer: ReturnType<typeof answerOf>
  try {
    answer = answerOf(recorded)
  } catch (thrown) {
    if (thrown instanceof BeyondOurValues) throw thrown
    return isRecordedError(thrown, recorded.error) ? undefined : { got: shown(thrown), message: messageOf(thrown) }
  }
  return isRecordedAnswer(answer, recorded) ? undefined : { got: shown(answer), message: '' }
}

function isRecordedError(thrown: unknown, error: Case['error']): boolean {
  if (!error) return false
  const isOfClass = errorClasses[error.class.slice(error.class.lastIndexOf('.') + 1)]
  return !error.portable || ((isOfClass?.(thrown) ?? true) && masked(messageOf(thrown)) === masked(error.message ?? ''))
}

function isRecordedAnswer(answer: ReturnType<typeof answerOf>, { out, error }: Case): boolean {
  if (error || out === undefined) return false
  if (typeof answer === 'boolean' || typeof out === 'boolean') return answer === out
  return sameRecord(answer, out && recordOf(out))
}

/** The one that explains a miss. */
const differenceOf = ({ error }: Case, { message }: Miss) =>
  differences.find(({ explains }) => explains(error?.message ?? '', message))

test('every recorded transform and predicate answers as it did in Kafka Connect', () => {
  const failures: string[] = []
  const kept = new Map<string, number>()
  for (const recorded of cases) {
    const miss = missOf(recorded)
    if (!miss) continue
    const difference = differenceOf(recorded, miss)
    if (difference) kept.set(difference.kind, (kept.get(difference.kind) ?? 0) + 1)
    else failures.push(`${recorded.id}\nexpected ${shown(recorded.error ?? recorded.out)}\n     got ${miss.got}`)
  }
  const onPurpose = [...kept.values()].reduce((sum, count) => sum + count, 0)
  const passed = cases.length - failures.length - onPurpose
  console.log(`transforms.jsonl: ${passed} passed, ${failures.length} failed, ${onPurpose} different on purpose`)
  expect(failures.join('\n\n')).toBe('')
  // Another folder may hold cases of only some kinds.
  if (!process.env.SLUICE_ORACLE_DIR)
    expect([...kept.keys()].sort()).toEqual(differences.map(({ kind }) => kind).sort())
})

test('the docs explain every kind of difference', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/differences.md'), 'utf8')
  for (const { kind } of differences) expect(page).toContain(`: ${kind}\n`)
  expect(page.match(/^## \d/gm)?.length).toBeLessThanOrEqual(10)
})
