import { isDeepStrictEqual } from 'node:util'
import { parseExact, type RecordedStep } from '#e2e/rest/test-tree/recording.ts'
import type { RawAnswer } from '#e2e/rest/test-tree/send-raw.ts'

/** What is wrong with an answer, each as expected and got; nothing when it is equal to the recorded one. */
export function differences(step: RecordedStep, answer: RawAnswer, workers: readonly string[]): string[] {
  const found: string[] = []
  const compare = (what: string, expected: unknown, got: unknown) => {
    if (isDeepStrictEqual(expected, got)) return
    for (const [where, theirs, ours] of leaves(what, expected, got)) {
      found.push(`${where}: expected ${shown(theirs)}, got ${shown(ours)}`)
    }
  }
  compare('status', step.status, answer.status)
  // Error pages are those of a Java library: the status is what counts.
  if (step.responseText?.startsWith('<html>')) return found
  for (const name of comparedHeaders) {
    const expected = step.responseHeaders[name]?.replace('<worker1>', workers[(step.worker ?? 1) - 1] ?? '')
    compare(name, inAnyOrder(name, expected), inAnyOrder(name, answer.headers.get(name) ?? undefined))
  }
  if (step.responseJson === undefined) {
    compare('body', methods(step.responseText ?? ''), methods(answer.text))
    return found
  }
  const ours = parsed(answer.text)
  if (saidByJava(step.responseJson) || gaveUpWaiting(step.responseJson)) {
    compare('error_code', step.status, (ours as { error_code?: number } | undefined)?.error_code)
  } else {
    const context = { step, workers }
    compare('body', ...aligned(normal(step.responseJson, context, 'theirs'), normal(ours, context, 'ours')))
  }
  return found
}

/** The places where two values part. */
function* leaves(where: string, expected: unknown, got: unknown): Generator<[string, unknown, unknown]> {
  if (isDeepStrictEqual(expected, got)) return
  const parts = Array.isArray(expected) === Array.isArray(got) && isObject(expected) && isObject(got)
  if (!parts) yield [where, expected, got]
  else {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      yield* leaves(`${where}.${key}`, expected[key], got[key])
    }
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const comparedHeaders = [
  'content-type',
  'location',
  'allow',
  'vary',
  'access-control-allow-origin',
  'access-control-allow-methods',
]

const methods = (list: string): string[] => list.split(/,\s*/).sort()
const inAnyOrder = (name: string, value: string | undefined) => (name === 'allow' && value ? methods(value) : value)
const shown = (value: unknown) => JSON.stringify(value) ?? 'nothing'

function parsed(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    return text
  }
}

/** Words of Java's JSON library and of null pointers. */
const saidByJava = (json: unknown): boolean =>
  typeof json === 'object' &&
  json !== null &&
  'message' in json &&
  /\[Source: |Cannot (deserialize|construct|invoke)|^No content/.test(String(json.message))

/** Where Kafka Connect waits in vain for 90 seconds, the same status sooner is as right. */
const gaveUpWaiting = (json: unknown): boolean =>
  typeof json === 'object' && json !== null && 'message' in json && json.message === 'Request timed out'

interface Context {
  step: RecordedStep
  workers: readonly string[]
}

/** Brings both sides to a form in which equal answers are equal: order, times and addresses do not count. */
function normal(value: unknown, context: Context, side: 'ours' | 'theirs', key = ''): unknown {
  if (Array.isArray(value)) return normalList(value, context, side, key)
  if (typeof value === 'string') return normalText(value, context, key)
  if (typeof value === 'number' && key === 'last_modified') return '<time>'
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value)
    .filter(([name]) => key !== '' || !listsEveryLogger(context.step) || isSessionLogger(name))
    .map(([name, item]) => [name, normal(item, context, side, name)])
  return Object.fromEntries(entries)
}

function normalList(list: unknown[], context: Context, side: 'ours' | 'theirs', key: string): unknown[] {
  const { path } = context.step
  const items = list
    .filter((item) => isComparable(item, key, context.step))
    .map((item) => normal(item, context, side, `${key}[]`))
  const named = items.map(nameOf)
  if (named.every((name) => name !== undefined)) {
    return items.toSorted((a, b) => compareTexts(`${nameOf(a)}`, `${nameOf(b)}`))
  }
  const unordered =
    key === 'topics' || key === 'groups' || key === 'recommended_values' || path.startsWith('/connectors')
  // The recorded workers had every plugin twice, once from each of two paths.
  return unordered && items.every((item) => typeof item === 'string') ? [...new Set(items)].toSorted() : items
}

/** Plugins that Kafka does not ship, and Kafka's mirror connectors, are left out of listings. */
function isComparable(item: unknown, key: string, step: RecordedStep): boolean {
  if (typeof item === 'string' && key === 'recommended_values') return !/\.\w+$/.test(item) || isShipped(item)
  if (typeof item === 'string' && key === '' && listsEveryLogger(step)) return isSessionLogger(item)
  return !(isPlugin(item) && !isShipped(item.class))
}

const isPlugin = (item: unknown): item is { class: string } =>
  typeof item === 'object' && item !== null && 'class' in item && typeof item.class === 'string'
const isShipped = (name: string) =>
  /^(org\.apache\.kafka|oracle\.plugin|\d|<version>)/.test(name) && !name.includes('.mirror.')

const listsEveryLogger = ({ method, path }: RecordedStep) =>
  (method === 'PUT' && path === '/admin/loggers/root') || (method === 'GET' && path === '/admin/loggers')
const isSessionLogger = (name: string) => name === 'root' || name.startsWith('org.example')

/** What an item of an unordered list is told apart by: a task's number, a plugin's class, a key's name. */
function nameOf(item: unknown): string | number | undefined {
  if (typeof item !== 'object' || item === null) return undefined
  const { id, class: plugin, type, definition, value } = item as Record<string, unknown>
  if (typeof id === 'number') return id
  if (typeof plugin === 'string') return `${plugin} ${type}`
  const name = (definition as { name?: string } | null)?.name ?? (value as { name?: string } | undefined)?.name
  return typeof name === 'string' ? name : undefined
}

const compareTexts = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function normalText(text: string, { workers }: Context, key: string): string {
  if (key === 'worker_id') return workers.includes(text) ? '<worker>' : text
  let plain = text
  for (const [n, worker] of workers.entries()) plain = plain.replaceAll(worker, `<worker${n + 1}>`)
  // Java's class of an error, and its stack, are no part of what the error says.
  if (key === 'trace') plain = (plain.split('\n')[0] ?? '').replace(/^[\w.$]+: /, '')
  plain = plain.replace(/^org\.apache\.kafka\.connect\.errors\.ConnectException: /, '')
  // The recorded workers had every plugin twice, once from each of two paths.
  return withoutListing(plain.replace('[<version>, <version>]', '[<version>]'))
}

/** Plugins that a message lists, in order and without those that Kafka does not ship. */
const withoutListing = (message: string): string =>
  message.replace(/available connectors are: (.*)$/s, (_, listing: string) => {
    const items = listing.match(/PluginDesc\{[^}]*\}/g) ?? []
    const kept = items.filter((item) => isShipped(/name='([^']*)'/.exec(item)?.[1] ?? ''))
    return `available connectors are: ${kept
      .map((item) => item.replace(/location='[^']*'/, "location='<location>'"))
      .toSorted()
      .join(', ')}`
  })

/** Puts ours under the recorded placeholders where they fit. */
function aligned(theirs: unknown, ours: unknown): [unknown, unknown] {
  return [theirs, underPlaceholders(theirs, ours)]
}

function underPlaceholders(theirs: unknown, ours: unknown): unknown {
  if (typeof theirs === 'string' && theirs.includes('<') && (typeof ours === 'string' || typeof ours === 'number')) {
    return placeholderPattern(theirs).test(String(ours)) ? theirs : ours
  }
  if (Array.isArray(theirs) && Array.isArray(ours)) return ours.map((item, i) => underPlaceholders(theirs[i], item))
  if (typeof theirs === 'object' && theirs !== null && typeof ours === 'object' && ours !== null) {
    const known = theirs as Record<string, unknown>
    return Object.fromEntries(Object.entries(ours).map(([key, item]) => [key, underPlaceholders(known[key], item)]))
  }
  return ours
}

const placeholders: Record<string, string> = {
  '<version>': '4\\.3\\.1',
  '<commit>': '[0-9a-f]{8,}',
  '<cluster-id>': '[\\w-]{10,}',
  '<time>': '.+',
  '<hash>': '[0-9a-f]+',
  '<location>': '.*',
}

const placeholderPattern = (text: string): RegExp =>
  new RegExp(
    `^${text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/<[\w-]+>/g, (name) => placeholders[name] ?? name)}$`,
    's',
  )
