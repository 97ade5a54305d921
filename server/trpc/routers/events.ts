import { tracked } from '@trpc/server'
import { resumable } from '#server/trpc/inputs.ts'
import { clusterProcedure } from '#server/trpc/trpc.ts'

/** The one event stream of a tab: what changed, and whether the cluster can be asked. */
export const events = clusterProcedure('cluster:read')
  .input(resumable)
  .subscription(async function* ({ ctx, input, signal = new AbortController().signal }) {
    for await (const { id, event } of ctx.console.live.follow(
      ctx.cluster.slug,
      input.lastEventId ?? undefined,
      signal,
    )) {
      yield tracked(id, event)
    }
  })
