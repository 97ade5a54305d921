import { Pause, Pencil, Play, RotateCw, Square, Trash2 } from 'lucide-react'
import type { Health } from '#components/connectors/health.ts'
import type { MenuItem } from '#components/ui/menu-item.ts'

export interface ConnectorDeeds {
  edit(): void
  pause(): void
  resume(): void
  stop(): void
  restart(options: { includeTasks: boolean; onlyFailed: boolean }): void
  remove(): void
}

/** What can be done with a connector in this state. Each label says what it reaches: connector, tasks or both. */
export function connectorMenu(health: Health, deeds: ConnectorDeeds): MenuItem[] {
  const waiting = health.state === 'PAUSED' || health.state === 'STOPPED'
  return [
    { label: 'Edit config', icon: Pencil, onSelect: deeds.edit },
    'line',
    ...restartItems(health, deeds),
    'line',
    waiting
      ? { label: 'Resume', icon: Play, onSelect: deeds.resume }
      : { label: 'Pause', icon: Pause, onSelect: deeds.pause },
    {
      label: 'Stop and release its tasks',
      icon: Square,
      onSelect: deeds.stop,
      disabled: health.state === 'STOPPED' ? 'It is stopped already.' : undefined,
    },
    'line',
    { label: 'Delete…', icon: Trash2, onSelect: deeds.remove, danger: true },
  ]
}

export function restartItems(health: Health, deeds: Pick<ConnectorDeeds, 'restart'>): MenuItem[] {
  const failed = health.failedTasks.length
  return [
    {
      label: failed === 0 ? 'Restart what failed' : `Restart ${failed} failed ${failed === 1 ? 'task' : 'tasks'}`,
      icon: RotateCw,
      onSelect: () => deeds.restart({ includeTasks: true, onlyFailed: true }),
      disabled: health.state === 'FAILED' ? undefined : 'Nothing failed.',
    },
    {
      label: 'Restart connector and all tasks',
      icon: RotateCw,
      onSelect: () => deeds.restart({ includeTasks: true, onlyFailed: false }),
    },
    {
      label: 'Restart connector only',
      icon: RotateCw,
      onSelect: () => deeds.restart({ includeTasks: false, onlyFailed: false }),
    },
  ]
}
