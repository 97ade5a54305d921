import { ArrowDownToLine, ArrowUpFromLine } from 'lucide-react'
import type { ConnectorType } from '#server/contract/connector.ts'

/** Which way a connector moves records, as word and arrow. */
export function TypeWord({ type }: { type: ConnectorType }) {
  const Icon = type === 'sink' ? ArrowDownToLine : ArrowUpFromLine
  return (
    <span className="inline-flex items-center gap-1.5 text-ink-soft">
      {type !== 'unknown' && <Icon aria-hidden="true" className="size-3.5" />}
      {type}
    </span>
  )
}
