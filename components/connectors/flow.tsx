import Link from 'next/link'
import type { ReactNode } from 'react'
import { totalLag } from '#components/offsets/lag.ts'
import { RateChart } from '#components/records/rate-chart.tsx'
import { compactNumber } from '#components/ui/format.ts'
import type { PartitionLag } from '#server/contract/connector.ts'

/** How fast records go through a connector, and how many wait in front of a sink. What nobody can say is left out. */
export function Flow({
  read,
  told,
  lag,
  offsetsHref,
}: {
  /** Seconds before now and records a second, of the last minute. */
  read: () => [number[], number[]]
  /** Whether the workers tell how much they move. */
  told: boolean
  lag: readonly PartitionLag[] | null | undefined
  offsetsHref: string
}) {
  if (!told && !lag) return null
  return (
    <dl aria-label="Flow" className="flex min-h-8 flex-wrap items-center gap-x-8 gap-y-2">
      {told && (
        <Figure name="throughput">
          <RateChart read={read} />
        </Figure>
      )}
      {lag && (
        <Figure name="lag">
          <Link href={offsetsHref} className="num hover:underline" title="Records that its group has not committed yet">
            {compactNumber(totalLag(lag))} {totalLag(lag) === 1 ? 'record' : 'records'}
          </Link>
        </Figure>
      )}
    </dl>
  )
}

function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex items-center gap-3">
      <dt className="text-ink-soft text-xs">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
