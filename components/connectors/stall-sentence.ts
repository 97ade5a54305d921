import type { StalledInstance, TasklessConnector } from '#server/contract/connector.ts'
import { duration } from '#server/contract/duration.ts'

/** "Task 0 has been in put for 4 min: it has not come back." */
export function stallSentence({ task, stage, since, reason }: StalledInstance, now: number | undefined): string {
  const time = now === undefined ? '' : ` for ${duration(now - since)}`
  return `${task === undefined ? 'The connector' : `Task ${task}`} has been in ${stage}${time}: ${reason}.`
}

/** Why a connector has no tasks, and what would change that. */
export function tasklessSentence({ why, reason, since }: TasklessConnector, now: number | undefined): string {
  const time = now === undefined ? '' : ` for ${duration(now - since)}`
  return why === 'none-made'
    ? `It has had no tasks${time}: ${reason}. It is asked again when it wishes so itself, and when its config changes.`
    : `It has had no tasks${time}, because they cannot be made: ${reason}. It is asked again by itself.`
}
