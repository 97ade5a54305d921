import { expect, test } from 'vitest'
import { ConnectError } from '#server/contract/errors.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { createPreflightFencing } from '#server/runtime/herder/preflight-fencing.ts'
import type { GroupView } from '#server/runtime/membership.ts'
import { createFakeClock, settled } from '#server/runtime/test-tree/fake-clock.ts'

type Member = Extract<GroupView, { state: 'member' }>
const view: Member = {
  ...{ state: 'member', generation: 1, protocol: 'sessioned', isLeader: false },
  ...{ leaderUrl: 'http://leader/', delayUntil: 0 },
}

/** A worker whose leader answers with these failures, one after the other, and then does what it was asked. */
function asking(failures: readonly Error[], member: Member = view) {
  const clock = createFakeClock()
  const left = [...failures]
  const asked: string[] = []
  const answer = async (whom: string) => {
    asked.push(whom)
    const failure = left.shift()
    if (failure) throw failure
  }
  const fence = createPreflightFencing({
    membership: { settled: async () => member },
    asLeader: (connector) => answer(`this worker about ${connector}`),
    peers: { fenceZombies: (url, connector) => answer(`${url} about ${connector}`) },
    sign: () => undefined,
    clock,
    logger: quietLogger,
  })
  return { clock, asked, fence }
}

const passing = () => new ConnectError('NOT_LEADER', 'a rebalance is under way')

test('asks the leader, or acts as leader', async () => {
  const follower = asking([])
  await follower.fence('c', new AbortController().signal)
  expect(follower.asked).toEqual(['http://leader/ about c'])
  const leader = asking([], { ...view, isLeader: true })
  await leader.fence('c', new AbortController().signal)
  expect(leader.asked).toEqual(['this worker about c'])
})

test('R-I24: a rebalance, newer task configs and a leader that is gone are waited for', async () => {
  const conflict = new ConnectError('INTERNAL', 'a worker of Kafka Connect said 409', { status: 409 })
  const gone = new ConnectError('WORKER_UNREACHABLE', 'the leader does not answer')
  const { clock, asked, fence } = asking([passing(), conflict, gone])
  const done = fence('c', new AbortController().signal)
  await clock.pass(5_000)
  await done
  expect(asked).toHaveLength(4)
})

test('what does not pass fails the start of the task at once, and says why', async () => {
  const { fence, asked } = asking([new ConnectError('START_FAILED', 'not authorized')])
  await expect(fence('c', new AbortController().signal)).rejects.toMatchObject({
    code: 'START_FAILED',
    message: 'Failed to perform zombie fencing: not authorized',
  })
  expect(asked).toHaveLength(1)
})

test('after a minute of conflicts it is given up', async () => {
  const { clock, fence } = asking(Array.from({ length: 200 }, passing))
  const done = expect(fence('c', new AbortController().signal)).rejects.toThrow('a rebalance is under way')
  await clock.pass(120_000)
  await done
})

test('a start that is overtaken asks no more', async () => {
  const { clock, asked, fence } = asking(Array.from({ length: 200 }, passing))
  const overtaken = new AbortController()
  const done = fence('c', overtaken.signal)
  await settled()
  overtaken.abort()
  await done
  await clock.pass(60_000)
  expect(asked).toHaveLength(1)
})
