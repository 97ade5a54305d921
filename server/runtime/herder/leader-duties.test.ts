import { describe, expect, test } from 'vitest'
import type { InstanceState } from '#server/contract/connector.ts'
import { createConfigFold } from '#server/core/config-fold.ts'
import type { SessionKey } from '#server/core/config-record.ts'
import { createStatusFold } from '#server/core/status-fold.ts'
import { noWork } from '#server/core/work.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createLeaderDuties } from '#server/runtime/herder/leader-duties.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const ttlMs = 60_000

const signingWith = { keyAlgorithm: 'HmacSHA256', keyBytes: 32, keyTtlMs: ttlMs, algorithm: 'HmacSHA256' }

function dutiesWith(signing = signingWith) {
  const configs = createConfigFold()
  const statuses = createStatusFold()
  const clock = createFakeClock()
  const keys: SessionKey[] = []
  const done: string[] = []
  let refuse = false
  const nameOf = (instance: { connector: string } | { task: { connector: string; task: number } }) =>
    'connector' in instance ? instance.connector : `${instance.task.connector}-${instance.task.task}`
  const duties = createLeaderDuties({
    configs: {
      state: configs.state,
      async putSessionKey(sessionKey: SessionKey) {
        if (refuse) throw new Error('no')
        keys.push(sessionKey)
        configs.apply({ kind: 'session-key', sessionKey }, 0)
      },
    } as never,
    statuses: {
      state: statuses.state,
      removeTopics: async (connector: string) => void done.push(`topics of ${connector}`),
    } as never,
    reports: {
      forget: (instance: never) => done.push(`forget ${nameOf(instance)}`),
      sayFor: (
        { workerId, generation }: { workerId: string; generation: number },
        instance: never,
        state: InstanceState,
      ) => done.push(`${nameOf(instance)} ${state} for ${workerId} in ${generation}`),
    } as never,
    events: { write: ({ kind, message }) => void (kind === 'worker' && done.push(message)) },
    signing,
    clock,
    logger: quietLogger,
  })
  const status = (state: InstanceState, workerId: string) => ({
    state,
    workerId,
    trace: null,
    generation: 1,
    version: '1',
  })
  return {
    ...{ duties, configs, statuses, clock, keys, done },
    connectorIs: (connector: string, state: InstanceState, workerId = 'a:1') =>
      statuses.apply({ kind: 'connector', connector, status: status(state, workerId) }),
    taskIs: (connector: string, task: number, state: InstanceState, workerId = 'a:1') =>
      statuses.apply({ kind: 'task', id: { connector, task }, status: status(state, workerId) }),
    refuseKeys: () => {
      refuse = true
    },
  }
}

describe('the session key', () => {
  test('is written once and kept until its time is over', async () => {
    const { duties, keys, clock } = dutiesWith()
    await duties.ensureSessionKey()
    await clock.pass(ttlMs - 1)
    await duties.ensureSessionKey()
    expect(keys).toHaveLength(1)
    expect(Buffer.from(keys[0]?.key ?? '', 'base64')).toHaveLength(32)
    await clock.pass(1)
    await duties.ensureSessionKey()
    expect(keys).toHaveLength(2)
    expect(keys[1]?.key).not.toBe(keys[0]?.key)
  })

  test('is replaced each time it gets too old, and no longer when the leader is none any more', async () => {
    const { duties, keys, clock } = dutiesWith()
    const leading = new AbortController()
    const kept = duties.keepSessionKey(leading.signal)
    for (let passed = 0; passed < 3 * ttlMs; passed += ttlMs / 4) await clock.pass(ttlMs / 4)
    expect(keys).toHaveLength(4)
    leading.abort()
    await kept
    await clock.pass(ttlMs)
    expect(keys).toHaveLength(4)
  })

  test('is kept for ever when its time to live is 0', async () => {
    const { duties, keys, clock } = dutiesWith({ ...signingWith, keyTtlMs: 0 })
    await duties.ensureSessionKey()
    await clock.pass(1_000 * ttlMs)
    await duties.ensureSessionKey()
    expect(keys).toHaveLength(1)
  })

  test('is replaced when its algorithm or its size is no longer wanted', async () => {
    const { duties, configs, keys } = dutiesWith()
    const fresh = { createdAt: 1_760_000_000_000 }
    for (const sessionKey of [
      { key: Buffer.alloc(64).toString('base64'), algorithm: 'HmacSHA256', ...fresh },
      { key: Buffer.alloc(32).toString('base64'), algorithm: 'HmacSHA512', ...fresh },
    ]) {
      configs.apply({ kind: 'session-key', sessionKey }, 0)
      await duties.ensureSessionKey()
    }
    expect(keys).toHaveLength(2)
  })

  test('that cannot be written is no reason to fall over', async () => {
    const { duties, refuseKeys } = dutiesWith()
    refuseKeys()
    await duties.ensureSessionKey()
  })
})

test('statuses and topics of what no longer exists are taken back, all others stay', async () => {
  const { duties, configs, connectorIs, taskIs, statuses, done } = dutiesWith()
  configs.apply({ kind: 'connector', connector: 'c', config: {} }, 0)
  configs.apply({ kind: 'task', id: { connector: 'c', task: 0 }, config: {} }, 1)
  configs.apply({ kind: 'commit', connector: 'c', tasks: 1 }, 2)
  for (const connector of ['c', 'gone']) {
    connectorIs(connector, 'RUNNING')
    taskIs(connector, 0, 'RUNNING')
    statuses.apply({ kind: 'topic', topic: 't', connector, use: { topic: 't', connector, task: 0, discoveredAt: 0 } })
  }
  taskIs('c', 1, 'RUNNING')
  await duties.cleanStatuses()
  expect(done).toEqual(['forget gone', 'forget gone-0', 'forget c-1', 'topics of gone'])
})

test('I8: what ran on a worker that is gone is said to be unassigned; its failures stay', () => {
  const { duties, connectorIs, taskIs, done } = dutiesWith()
  connectorIs('c', 'RUNNING', 'gone:1')
  connectorIs('d', 'RUNNING', 'here:1')
  taskIs('c', 0, 'PAUSED', 'gone:1')
  taskIs('c', 1, 'FAILED', 'gone:1')
  taskIs('c', 2, 'UNASSIGNED', 'gone:1')
  taskIs('d', 0, 'RUNNING', 'here:1')
  duties.markDeparted([{ memberId: 'm', url: 'http://here:1/', work: noWork, leaving: noWork }], 9)
  expect(done).toEqual([
    'c UNASSIGNED for gone:1 in 9',
    'c-0 UNASSIGNED for gone:1 in 9',
    'Worker gone:1 is gone without a goodbye: 2 of its connectors and tasks go to others',
  ])
})
