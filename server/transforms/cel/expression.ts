import type { ASTNode } from '@marcbachmann/cel-js'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { DataError } from '#server/sdk/data-error.ts'
import type { ConnectRecord } from '#server/sdk/transform.ts'
import type { Value } from '#server/sdk/value.ts'
import { type CelEngine, openCelEngine } from '#server/transforms/cel/engine.ts'
import { nodesIn } from '#server/transforms/cel/nodes.ts'
import { fromCel } from '#server/transforms/cel/result.ts'
import { recordVariables } from '#server/transforms/cel/variables.ts'
import { threadTimeMs } from '#server/transforms/cel/work-budget.ts'

/** A CEL expression over a record. */
export interface Expression {
  /**
   * What comes out, as a value of a record. Throws `DataError` for a record that the expression cannot be asked of, or that
   * keeps it busy for longer than `deadlineMs` (S-20): it is interrupted where it is.
   */
  evaluate(record: ConnectRecord): Value
}

/** The longest that an expression may work on one record, in the thread's own time. */
export const deadlineMs = 100
const longestSource = 10_000
const deepestLoop = 2
const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])

let opened: CelEngine | undefined
/** The language is loaded with the first expression: a catalog that is only read needs none of it. */
function celEngine(): CelEngine {
  opened ??= openCelEngine({ limitMs: deadlineMs, now: threadTimeMs })
  return opened
}

/** Throws CONFIG_INVALID, with the place, for what is no expression, is too large, or cannot be of one of these types. */
export function compileExpression(source: string, types: readonly string[], engine = celEngine()): Expression {
  const parsed = parse(engine, source)
  const { valid, type, error } = parsed.check()
  if (!valid) throw invalid(messageOf(error))
  if (type !== undefined && type !== 'dyn' && !types.some((wanted) => `${type}`.startsWith(wanted))) {
    throw invalid(`The expression makes a value of type ${type}, not of type ${types.join(' or ')}`)
  }
  engine.bound(parsed.ast)

  return {
    evaluate(record) {
      try {
        return engine.run((budget) => fromCel(parsed(recordVariables(record, budget)), budget))
      } catch (error) {
        if (engine.stopped) throw tooSlow(source)
        throw error instanceof DataError ? error : new DataError(messageOf(error), { cause: error })
      }
    },
  }
}

/** What is wrong with an expression, for whoever writes it; undefined when it can be used. */
export function expressionProblem(source: string, types: readonly string[]): string | undefined {
  try {
    compileExpression(source, types)
    return undefined
  } catch (error) {
    if (error instanceof ConnectError) return error.message
    throw error
  }
}

function parse(engine: CelEngine, source: string) {
  if (source.length > longestSource) {
    throw invalid(`The expression has ${source.length} characters; ${longestSource} are allowed`)
  }
  try {
    const parsed = engine.parse(source)
    restrain(parsed.ast, 0)
    return parsed
  } catch (error) {
    throw error instanceof ConnectError ? error : invalid(messageOf(error), error)
  }
}

/** Counts loops in loops. */
function restrain(node: ASTNode, depth: number): void {
  if (node.op !== 'rcall') {
    for (const below of nodesIn(node.args)) restrain(below, depth)
    return
  }
  const [name, receiver, args] = node.args
  const inside = loops.has(name) ? depth + 1 : depth
  if (inside > deepestLoop) throw invalid(`Lists are walked through at most ${deepestLoop} deep`)
  restrain(receiver, depth)
  for (const argument of args) restrain(argument, inside)
}

const shownCharacters = 200

function tooSlow(source: string): DataError {
  const shown = source.length > shownCharacters ? `${source.slice(0, shownCharacters)}…` : source
  return new DataError(
    `The CEL expression '${shown}' was stopped: it worked on one record for longer than ${deadlineMs} ms. Walk through ` +
      'shorter lists and match shorter texts, or put a cheap condition first (in a && b, b is asked only when a is true).',
  )
}

const invalid = (message: string, cause?: unknown) => new ConnectError('CONFIG_INVALID', message, { cause })
