import { expect, test } from 'vitest'
import { systemClock } from '#server/contract/clock.ts'
import { createAdmin } from '#server/kafka/admin.ts'
import { createKafkaClient } from '#server/kafka/client.ts'
import { quietLogger } from '#server/kafka/testdata/quiet-logger.ts'
import { type ScriptedBroker, startScriptedBroker } from '#server/kafka/testdata/scripted-broker.ts'
import { apis } from '#server/protocol/codec.ts'
import { kafkaErrors } from '#server/protocol/errors.gen.ts'

const at0 = { topic: 't', partition: 0 }

/** A coordinator that knows OffsetFetch up to a version, and whose offset is undecided for its first so many answers. */
async function withCoordinator(
  { newest = 9, undecided = 0 }: { newest?: number; undecided?: number },
  run: (admin: ReturnType<typeof createAdmin>, broker: ScriptedBroker) => Promise<void>,
) {
  let answers = 0
  await using broker = await startScriptedBroker({
    ApiVersions: () => ({
      apiKeys: Object.entries(apis).map(([name, { key, min, max }]) => ({
        ...{ apiKey: key, minVersion: min, maxVersion: name === 'OffsetFetch' ? newest : max },
      })),
    }),
    OffsetFetch({ version }) {
      const isUndecided = answers++ < undecided
      const errorCode = isUndecided ? kafkaErrors.UNSTABLE_OFFSET_COMMIT.code : 0
      const partitions = [{ partitionIndex: 0, committedOffset: isUndecided ? -1 : 7, errorCode }]
      const topics = [{ name: 't', partitions }]
      return version >= 8 ? { groups: [{ groupId: 'g', topics }] } : { topics }
    },
  })
  await using client = createKafkaClient({
    ...{ bootstrapServers: [`127.0.0.1:${broker.port}`], clientId: 'test', clock: systemClock, logger: quietLogger },
    ...{ retryBackOff: { firstMs: 1, mostMs: 1 } },
  })
  await run(createAdmin(client), broker)
}

const asked = ({ requests }: ScriptedBroker) =>
  requests.flatMap((request) => (request.api === 'OffsetFetch' ? [[request.version, request.body.requireStable]] : []))
const lookUps = ({ requests }: ScriptedBroker) => requests.filter(({ api }) => api === 'FindCoordinator').length

test.each([
  [9, true, true],
  [7, true, true],
  [9, false, false],
  // It would not understand the wish.
  [6, true, false],
])('a coordinator of version %i that is asked for stable offsets (%s) is told so: %s', async (newest, stable, told) => {
  await withCoordinator({ newest }, async (admin, broker) => {
    expect(await admin.groupOffsets('g', [at0], { stable })).toEqual([{ ...at0, offset: 7 }])
    expect(asked(broker)).toEqual([[newest, told]])
  })
})

test('an offset that is undecided is asked for again, of the same coordinator', async () => {
  await withCoordinator({ undecided: 5 }, async (admin, broker) => {
    expect(await admin.groupOffsets('g', [at0], { stable: true })).toEqual([{ ...at0, offset: 7 }])
    expect(asked(broker)).toHaveLength(6)
    expect(lookUps(broker)).toBe(1)
  })
})

test('who stops asking is told what was answered last', async () => {
  await withCoordinator({ undecided: Number.POSITIVE_INFINITY }, async (admin, broker) => {
    const stop = new AbortController()
    const asking = admin.groupOffsets('g', [at0], { stable: true, signal: stop.signal })
    await expect.poll(() => asked(broker).length).toBeGreaterThan(2)
    stop.abort()
    await expect(asking).rejects.toMatchObject({ errorName: 'UNSTABLE_OFFSET_COMMIT' })
  })
})
