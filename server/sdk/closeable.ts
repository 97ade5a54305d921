/** What a task's transforms, predicates and converters may have in common (Kafka: `Closeable`). */
export interface Closeable {
  /**
   * Gives back what was opened: connections, files, timers. Called once for every instance that was made, when its task has
   * ended: stopped, failed, or never started because another part of it could not be made. Nothing else is called after it. What
   * it throws is logged, and changes nothing about how the task ended.
   */
  close?(): Promise<void> | void
}
