/** What a connector's `testConnection` is given: it names its steps and does what they say, without side effects. */
export interface ConnectionTester {
  /** Aborts when the answer is no longer waited for. */
  readonly signal: AbortSignal
  /**
   * Tries one thing. `run` answers what it found, or throws what is wrong; a `TestWarning` lets the test go on. Answers
   * whether it passed; after a step that failed the following ones are skipped without being run.
   */
  step(title: string, about: StepAbout, run: () => Promise<string | undefined> | string | undefined): Promise<boolean>
}

export interface StepAbout {
  /** The key of the config that it is about. */
  field?: string
  /** What to do when it fails. */
  hint?: string
}

/** Thrown by a step that works so far but about which a person should know. */
export class TestWarning extends Error {
  override readonly name = 'TestWarning'
  /** Recognised by this mark, because a plugin may bring another copy of the class. */
  readonly warning = true
}

export const isTestWarning = (error: unknown): error is TestWarning =>
  typeof error === 'object' && error !== null && 'warning' in error && error.warning === true
