/**
 * What React knows steps by: a step that is renamed stays the one that it was, with the cursor in it. `renamed` leads from an
 * alias to the key that it was first drawn under.
 */
export function stepKeys(aliases: readonly string[], renamed: ReadonlyMap<string, string>): (alias: string) => string {
  const taken = new Set(aliases.flatMap((alias) => renamed.get(alias) ?? []))
  // No alias ends with a space.
  return (alias) => renamed.get(alias) ?? (taken.has(alias) ? `${alias} ` : alias)
}
