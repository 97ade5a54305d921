import { type CreateCheck, each } from '#e2e/checker/check.ts'

/**
 * I9: while a connector has a fault of its own, no other one restarts a task or falls silent for longer than `quietMs`.
 * Only streams that wrote before the fault count.
 */
export const isolation =
  ({ quietMs }: { quietMs: number }): CreateCheck =>
  (report) => {
    const wrote = each(() => ({ at: -1 }))
    const faults = new Map<string, number>()
    const isOthers = (stream: string) => faults.size > 0 && !faults.has(connectorOf(stream))

    function silent(stream: string, until: number) {
      const begun = Math.min(...faults.values())
      const since = Math.max(begun, wrote.of(stream).at)
      if (until - since > quietMs)
        report(`${stream} wrote nothing for ${until - since} ms of ${[...faults.keys()].join(' and ')}'s fault`)
    }

    return {
      see(one) {
        if (one.kind === 'fault begins' && one.connector !== undefined) faults.set(one.connector, one.at)
        else if (one.kind === 'fault ends' && one.connector !== undefined) {
          for (const [stream, { at }] of wrote.entries()) if (at >= 0 && isOthers(stream)) silent(stream, one.at)
          faults.delete(one.connector)
        } else if (one.kind === 'started' && isOthers(one.stream) && wrote.of(one.stream).at >= 0) {
          report(`${one.stream} began anew during ${[...faults.keys()].join(' and ')}'s fault`)
        } else if (one.kind === 'arrived' && one.place === 'topic') {
          const stream = wrote.of(one.stream)
          if (stream.at >= 0 && isOthers(one.stream)) silent(one.stream, one.at)
          stream.at = one.at
        }
      },
    }
  }

const connectorOf = (stream: string) => stream.slice(0, stream.lastIndexOf('/'))
