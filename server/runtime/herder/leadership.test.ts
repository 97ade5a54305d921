import { describe, expect, test } from 'vitest'
import { createAsLeader, elsewhere } from '#server/runtime/herder/leadership.ts'
import type { GroupView } from '#server/runtime/membership.ts'
import { createStages } from '#server/runtime/stages.ts'
import { settled } from '#server/runtime/test-tree/fake-clock.ts'

type Member = Extract<GroupView, { state: 'member' }>
const leader: Member = {
  state: 'member',
  generation: 1,
  protocol: 'sessioned',
  isLeader: true,
  leaderUrl: 'http://me/',
  delayUntil: 0,
}
const follower: Member = { ...leader, isLeader: false, leaderUrl: 'http://leader/' }

function asLeaderOf(view: { now: Member }) {
  const log: string[] = []
  const asLeader = createAsLeader(
    { settled: async () => view.now },
    { claim: async () => void log.push('claim'), readToEnd: async () => void log.push('read') },
    createStages({ now: () => 0 }),
  )
  return { asLeader, log }
}

describe('I11: writes of the leader', () => {
  test('never overlap, and each begins with everything that was written before it', async () => {
    const { asLeader, log } = asLeaderOf({ now: leader })
    const first = Promise.withResolvers<void>()
    const writes = ['a', 'b', 'c'].map((name) =>
      asLeader(async () => {
        log.push(`${name} begins`)
        if (name === 'a') await first.promise
        log.push(`${name} ends`)
        return name
      }),
    )
    await settled()
    expect(log).toEqual(['claim', 'read', 'a begins'])
    first.resolve()
    expect(await Promise.all(writes)).toEqual(['a', 'b', 'c'])
    expect(log).toEqual(['a', 'b', 'c'].flatMap((name) => ['claim', 'read', `${name} begins`, `${name} ends`]))
  })

  test('go on after one that failed, which its own caller alone is told', async () => {
    const { asLeader } = asLeaderOf({ now: leader })
    const failing = asLeader(() => Promise.reject(new Error('no')))
    const next = asLeader(async () => 'done')
    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('done')
  })

  test('that waited their turn while leadership went elsewhere are sent there', async () => {
    const view = { now: leader }
    const { asLeader } = asLeaderOf(view)
    const first = Promise.withResolvers<void>()
    const running = asLeader(() => first.promise)
    const waiting = asLeader(async () => 'written')
    await settled()
    view.now = follower
    first.resolve()
    await running
    await expect(waiting).rejects.toMatchObject({ code: 'NOT_LEADER', forwardUrl: 'http://leader/' })
  })
})

test('a follower sends whoever asks to the leader; without one it says so', async () => {
  const { asLeader } = asLeaderOf({ now: follower })
  await expect(asLeader(async () => 'never')).rejects.toMatchObject({
    code: 'NOT_LEADER',
    forwardUrl: 'http://leader/',
  })
  expect(elsewhere(undefined)).toMatchObject({
    status: 409,
    forwardUrl: undefined,
    message: 'Cannot complete request momentarily due to no known leader URL, likely because a rebalance was underway.',
  })
})
