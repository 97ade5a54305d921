import { type CreateCheck, each } from '#e2e/checker/check.ts'
import type { Observation } from '#e2e/checker/observation.ts'
import { createRepetitions } from '#e2e/checker/repetitions.ts'

interface Position {
  whose: string
  committed: number | undefined
  /** What was committed when something was cut off. */
  floors: { at: number; committed: number }[]
}

/** Longer than a worker is frozen, and than what it had read then takes to be written. */
const faultsCountForMs = 60_000

/**
 * I3: what arrives again was not committed yet when something was last cut off. A worker that froze and thaws catches up
 * with what it had read, so faults count for a while. Where offsets are not seen, `mostDuplicates` bounds their number.
 */
export const boundedDuplicates =
  ({ mostDuplicates = Number.POSITIVE_INFINITY }: { mostDuplicates?: number }): CreateCheck =>
  (report) => {
    const repetitions = createRepetitions()
    const positions = each((): Position => ({ whose: '', committed: undefined, floors: [] }))
    let repeated = 0

    function committed(whose: string, partition: string, to: number) {
      const position = positions.of(`${whose} ${partition}`)
      position.whose = whose
      position.committed = to
    }

    function cutOff(at: number) {
      for (const [, position] of positions.entries()) {
        position.floors = position.floors.filter((floor) => floor.at >= at - faultsCountForMs)
        if (position.committed !== undefined) position.floors.push({ at, committed: position.committed })
      }
    }

    return {
      see(one) {
        if (one.kind === 'source offset') committed(one.stream, '', one.seqno ?? -1)
        else if (one.kind === 'sink offset') committed(one.sink, one.partition, one.offset - 1)
        else if (one.kind === 'fault begins' && one.harm !== 'none') cutOff(one.at)
        else if (one.kind === 'altered') {
          for (const [, position] of positions.entries()) {
            if (position.whose === one.whose) position.floors = [{ at: one.at, committed: -1 }]
          }
        } else if (one.kind === 'arrived' && repetitions.isRepetition(one)) {
          repeated += 1
          if (repeated === mostDuplicates + 1) report(`more than ${mostDuplicates} records came again`)
          const judged = placeIn(one)
          const floors = judged ? positions.of(judged.position).floors : []
          const floor = Math.min(...floors.map((cut) => cut.committed))
          if (!judged || floors.length === 0 || judged.n > floor) return
          report(`${one.stream} ${one.seqno} came to ${one.place} again, and it was committed before the fault`)
        }
      },
    }
  }

/** By which position it would have been kept from coming again: the source's, or that of the sink's group. */
function placeIn({ place, stream, seqno, partition, offset }: Extract<Observation, { kind: 'arrived' }>) {
  if (place === 'topic') return { position: `${stream} `, n: seqno }
  return partition === undefined || offset === undefined ? undefined : { position: `${place} ${partition}`, n: offset }
}
