import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of its own for one test, gone after it. */
export function temporaryFolder(): { path(name: string): string } & AsyncDisposable {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-file-'))
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  }
}
