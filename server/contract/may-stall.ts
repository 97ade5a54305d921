/**
 * Whether a task in this state may be told as STALLED: what failed or rests is told as that. One that hangs in its start has no
 * status of its own yet: none at all, or what was last said of its predecessor.
 */
export const mayStall = (state: string | undefined): boolean =>
  state === undefined || state === 'RUNNING' || state === 'UNASSIGNED' || state === 'RESTARTING'
