import { expect, test } from 'vitest'
import { createLogLevels, parseThreshold } from '#server/observe/log-levels.ts'

const levels = () => createLogLevels({ root: 'INFO', clock: { now: () => 42 } })

test('knows only the loggers that somebody named', () => {
  const all = levels()
  expect(all.level('sluice.rest')).toBeUndefined()
  all.register('sluice.rest')
  expect(all.level('sluice.rest')).toEqual({ level: 'INFO', lastModified: null })
  expect(Object.keys(all.all())).toEqual(['root', 'sluice.rest'])
})

test('changes a logger with everything below it, and names only those that changed', () => {
  const all = levels()
  all.register('a.b.c')
  all.register('other')
  expect(all.set('a.b', 'DEBUG')).toEqual(['a.b', 'a.b.c'])
  expect(all.set('a.b', 'DEBUG')).toEqual([])
  expect(all.set('a.b.c', 'WARN')).toEqual(['a.b.c'])
  expect(all.set('a', 'WARN')).toEqual(['a', 'a.b'])
  expect(all.level('a.b.c')).toEqual({ level: 'WARN', lastModified: 42 })
  expect(all.level('other')).toEqual({ level: 'INFO', lastModified: null })
})

test('root stands for all loggers, in any letter case', () => {
  const all = levels()
  all.register('a')
  expect(all.set('ROOT', 'ERROR')).toEqual(['a', 'root'])
  expect(all.level('root')?.level).toBe('ERROR')
})

test('a logger that is named later inherits from its nearest ancestor', () => {
  const all = levels()
  all.set('a.b', 'TRACE')
  expect(all.enabled('a.b.c', 'TRACE')).toBe(true)
  expect(all.enabled('a.bc', 'TRACE')).toBe(false)
})

test('OFF silences everything, ALL nothing', () => {
  const all = levels()
  all.set('a', 'OFF')
  expect(all.enabled('a', 'ERROR')).toBe(false)
  all.set('a', 'ALL')
  expect(all.enabled('a', 'TRACE')).toBe(true)
  expect(['warn', 'Fatal', 'bogus'].map(parseThreshold)).toEqual(['WARN', 'FATAL', undefined])
})

test('a level of a connector counts for its lines in place of every logger, and for no others', () => {
  const levels = createLogLevels({ root: 'INFO', clock: { now: () => 0 } })
  levels.setFor('a', 'DEBUG')
  levels.setFor('quiet', 'OFF')
  expect(levels.enabled('any', 'DEBUG', 'a')).toBe(true)
  expect(levels.enabled('any', 'TRACE', 'a')).toBe(false)
  expect(levels.enabled('any', 'ERROR', 'quiet')).toBe(false)
  expect(levels.enabled('any', 'DEBUG', 'b')).toBe(false)
  expect(levels.enabled('any', 'DEBUG')).toBe(false)
  levels.setFor('a', null)
  expect(levels.enabled('any', 'DEBUG', 'a')).toBe(false)
})
