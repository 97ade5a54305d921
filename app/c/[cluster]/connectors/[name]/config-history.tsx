'use client'
import { useQuery } from '@tanstack/react-query'
import { Undo2 } from 'lucide-react'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { configDiff } from '#components/config/config-diff.ts'
import { DiffView } from '#components/config/diff-view.tsx'
import { Button } from '#components/ui/button.tsx'
import { count } from '#components/ui/format.ts'
import { RelativeTime } from '#components/ui/relative-time.tsx'
import type { ConnectorConfig } from '#server/contract/connector.ts'

/** Every config that the console has seen. Going back to one opens the form with it and shows the difference first. */
export function ConfigHistory({ connector, onRestore }: TabProps & { onRestore: (config: ConnectorConfig) => void }) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const { name, config } = connector.info
  const history = useQuery(trpc.history.list.queryOptions({ cluster, name }))
  return (
    <section aria-labelledby="history">
      <h2 id="history" className="mb-1 font-semibold text-base">
        History
      </h2>
      <Faces query={history}>
        {(entries) =>
          entries.length === 0 ? (
            <p className="border-t py-3 text-ink-soft">Changes made from here on are kept.</p>
          ) : (
            <ol className="divide-y border-y">
              {entries.map((entry, index) => {
                const before = entries[index + 1]?.config ?? {}
                const changes = configDiff(before, entry.config ?? {})
                const differs = configDiff(config, entry.config ?? {}).length > 0
                return (
                  <li key={entry.id} className="py-2">
                    <div className="flex flex-wrap items-center gap-x-3">
                      <span className="flex-1">
                        {entry.sentence} <RelativeTime at={entry.at} className="text-ink-soft" />
                      </span>
                      {entry.config && differs && (
                        <Button size="sm" onClick={() => onRestore(entry.config ?? {})}>
                          <Undo2 aria-hidden="true" />
                          Go back to this
                        </Button>
                      )}
                    </div>
                    {changes.length > 0 && (
                      <details>
                        <summary className="text-accent text-xs">{count(changes.length, 'difference')}</summary>
                        <div className="mt-1">
                          <DiffView changes={changes} />
                        </div>
                      </details>
                    )}
                  </li>
                )
              })}
            </ol>
          )
        }
      </Faces>
    </section>
  )
}
