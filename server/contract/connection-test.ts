/** Whether a config could work, tried from the worker, one step after the other, without side effects. */
export interface ConnectionTest {
  ok: boolean
  steps: TestStep[]
}

export interface TestStep {
  /** What was tried: `Reach 127.0.0.1:9092`. */
  title: string
  /** `warned`: it works so far, but a person should know. `skipped`: a step before it failed, or there is nothing to try. */
  outcome: 'passed' | 'warned' | 'failed' | 'skipped'
  /** What was found. */
  detail?: string
  /** What to do, when it failed or is to be known. */
  hint?: string
  /** The key of the config that it is about. */
  field?: string
  /** How long it took. */
  ms: number
}
