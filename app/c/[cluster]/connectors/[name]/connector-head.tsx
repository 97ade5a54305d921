'use client'
import { ChevronDown, Ellipsis, Pause, Pencil, Play } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useRouter } from 'next/navigation'
import { useState } from 'react'
import type { TabProps } from '#app/c/[cluster]/connectors/[name]/connector.ts'
import { useCluster } from '#app/use-cluster.ts'
import { useConnectorActions } from '#app/use-connector-actions.ts'
import { useStalls, useTaskless } from '#app/use-stalls.ts'
import { connectorMenu, restartItems } from '#components/connectors/connector-menu.ts'
import { healthOf } from '#components/connectors/health.ts'
import { shortPluginName } from '#components/connectors/plugin-name.ts'
import { TypeWord } from '#components/connectors/type-word.tsx'
import { paths } from '#components/frame/paths.ts'
import { StateWord } from '#components/state/state-word.tsx'
import { Button, ButtonLink } from '#components/ui/button.tsx'
import { Menu } from '#components/ui/menu.tsx'
import { PageTitle } from '#components/ui/page-title.tsx'

const DeleteDialog = dynamic(() => import('#components/connectors/delete-dialog.tsx').then((it) => it.DeleteDialog))

/** What it is, how it does, and what can be done with it. */
export function ConnectorHead({ connector }: TabProps) {
  const cluster = useCluster()
  const router = useRouter()
  const { run, busy } = useConnectorActions(cluster)
  const [removing, setRemoving] = useState(false)
  const { name, config, type } = connector.info
  const stalls = useStalls(cluster)?.filter((stall) => stall.connector === name) ?? []
  const taskless = useTaskless(cluster)?.find((each) => each.connector === name)
  const health = healthOf(connector.status, stalls, taskless)
  const waiting = health.state === 'PAUSED' || health.state === 'STOPPED'
  const editHref = paths.connector(cluster, name, 'config&edit=1')
  const deeds = {
    edit: () => router.push(editHref),
    pause: () => void run(name, { do: 'pause' }),
    resume: () => void run(name, { do: 'resume' }),
    stop: () => void run(name, { do: 'stop' }),
    restart: (options: { includeTasks: boolean; onlyFailed: boolean }) => void run(name, { do: 'restart', ...options }),
    remove: () => setRemoving(true),
  }
  return (
    <PageTitle
      mono
      title={name}
      about={
        <span className="flex flex-wrap items-center gap-x-4" data-testid="connector-state" data-state={health.state}>
          <span role="status">
            <StateWord state={health.state} {...(health.sentence ? { detail: health.sentence } : {})} />
          </span>
          <span>
            {shortPluginName(config['connector.class'] ?? '')} {connector.status?.connector.version ?? ''}
          </span>
          <TypeWord type={type} />
        </span>
      }
    >
      <Menu
        items={restartItems(health, deeds)}
        trigger={
          <Button busy={busy(name)}>
            Restart
            <ChevronDown aria-hidden="true" />
          </Button>
        }
      />
      <Button onClick={waiting ? deeds.resume : deeds.pause} busy={busy(name)}>
        {waiting ? <Play aria-hidden="true" /> : <Pause aria-hidden="true" />}
        {waiting ? 'Resume' : 'Pause'}
      </Button>
      <ButtonLink href={editHref}>
        <Pencil aria-hidden="true" />
        Edit
      </ButtonLink>
      <Menu
        items={connectorMenu(health, deeds)}
        trigger={
          <Button size="icon" aria-label={`More actions for ${name}`}>
            <Ellipsis aria-hidden="true" />
          </Button>
        }
      />
      {removing && (
        <DeleteDialog
          name={name}
          busy={busy(name)}
          onClose={() => setRemoving(false)}
          onDelete={() =>
            void run(name, { do: 'delete' }).then((done) => done && router.push(paths.connectors(cluster)))
          }
        />
      )}
    </PageTitle>
  )
}
