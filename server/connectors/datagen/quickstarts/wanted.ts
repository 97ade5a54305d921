import type { Struct } from '#server/sdk/struct.ts'

/** Which record is wanted. */
export interface Wanted {
  /** The connector's, so that two of them do not say the same. */
  seed: number
  task: number
  /** Counted from 0 within the task. */
  position: number
  /** When it happens, milliseconds since the epoch. */
  at: number
}

export interface Made {
  key: string
  value: Struct
}
