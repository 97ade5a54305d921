import { type CreateCheck, type Delivery, each } from '#e2e/checker/check.ts'

/** I5: what is committed grows, unless a person changes it. Under at-least-once a zombie may still commit what it had read. */
export const offsetsMonotonic =
  (delivery: Delivery): CreateCheck =>
  (report) => {
    let mayGoBack = false
    const positions = each((): { whose: string; at: number | undefined } => ({ whose: '', at: undefined }))
    function moved(whose: string, key: string, to: number | null) {
      const position = positions.of(key)
      position.whose = whose
      if (position.at !== undefined && !mayGoBack && (to === null || to < position.at)) {
        report(`the offset of ${key} went back from ${position.at} to ${to}`)
      }
      position.at = to ?? undefined
    }
    return {
      see(one) {
        if (one.kind === 'fault begins' && one.harm === 'zombie' && delivery === 'at-least-once') mayGoBack = true
        if (one.kind === 'source offset') moved(one.stream, one.stream, one.seqno)
        else if (one.kind === 'sink offset') moved(one.sink, `${one.sink} in ${one.partition}`, one.offset)
        else if (one.kind === 'altered') {
          for (const [, position] of positions.entries()) if (position.whose === one.whose) position.at = undefined
        }
      },
    }
  }
