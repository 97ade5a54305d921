import { expect, test } from 'vitest'
import { previewSummary, recordChanges, stepsWithBefore } from '#components/trial/record-changes.ts'
import type { RecordFace } from '#server/contract/preview.ts'

const face = (value: string | null, more: Partial<RecordFace> = {}): RecordFace => ({
  topic: 't',
  partition: null,
  timestamp: null,
  key: { text: null, form: 'json', schema: null },
  value: { text: value, form: 'json', schema: null },
  headers: [],
  ...more,
})

test('members of objects are told one by one, with every digit; anything else as a whole', () => {
  expect(recordChanges(face('{"a":1,"b":9007199254740993}'), face('{"a":2,"c":true}', { topic: 'u' }))).toEqual([
    { key: 'topic', kind: 'changed', before: 't', after: 'u' },
    { key: 'value.a', kind: 'changed', before: '1', after: '2' },
    { key: 'value.b', kind: 'removed', before: '9007199254740993' },
    { key: 'value.c', kind: 'added', after: 'true' },
  ])
  expect(recordChanges(face('"1"'), face('1'))).toEqual([{ key: 'value', kind: 'changed', before: '"1"', after: '1' }])
})

test('the first step shows what there is, and later ones what they changed, also behind steps that changed nothing', () => {
  expect(recordChanges(undefined, face('"x"'))).toEqual([
    { key: 'topic', kind: 'added', after: 't' },
    { key: 'value', kind: 'added', after: '"x"' },
  ])
  const read = { name: 'read', class: 'c', outcome: 'made' as const, record: face('1') }
  const passed = { name: 'p', class: 'c', outcome: 'passed' as const }
  const cast = { name: 'cast', class: 'c', outcome: 'changed' as const, record: face('"1"') }
  expect(stepsWithBefore([read, passed, cast]).map(({ before }) => before?.value.text)).toEqual([undefined, '1', '1'])
})

test('headers of one name are told apart', () => {
  const header = (text: string) => ({ name: 'h', text, form: 'json' as const, schema: null })
  expect(
    recordChanges(face('1', { headers: [header('1')] }), face('1', { headers: [header('1'), header('2')] })),
  ).toEqual([{ key: 'header h (2)', kind: 'added', after: '2' }])
})

test('one sentence says what would become of the records', () => {
  const records = (['kept', 'dropped', 'failed'] as const).map((outcome) => ({ outcome, steps: [] }))
  expect(previewSummary({ records, tolerance: 'none' })).toBe('1 of 3 kept, 1 dropped, 1 failed: the task would fail')
  expect(previewSummary({ records, tolerance: 'all' })).toContain('left out, as errors.tolerance says')
})
