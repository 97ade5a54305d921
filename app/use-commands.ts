'use client'
import { useQuery } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useTRPC } from '#app/trpc.ts'
import { useConnectorActions } from '#app/use-connector-actions.ts'
import { useConnectors } from '#app/use-connectors.ts'
import type { Command } from '#components/frame/commands.ts'
import { paths } from '#components/frame/paths.ts'
import { setPreference } from '#components/frame/preferences.ts'
import { pages } from '#components/frame/rail.tsx'

/** Everything that the palette can do. Topics are asked for when it opens. */
export function useCommands(cluster: string, open: boolean): Command[] {
  const trpc = useTRPC()
  const router = useRouter()
  const connectors = useConnectors(cluster)
  const topics = useQuery(trpc.topics.list.queryOptions({ cluster }, { enabled: open }))
  const { run } = useConnectorActions(cluster)
  const goTo = (href: string) => () => router.push(href)

  const perform: Command[] = (connectors.data ?? []).flatMap(({ name, health }): Command[] => {
    const action = (label: string, what: Parameters<typeof run>[1]): Command => ({
      id: `${label} ${name}`,
      group: 'Action',
      label: `${label} ${name}`,
      run: () => void run(name, what),
    })
    return [
      ...(health.state === 'FAILED'
        ? [action('Restart what failed in', { do: 'restart', includeTasks: true, onlyFailed: true })]
        : []),
      ...(health.state === 'PAUSED' || health.state === 'STOPPED'
        ? [action('Resume', { do: 'resume' })]
        : [action('Pause', { do: 'pause' })]),
      action('Restart connector and tasks of', { do: 'restart', includeTasks: true, onlyFailed: false }),
    ]
  })

  return [
    ...pages.map(
      (page): Command => ({ id: page.label, group: 'Page', label: page.label, run: goTo(page.path(cluster)) }),
    ),
    { id: 'Settings', group: 'Page', label: 'Settings', run: goTo(paths.settings(cluster)) },
    { id: 'New connector', group: 'Action', label: 'New connector', run: goTo(paths.newConnector(cluster)) },
    ...(connectors.data ?? []).map(
      ({ name }): Command => ({
        id: `connector ${name}`,
        group: 'Connector',
        label: name,
        mono: true,
        run: goTo(paths.connector(cluster, name)),
      }),
    ),
    ...(topics.data ?? []).map(
      ({ name }): Command => ({
        id: `topic ${name}`,
        group: 'Topic',
        label: name,
        mono: true,
        run: goTo(paths.topic(cluster, name)),
      }),
    ),
    ...perform,
    ...(['light', 'dark', 'system'] as const).map(
      (theme): Command => ({
        id: `theme ${theme}`,
        group: 'Action',
        label: `Use the ${theme} theme`,
        run: () => setPreference('theme', theme),
      }),
    ),
  ]
}
