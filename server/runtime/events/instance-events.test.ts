import { expect, test } from 'vitest'
import type { NewEvent } from '#server/contract/events.ts'
import { createInstanceEvents } from '#server/runtime/events/instance-events.ts'

const task = { connector: 'orders', task: 0 }
const lost = 'Thread tasks-2 is lost while polling task spins-0. It had answered nothing for 10000 ms.'

function setup() {
  const written: NewEvent[] = []
  return { written, events: createInstanceEvents({ write: (event) => void written.push(event) }) }
}

test('a restart that nobody asked for is a warning with its cause, one that was asked for is news', () => {
  const { written, events } = setup()
  events.heard({ task }, 'RESTARTING', `Error: ${lost}`)
  events.heard({ connector: 'orders' }, 'RESTARTING', `Error: ${lost}`)
  events.heard({ task }, 'RESTARTING', undefined)
  const detail = { state: 'RESTARTING' }
  const trace = `Error: ${lost}`
  expect(written).toEqual([
    { ...task, kind: 'state', level: 'WARN', message: `Task orders-0 is RESTARTING: ${lost}`, trace, detail },
    {
      ...{ connector: 'orders', kind: 'state', level: 'WARN', trace, detail },
      message: `Connector orders is RESTARTING: ${lost}`,
    },
    { ...task, kind: 'state', level: 'INFO', message: 'Task orders-0 is RESTARTING', detail },
  ])
})

test('a failure is an error with the first line of its trace; what went elsewhere says nothing', () => {
  const { written, events } = setup()
  events.heard({ task }, 'FAILED', 'Error: no such table\n    at poll')
  events.heard({ task }, 'GONE', undefined)
  expect(written).toEqual([
    {
      ...{ ...task, kind: 'failure', level: 'ERROR', trace: 'Error: no such table\n    at poll' },
      ...{ message: 'Task orders-0 failed: Error: no such table', detail: { state: 'FAILED' } },
    },
  ])
})
