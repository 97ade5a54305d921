import { join } from 'node:path'

const filesDir = join(import.meta.dirname, '../../test-results/console-files')
const port = Number(process.env.E2E_PORT ?? 3210)

/** The product under test: started by Playwright with its own ports and data, or one that runs already (SLUICE_URL). */
export const product = {
  running: process.env.SLUICE_URL !== undefined,
  port,
  restPort: port + 10,
  brokerPort: port + 30,
  url: process.env.SLUICE_URL ?? `http://127.0.0.1:${port}`,
  restUrl: process.env.SLUICE_REST_URL ?? `http://127.0.0.1:${port + 10}`,
  dataDir: join(import.meta.dirname, '../../test-results/console-data'),
  /** Where tests put the files that connectors read and write. */
  filesDir,
  /** Has the source that does as its file says. */
  pluginPath: join(filesDir, 'plugins'),
}

/** Creates or replaces a connector from outside, for tests that are about something else. */
export async function putConnector(name: string, config: Record<string, string>): Promise<void> {
  const answer = await fetch(`${product.restUrl}/connectors/${encodeURIComponent(name)}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(config),
  })
  if (!answer.ok) throw new Error(`PUT ${name}: ${answer.status} ${await answer.text()}`)
}

/** The config as the worker has it. */
export async function configOf(name: string): Promise<Record<string, string>> {
  const answer = await fetch(`${product.restUrl}/connectors/${encodeURIComponent(name)}/config`)
  if (!answer.ok) throw new Error(`GET ${name}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Record<string, string>
}

export async function deleteConnector(name: string): Promise<void> {
  const answer = await fetch(`${product.restUrl}/connectors/${encodeURIComponent(name)}`, { method: 'DELETE' })
  if (!answer.ok && answer.status !== 404) throw new Error(`DELETE ${name}: ${answer.status} ${await answer.text()}`)
}
