import { appendFileSync, writeFileSync } from 'node:fs'
import { lineOf } from '#e2e/chaos/numbered-lines.ts'

/** Somebody who appends numbered lines to a file at a steady rate. */
export interface LineFeed extends AsyncDisposable {
  /** Stops; answers how many lines were written. */
  stop(): number
}

const everyMs = 20

export function feedLines(file: string, perSecond: number, line = lineOf): LineFeed {
  writeFileSync(file, '')
  const begin = performance.now()
  let written = 0
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begin) / 1000) * perSecond)
    if (due <= written) return
    appendFileSync(file, Array.from({ length: due - written }, (_, i) => `${line(written + i)}\n`).join(''))
    written = due
  }, everyMs)
  return {
    stop() {
      clearInterval(timer)
      return written
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
    },
  }
}
