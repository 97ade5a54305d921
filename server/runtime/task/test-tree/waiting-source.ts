import type { SourceBatch, SourceRecord } from '#server/sdk/records.ts'
import { plain } from '#server/sdk/schema.ts'
import type { SourceTask } from '#server/sdk/source-task.ts'

export interface WaitingSource extends SourceTask {
  /** Every call of a hook, in order. */
  readonly calls: string[]
  push(...batches: readonly SourceBatch[]): void
  fail(error: unknown): void
  /** Resolves when everything pushed was polled and the next poll waits. */
  waiting(): Promise<void>
}

/** A source that brings what a test gives it and waits for more, as `poll` promises to. */
export function waitingSource(hooks: Partial<SourceTask> = {}): WaitingSource {
  const given: ({ batch: SourceBatch } | { error: unknown })[] = []
  const calls: string[] = []
  let given1: () => void = () => undefined
  let idle: (() => void)[] = []
  return {
    calls,
    push(...batches) {
      given.push(...batches.map((batch) => ({ batch })))
      given1()
    },
    fail(error) {
      given.push({ error })
      given1()
    },
    waiting: () => new Promise((resolve) => idle.push(resolve)),
    async start() {
      calls.push('start')
    },
    async poll(signal) {
      calls.push('poll')
      if (given.length === 0) {
        for (const done of idle) done()
        idle = []
        await new Promise<void>((resolve) => {
          given1 = resolve
          signal.addEventListener('abort', () => resolve(), { once: true })
          if (signal.aborted) resolve()
        })
      }
      const next = given.shift()
      if (next && 'error' in next) throw next.error
      return next?.batch ?? null
    },
    async commit() {
      calls.push('commit')
    },
    async [Symbol.asyncDispose]() {
      calls.push('stop')
    },
    ...hooks,
  }
}

/** Record `n` of a source partition: its value is its number, its offset the place behind it. */
export const numbered = (topic: string, n: number, more: Partial<SourceRecord> = {}): SourceRecord => ({
  sourcePartition: { file: 'a' },
  sourceOffset: { position: n + 1 },
  topic,
  valueSchema: plain.string,
  value: `${n}`,
  ...more,
})

export const numbers = (topic: string, from: number, count: number, more: Partial<SourceRecord> = {}) =>
  Array.from({ length: count }, (_, i) => numbered(topic, from + i, more))
