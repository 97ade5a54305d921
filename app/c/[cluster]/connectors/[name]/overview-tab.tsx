'use client'
import { useQuery } from '@tanstack/react-query'
import { RotateCw } from 'lucide-react'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { useTRPC } from '#app/trpc.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useConnectorActions } from '#app/use-connector-actions.ts'
import { useLag } from '#app/use-lag.ts'
import { useStalls, useTaskless } from '#app/use-stalls.ts'
import { useThroughput } from '#app/use-throughput.ts'
import { tasksOf } from '#components/connectors/connector-row.ts'
import { DataPath } from '#components/connectors/data-path.tsx'
import { FailurePanel } from '#components/connectors/failure-panel.tsx'
import { Flow } from '#components/connectors/flow.tsx'
import { healthOf } from '#components/connectors/health.ts'
import { policySentences } from '#components/connectors/policy-sentence.ts'
import { StallPanel } from '#components/connectors/stall-panel.tsx'
import { StartSteps } from '#components/connectors/start-steps.tsx'
import { TaskTable } from '#components/connectors/task-table.tsx'
import { rateOf, rateSeries } from '#components/connectors/throughput.ts'
import { topicsOf } from '#components/connectors/topics-of.ts'
import { paths } from '#components/frame/paths.ts'
import { useUrlState } from '#components/frame/use-url-state.ts'
import { Button, ButtonLink } from '#components/ui/button.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { useNow } from '#components/ui/use-now.ts'

export function OverviewTab({ connector }: TabProps) {
  const cluster = useCluster()
  const url = useUrlState()
  const trpc = useTRPC()
  const { run, busy } = useConnectorActions(cluster)
  const { info, status, topics } = connector
  const { name } = info
  const health = healthOf(status)
  const failed = health.state === 'FAILED'
  const recoveries = useQuery(
    trpc.connectors.recoveries.queryOptions({ cluster, name }, { enabled: failed, refetchInterval: 2_000 }),
  )
  const policies = useQuery(trpc.connectors.policies.queryOptions({ cluster, name }))
  const stalls = useStalls(cluster)?.filter((stall) => stall.connector === name)
  const taskless = useTaskless(cluster)?.find((each) => each.connector === name)
  const throughput = useThroughput(cluster)
  const ids = tasksOf(name, status?.tasks ?? [])
  const lag = useLag(cluster, name, info.type)
  const now = useNow()
  // What is wrong stands above the rest: until it is known, nothing may stand where it belongs.
  if (!stalls || (failed && !recoveries.isFetched)) return <Skeleton />
  return (
    <div className="space-y-6">
      {url.get('started') === '1' && (
        <StartSteps
          status={status}
          topics={topics}
          recordsHref={paths.connector(cluster, name, 'records')}
          onClose={() => url.set({ started: null })}
        />
      )}
      {status && (
        <FailurePanel
          status={status}
          recoveries={recoveries.data ?? []}
          now={now}
          actions={
            <>
              <Button
                busy={busy(name)}
                onClick={() => void run(name, { do: 'restart', includeTasks: true, onlyFailed: true })}
              >
                <RotateCw aria-hidden="true" />
                {health.failedTasks.length > 1
                  ? `Restart ${health.failedTasks.length} failed tasks`
                  : 'Restart what failed'}
              </Button>
              <ButtonLink href={paths.connector(cluster, name, 'config&edit=1')}>Edit config</ButtonLink>
              <ButtonLink href={paths.connector(cluster, name, 'logs')}>Log lines</ButtonLink>
            </>
          }
        />
      )}
      {health.state !== 'FAILED' && (
        <StallPanel
          stalls={stalls}
          taskless={status?.connector.state === 'RUNNING' ? taskless : undefined}
          now={now ?? 0}
          actions={
            <>
              {stalls.some(({ task }) => task === undefined) && (
                <Button
                  busy={busy(name)}
                  onClick={() => void run(name, { do: 'restart', includeTasks: false, onlyFailed: false })}
                >
                  <RotateCw aria-hidden="true" />
                  Restart the connector
                </Button>
              )}
              {stalls
                .flatMap(({ task }) => task ?? [])
                .map((task) => (
                  <Button key={task} busy={busy(name)} onClick={() => void run(name, { do: 'restartTask', task })}>
                    <RotateCw aria-hidden="true" />
                    Restart task {task}
                  </Button>
                ))}
              <ButtonLink href={paths.connector(cluster, name, 'timeline')}>Timeline</ButtonLink>
              <ButtonLink href={paths.connector(cluster, name, 'logs')}>Log lines</ButtonLink>
            </>
          }
        />
      )}
      <DataPath
        info={info}
        topics={topicsOf(topics, info.config)}
        topicHref={(topic) => paths.topic(cluster, topic)}
        tasksHref={paths.connector(cluster, name, 'tasks')}
      />
      <Flow
        read={() => rateSeries(throughput, ids)}
        told={throughput !== null}
        lag={lag}
        offsetsHref={paths.connector(cluster, name, 'offsets')}
      />
      <section aria-labelledby="tasks">
        <h2 id="tasks" className="mb-1 font-semibold text-base">
          Tasks
        </h2>
        <TaskTable
          tasks={status?.tasks ?? []}
          busy={busy(name)}
          traces={false}
          stalls={stalls}
          rate={(task) => rateOf(throughput, [{ connector: name, task }])}
          onRestart={(task) => void run(name, { do: 'restartTask', task })}
        />
        {policies.data && <p className="mt-2 text-ink-soft">{policySentences(policies.data).join(' ')}</p>}
      </section>
    </div>
  )
}
