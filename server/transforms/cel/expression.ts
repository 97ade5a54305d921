import { createRequire } from 'node:module'
import type { ASTNode, Environment } from '@marcbachmann/cel-js'
import { ConnectError, messageOf } from '#server/contract/errors.ts'
import { DataError } from '#server/sdk/data-error.ts'
import { compilePattern, type Pattern } from '#server/sdk/pattern.ts'
import type { ConnectRecord } from '#server/sdk/transform.ts'
import { recordVariables } from '#server/transforms/cel/variables.ts'
import { rememberLast } from '#server/transforms/remember-last.ts'

/** A CEL expression over a record. */
export interface Expression {
  /** What comes out, in CEL's own values. Throws `DataError` for a record that the expression cannot be asked of. */
  evaluate(record: ConnectRecord): unknown
}

/**
 * S-20: an expression is small, walks through lists in lists at most, and looks at lists and texts up to a size; so its work
 * is bounded before it begins, and one that is slow all the same is told apart from the records around it.
 */
const limits = { maxAstNodes: 500, maxDepth: 40, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 }
const deepestLoop = 2
const deadlineMs = 100
const longestMatched = 1 << 20

const loops = new Set(['all', 'exists', 'exists_one', 'map', 'filter'])
const linearMatches = 'matchesInLinearTime'

let opened: Environment | undefined
/** The language is loaded with the first expression: a catalog that is only read needs none of it. */
function environment(): Environment {
  if (opened) return opened
  const cel = createRequire(import.meta.url)('@marcbachmann/cel-js') as typeof import('@marcbachmann/cel-js')
  opened = new cel.Environment({ homogeneousAggregateLiterals: false, limits })
    .registerVariable('topic', 'string')
    .registerVariable('partition', 'dyn')
    .registerVariable('offset', 'dyn')
    .registerVariable('timestamp', 'dyn')
    .registerVariable('key', 'dyn')
    .registerVariable('value', 'dyn')
    .registerVariable('headers', 'map')
    .registerFunction(`string.${linearMatches}(string): bool`, (text: string, regex: string) => matches(text, regex))
  return opened
}

const compiled = rememberLast((regex): Pattern => compilePattern(regex))

/** As CEL says it, anywhere in the text. */
function matches(text: string, regex: string): boolean {
  if (text.length > longestMatched) throw new DataError(`A text of ${text.length} characters is too long to be matched`)
  return compiled(regex).matcher(text).find()
}

/** Throws CONFIG_INVALID, with the place, for what is no expression, is too large, or cannot be of one of these types. */
export function compileExpression(source: string, types: readonly string[]): Expression {
  const parsed = parse(source)
  const { valid, type, error } = parsed.check()
  if (!valid) throw invalid(messageOf(error))
  if (type !== undefined && type !== 'dyn' && !types.some((wanted) => `${type}`.startsWith(wanted))) {
    throw invalid(`The expression makes a value of type ${type}, not of type ${types.join(' or ')}`)
  }
  return {
    evaluate(record) {
      const variables = recordVariables(record)
      const startedAt = performance.now()
      const result = run(() => parsed(variables))
      const tookMs = performance.now() - startedAt
      if (tookMs > deadlineMs) {
        throw new DataError(`The expression took ${Math.round(tookMs)} ms for one record; ${deadlineMs} ms are allowed`)
      }
      return result
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

function parse(source: string) {
  try {
    const parsed = environment().parse(source)
    restrain(parsed.ast, 0)
    return parsed
  } catch (error) {
    throw error instanceof ConnectError ? error : invalid(messageOf(error), error)
  }
}

/** Counts loops in loops, and gives `matches` an engine that no pattern can keep busy (S-14). */
function restrain(node: ASTNode, depth: number): void {
  let inside = depth
  if (node.op === 'rcall') {
    if (node.args[0] === 'matches') node.args[0] = linearMatches
    if (loops.has(node.args[0])) inside += 1
  }
  if (inside > deepestLoop) throw invalid(`Lists are walked through at most ${deepestLoop} deep`)
  for (const child of nodesIn(node.args)) restrain(child, inside)
}

function nodesIn(args: unknown): ASTNode[] {
  if (!Array.isArray(args)) return isNode(args) ? [args] : []
  return args.flatMap(nodesIn)
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value

function run(evaluation: () => unknown): unknown {
  try {
    return evaluation()
  } catch (error) {
    if (error instanceof DataError) throw error
    throw new DataError(messageOf(error), { cause: error })
  }
}

const invalid = (message: string, cause?: unknown) => new ConnectError('CONFIG_INVALID', message, { cause })
