/**
 * An iterable over a generator that ends at once when its consumer returns. A generator's own `return` waits for a `next`
 * that is under way, which here may wait for a record that never comes; so the signal given to `start` aborts first.
 */
export function endable<T>(
  outer: AbortSignal,
  start: (signal: AbortSignal) => AsyncGenerator<T, void, void>,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const returned = new AbortController()
      const generator = start(AbortSignal.any([outer, returned.signal]))
      return {
        next: () => generator.next(),
        return() {
          returned.abort()
          return generator.return()
        },
      }
    },
  }
}
