'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { Faces } from '#app/faces.tsx'
import { troubleOf } from '#app/trouble.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useConnectorActions } from '#app/use-connector-actions.ts'
import { useConnectors } from '#app/use-connectors.ts'
import { useThroughput } from '#app/use-throughput.ts'
import { withRates } from '#components/connectors/connector-row.ts'
import { needsAttention } from '#components/connectors/health.ts'
import { paths } from '#components/frame/paths.ts'
import { AttentionList } from '#components/home/attention-list.tsx'
import { FirstSteps } from '#components/home/first-steps.tsx'
import { RecentChanges } from '#components/home/recent-changes.tsx'
import { Totals } from '#components/home/totals.tsx'

/** Home: what needs attention, and nothing else above the fold; a new cluster learns what to do. */
export default function HomePage() {
  const cluster = useCluster()
  const connectors = useConnectors(cluster)
  return <Faces query={connectors}>{(rows) => (rows.length === 0 ? <Beginning /> : <Overview rows={rows} />)}</Faces>
}

function Beginning() {
  const cluster = useCluster()
  const trpc = useTRPC()
  const router = useRouter()
  const queryClient = useQueryClient()
  const start = useMutation(
    trpc.example.start.mutationOptions({
      onSuccess: ({ topic }) => {
        void queryClient.invalidateQueries()
        router.push(paths.topic(cluster, topic, 'tail'))
      },
    }),
  )
  return (
    <FirstSteps
      newHref={paths.newConnector(cluster)}
      busy={start.isPending || start.isSuccess}
      trouble={start.error ? troubleOf(start.error) : null}
      onStart={() => start.mutate({ cluster })}
    />
  )
}

function Overview({ rows }: { rows: NonNullable<ReturnType<typeof useConnectors>['data']> }) {
  const cluster = useCluster()
  const trpc = useTRPC()
  const { run, busy } = useConnectorActions(cluster)
  const changes = useQuery(trpc.history.recent.queryOptions({ cluster, limit: 12 }))
  const throughput = useThroughput(cluster)
  const wrong = rows.filter(({ health }) => needsAttention(health))
  return (
    <div className="space-y-8">
      <section>
        <header className="mb-3 flex flex-wrap items-baseline gap-x-6 gap-y-1">
          <h1 className="font-semibold text-xl">
            {wrong.length === 0
              ? 'Nothing needs attention'
              : wrong.length === 1
                ? '1 connector needs attention'
                : `${wrong.length} connectors need attention`}
          </h1>
          <Totals rows={withRates(rows, throughput)} />
        </header>
        {wrong.length > 0 && (
          <AttentionList
            rows={wrong}
            hrefOf={(name) => paths.connector(cluster, name)}
            busy={busy}
            onRestart={({ name }) => void run(name, { do: 'restart', includeTasks: true, onlyFailed: true })}
          />
        )}
      </section>
      <section aria-labelledby="recent">
        <h2 id="recent" className="mb-1 font-semibold text-base">
          Recent changes
        </h2>
        <Faces query={changes}>
          {(entries) => <RecentChanges entries={entries} hrefOf={(name) => paths.connector(cluster, name)} />}
        </Faces>
      </section>
    </div>
  )
}
