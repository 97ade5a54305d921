'use client'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useTRPC } from '#app/trpc.ts'
import { createTailRing } from '#components/records/tail-ring.ts'
import type { TailQuery } from '#server/contract/topics.ts'

const capacity = 5_000
/** A hidden tab stops reading after this long, and says so when it is looked at again. */
const hiddenMs = 60_000

/** Follows a topic while the page is looked at. Records stay outside React and the query cache; one paint a frame. */
export function useTail(cluster: string, query: TailQuery) {
  const trpc = useTRPC()
  const [ring] = useState(() => createTailRing(capacity, (draw) => requestAnimationFrame(draw)))
  const view = useSyncExternalStore(ring.subscribe, ring.view, ring.view)
  const asleep = useHiddenFor(hiddenMs)
  const stream = useSubscription(
    trpc.topics.tail.subscriptionOptions(
      { cluster, ...query },
      { enabled: !asleep, onData: (event) => ring.push(event) },
    ),
  )
  return { ring, view, error: stream.error, status: stream.status, asleep, again: stream.reset }
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
