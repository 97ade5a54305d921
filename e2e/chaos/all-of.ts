/** As `Promise.all`, but when one fails the others are awaited before it is told, so that nothing starts behind one's back. */
export async function allOf<const Promises extends readonly Promise<unknown>[]>(promises: Promises) {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}
