import { expect, test } from 'vitest'
import { KafkaError } from '#server/protocol/kafka-errors.ts'
import { createKafkaRetries } from '#server/runtime/task/kafka-retries.ts'
import { createRareWarnings } from '#server/runtime/task/rare-warnings.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

function setup() {
  const clock = createFakeClock()
  const hindered: string[] = []
  const warned: string[] = []
  const warn = createRareWarnings({ clock, logger: { warn: (message) => void warned.push(message) } })
  const retrying = createKafkaRetries({ hindered: (reason) => void hindered.push(reason) }, warn)
  return { clock, hindered, warned, retrying }
}

const full = new KafkaError('KAFKA_STORAGE_ERROR', 'ENOSPC')

test('each failure is the reason, and the log has each kind at once and then once a minute', async () => {
  const { clock, hindered, warned, retrying } = setup()
  for (let failures = 0; failures < 10; failures++) retrying('a batch for t-0', full, failures)
  expect(hindered).toEqual(Array(10).fill('a batch for t-0 fails and is tried again: KAFKA_STORAGE_ERROR: ENOSPC'))
  const told = 'A batch for t-0 fails and is tried again: KAFKA_STORAGE_ERROR: ENOSPC'
  expect(warned).toEqual([told])
  retrying('a batch for t-0', new KafkaError('NETWORK_EXCEPTION', 'refused'), 10)
  expect(warned).toHaveLength(2)
  await clock.pass(59_999)
  retrying('a batch for t-0', full, 11)
  expect(warned).toHaveLength(2)
  await clock.pass(1)
  retrying('a batch for t-0', full, 12)
  expect(warned.slice(2)).toEqual([told])
})

test('what a healthy cluster says in passing is logged when it does not pass', () => {
  const { hindered, warned, retrying } = setup()
  const moved = new KafkaError('NOT_LEADER_OR_FOLLOWER', 't-0')
  for (let failures = 0; failures < 3; failures++) retrying('a batch for t-0', moved, failures)
  expect([hindered.length, warned]).toEqual([3, []])
  retrying('a batch for t-0', moved, 3)
  expect(warned).toHaveLength(1)
})
