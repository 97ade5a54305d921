import { z } from 'zod'
import { ConnectError } from '#server/contract/errors.ts'
import type { TailPlace } from '#server/contract/topics.ts'

const count = z.number().int().min(0)
const schema = z.tuple([count, count, count, z.array(z.tuple([count, count])).max(100_000)])

/** A place as the id of an event: a browser that lost its connection sends the last one back, and goes on there. */
export function printTailPlace({ delivered, filtered, skipped, next }: TailPlace): string {
  return JSON.stringify([delivered, filtered, skipped, next.map(({ partition, offset }) => [partition, offset])])
}

/** Throws BAD_REQUEST for what `printTailPlace` would not print: ids come back from outside. */
export function parseTailPlace(id: string): TailPlace {
  const read = schema.safeParse(parsed(id))
  if (!read.success) throw new ConnectError('BAD_REQUEST', 'This is no place of a tail: open the tail anew.')
  const [delivered, filtered, skipped, next] = read.data
  return { delivered, filtered, skipped, next: next.map(([partition, offset]) => ({ partition, offset })) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
