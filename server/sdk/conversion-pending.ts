/**
 * Thrown by a converter that has to ask another system before it can go on: convert the same record again when `settle`
 * has resolved. It is thrown once per thing unknown, a schema say, and never for a record as such, so that a batch of
 * records costs no promise each.
 *
 * `settle` rejects with a `RetriableError` while the other system is away, with the signal's reason when that aborts, and
 * with anything else when the task has to fail. What makes only this record impossible is thrown as a `DataError` by the
 * conversion that follows.
 */
export class ConversionPending extends Error {
  override readonly name = 'ConversionPending'
  /** Recognised by this mark, because a plugin may bring another copy of the class. */
  readonly pending = true
  readonly settle: (signal: AbortSignal) => Promise<void>

  constructor(what: string, settle: (signal: AbortSignal) => Promise<void>) {
    super(what)
    this.settle = settle
  }
}

/** Whether a converter has to ask before it can convert. */
export const isPending = (error: unknown): error is ConversionPending =>
  typeof error === 'object' && error !== null && 'pending' in error && error.pending === true
