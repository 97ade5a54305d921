import type { TargetState } from '#server/contract/connector.ts'
import {
  type ActualInstance,
  type InstanceAction,
  nextAction,
  type WantedInstance,
} from '#server/core/instance-action.ts'

/** It is not to run here any more, its config changed, or a person asked for a restart. */
export type StopReason = 'gone' | 'changed' | 'restart'

/** How one kind of instance is brought from one state to another. Each resolves when it is over, failed or not. */
export interface InstanceSteps {
  /**
   * True when it is up, false when it failed. Once `overtaken` aborts, `stop` is called although this goes on, and nothing
   * may be said of the instance from here any more.
   */
  start(name: string, target: TargetState, overtaken: AbortSignal): Promise<boolean>
  /** `why` tells what is said of it afterwards. */
  stop(name: string, why: StopReason): Promise<void>
  /** As `start`. */
  retarget(name: string, target: TargetState, overtaken: AbortSignal): Promise<boolean>
}

/**
 * The connectors, or the tasks, of this worker. `reconcile` compares what should be with what is and begins at most one
 * step for each instance; when a step is over it looks at that instance again. No step of one instance ever waits for another one, and a
 * start, or a change of the target, that hangs holds up nothing: what is no longer wanted, or wanted otherwise, is stopped meanwhile.
 */
export interface InstanceSet {
  reconcile(): void
  /** Marks an instance for a restart; resolves when it is over: whether it is up, or undefined when it is not here. */
  restart(name: string): Promise<boolean | undefined>
  /** An instance failed by itself, or came up again by itself. */
  noted(name: string, phase: 'up' | 'failed'): void
  has(name: string): boolean
  hasFailed(name: string): boolean
  isUp(name: string): boolean
  /** Resolves when nothing is under way for these, or for all. */
  idle(names?: readonly string[]): Promise<void>
}

interface Entry extends ActualInstance {
  step: Promise<void>
  /** What the instance said of itself while a step was under way. */
  noted: 'up' | 'failed' | undefined
  restarts: ((up: boolean | undefined) => void)[]
  /** Ends the wait for a start, or a change of the target, that is under way. */
  overtake: (() => void) | undefined
}

export function createInstanceSet(options: {
  wanted(): ReadonlyMap<string, WantedInstance>
  /** The same of one instance. */
  wantedOf(name: string): WantedInstance | undefined
  steps: InstanceSteps
}): InstanceSet {
  const { steps } = options
  const entries = new Map<string, Entry>()

  function reconcile(): void {
    const wanted = options.wanted()
    for (const name of new Set([...wanted.keys(), ...entries.keys()])) look(name, wanted.get(name))
  }

  function look(name: string, wanted: WantedInstance | undefined): void {
    const entry = entries.get(name)
    const action = nextAction(wanted, entry)
    if (action !== 'none') begin(name, action, wanted)
    else if (entry?.overtake && isOutdated(entry, wanted)) entry.overtake()
  }

  function begin(name: string, action: Exclude<InstanceAction, 'none'>, wanted: WantedInstance | undefined): void {
    const known = entries.get(name)
    const entry: Entry = known ?? {
      version: -1,
      target: 'STARTED',
      phase: 'busy',
      restartAsked: false,
      step: Promise.resolve(),
      noted: undefined,
      restarts: [],
      overtake: undefined,
    }
    entries.set(name, entry)
    const why = action === 'stop' ? 'gone' : entry.restartAsked ? 'restart' : 'changed'
    entry.phase = 'busy'
    entry.restartAsked = false
    entry.noted = undefined
    const answered = entry.restarts.splice(0)
    if (wanted) Object.assign(entry, { version: wanted.version, target: wanted.target })
    entry.step = step(name, entry, action, why).then((phase) => {
      if (phase === undefined) entries.delete(name)
      else entry.phase = entry.noted ?? phase
      const up = phase && entry.phase === 'up'
      for (const answer of answered) answer(up)
      // One that was marked meanwhile for something that is gone will not be restarted.
      if (up === undefined) for (const answer of entry.restarts.splice(0)) answer(undefined)
      look(name, options.wantedOf(name))
    })
  }

  /** What the instance is afterwards; undefined when it is gone. */
  async function step(name: string, entry: Entry, action: Exclude<InstanceAction, 'none'>, why: StopReason) {
    if (action === 'retarget') return bringUp('retarget', name, entry)
    if (action !== 'start') await steps.stop(name, why)
    if (action === 'stop') return undefined
    return bringUp('start', name, entry)
  }

  /** What was overtaken counts as failed, and of no version: what is wanted by then, the same again too, starts anew. */
  async function bringUp(how: 'start' | 'retarget', name: string, entry: Entry): Promise<'up' | 'failed'> {
    const overtaken = new AbortController()
    const outdated = new Promise<false>((resolve) => {
      entry.overtake = () => {
        overtaken.abort()
        resolve(false)
      }
    })
    entry.noted = undefined
    const up = await Promise.race([steps[how](name, entry.target, overtaken.signal), outdated])
    entry.overtake = undefined
    if (overtaken.signal.aborted) Object.assign(entry, { noted: 'failed', version: -1 })
    return up ? 'up' : 'failed'
  }

  return {
    reconcile,
    restart(name) {
      const entry = entries.get(name)
      if (!entry) return Promise.resolve(undefined)
      entry.restartAsked = true
      const answer = new Promise<boolean | undefined>((resolve) => entry.restarts.push(resolve))
      look(name, options.wantedOf(name))
      return answer
    },
    noted(name, phase) {
      const entry = entries.get(name)
      if (!entry) return
      if (entry.phase === 'busy') entry.noted = phase
      else entry.phase = phase
    },
    has: (name) => entries.has(name),
    hasFailed: (name) => entries.get(name)?.phase === 'failed',
    isUp: (name) => entries.get(name)?.phase === 'up',
    async idle(names) {
      const concerned = () =>
        [...entries].filter(([name, { phase }]) => phase === 'busy' && (!names || names.includes(name)))
      for (let busy = concerned(); busy.length > 0; busy = concerned()) {
        await Promise.all(busy.map(([, { step }]) => step))
      }
    },
  }
}

/** Whether what is being brought up is no longer what should run; a pause waits until it is up, as in Kafka Connect. */
const isOutdated = (entry: Entry, wanted: WantedInstance | undefined): boolean =>
  !wanted ||
  wanted.version !== entry.version ||
  entry.restartAsked ||
  (wanted.target === 'STOPPED' && entry.target !== 'STOPPED')
