import { describe, expect, test } from 'vitest'
import { parseConnectorFile } from '#server/bin/connector-file.ts'

const config = { name: 'lines', 'connector.class': 'FileStreamSource', 'tasks.max': '1' }

describe('a connector is read', () => {
  test.each([
    ['from properties', '# a comment\nname=lines\nconnector.class = FileStreamSource\ntasks.max:1\n'],
    ['from a flat JSON map, numbers as text', JSON.stringify({ ...config, 'tasks.max': 1 })],
    ['from the body of a create request', JSON.stringify({ name: 'lines', config })],
    ['from one whose config alone names it', JSON.stringify({ config })],
    ['whatever else stands beside', JSON.stringify({ name: 'lines', config, tasks: [], type: 'source' })],
  ])('%s', (_, text) => {
    expect({ ...parseConnectorFile(text) }).toEqual({ name: 'lines', config })
  })

  test('with the state it is to begin in', () => {
    const text = JSON.stringify({ name: 'lines', config, initial_state: 'paused' })
    expect(parseConnectorFile(text).initialState).toBe('PAUSED')
  })
})

describe('a file is refused', () => {
  test.each([
    ['without a name', 'connector.class=FileStreamSource', 'no name'],
    ['with JSON that is none', '{"name":"lines",', 'JSON'],
    ['with two names', JSON.stringify({ name: 'other', config }), "doesn't match"],
    ['with a state that is none', JSON.stringify({ name: 'lines', config, initial_state: 'asleep' }), 'initial state'],
    ['with a list', '["lines"]', 'object'],
  ])('%s', (_, text, message) => {
    expect(() => parseConnectorFile(text)).toThrow(message)
  })
})
