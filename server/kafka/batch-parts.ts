import type { Ack } from '#server/kafka/ack.ts'
import { KafkaError } from '#server/protocol/kafka-errors.ts'

/** What became of some records of a batch that follow one another. */
export interface BatchPart {
  count: number
  outcome: Ack | Error
}

/** A batch that was too large went in parts, not all of which Kafka took: its first refusal, with the parts in order. */
export class BatchPartsError extends KafkaError {
  readonly parts: readonly BatchPart[]

  constructor(refusal: Error, parts: readonly BatchPart[]) {
    const name = refusal instanceof KafkaError ? refusal.errorName : 'UNKNOWN_SERVER_ERROR'
    super(name, refusal.message.replace(`${name}: `, ''), { cause: refusal })
    this.parts = parts
  }
}

/** The parts of a batch of `count` records whose promise rejected with `error`: it all, unless it went in parts. */
export const partsOf = (error: Error, count: number): readonly BatchPart[] =>
  error instanceof BatchPartsError ? error.parts : [{ count, outcome: error }]

/** One outcome for a batch that went in two: where its first record stands when both are there. */
export async function joinParts(halves: readonly { count: number; done: Promise<Ack> }[]): Promise<Ack> {
  const outcomes = await Promise.allSettled(halves.map(({ done }) => done))
  const parts = outcomes.flatMap((outcome, i): readonly BatchPart[] => {
    const count = halves[i]?.count ?? 0
    return outcome.status === 'fulfilled' ? [{ count, outcome: outcome.value }] : partsOf(outcome.reason, count)
  })
  const refusal = parts.find(({ outcome }) => outcome instanceof Error)?.outcome
  if (refusal instanceof Error) throw new BatchPartsError(refusal, parts)
  const [first] = parts
  return first?.outcome as Ack
}
