import { type CreateCheck, each } from '#e2e/checker/check.ts'

/** I14: what arrives is what was sent, and nothing that nobody sent. */
export const notMangled: CreateCheck = (report) => {
  const polled = each(() => ({ greatest: -1 }))
  const keepLedgers = new Set<string>()
  return {
    see(one) {
      if (one.kind === 'polled') {
        keepLedgers.add(one.stream)
        const stream = polled.of(one.stream)
        stream.greatest = Math.max(stream.greatest, one.seqno)
      } else if (one.kind === 'foreign') report(`what came to ${one.place} is no record of anybody: ${one.what}`)
      else if (one.kind === 'arrived') {
        if (one.intact === false) report(`${one.stream} ${one.seqno} came to ${one.place} altered`)
        else if (keepLedgers.has(one.stream) && one.seqno > polled.of(one.stream).greatest) {
          report(`${one.stream} ${one.seqno} came to ${one.place}, and nobody has sent it`)
        }
      }
    },
  }
}
