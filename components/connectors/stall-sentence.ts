import { duration } from '#components/ui/format.ts'
import type { StalledTask } from '#server/contract/connector.ts'

/** "Task 0 has been in put for 4 min: it has not come back." */
export function stallSentence({ task, stage, since, reason }: StalledTask, now: number | undefined): string {
  const time = now === undefined ? '' : ` for ${duration(now - since)}`
  return `Task ${task} has been in ${stage}${time}: ${reason}.`
}
