/** Looks again and again until `check` answers something; fails with `what` when it never does. Only for what no event tells. */
export async function eventually<Found>(what: string, check: () => Found | Promise<Found>, withinMs = 30_000) {
  const deadline = Date.now() + withinMs
  for (;;) {
    const found = await check()
    if (found) return found
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
