import {
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CirclePause,
  CircleSlash,
  CircleStop,
  CircleX,
  Hourglass,
  type LucideIcon,
  RotateCw,
} from 'lucide-react'
import type { InstanceState } from '#server/contract/connector.ts'

export type ShownState = InstanceState | 'STALLED' | 'TASKLESS' | 'UNKNOWN'

interface StateLook {
  word: string
  icon: LucideIcon
  /** The name of the tokens: `--state-<token>`, `--state-<token>-soft`, `--state-<token>-line`. */
  token: string
  /** What it means, for whoever sees the word for the first time. */
  meaning: string
}

/** How each state looks and reads: always word, icon and colour together. */
export const stateLooks = {
  RUNNING: { word: 'running', icon: CircleCheck, token: 'running', meaning: 'It is at work.' },
  PAUSED: { word: 'paused', icon: CirclePause, token: 'paused', meaning: 'It waits; its tasks stay assigned.' },
  STOPPED: {
    word: 'stopped',
    icon: CircleStop,
    token: 'stopped',
    meaning: 'Its tasks are released; offsets can be changed.',
  },
  FAILED: { word: 'failed', icon: CircleX, token: 'failed', meaning: 'It gave up; the trace says why.' },
  STALLED: { word: 'stalled', icon: Hourglass, token: 'stalled', meaning: 'It is to run and makes no progress.' },
  TASKLESS: {
    word: 'no tasks',
    icon: CircleSlash,
    token: 'stalled',
    meaning: 'It runs and has no tasks: nothing is moved.',
  },
  RESTARTING: { word: 'restarting', icon: RotateCw, token: 'restarting', meaning: 'A restart is under way.' },
  UNASSIGNED: { word: 'unassigned', icon: CircleDashed, token: 'unassigned', meaning: 'No worker runs it yet.' },
  UNKNOWN: { word: 'unknown', icon: CircleHelp, token: 'unknown', meaning: 'No status has been reported yet.' },
} satisfies Record<ShownState, StateLook>
