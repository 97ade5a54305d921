import type { ASTNode } from '@marcbachmann/cel-js'

/** A node and all below it, each once: also what a macro (`all`, `map`) was turned into. */
export function nodesBelow(root: ASTNode): ReadonlySet<ASTNode> {
  const found = new Set<ASTNode>()
  function visit(node: ASTNode) {
    if (found.has(node)) return
    found.add(node)
    const { alternate } = (node as unknown as { meta: { alternate?: ASTNode } }).meta
    if (alternate) visit(alternate)
    for (const below of nodesIn(node.args)) visit(below)
  }
  visit(root)
  return found
}

/** The nodes that lie in the arguments of another, as its source has them. */
export function nodesIn(args: unknown): ASTNode[] {
  if (typeof args !== 'object' || args === null) return []
  if (isNode(args)) return [args]
  if (Array.isArray(args)) return args.flatMap(nodesIn)
  // A loop's parts have names.
  return Object.getPrototypeOf(args) === Object.prototype ? Object.values(args).filter(isNode) : []
}

const isNode = (value: unknown): value is ASTNode =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value && 'evaluate' in value
