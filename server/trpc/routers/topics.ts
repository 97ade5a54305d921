import { tracked } from '@trpc/server'
import { withoutSecrets } from '#server/console/config-records.ts'
import { followTopic } from '#server/console/follow-topic.ts'
import { listTopics } from '#server/console/list-topics.ts'
import { topicUsers } from '#server/console/topic-users.ts'
import { toTrpcError } from '#server/trpc/errors.ts'
import { ofTopic, toProduce, toRead, toTail } from '#server/trpc/inputs.ts'
import { clusterProcedure, router } from '#server/trpc/trpc.ts'

const read = clusterProcedure('topic:read')
const never = new AbortController().signal

/** Topics and their records. */
export const topics = router({
  list: read.query(({ ctx }) => listTopics(ctx.cluster)),
  describe: read.input(ofTopic).query(({ ctx, input }) => ctx.cluster.topics().describe(input.topic)),
  users: read.input(ofTopic).query(({ ctx, input }) => topicUsers(ctx.cluster, input.topic)),
  read: read
    .input(toRead)
    .query(async ({ ctx, input, signal }) =>
      withoutSecrets(await ctx.cluster.topics().read(input, signal ?? never), ctx.cluster.passwordKeys),
    ),
  produce: clusterProcedure('topic:write')
    .input(toProduce)
    .mutation(({ ctx, input }) => ctx.cluster.topics().produce(input)),
  /** Goes on without a gap or a repeat when a browser comes back with the id of its last event. */
  tail: read.input(toTail).subscription(async function* ({ ctx, input, signal }) {
    try {
      for await (const { id, event } of followTopic(ctx.cluster.topics(), input, signal ?? never)) {
        const records = await withoutSecrets(event.records, ctx.cluster.passwordKeys)
        yield tracked(id, { ...event, records })
      }
    } catch (error) {
      throw toTrpcError(error)
    }
  }),
})
