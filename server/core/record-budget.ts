/** How the memory for records is shared among the tasks of a worker, in any unit. */
export interface Holdings {
  budget: number
  /** What all tasks hold. */
  total: number
  tasks: number
}

/**
 * Whether a task that holds `held` may hold `wanted` more. Half of the budget is for whoever comes; of the whole nobody has more
 * than an even share. Who holds nothing always may: nobody ever waits for another task.
 */
export function mayHold({ budget, total, tasks }: Holdings, held: number, wanted: number): boolean {
  if (held === 0 || total + wanted <= budget / 2) return true
  return total + wanted <= budget && held + wanted <= budget / Math.max(1, tasks)
}

/** The most that one task may ask for at once, so that all of them together stay within the budget; never less than `least`. */
export const askAtOnce = ({ budget, total, tasks }: Holdings, least: number): number =>
  Math.max(least, Math.floor((budget - total) / Math.max(1, tasks)))
