import { UsageError } from '#server/cli/parse-command-line.ts'

/** Addresses of workers, separated by commas; `host:port` alone is one, too. Throws UsageError for what is none. */
export function readWorkerUrls(text: string): string[] {
  const urls = text
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '')
    .map((url) => (url.includes('://') ? url : `http://${url}`).replace(/\/+$/, ''))
  if (urls.length > 0 && urls.every((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''))) return urls
  throw new UsageError(
    `--url (or SLUICE_URL) is "${text}", but must be http://host:port, or several of these with commas between.`,
  )
}

/**
 * Of several workers the one that answers first comes first: one that is frozen takes connections and says nothing, and would
 * keep everybody waiting. Where none answers they stay as they are, for an error that names them.
 *
 * @param reach resolves when there is an answer, whichever
 */
export async function quickestFirst(
  urls: readonly string[],
  reach: (url: string, signal: AbortSignal) => Promise<unknown>,
): Promise<readonly string[]> {
  if (urls.length < 2) return urls
  const over = new AbortController()
  const reached = urls.map(async (url) => {
    await reach(url, over.signal)
    return url
  })
  const first = await Promise.any(reached).catch(() => undefined)
  over.abort()
  return first === undefined ? urls : [first, ...urls.filter((url) => url !== first)]
}
