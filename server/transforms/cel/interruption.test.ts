import { expect, test } from 'vitest'
import { DataError } from '#server/sdk/data-error.ts'
import type { ConnectRecord } from '#server/sdk/transform.ts'
import type { Value } from '#server/sdk/value.ts'
import { openCelEngine } from '#server/transforms/cel/engine.ts'
import { compileExpression, deadlineMs } from '#server/transforms/cel/expression.ts'

const text = 'a'.repeat(1 << 20)
const hundred = `[${'1,'.repeat(99)}1]`
const list = Array.from({ length: 1000 }, (_, i) => `${i}x`)
const inText = (part: string) =>
  new Map([
    ['text', text],
    ['part', part],
  ])

/** Names a value of twice the size of the one before, again and again. */
function doubled(times: number, twice: (name: string) => string, end: (name: string) => string): string {
  const names = Array.from({ length: times + 1 }, (_, i) => `x${i}`)
  return names.reduceRight(
    (inside, name, i) => `cel.bind(${name}, ${i === 0 ? 'value' : twice(`x${i - 1}`)}, ${inside})`,
    end(`x${times}`),
  )
}

function withValue(value: Value): ConnectRecord {
  return { topic: 't', sourcePartition: null, sourceOffset: null, timestamp: 1, valueSchema: null, value }
}

/** An engine whose clock goes on by 10 ms with every look, so that time passes with work and with nothing else. */
function countingEngine() {
  let looks = 0
  const engine = openCelEngine({ limitMs: deadlineMs, now: () => looks++ * 10 })
  return { engine, looks: () => looks }
}

const endless: [what: string, source: string, value: Value][] = [
  ['loops in loops', 'value.map(a, value.filter(b, a != b).size()).size() > 0', list],
  ['loops that swallow errors', 'value.exists(a, value.exists(b, int(b) == 3))', list],
  ['operators that swallow errors', 'value.all(a, value.all(b, int(b) == 3 || a == "q"))', list],
  ['lists in lists', 'value.all(a, a.all(b, b != "q"))', Array.from({ length: 1000 }, () => list)],
  [
    'a list that is compared again and again',
    'value.all(a, a == value || true)',
    Array.from({ length: 900 }, () => list),
  ],
  ['long texts', `${hundred}.all(a, ${hundred}.all(b, value.size() > 0))`, text],
  ['a part that nearly fits everywhere', 'value.text.indexOf(value.part) > 0', inText(`${'a'.repeat(1 << 18)}b`)],
  ['the same from the end', 'value.text.lastIndexOf(value.part) > 0', inText(`${'a'.repeat(1 << 18)}b`)],
  ['a split by it', 'value.text.split(value.part).size() > 0', inText(`${'a'.repeat(1 << 18)}b`)],
  ['a pattern with many states', 'value.matches("\\\\pL{900}\\\\d")', text],
  ['a pattern of a record', 'value.text.matches(value.part)', inText('(\\pL{300}){3}\\d')],
  ['time zones', `${hundred}.all(a, ${hundred}.all(b, timestamp.getHours("Europe/Paris") >= 0))`, 1n],
]

test.each(endless)('interrupts %s at the deadline (S-14, S-20)', (_, source, value) => {
  const { engine, looks } = countingEngine()
  const { evaluate } = compileExpression(source, ['bool', 'list', 'dyn'], engine)
  let error: unknown
  try {
    evaluate(withValue(value))
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(DataError)
  const { message } = error as DataError
  expect(message).toContain(`'${source.slice(0, 200)}`)
  expect(message).toContain('longer than 100 ms')
  expect(message).toContain('put a cheap condition first')
  // The first look begins to count, and ten more use the time up: nothing is worked on behind the deadline.
  expect(looks()).toBe(11)
})

const refused: [what: string, source: string, value: Value, message: string][] = [
  [
    'a result in which one list lies a million times',
    doubled(
      17,
      (x) => `[${x}, ${x}]`,
      (x) => x,
    ),
    list,
    'of more than 50000 parts',
  ],
  [
    'a text that doubles',
    doubled(
      17,
      (x) => `${x} + ${x}`,
      (x) => `${x}.size()`,
    ),
    'x'.repeat(100),
    'too long for CEL',
  ],
  [
    'a list that doubles',
    doubled(
      17,
      (x) => `${x} + ${x}`,
      (x) => `${x}.size()`,
    ),
    list,
    'too long for CEL',
  ],
  ['a text that is joined of long ones', `${hundred}.map(a, value).join(",").size()`, text, 'too long for CEL'],
  ['a list of all characters', 'value.split("").size()', text, 'too long for CEL'],
  ['many long texts', `${hundred}.map(a, value.lowerAscii()).size()`, text.toUpperCase(), 'more than fits into memory'],
  [
    'values of a million parts',
    doubled(
      17,
      (x) => `[${x}, ${x}]`,
      (x) => `${x} == [${x}]`,
    ),
    list,
    'are not compared',
  ],
  ['a duration that is none', 'duration(value) == duration("1s")', '1'.repeat(20_000), 'is no duration'],
  ['a long pattern of a record', '"a".matches(value)', 'a'.repeat(1000), 'too long to come from a record'],
  ['a long document', 'bytes(value).json().size()', '['.repeat(400_000), 'too long for CEL'],
  [
    'a deep document',
    'bytes(value).json() == bytes(value).json()',
    `{"a":${'['.repeat(9e4)}${']'.repeat(9e4)}}`,
    'stack',
  ],
]

test.each(refused)('refuses %s, whatever the time', (_, source, value, message) => {
  const engine = openCelEngine({ limitMs: deadlineMs, now: () => 0 })
  const { evaluate } = compileExpression(source, ['bool', 'int', 'list', 'dyn'], engine)
  expect(() => evaluate(withValue(value))).toThrow(DataError)
  expect(() => evaluate(withValue(value))).toThrow(message)
})

test('an expression that was stopped is asked of the next record as before', () => {
  const { evaluate } = compileExpression('value.all(a, value.all(b, a + b != ""))', ['bool'], countingEngine().engine)
  expect(() => evaluate(withValue(list))).toThrow('was stopped')
  expect(evaluate(withValue(['a', 'b']))).toBe(true)
  expect(() => evaluate(withValue(list))).toThrow('was stopped')
})

test('an ordinary expression never looks at the clock', () => {
  const { engine, looks } = countingEngine()
  const source = 'value.exists(a, a.startsWith("9")) && topic.matches("^[a-z]+$") && value.size() < 50'
  const { evaluate } = compileExpression(source, ['bool'], engine)
  expect(evaluate(withValue(list.slice(0, 20)))).toBe(true)
  expect(looks()).toBe(0)
})

test('lists are walked through one after the other as often as one likes', () => {
  const chained = 'value.filter(a, a != "1x").map(a, a + "y").filter(a, a != "2xy").exists(a, a == "3xy")'
  const { evaluate } = compileExpression(chained, ['bool'])
  expect(evaluate(withValue(list.slice(0, 5)))).toBe(true)
})

test.each([
  [`"a".matches("(")`, 'Unclosed group'],
  [`"a".matches("(a)\\\\1")`, 'back-reference is not supported'],
  [`topic == "${'x'.repeat(10_000)}"`, 'characters'],
])('says what is wrong with %s when it is written', (source, message) => {
  expect(() => compileExpression(source, ['bool'])).toThrow(message)
})
