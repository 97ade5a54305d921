'use client'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useTRPC } from '#app/trpc.ts'
import { createRate } from '#components/records/rate.ts'
import { createTailRing } from '#components/records/tail-ring.ts'
import type { TailQuery } from '#server/contract/topics.ts'

const capacity = 5_000
/** A hidden tab stops reading after this long, and says so when it is looked at again. */
const hiddenMs = 60_000

/** Follows a topic while the page is looked at. Records stay outside React and the query cache; one paint a frame. */
export function useTail(cluster: string, query: TailQuery) {
  const trpc = useTRPC()
  const [ring] = useState(() => createTailRing(capacity, (draw) => requestAnimationFrame(draw)))
  const [rate] = useState(() => createRate(60, Date.now))
  const view = useSyncExternalStore(ring.subscribe, ring.view, ring.view)
  const asleep = useHiddenFor(hiddenMs)
  const stream = useSubscription(
    trpc.topics.tail.subscriptionOptions(
      { cluster, ...query },
      {
        enabled: !asleep,
        onData: ({ data: event }) => {
          ring.push(event)
          // The first event is the backlog, which came all at once.
          if (event.delivered > event.records.length) rate.add(event.records.length)
        },
      },
    ),
  )
  return { ring, rate, view, error: stream.error, status: stream.status, asleep, again: stream.reset }
}

function useHiddenFor(ms: number): boolean {
  const [hidden, setHidden] = useState(false)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const onChange = () => {
      clearTimeout(timer)
      if (document.hidden) timer = setTimeout(() => setHidden(true), ms)
      else setHidden(false)
    }
    document.addEventListener('visibilitychange', onChange)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onChange)
    }
  }, [ms])
  return hidden
}
