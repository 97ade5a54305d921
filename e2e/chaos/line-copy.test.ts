import { expect, test } from 'vitest'
import { complaintsAboutLines } from '#e2e/chaos/line-copy.ts'
import { lineOf } from '#e2e/chaos/numbered-lines.ts'

const lines = (...numbers: number[]) => numbers.map(lineOf)

test.each([
  ['nothing', lines(0, 1, 2), []],
  ['a loss', lines(0, 2), [/^I1 \(1 times\).* the first is 1/]],
  ['a loss at the end', lines(0, 1), [/^I1 \(1 times\).* the first is 2/]],
  ['a repetition', lines(0, 1, 1, 2), [/^I2 \(1 times\)/]],
  ['a repetition from an earlier place', lines(0, 1, 0, 1, 2), [/^I2 \(2 times\)/]],
  ['another order', lines(1, 0, 2), [/^I4 \(1 times\)/]],
  ['a line that nobody wrote', [...lines(0, 1, 2), lineOf(3)], [/^I14 \(1 times\).*nobody has sent it/]],
  ['a mangled line', [...lines(0, 1), 'line 2 Ã¤'], [/^I1 /, /^I14 .*Ã¤/]],
  ['a line cut short', [...lines(0, 1), 'line'], [/^I1 /, /^I14 .*: line /]],
])('in lines of a copy it finds %s', (_what, arrived, found) => {
  expect(complaintsAboutLines(3, arrived)).toEqual(found.map((words) => expect.stringMatching(words)))
})
