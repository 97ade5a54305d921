'use client'
import { span } from '#components/ui/format.ts'
import { RelativeTime } from '#components/ui/relative-time.tsx'
import type { ClusterView } from '#server/contract/connector.ts'
import { duration } from '#server/contract/duration.ts'

/** Where the group stands: its generation, whether work waits for a worker to come back, and what the last rebalance did. */
export function RebalanceStrip({ cluster }: { cluster: ClusterView }) {
  const { lastRebalance, delayMs } = cluster
  return (
    <p role="status" className="num flex flex-wrap items-center gap-x-3 gap-y-1 border-y py-2">
      <span>
        group <span className="name">{cluster.groupId}</span>
      </span>
      <span>generation {cluster.generation}</span>
      {delayMs > 0 ? (
        <span className="text-restarting">
          waiting {duration(delayMs)} for a worker to come back before its work moves
        </span>
      ) : (
        <span className="text-running">balanced</span>
      )}
      {lastRebalance && (
        <span className="text-ink-soft">
          last rebalance <RelativeTime at={lastRebalance.at} />: {lastRebalance.moved} moved in{' '}
          {span(lastRebalance.tookMs)} ({lastRebalance.reason})
        </span>
      )}
    </p>
  )
}
