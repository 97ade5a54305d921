'use client'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { ConnectorHead } from '#app/c/[cluster]/connectors/[name]/connector-head.tsx'
import { OverviewTab } from '#app/c/[cluster]/connectors/[name]/overview-tab.tsx'
import { Faces } from '#app/faces.tsx'
import { useTRPC } from '#app/trpc.ts'
import { useCluster, useRouteParam } from '#app/use-cluster.ts'
import { healthOf } from '#components/connectors/health.ts'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { TabLinks } from '#components/ui/tab-links.tsx'

const TasksTab = dynamic(() => import('#app/c/[cluster]/connectors/[name]/tasks-tab.tsx').then((it) => it.TasksTab))
const RecordsTab = dynamic(() =>
  import('#app/c/[cluster]/connectors/[name]/records-tab.tsx').then((it) => it.RecordsTab),
)
const LogsTab = dynamic(() => import('#app/c/[cluster]/connectors/[name]/logs-tab.tsx').then((it) => it.LogsTab))
const TimelineTab = dynamic(() =>
  import('#app/c/[cluster]/connectors/[name]/timeline-tab.tsx').then((it) => it.TimelineTab),
)
const ConfigTab = dynamic(() => import('#app/c/[cluster]/connectors/[name]/config-tab.tsx').then((it) => it.ConfigTab))
const OffsetsTab = dynamic(() =>
  import('#app/c/[cluster]/connectors/[name]/offsets-tab.tsx').then((it) => it.OffsetsTab),
)

/** The tab that is looked at is loaded; the others wait for their first visit. */
const tabs = {
  overview: { label: 'Overview', view: OverviewTab },
  tasks: { label: 'Tasks', view: TasksTab },
  records: { label: 'Records', view: RecordsTab },
  logs: { label: 'Logs', view: LogsTab },
  config: { label: 'Config', view: ConfigTab },
  offsets: { label: 'Offsets', view: OffsetsTab },
  timeline: { label: 'Timeline', view: TimelineTab },
}

export default function ConnectorPage() {
  const cluster = useCluster()
  const name = useRouteParam('name')
  const trpc = useTRPC()
  const url = useUrlState()
  const query = useQuery(trpc.connectors.get.queryOptions({ cluster, name }))
  const wanted = url.get('tab') ?? 'overview'
  const current = (Object.hasOwn(tabs, wanted) ? wanted : 'overview') as keyof typeof tabs
  const View = tabs[current].view
  return (
    <Faces query={query}>
      {(connector) => (
        <>
          <ConnectorHead connector={connector} />
          <TabLinks
            label="Parts of this connector"
            current={current}
            tabs={Object.entries(tabs).map(([id, tab]) => ({
              id,
              label: tab.label,
              href: paths.connector(cluster, name, id),
              ...(id === 'tasks' ? { count: healthOf(connector.status).failedTasks.length } : {}),
            }))}
          />
          <div className="pt-4">
            <View connector={connector} />
          </div>
        </>
      )}
    </Faces>
  )
}
