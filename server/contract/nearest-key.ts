/** The key that was probably meant: one with at most two letters' difference, the nearest first. Safe in a browser. */
export function nearestKey(name: string, known: Iterable<string>): string | undefined {
  let nearest: string | undefined
  let least = 3
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least) continue
    const away = distance(name, candidate)
    if (away < least) [nearest, least] = [candidate, away]
  }
  return nearest
}

/** How many letters have to be put in, taken out or replaced (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
