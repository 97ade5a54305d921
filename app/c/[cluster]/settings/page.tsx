'use client'
import { useQuery } from '@tanstack/react-query'
import { Clusters } from '#app/c/[cluster]/settings/clusters.tsx'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { preferences, setPreference, usePreference } from '#components/frame/preferences.ts'
import { ChoiceGroup } from '#components/ui/choice-group.tsx'
import { PageTitle } from '#components/ui/page-title.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'

/** How the console looks in this browser, and what it is connected to. */
export default function SettingsPage() {
  const cluster = useCluster()
  const trpc = useTRPC()
  const info = useQuery(trpc.cluster.info.queryOptions({ cluster }))
  const theme = usePreference('theme')
  const density = usePreference('density')
  return (
    <div className="max-w-2xl">
      <PageTitle title="Settings" about="Theme and density are kept in this browser." />
      <div className="space-y-6">
        <ChoiceGroup
          legend="Theme"
          values={preferences.theme.values}
          value={theme}
          onChange={(value) => setPreference('theme', value)}
        />
        <ChoiceGroup
          legend="Density"
          values={preferences.density.values}
          value={density}
          onChange={(value) => setPreference('density', value)}
        />
        <Clusters />
        <section aria-labelledby="about-cluster">
          <h2 id="about-cluster" className="mb-1 font-semibold text-base">
            This cluster
          </h2>
          <Faces query={info} loading={<Skeleton rows={2} />}>
            {(server) => (
              <dl className="grid grid-cols-[180px_1fr] gap-y-1 border-t pt-2">
                <dt className="text-ink-soft">compatible with</dt>
                <dd className="num">Kafka Connect {server.version}</dd>
                {/[^0]/.test(server.commit) && (
                  <>
                    <dt className="text-ink-soft">commit</dt>
                    <dd className="name break-all">{server.commit}</dd>
                  </>
                )}
                <dt className="text-ink-soft">Kafka cluster</dt>
                <dd className="name break-all">{server.kafkaClusterId}</dd>
              </dl>
            )}
          </Faces>
        </section>
      </div>
    </div>
  )
}
