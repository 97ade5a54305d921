/**
 * Asks until the answer is right, and returns it. For states of other processes, which announce nothing; the deadline is
 * three times the bound that a person was promised.
 */
export async function eventually<Answer>(
  ask: () => Promise<Answer | undefined>,
  options: { withinMs: number; what: string },
): Promise<Answer> {
  const deadline = Date.now() + options.withinMs
  let last: unknown
  while (Date.now() < deadline) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
    } catch (error) {
      last = error
    }
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  throw new Error(`not within ${options.withinMs} ms: ${options.what}`, { cause: last })
}
