'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import type { Freshness } from '#components/frame/freshness.tsx'

const context = createContext<Freshness>({ status: 'connecting' })

/** How fresh the page is. */
export const useFreshness = (): Freshness => useContext(context)

/**
 * The one event stream of a tab. It says what changed, and the queries that show it ask again; a browser has six
 * connections to a host, so no widget opens its own. After a break everything asks again.
 */
export function LiveProvider({ cluster, children }: { cluster: string; children: ReactNode }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const broken = useRef(false)
  const [freshness, setFreshness] = useState<Freshness>({ status: 'connecting' })

  const stream = useSubscription(
    trpc.events.subscriptionOptions(
      { cluster },
      {
        onConnectionStateChange: (state) => {
          if (state.state === 'connecting' && state.error) {
            broken.current = true
            setFreshness(after(state.error))
          }
        },
        onData: (event) => {
          const at = Date.now()
          if (broken.current) void queryClient.invalidateQueries()
          broken.current = false
          const reason = event.data.reason
          setFreshness((was) =>
            reason === null ? { status: 'live', at } : { status: 'stale', at: lastGood(was) ?? at, reason },
          )
          for (const what of event.data.changed) void queryClient.invalidateQueries({ queryKey: [[what]] })
        },
      },
    ),
  )

  const { error, reset } = stream
  useEffect(() => {
    if (!error) return
    broken.current = true
    setFreshness(after(error))
    const timer = setTimeout(reset, 2_000)
    return () => clearTimeout(timer)
  }, [error, reset])

  return <context.Provider value={freshness}>{children}</context.Provider>
}

/** When the page was last told what is; a cluster that goes on not to answer makes it no younger. */
const lastGood = (was: Freshness): number | undefined => ('at' in was ? was.at : undefined)

/** What an error leaves of the freshness: a console that answers is not offline, and before its first event nothing is old. */
const after =
  (error: unknown) =>
  (was: Freshness): Freshness => {
    const { code, message: reason } = troubleOf(error)
    const at = lastGood(was)
    if (code === undefined) return { status: 'offline', at, reason }
    return at === undefined ? was : { status: 'stale', at, reason }
  }
