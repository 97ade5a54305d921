import {
  Activity,
  CircleSlash,
  CircleX,
  EyeOff,
  FastForward,
  FileCog,
  Hourglass,
  type LucideIcon,
  MapPin,
  Network,
  RotateCw,
  Scissors,
  ScrollText,
  Server,
  SlidersHorizontal,
  ToggleRight,
} from 'lucide-react'
import { type EventEntry, type EventKind, eventKinds } from '#server/contract/events.ts'

/** How each kind of entry looks: always icon and words together; colour only where something is wrong, or right again. */
export const eventLooks: Record<EventKind, { word: string; icon: LucideIcon; token?: string }> = {
  log: { word: 'log line', icon: ScrollText },
  state: { word: 'state', icon: Activity },
  failure: { word: 'failure', icon: CircleX, token: 'failed' },
  restart: { word: 'restart', icon: RotateCw, token: 'restarting' },
  config: { word: 'config', icon: FileCog },
  target: { word: 'asked for', icon: ToggleRight },
  offsets: { word: 'offsets', icon: MapPin },
  rebalance: { word: 'rebalance', icon: Network },
  worker: { word: 'worker', icon: Server },
  drain: { word: 'drain', icon: Server },
  stalled: { word: 'stalled', icon: Hourglass, token: 'stalled' },
  'no-tasks': { word: 'no tasks', icon: CircleSlash, token: 'stalled' },
  'left-out': { word: 'left out', icon: Scissors, token: 'failed' },
  progress: { word: 'progress', icon: FastForward, token: 'running' },
  'log-level': { word: 'log level', icon: SlidersHorizontal },
  dropped: { word: 'dropped', icon: EyeOff },
}

/** What a timeline can be narrowed to. */
export const timelineParts = [
  { id: 'all', words: 'everything', kinds: eventKinds.filter((kind) => kind !== 'log') },
  {
    id: 'trouble',
    words: 'failures, restarts, stalls',
    kinds: ['failure', 'restart', 'stalled', 'no-tasks', 'left-out', 'progress'],
  },
  { id: 'changes', words: 'changes that people made', kinds: ['config', 'target', 'offsets', 'log-level'] },
  { id: 'states', words: 'states', kinds: ['state', 'failure', 'rebalance'] },
] as const satisfies readonly { id: string; words: string; kinds: readonly EventKind[] }[]

/** Whom an entry is about: `task 1, attempt 3`. */
export function aboutWhom({ task, attempt }: Pick<EventEntry, 'task' | 'attempt'>): string {
  if (task === undefined) return ''
  return attempt === undefined ? `task ${task}` : `task ${task}, attempt ${attempt}`
}
