import type { inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '#server/trpc/root.ts'

/** A connector as its page gets it, handed to every tab. */
export type Connector = inferRouterOutputs<AppRouter>['connectors']['get']

export interface TabProps {
  connector: Connector
}
