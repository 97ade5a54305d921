import type { SourceBatch } from '#server/sdk/records.ts'

/**
 * How what a source task polls gets to Kafka, and how it is remembered how far that got: at least once, or exactly once.
 * The runner calls one method after the other.
 */
export interface SourceDelivery extends AsyncDisposable {
  /** Before the task starts. Rejects when it must not. */
  open(): Promise<void>
  /** The task begins to poll, or goes on after a pause. */
  begin(): void
  /**
   * Resolves when the batch is on its way; a task that is faster than Kafka waits here. Rejects with the reason of the
   * task's end when it came before everything was handed over.
   */
  send(batch: SourceBatch): Promise<void>
  /** After each poll, also after one that brought nothing. */
  polled(): Promise<void>
  /** Nothing is polled from now on until `begin`. */
  pause(): Promise<void>
  /** What Kafka refused for good, after which nothing more is to be sent. */
  throwIfFailed(): void
  /** The last words of a task that was not cancelled; `failed`: something threw before. */
  finish(failed: boolean): Promise<void>
}
