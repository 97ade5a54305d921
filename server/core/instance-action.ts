import type { TargetState } from '#server/contract/connector.ts'

/** A connector or task as it should be on this worker. */
export interface WantedInstance {
  /** Position of the config it should run with. */
  version: number
  target: TargetState
}

/** A connector or task as it is on this worker. */
export interface ActualInstance extends WantedInstance {
  /** `busy` while an action is under way: nothing new is begun until it is over. */
  phase: 'busy' | 'up' | 'failed'
  /** A person asked for a restart. */
  restartAsked: boolean
}

export type InstanceAction = 'none' | 'start' | 'stop' | 'restart' | 'retarget'

/**
 * The next step from what is to what should be. A failed instance stays as it is until its config changes, somebody
 * restarts it, or it is to be STOPPED; pausing and resuming leave it alone, as in Kafka Connect.
 */
export function nextAction(wanted: WantedInstance | undefined, actual: ActualInstance | undefined): InstanceAction {
  if (!actual) return wanted ? 'start' : 'none'
  if (actual.phase === 'busy') return 'none'
  if (!wanted) return 'stop'
  if (actual.version !== wanted.version || actual.restartAsked) return 'restart'
  if (actual.target === wanted.target) return 'none'
  if (actual.phase === 'up') return 'retarget'
  return wanted.target === 'STOPPED' ? 'restart' : 'none'
}
