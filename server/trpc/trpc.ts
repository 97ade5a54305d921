import { initTRPC, TRPCError } from '@trpc/server'
import superjson from 'superjson'
import { may, type Right } from '#server/console/access.ts'
import { nouns } from '#server/console/live-feed.ts'
import type { Context } from '#server/trpc/context.ts'
import { connectErrorOf, messageFor, toTrpcError } from '#server/trpc/errors.ts'
import { onCluster } from '#server/trpc/inputs.ts'

interface Meta {
  right: Right
}

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    transformer: superjson,
    // S-36: no stack leaves the server, whatever NODE_ENV says.
    isDev: false,
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      message: messageFor(error, shape.message),
      data: { ...shape.data, connect: connectErrorOf(error) },
    }),
    sse: {
      ping: { enabled: true, intervalMs: 5_000 },
      client: { reconnectAfterInactivityMs: 15_000 },
    },
  })

export const router = t.router

const checked = t.procedure
  .use(({ ctx, meta, next, path }) => {
    if (meta && may(ctx.role, meta.right)) return next()
    throw new TRPCError({ code: 'FORBIDDEN', message: `The role ${ctx.role} may not use ${path}.` })
  })
  .use(async ({ next }) => {
    const result = await next()
    if (!result.ok) throw toTrpcError(result.error)
    return result
  })

/** A procedure that needs a right. */
export const procedure = (right: Right) => checked.meta({ right })

/**
 * A procedure about one cluster, named by its input. What a mutation changed is told to everybody who looks at the
 * cluster.
 */
export const clusterProcedure = (right: Right) =>
  procedure(right)
    .input(onCluster)
    .use(async ({ ctx, input, type, path, next }) => {
      const cluster = await ctx.console.connections.get(input.cluster)
      const result = await next({ ctx: { cluster } })
      if (type === 'mutation')
        ctx.console.live.tell(cluster.slug, ...nouns.filter((noun) => path.startsWith(`${noun}.`)))
      return result
    })
