/** Owns what a process opened and closes it newest first, so shutdown order is start order reversed. */
export interface Lifecycle extends AsyncDisposable {
  /** Takes ownership and hands the resource back. */
  own<R extends AsyncDisposable>(resource: R): R
  /** Takes ownership of something that is closed by a function. */
  defer(close: () => Promise<void> | void): void
}

/** A failing close does not keep the others open: all are closed, then the failures are thrown together. */
export function createLifecycle(): Lifecycle {
  const owned: AsyncDisposable[] = []
  return {
    own(resource) {
      owned.push(resource)
      return resource
    },
    defer(close) {
      owned.push({
        async [Symbol.asyncDispose]() {
          await close()
        },
      })
    },
    async [Symbol.asyncDispose]() {
      const failures: unknown[] = []
      for (let last = owned.pop(); last; last = owned.pop()) {
        try {
          await last[Symbol.asyncDispose]()
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length === 1) throw failures[0]
      if (failures.length > 1) throw new AggregateError(failures, 'several resources failed to close')
    },
  }
}
