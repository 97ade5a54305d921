import type { ParseArgsOptionDescriptor } from 'node:util'
import type { Clock } from '#server/contract/clock.ts'
import type { Herder } from '#server/contract/herder.ts'
import type { Topics } from '#server/contract/topics.ts'

/** One option of a command, as `node:util` parses it, and what it does. */
export type CliOption = ParseArgsOptionDescriptor & { doc: string }

/** What the words of a command line said, after parsing. */
export interface CliInput {
  /** The words that belong to no option, in order. */
  words: readonly string[]
  /** The value of an option that takes one, given once. */
  text(option: string): string | undefined
  /** Every value of an option that may be repeated. */
  texts(option: string): readonly string[]
  flag(option: string): boolean
}

/** What a command may use; a test hands in a herder in memory and keeps what is printed. */
export interface CliTools {
  herder: Herder
  /** One worker of the cluster, for what each remembers by itself. */
  workerAt(url: string): Herder
  /** Throws SETTING_INVALID where no Kafka was named. */
  topics(): Topics
  print(text: string): void
  /** Says what went wrong, apart from what was found. */
  complain(text: string): void
  /** Colours a text where that can be seen; answers it as it is in a file or a pipe, and where NO_COLOR is set. */
  paint(look: 'bad' | 'doubtful', text: string): string
  clock: Clock
  /** Aborts when the person has seen enough (Ctrl-C). */
  signal: AbortSignal
}

/** What a command found: for people by default, for programs with `--json`. */
export interface CliAnswer {
  /** Printed as it is with `--json`. */
  data: unknown
  /** Lines for people; absent where they were told on the way. */
  text?: string
  /** What went wrong although there is an answer, for people. */
  complaint?: string
  /** Default 0. */
  exitCode?: number
}

/**
 * A command of the client. It answers once, or prints by itself as long as it follows something, and then answers
 * nothing. Failures are thrown as ConnectError.
 */
export interface CliCommand {
  summary: string
  /** The words it takes: `<name>` is required, `[name]` is not, `<name...>` stands for one or more. */
  words: readonly string[]
  options?: Readonly<Record<string, CliOption>>
  /** What it takes several of, each asked by itself: one that fails keeps none of the others from being asked. */
  several?: string
  /** What its exit code 3 means, where it has one; goes on after "it found". */
  unwell?: string
  run(input: CliInput, tools: CliTools): Promise<CliAnswer | undefined>
}

/**
 * What a program can tell from the exit code of a command: it did what it was asked (0), the cluster or a file refused
 * (1), the command line makes no sense (2), or what was looked at is not as it should be (3).
 */
export const exitCodes = { done: 0, failed: 1, usage: 2, unwell: 3 } as const
