export interface Command {
  id: string
  group: 'Page' | 'Connector' | 'Topic' | 'Action'
  label: string
  mono?: boolean
  run: () => void
}

/**
 * The commands whose label holds all letters of the text in order, best first: the whole text at the beginning, then at
 * the beginning of a word, then anywhere.
 * Letters scattered over the label count only where nothing holds the text as it is.
 */
export function findCommands(commands: readonly Command[], text: string, limit = 50): Command[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return commands.slice(0, limit)
  const scored = commands.map((command) => ({ command, score: score(command.label.toLowerCase(), wanted) }))
  const best = Math.max(0, ...scored.map((each) => each.score))
  return scored
    .filter((each) => each.score > (best > 1 ? 1 : 0))
    .sort((a, b) => b.score - a.score || a.command.label.length - b.command.label.length)
    .slice(0, limit)
    .map(({ command }) => command)
}

function score(label: string, wanted: string): number {
  const at = label.indexOf(wanted)
  if (at === 0) return 4
  if (at > 0) return /[^a-z0-9]/.test(label[at - 1] ?? '') ? 3 : 2
  let next = 0
  for (const letter of label) if (letter === wanted[next]) next++
  return next === wanted.length ? 1 : 0
}
