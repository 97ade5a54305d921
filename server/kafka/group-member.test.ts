import { expect, test } from 'vitest'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { createGroupMember, type GroupMemberOptions } from '#server/kafka/group-member.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type Script, type ScriptedBroker, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'
import { createFakeClock } from '#server/runtime/test-tree/fake-clock.ts'

const { FENCED_INSTANCE_ID, MEMBER_ID_REQUIRED, REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID, NOT_COORDINATOR } =
  kafkaErrors
/** Waits pass a hundred times faster than the member believes. */
const hurried: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() * 100,
  sleep: (ms, signal) => systemClock.sleep(Math.ceil(ms / 100), signal),
  random: () => 0.5,
}

const joins: Script = {
  JoinGroup: ({ body }) => ({ memberId: body.memberId || 'm', generationId: 3, leader: 'm', protocolName: 'p' }),
  SyncGroup: ({ body }) => ({ assignment: body.assignments[0]?.assignment ?? Buffer.from('given') }),
  Heartbeat: () => ({}),
  LeaveGroup: () => ({}),
}

async function withMember<Answer>(
  script: Script,
  run: (it: {
    /** What the member said to its log as a warning. */
    warned: string[]
    member: ReturnType<typeof createGroupMember>
    broker: ScriptedBroker
    /** Resolves with `rebalance` or the reason of the loss. */
    told: Promise<string>
    client: ReturnType<typeof createKafkaClient>
  }) => Promise<Answer>,
  more: Partial<GroupMemberOptions> = {},
  clock: Clock = hurried,
): Promise<Answer> {
  await using broker = await startScriptedBroker({ ...joins, ...script })
  const warned: string[] = []
  await using client = createKafkaClient({
    bootstrapServers: [`127.0.0.1:${broker.port}`],
    clientId: 'test',
    clock,
    logger: { ...quietLogger, warn: (message) => void warned.push(message) },
    requestTimeoutMs: 1_000_000,
    connectTimeout: { firstMs: 10_000, mostMs: 10_000 },
  })
  let tell: (what: string) => void = () => undefined
  const told = new Promise<string>((resolve) => {
    tell = resolve
  })
  await using member = createGroupMember(client, {
    groupId: 'g',
    protocolType: 'connect',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 600_000,
    heartbeatIntervalMs: 1_000,
    protocols: () => [{ name: 'p', metadata: Buffer.from('meta') }],
    assign: async ({ leaderId }) => new Map([[leaderId, Buffer.from('mine')]]),
    onRebalanceNeeded: () => tell('rebalance'),
    onLost: tell,
    onFenced: (error) => tell(`fenced: ${error.message}`),
    ...more,
  })
  return await run({ member, broker, told, client, warned })
}
const never = new AbortController().signal
const apisOf = ({ requests }: ScriptedBroker) => requests.map(({ api }) => api)

test('joins with the id that the coordinator gave it, and assigns when it leads', () =>
  withMember(
    {
      JoinGroup: ({ body }) =>
        body.memberId === ''
          ? { errorCode: MEMBER_ID_REQUIRED.code, memberId: 'given-id' }
          : { memberId: body.memberId, generationId: 3, leader: body.memberId, protocolName: 'p' },
    },
    async ({ member }) => {
      expect(await member.join(never)).toMatchObject({ memberId: 'given-id', generation: 3, isLeader: true })
      expect([member.memberId, member.generation]).toEqual(['given-id', 3])
    },
  ))

test('looks for the coordinator again when it moved', () => {
  let refusals = 2
  return withMember(
    { JoinGroup: () => (refusals-- > 0 ? { errorCode: NOT_COORDINATOR.code } : { memberId: 'm', generationId: 1 }) },
    async ({ member, broker }) => {
      await member.join(never)
      expect(apisOf(broker).filter((api) => api === 'FindCoordinator')).toHaveLength(3)
    },
  )
})

test('a join that waits holds up nothing else, and ends when its signal aborts', () =>
  withMember({ JoinGroup: () => 'silence' }, async ({ member, broker, client }) => {
    const stop = new AbortController()
    const joining = member.join(stop.signal)
    await expect.poll(() => apisOf(broker)).toContain('JoinGroup')
    expect(await client.call('Heartbeat', { groupId: 'g', memberId: 'm' }, { coordinator: 'group', key: 'g' })).toEqual(
      expect.objectContaining({ errorCode: 0 }),
    )
    stop.abort()
    await expect(joining).rejects.toThrow()
  }))

test('says once that a rebalance is due, and keeps its membership until it joins again', () =>
  withMember({ Heartbeat: () => ({ errorCode: REBALANCE_IN_PROGRESS.code }) }, async ({ member, told }) => {
    await member.join(never)
    expect(await told).toBe('rebalance')
    expect(member.generation).toBe(3)
  }))

test('is lost when the coordinator does not know it any more, and joins as somebody new', () =>
  withMember({ Heartbeat: () => ({ errorCode: UNKNOWN_MEMBER_ID.code }) }, async ({ member, told }) => {
    await member.join(never)
    expect(await told).toContain('UNKNOWN_MEMBER_ID')
    expect([member.memberId, member.generation]).toEqual(['', -1])
  }))

test('I7: is lost when the coordinator was silent for longer than the session', () =>
  withMember({ Heartbeat: () => 'silence' }, async ({ member, told }) => {
    await member.join(never)
    expect(await told).toBe('the group coordinator does not answer')
  }))

test('I7: claims nothing any more when it could not reach the coordinator for longer than the session', () => {
  let reachable = true
  const claims: number[] = []
  return withMember(
    {
      JoinGroup: () => {
        claims.push(claiming())
        if (claims.at(-1) === -1) reachable = true
        return reachable ? { memberId: 'm', generationId: 3, leader: 'm', protocolName: 'p' } : 'hang up'
      },
    },
    async ({ member }) => {
      claiming = () => member.generation
      await member.join(never)
      reachable = false
      await member.join(never)
      expect(claims.slice(0, 2)).toEqual([-1, 3])
      expect(new Set(claims)).toEqual(new Set([-1, 3]))
      expect(claims.at(-1)).toBe(-1)
    },
  )
})
let claiming: () => number = () => -1

test('leaves with a reason, and only when it is a member', () =>
  withMember({}, async ({ member, broker }) => {
    await member.leave('never joined')
    expect(apisOf(broker)).not.toContain('LeaveGroup')
    await member.join(never)
    await member.leave('done')
    expect(broker.requests.at(-1)).toMatchObject({
      api: 'LeaveGroup',
      body: { members: [{ memberId: 'm', reason: 'done' }] },
    })
  }))

test('a heartbeat that failed is sent again after retry.backoff.ms, not a whole interval later', () => {
  const clock = createFakeClock()
  return withMember(
    { Heartbeat: () => ({ errorCode: NOT_COORDINATOR.code }) },
    async ({ member, broker }) => {
      await member.join(never)
      for (const [failures, waitMs] of [1_000, 100, 200, 400].entries()) {
        await expect.poll(() => clock.sleeping()).toContain(waitMs)
        await clock.pass(waitMs)
        await expect.poll(() => apisOf(broker).filter((api) => api === 'Heartbeat')).toHaveLength(failures + 1)
      }
    },
    {},
    clock,
  )
})

test('leaves its group when its owner does not come back in time, in Kafka’s words', () => {
  let dueAt = Number.POSITIVE_INFINITY
  return withMember(
    {},
    async ({ member, broker, told, warned }) => {
      await member.join(never)
      await expect.poll(() => apisOf(broker)).toContain('Heartbeat')
      expect(apisOf(broker)).not.toContain('LeaveGroup')
      dueAt = hurried.monotonic() + 2_500
      expect(await told).toBe('consumer poll timeout has expired.')
      expect(hurried.monotonic()).toBeGreaterThanOrEqual(dueAt)
      expect([member.memberId, member.generation]).toEqual(['', -1])
      await expect.poll(() => apisOf(broker)).toContain('LeaveGroup')
      expect(broker.requests.at(-1)).toMatchObject({
        body: { members: [{ memberId: 'm', reason: 'consumer poll timeout has expired.' }] },
      })
      expect(warned).toEqual([
        expect.stringMatching(/^consumer poll timeout has expired\. This means the time between/),
      ])
    },
    { pollDueAt: () => dueAt },
  )
})

test('KIP-345: a member that keeps its place does not leave when its owner does not come back, and is lost all the same', () =>
  withMember(
    {},
    async ({ member, broker, told }) => {
      await member.join(never)
      expect(await told).toBe('consumer poll timeout has expired.')
      expect(member.generation).toBe(-1)
      expect(apisOf(broker)).not.toContain('LeaveGroup')
    },
    { pollDueAt: () => 0, groupInstanceId: 'i' },
  ))

test('KIP-345: says that another member has its id', () =>
  withMember(
    { Heartbeat: () => ({ errorCode: FENCED_INSTANCE_ID.code }) },
    async ({ member, told }) => {
      await member.join(never)
      expect(await told).toMatch(/^fenced: FENCED_INSTANCE_ID/)
      expect(member.generation).toBe(-1)
    },
    { groupInstanceId: 'i' },
  ))
