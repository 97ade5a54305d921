import { createRequire } from 'node:module'
import type { ASTNode, Environment, ParseResult } from '@marcbachmann/cel-js'
import { DataError } from '#server/sdk/data-error.ts'
import { compilePattern } from '#server/sdk/pattern.ts'
import { type BoundedFunction, boundedFunctions } from '#server/transforms/cel/bounded-functions.ts'
import { matchText } from '#server/transforms/cel/match-text.ts'
import { nodesBelow } from '#server/transforms/cel/nodes.ts'
import { largest, sizeOfMade, stepsFor, walkCompared } from '#server/transforms/cel/sizes.ts'
import { createWorkBudget, type WorkBudget, type WorkBudgetOptions } from '#server/transforms/cel/work-budget.ts'

/** The language CEL, evaluated on a budget. */
export interface CelEngine {
  parse(source: string): ParseResult
  /** Puts a checked expression on the budget. */
  bound(root: ASTNode): void
  /** Runs an evaluation, and what belongs to it, on a budget that is full. */
  run<Result>(evaluation: (budget: WorkBudget) => Result): Result
  /** Whether the last evaluation was stopped because its time was up. */
  readonly stopped: boolean
}

/** S-20: an expression is small; what its evaluation may do is the budget's. */
const limits = { maxAstNodes: 500, maxDepth: 40, maxListElements: 100, maxMapEntries: 100, maxCallArguments: 8 }

/** What evaluates a node of the library, and what a checked node holds for it beyond its declared type. */
interface Evaluator {
  run(node: Evaluated, context: unknown): unknown
  tryEval(node: Evaluated, context: unknown): unknown
}
/** A call's name, its receiver when it has one, and its arguments. */
type CallArgs = readonly [name: string, ...(ASTNode | ASTNode[])[]]
interface Evaluated {
  op: string
  args: unknown
  evaluate(evaluator: Evaluator, node: Evaluated, context: unknown): unknown
  /** Computes the node's value from those of the nodes below. */
  handle?(...values: unknown[]): unknown
}

const comparing = new Set(['==', '!=', 'in'])

export function openCelEngine(options: WorkBudgetOptions): CelEngine {
  const cel = createRequire(import.meta.url)('@marcbachmann/cel-js') as typeof import('@marcbachmann/cel-js')
  const environment = new cel.Environment({ homogeneousAggregateLiterals: false, limits })
    .registerVariable('topic', 'string')
    .registerVariable('partition', 'dyn')
    .registerVariable('offset', 'dyn')
    .registerVariable('timestamp', 'dyn')
    .registerVariable('key', 'dyn')
    .registerVariable('value', 'dyn')
    .registerVariable('headers', 'map')
  const budget = createWorkBudget(options)
  let kept = 0
  countSteps(evaluatorOf(environment), budget)

  /** What a call or an operator makes stays in memory until the evaluation ends. */
  function made(value: unknown): unknown {
    kept += sizeOfMade(value)
    if (kept > largest.keptInAll) throw new DataError('The expression makes more than fits into memory for one record')
    return value
  }

  function boundNode(node: Evaluated) {
    const { handle, op } = node
    if (!handle) return
    if (op === 'call' || op === 'rcall') {
      const bounded = boundedCall(node.args as CallArgs)
      node.handle = (values, ...rest) => {
        const args = values as readonly unknown[]
        for (const value of args) budget.spend(1 + stepsFor(value))
        return made(bounded?.(args, budget) ?? handle(values, ...rest))
      }
    } else if (comparing.has(op)) {
      node.handle = (left, right, ...rest) => {
        if (isObject(right)) walkCompared(right, budget)
        if (isObject(left)) walkCompared(left, budget)
        return handle(left, right, ...rest)
      }
    } else if (op === '+') {
      node.handle = (left, right, ...rest) => {
        budget.spend(stepsFor(left) + stepsFor(right))
        return made(handle(left, right, ...rest))
      }
    } else if (op === 'comprehension') {
      node.handle = (items, ...rest) => {
        budget.spend(stepsFor(items))
        return handle(items, ...rest)
      }
    }
  }

  return {
    parse: (source) => environment.parse(source),
    bound(root) {
      for (const node of nodesBelow(root)) boundNode(node as unknown as Evaluated)
    },
    run(evaluation) {
      kept = 0
      budget.begin()
      return evaluation(budget)
    },
    get stopped() {
      return budget.over
    },
  }
}

/** The bounded form of a call, its pattern compiled where that stands in the expression. */
function boundedCall([name, ...others]: CallArgs): BoundedFunction | undefined {
  const [pattern] = others.flat().slice(-1)
  if (name !== 'matches' || pattern?.op !== 'value' || typeof pattern.args !== 'string') return boundedFunctions[name]
  const compiled = compilePattern(pattern.args)
  return ([text], budget) => (typeof text === 'string' ? matchText(text, compiled, budget) : undefined)
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null

/** The one evaluator that the library makes for an environment; it runs every node below another. */
function evaluatorOf(environment: Environment): Evaluator {
  let found: Evaluator | undefined
  const probe = environment.parse('true')
  probe.check()
  const root = probe.ast as unknown as Evaluated
  root.evaluate = (evaluator) => {
    found = evaluator
    return true
  }
  probe()
  if (!found?.run || !found.tryEval) throw new Error('This version of the CEL library cannot be interrupted')
  return found
}

/** Every node that is run is a step. An operator that goes on after an error (`||`, `exists`) does not go on when time is up. */
function countSteps(evaluator: Evaluator, budget: WorkBudget): void {
  evaluator.run = (node, context) => {
    budget.spend(1)
    return node.evaluate(evaluator, node, context)
  }
  evaluator.tryEval = (node, context) => {
    try {
      return evaluator.run(node, context)
    } catch (error) {
      if (budget.over) throw error
      return error
    }
  }
}
