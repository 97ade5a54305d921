'use client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createTRPCClient, httpBatchStreamLink, httpSubscriptionLink, splitLink, TRPCClientError } from '@trpc/client'
import { type ReactNode, useState } from 'react'
import superjson from 'superjson'
import { TRPCProvider } from '#app/trpc.ts'
import { NoticeProvider } from '#components/frame/notices.tsx'
import type { AppRouter } from '#server/trpc/root.ts'

const url = '/api/trpc'

/** Once more may help where something is away; a refusal stays one. */
const mayHelp = (failures: number, error: unknown): boolean =>
  failures < 1 && !(error instanceof TRPCClientError && error.data?.httpStatus < 500)

/** What every page stands on: the query cache, the tRPC client (plain calls and one event stream), notices. */
export function Providers({ children }: { children: ReactNode }) {
  const [queryClient] = useState(
    () =>
      new QueryClient({
        // The event stream says when something changed (live.tsx); the interval catches what no event tells.
        defaultOptions: { queries: { staleTime: 5_000, refetchInterval: 15_000, retry: mayHelp } },
      }),
  )
  const [client] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        splitLink({
          condition: (operation) => operation.type === 'subscription',
          true: httpSubscriptionLink({ url, transformer: superjson }),
          // Each answer of a batch is shown when it is there: what waits for the database holds up nothing else.
          false: httpBatchStreamLink({ url, transformer: superjson }),
        }),
      ],
    }),
  )
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={client} queryClient={queryClient}>
        <NoticeProvider>{children}</NoticeProvider>
      </TRPCProvider>
    </QueryClientProvider>
  )
}
